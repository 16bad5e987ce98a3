// The chain of activities that made a step as long as it is: from the activity that ended last back through the
// predecessor that ended last, to the start. It has no slack: each of its activities began when the one before ended.
//
// It says what the step waited for as it was, not what a faster part would gain: another chain may be next to as long.
// Thread rule: pure functions.
#pragma once

#include "sim/model/model.h"
#include "sim/network/solver.h"

#include <cstdint>
#include <vector>

namespace racktwin {

// How long a transfer took and why.
struct TransferTime {
  double latency_s = 0;     // before its first byte
  double transfer_s = 0;    // at the rate that its protocol reaches when it is alone
  double contention_s = 0;  // the rest: it had to share a link, or its rate with another transfer on its own route
  double total_s() const { return latency_s + transfer_s + contention_s; }
  TransferTime& operator+=(const TransferTime& other);
};
TransferTime transfer_time(const ActivityGraph& graph, const ActivityTimes& times, std::uint32_t activity);

// The class of GPUs that an activity keeps busy, or waiting: a transfer between stages is its receiver's.
std::uint32_t booked_class(const Model& model, const ActivityGraph& graph, std::uint32_t activity);

struct PathParts {
  double compute_s = 0;  // forward and backward, bound by the clock
  double memory_s = 0;   // forward and backward, bound by HBM or launch latency
  TransferTime tensor, context, expert, data, pipeline;
  double optimizer_s = 0;
  double total_s() const;
};

// Activities of the path in a row that are booked to one class.
struct PathSection {
  std::uint32_t gpu_class = 0;
  double begin_s = 0, end_s = 0;
};

struct CriticalPath {
  std::vector<std::uint32_t> activities;   // in order of time, no joins
  PathParts parts;                         // they sum to the step
  std::vector<PathSection> sections;       // in order of time
  std::vector<double> compute_s_of_class;  // (n_gpu_class) of parts.compute_s
};

// Where several predecessors ended last at once, the path stays in its class if it can.
CriticalPath critical_path(const Model& model, const ActivityGraph& graph, const ActivityTimes& times);

// The longest first.
std::vector<PathSection> longest_sections(const CriticalPath& path, std::size_t most);

// All sections of a class together, the class with the most time first.
struct PathPlace {
  std::uint32_t gpu_class = 0;
  double time_s = 0;
};
std::vector<PathPlace> path_places(const CriticalPath& path);

}  // namespace racktwin
