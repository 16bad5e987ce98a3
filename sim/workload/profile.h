// What one solved iteration means: its time, the parts of it, the critical path, what every GPU class does when, the
// busiest links.
//
// Thread rule: pure functions.
#pragma once

#include "sim/network/solver.h"
#include "sim/power/power.h"
#include "sim/workload/critical_path.h"
#include "sim/workload/iteration.h"

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

namespace racktwin {

// Where the time of a step goes on one GPU. The parts sum to the step time. A communication is exposed while the GPU
// computes nothing; while several are, the first in this order counts: tensor, context, expert, data, pipeline.
struct StepParts {
  double compute_s = 0;  // forward and backward, bound by the clock
  double memory_s = 0;   // forward and backward, bound by HBM or launch latency
  double tensor_exposed_s = 0;
  double context_exposed_s = 0;
  double expert_exposed_s = 0;
  double data_exposed_s = 0;
  double pipeline_exposed_s = 0;
  double optimizer_s = 0;
  double bubble_s = 0;  // waiting for other stages or slower members
  double total_s() const;
};

// Busy shares over the phases of an iteration, as running integrals so that any window has an exact mean.
class ActivityProfile {
 public:
  static constexpr int kBins = 256;  // unless a finer picture is asked for
  explicit ActivityProfile(int bins = kBins);
  int bins() const { return bins_; }
  // Adds `share` of `kind` between two times of an iteration that lasts step_s.
  enum Kind { kTensor, kMemory, kCommunication, kWaiting, kBeside };  // as GpuActivity
  void add(Kind kind, double begin_s, double end_s, double share, double step_s);
  void finish();  // integrates
  // Mean over phases [from, to), 0 <= from <= to; beyond 1 the iteration repeats.
  GpuActivity mean(double from, double to) const;
  GpuActivity bin(int i) const;
  const double* up_to(Kind kind) const { return sums_[kind].data(); }  // (bins + 1) integral over the bins before

 private:
  double integral(Kind kind, double phase) const;
  int bins_;
  std::array<std::vector<double>, 5> sums_;  // (bins + 1) before finish(): per bin; after: up to the bin
};

using ActivityProfiles = std::vector<std::shared_ptr<const ActivityProfile>>;  // classes that are alike may share one

struct LinkLoad {
  TrunkOwner owner;
  double utilization = 0;   // bytes over capacity times step time
  double bytes = 0;         // through each of the links in a step
  std::uint32_t trunk = 0;  // in the activity graph
};

// The busiest of a kind of link: NVLink ports, NVSwitches, NICs, uplinks of leaves, of pods; up and down are one kind.
struct BusiestLink {
  LinkLoad load;
  double peak = 0;  // utilization at its busiest moment, see link_timeline.h; what moves hidden is spread over the step
};

struct IterationProfile {
  double step_s = 0;
  StepParts parts;                        // mean over the GPUs that work
  std::vector<StepParts> parts_of_class;  // (n_gpu_class) zero for idle classes
  ActivityProfiles activity;              // (n_gpu_class)
  std::vector<LinkLoad> links;            // busiest first
  std::vector<BusiestLink> busiest;       // of each kind, busiest first
  CriticalPath path;
};

// Errors: those of solve().
Result<IterationProfile> solve_iteration(const Plan& plan, const Model& model, const Calibration& calibration,
                                         const std::vector<double>& clocks, const NetworkShare& network = {});

// The same from an iteration that was solved already (for traces and tests).
IterationProfile profile_of(const Model& model, const Iteration& iteration, const ActivityTimes& times);

// The links of an iteration that takes step_s, busiest first.
std::vector<LinkLoad> link_loads(const Iteration& iteration, double step_s);

// What every GPU class does in each of `bins` equal parts of a solved iteration (n_gpu_class); nothing, of idle
// classes.
ActivityProfiles activity_profiles(const Model& model, const Iteration& iteration, const ActivityTimes& times,
                                   int bins);

}  // namespace racktwin
