// What the plant does that no limit of a metric tells: cooling that runs away, water that freezes, pumps that do not
// hold their set-point. Thread rule: one thread per PlantWatch.
#pragma once

#include "sim/cooling/plant.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/summary.h"

#include <vector>

namespace racktwin {

class PlantWatch {
 public:
  explicit PlantWatch(const Plan& plan) : plan_(plan) {}

  // After a step of dt_s that has ended at time_s. is_dark: the pumps have no power.
  void look(double time_s, double dt_s, const Plant& plant, bool is_dark, RunTotals& totals,
            std::vector<EventRow>& events);

 private:
  void look_at_runaway(const Plant& plant, RunTotals& totals);
  void look_at_frost(const PlantState& state, RunTotals& totals);
  void look_at_flow(double dt_s, const PlantState& state, bool is_dark);
  void tell(std::string path, std::string what);

  const Plan& plan_;
  bool runs_away_ = false, is_off_ = false;
  double off_s_ = 0;  // how long the flow is where it is not expected: off its set-point, or back
  double time_s_ = 0;
  std::vector<EventRow>* events_ = nullptr;
};

}  // namespace racktwin
