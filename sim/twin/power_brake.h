// What racks do whose power supplies that still work are beyond their rating. Supplies limit their current: what they
// cannot give takes the voltage of the busbar down. Before that they brake the GPUs of their rack (NVML's
// HwPowerBrakeSlowdown: "external power brake assertion is triggered, e.g. by the system power supply"), here to the
// highest clock at which no moment of the iteration is beyond the rating; the clock comes back a percent in a control
// period. Where the lowest clock does not do, the rack goes down, until more of its supplies work again. That they
// brake in time, and by how much, is assumed: neither is published of an NVL72. Thread rule: one thread per PowerBrake.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/limits.h"
#include "sim/twin/power_caps.h"
#include "sim/twin/site_power.h"

#include <cstdint>
#include <vector>

namespace racktwin {

class PowerBrake {
 public:
  PowerBrake(const Plan& plan, const Model& model);

  // Whether any rack could be beyond the rating of the supplies that work, or is braked or down.
  bool is_needed(const RackSupply& supply) const;
  // A control period. `allowed` (n_gpu_class): the clocks without the brake. Appends an event for the racks that begin
  // to brake and for those that go down; true if any went down.
  bool control(double time_s, const PowerCaps::Conditions& now, const std::vector<double>& allowed,
               std::vector<EventRow>& events);
  // Racks that the supplies which work in `now` could not carry at the lowest clock. (n_rack_class)
  std::vector<bool> would_go_down(const PowerCaps::Conditions& now);
  // The highest clock of a class; 1: its rack does not brake.
  double limit(std::uint32_t gpu_class) const { return ratio_[rack_of_gpu_class_[gpu_class]]; }
  // Switches off what has gone down; a rack of which more supplies work than then is back.
  void apply(RackSupply& supply);

 private:
  // Highest AC of each rack class in an iteration with its GPUs at `ratio` at most. [W] (n_rack_class)
  std::vector<double> peaks_w(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                              const std::vector<double>& ratio);
  // Down to the highest clocks that the racks of `over` can keep, if any, and the peaks that go with them.
  std::vector<double> brake(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                            const std::vector<double>& limit_w, const std::vector<std::uint32_t>& over);
  void release(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
               const std::vector<double>& limit_w);

  const Plan& plan_;
  const Model& model_;
  const NamedClasses racks_;
  SitePower power_;
  double most_dc_w_ = 0;  // that a rack draws
  std::vector<std::uint32_t> rack_of_gpu_class_;
  std::vector<double> ratio_;   // (n_rack_class)
  std::vector<int> down_with_;  // (n_rack_class) supplies that worked when it went down; 0: it is not down
};

}  // namespace racktwin
