#include "sim/workload/link_timeline.h"

#include <algorithm>
#include <limits>

namespace racktwin {
namespace {

constexpr std::uint32_t kNotAsked = std::numeric_limits<std::uint32_t>::max();

struct Edge {
  double time_s;
  double bytes_per_s;
  int step;  // +1: a transfer begins, -1: it ends
};

std::vector<LinkStep> timeline(std::vector<Edge> edges, double capacity_bytes_per_s) {
  std::stable_sort(edges.begin(), edges.end(), [](const Edge& a, const Edge& b) { return a.time_s < b.time_s; });
  std::vector<LinkStep> steps;
  double rate = 0;
  int active = 0;
  for (std::size_t i = 0; i < edges.size(); ++i) {
    active += edges[i].step;
    rate = active == 0 ? 0 : rate + edges[i].step * edges[i].bytes_per_s;  // no rounding is left over
    if (i + 1 < edges.size() && edges[i + 1].time_s == edges[i].time_s) continue;
    steps.push_back({edges[i].time_s, std::min(rate / capacity_bytes_per_s, 1.0)});
  }
  return steps;
}

}  // namespace

std::vector<std::vector<LinkStep>> link_timelines(const ActivityGraph& graph, const ActivityTimes& times,
                                                  const std::vector<std::uint32_t>& trunks) {
  std::vector<std::uint32_t> asked(graph.trunks.size(), kNotAsked);
  for (std::uint32_t i = 0; i < trunks.size(); ++i) asked[trunks[i]] = i;
  std::vector<std::vector<Edge>> edges(trunks.size());
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    if (!is_comm(graph.kind[a]) || graph.amount[a] == 0) continue;
    const Route& route = graph.routes[graph.route[a]];
    const double begin_s = times.start_s[a] + graph.delay_s[a], end_s = times.end_s[a];
    if (end_s <= begin_s) continue;
    for (const std::uint32_t t : route.trunks) {
      if (asked[t] == kNotAsked) continue;
      const double bytes_per_s = graph.amount[a] * route.flows / (end_s - begin_s);
      edges[asked[t]].push_back({begin_s, bytes_per_s, 1});
      edges[asked[t]].push_back({end_s, bytes_per_s, -1});
    }
  }
  std::vector<std::vector<LinkStep>> timelines;
  for (std::size_t i = 0; i < trunks.size(); ++i) {
    const Trunk& trunk = graph.trunks[trunks[i]];
    timelines.push_back(timeline(std::move(edges[i]), trunk.bandwidth_bytes_per_s * trunk.links));
  }
  return timelines;
}

}  // namespace racktwin
