// Solved iterations of a run, each solved once: for clocks in whole percents, and a network fails in few ways. Classes
// that have the same clock and network are solved as one (merge_classes.h). Thread rule: one thread per Profiles.
#pragma once

#include "sim/model/merge_classes.h"
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
  // The iteration that was solved nearest to some clocks, and how long it takes at these very clocks.
  struct Solved {
    Profile profile;
    double step_s = 0;
  };
  // clocks (n_gpu_class). Solved at whole percents, from there by what of the critical path each class's clock binds:
  //   step_s = T - sum_c compute_s[c] (1 - solved clock / lowest clock of the classes that were solved as c)
  // (the slope of a critical path is its own, as long as it stays the critical one: exact where one stage is the
  // slowest and GPUs do not wait for the host's launches, 0.2 % off where the stages of a scalable unit differ by less
  // than a percent). Which percents: what lies
  // between them is a factor that the slowest GPUs of the job have in common, so that the path stays theirs; the others
  // go to the nearest. Errors: those of solve().
  Result<Solved> at(const std::vector<double>& clocks, const NetworkShare& network);
  // At these very clocks, with its timeline, solved for this call.
  struct Timeline {
    Iteration iteration;
    ActivityTimes times;
    Profile profile;
  };
  Result<Timeline> timeline_at(const std::vector<double>& clocks, const NetworkShare& network);

  int solves() const { return solves_; }

 private:
  std::vector<int> key_of(const std::vector<double>& clocks, const NetworkShare& network) const;
  MergedClasses merged_at(const std::vector<int>& key, const NetworkShare& network) const;
  struct Known {
    Profile profile;
    // Of a class, the class as which it was solved; of those, what the path's compute takes.
    std::vector<std::uint32_t> solved_as;  // (n_gpu_class)
    std::vector<double> path_compute_s;    // (n_solved_class)
  };
  Result<Known> solve_merged(const std::vector<int>& key, const NetworkShare& network);

  const Plan& plan_;
  const Model& model_;
  const Calibration& calibration_;
  std::map<std::vector<int>, Known> known_;  // by clocks in percent and what is left of the network
  std::map<std::vector<int>, std::vector<LinkLoad>> loads_of_a_second_;  // by what is left of the network
  int solves_ = 0;
};

}  // namespace racktwin
