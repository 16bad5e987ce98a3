// What is kept of the steps of a run: the frame that they belong to, totals for the summary, limits that were crossed.
//
// Thread rule: one thread per RunBook.
#pragma once

#include "sim/cooling/plant.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/power/clock_reason.h"
#include "sim/power/power_supply.h"
#include "sim/twin/in_force.h"
#include "sim/twin/metrics.h"
#include "sim/twin/power_caps.h"
#include "sim/twin/site_power.h"
#include "sim/twin/summary.h"
#include "sim/workload/network_load.h"
#include "sim/workload/profile.h"

#include <cstdint>
#include <vector>

namespace racktwin {

// One step of the plant, of dt_s, that has ended at time_s.
struct BookedStep {
  double time_s = 0, dt_s = 0;
  const SitePower& power;
  const PlantState& plant;
  struct {
    double dry_bulb_degc, wet_bulb_degc;  // NaN: no data
  } outdoor;
  const std::vector<double>& clocks;        // (n_gpu_class)
  const std::vector<ClockReason>& reasons;  // (n_gpu_class) what set them
  const IterationProfile* profile;          // nullptr: the job stands still
  double step_s = 0;                        // of the job at these clocks
  double full_step_s = 0;                   // of the job at full clock on a whole network
  double full_here_s = 0;                   // the same on the network as it is
  const PowerSupply& supply;
  bool is_fed = true;  // utility or generator feed the site all of the step
  const InForce& now;
  Loss stopped_by = Loss::kNone;  // what the job stands still by
  const PowerCaps& caps;
};

class RunBook {
 public:
  RunBook(const Plan& plan, const Model& model, int pumps);

  // Appends an event for each limit that is crossed, either way.
  void book(const BookedStep& step, std::vector<EventRow>& events);
  // Appends an event for the GPUs that temperature has begun to hold down or has shut down, and for those that it lets
  // go. reasons, junction_degc (n_gpu_class): that the clocks were set by at time_s.
  void watch_clocks(double time_s, const std::vector<ClockReason>& reasons, const std::vector<double>& junction_degc,
                    std::vector<EventRow>& events);
  std::vector<FrameRow> take_frame() { return frame_.take(); }

  RunTotals& totals() { return totals_; }  // of which book() adds up those over time
  const RunTotals& totals() const { return totals_; }
  const RunLimits& limits() const { return limits_; }

 private:
  // Of all units together.
  struct Site {
    double it_w = 0, it_low_w = 0, it_high_w = 0;
    double ac_w = 0;       // that it draws, from wherever
    double ac_high_w = 0;  // at the feeds, highest
    double generator_w = 0;
    double throttled_gpus = 0;
    std::vector<double> rack_high_w, shelf_load;               // (n_rack_class)
    std::vector<double> busway_w;                              // (n_row) highest, of one feed
    std::vector<double> feed_w, ups_w;                         // (n_feed) highest
    double hottest_degc = 0, inlet_degc = 0, outlet_degc = 0;  // the highest; NaN: no data
    NetworkLoad network;
  };
  void add_clock(const BookedStep& step, std::uint32_t gpu_class);
  void book_gpus(const BookedStep& step, Site& site);
  void book_racks(const BookedStep& step, Site& site);
  void book_pumps_and_leaves(const BookedStep& step, const Site& site);
  void book_site(const BookedStep& step, Site& site);
  void add_totals(const BookedStep& step, const Site& site);
  Loss cause_of_loss(const BookedStep& step) const;
  void count_losses(const BookedStep& step);
  void watch_limits(const BookedStep& step, const Site& site, std::vector<EventRow>& events);

  const Plan& plan_;
  const Model& model_;
  FrameBuilder frame_;
  RunTotals totals_;
  RunLimits limits_;
  const NamedClasses gpus_;
  const std::vector<RowRacks> racks_of_row_;
  std::vector<ClockReason> watched_;  // (n_gpu_class) reasons when watch_clocks() last saw them
};

}  // namespace racktwin
