// One training step as a trace in Chrome's JSON format, which ui.perfetto.dev and chrome://tracing open.
//
// A process is a class of GPUs that live through the same step; of every pipeline stage at least one class is drawn,
// the one that the critical path stays on longest, and more while the file stays of a size that opens quickly. Threads
// are compute and each kind of communication; what would overlap on one thread has further ones. Above them all stands
// the critical path as a thread of its own. Sends between stages are arrows to the block that they are for. Counters:
// power of a GPU, use of its NVLink ports and NICs, and of the busiest uplinks.
// source: Trace Event Format, Google, docs.google.com/document/d/1CvAClvFfyA5R-PhYUmn5OOQtYMH4h6I0nSsKchNAySU
// Thread rule: pure function.
#pragma once

#include "sim/plan/plan.h"
#include "sim/workload/profile.h"

#include <string>
#include <utility>
#include <vector>

namespace racktwin {

struct TracedStep {
  const Plan& plan;
  const Model& model;
  const Iteration& iteration;
  const ActivityTimes& times;
  const IterationProfile& profile;
  std::vector<std::vector<double>> gpu_power_w;  // (n_gpu_class x n_bin) over the step; empty: not drawn
};

struct TraceCounts {
  std::size_t events = 0;
  std::size_t classes = 0, drawn_classes = 0;  // of GPUs that work
};

// `other`: what the file says about itself besides the scenario and the step, as texts.
std::string trace_json(const TracedStep& step, const std::vector<std::pair<std::string, std::string>>& other,
                       TraceCounts* counts = nullptr);

}  // namespace racktwin
