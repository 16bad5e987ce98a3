// Solved iterations of a run, each solved once: clocks go in whole percents, and a network fails in few ways. Thread
// rule: one thread per Profiles.
#pragma once

#include "sim/workload/profile.h"

#include <map>
#include <memory>
#include <vector>

namespace racktwin {

class Profiles {
 public:
  Profiles(const Plan& plan, const Model& model, const Calibration& calibration)
      : plan_(plan), model_(model), calibration_(calibration) {}

  using Profile = std::shared_ptr<const IterationProfile>;
  // clocks (n_gpu_class). Errors: those of solve().
  Result<Profile> at(const std::vector<double>& clocks, const NetworkShare& network);
  // The same with its timeline, which is solved for this call.
  struct Timeline {
    Iteration iteration;
    ActivityTimes times;
    Profile profile;
  };
  Result<Timeline> timeline_at(const std::vector<double>& clocks, const NetworkShare& network);

  int solves() const { return solves_; }

 private:
  std::vector<int> key_of(const std::vector<double>& clocks, const NetworkShare& network) const;

  const Plan& plan_;
  const Model& model_;
  const Calibration& calibration_;
  std::map<std::vector<int>, Profile> known_;  // by clocks in percent and what is left of the network
  int solves_ = 0;
};

}  // namespace racktwin
