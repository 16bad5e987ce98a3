// How busy links are at every moment of a step.
//
// The solver gives the begin and the end of a transfer, not its rate between: here it has its mean rate once its
// latency is over. Where contention makes rates change within a transfer this spreads them out, and a sum that then
// exceeds the capacity counts as all of it. Thread rule: pure function.
#pragma once

#include "sim/network/solver.h"

#include <cstdint>
#include <vector>

namespace racktwin {

struct LinkStep {
  double time_s = 0;
  double utilization = 0;  // from then on
};

// Of each of `trunks`, in order of time; empty: nothing crosses it.
std::vector<std::vector<LinkStep>> link_timelines(const ActivityGraph& graph, const ActivityTimes& times,
                                                  const std::vector<std::uint32_t>& trunks);

}  // namespace racktwin
