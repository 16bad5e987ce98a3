// Runs an activity graph on SimGrid: max-min fair sharing of every link among the flows that cross it at the moment.
//
// A pure function: SimGrid's engine is a process-wide singleton, so each solve runs in a forked child that sends its
// result back through a pipe (sim/processes.h). solver.cpp is the only file that sees SimGrid. Thread rule: from a
// process with one thread only.
#pragma once

#include "sim/network/activity_graph.h"
#include "sim/result.h"

#include <vector>

namespace racktwin {

struct ActivityTimes {
  std::vector<double> start_s;  // (n_activity) an activity's latency counts as part of it
  std::vector<double> end_s;    // (n_activity)
};

// Errors: kInternal if the child crashed, or if the graph cannot finish (a cycle).
Result<ActivityTimes> solve(const ActivityGraph& graph);

}  // namespace racktwin
