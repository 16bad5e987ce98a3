// What the events in force make of a site: boundary values of the plant, limits of the clocks, what feeds the racks,
// what is left of the network. Thread rule: pure function.
#pragma once

#include "sim/cooling/plant.h"
#include "sim/model/failures.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/twin/site_power.h"

#include <limits>
#include <map>
#include <utility>
#include <vector>

namespace racktwin {

// What has lost its supply, by events or by breakers.
struct LostSupply {
  std::vector<bool> feeds = std::vector<bool>(2), ups = std::vector<bool>(2);
  std::vector<std::pair<std::size_t, std::size_t>> busways;      // row, feed
  std::vector<std::pair<std::uint32_t, ShelfPart>> shelf_parts;  // rack class, shelf or PSU
  bool on_batteries = false;  // no utility, no generator: a feed without its UPS carries nothing
  bool has_lost_busway(std::size_t row, std::size_t feed) const;
};

// The racks of a row: class, how many. Rows in the order of their racks.
using RowRacks = std::map<std::uint32_t, int>;
std::vector<RowRacks> racks_of_rows(const Plan& plan, const Model& model);

struct InForce {
  NetworkShare network;
  std::vector<double> clock_limit;  // (n_gpu_class) highest clock, in whole percents
  std::vector<double> gpu_limit_w;  // (n_gpu_class)
  LiveFeeds live;
  std::vector<bool> lost_feeds, lost_ups;  // (2)
  std::vector<int> live_busways;           // (n_row)
  bool has_utility = true;
  RackSupply supply;
  double dry_bulb_degc = std::numeric_limits<double>::quiet_NaN();  // NaN: as the weather gives it
  double dry_bulb_rise_k = 0;
};

// `boundary` gets what events set of it, and the values of the plan where no event does.
InForce in_force(const Plan& plan, const Model& model, const std::vector<const Event*>& events,
                 const LostSupply& tripped, PlantInput& boundary);

// The outside air: a rise warms it and leaves its water content as it is.
void set_outdoor(const Plan& plan, const InForce& now, double time_s, PlantInput& boundary);

}  // namespace racktwin
