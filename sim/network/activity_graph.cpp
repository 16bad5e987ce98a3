#include "sim/network/activity_graph.h"

#include "sim/check.h"

#include <array>
#include <cmath>

namespace racktwin {

std::string_view activity_word(ActivityKind kind) {
  static constexpr std::array<std::string_view, kActivityKinds> kWords = {
      "forward",    "backward",    "optimizer",   "tp",           "cp",  "ep",
      "pp_forward", "pp_backward", "grad_reduce", "param_gather", "join"};
  return kWords[static_cast<std::size_t>(kind)];
}

std::uint32_t ActivityGraphBuilder::add_trunk(Trunk trunk) {
  RT_CHECK(trunk.bandwidth_bytes_per_s > 0 && trunk.links > 0);
  graph_.trunks.push_back(trunk);
  return static_cast<std::uint32_t>(graph_.trunks.size() - 1);
}

std::uint32_t ActivityGraphBuilder::add_route(Route route) {
  RT_CHECK(route.flow_cap_bytes_per_s > 0 && route.flows > 0);
  for (const std::uint32_t trunk : route.trunks) RT_CHECK(trunk < graph_.trunks.size());
  graph_.routes.push_back(std::move(route));
  return static_cast<std::uint32_t>(graph_.routes.size() - 1);
}

std::uint32_t ActivityGraphBuilder::add(ActivityKind kind, std::uint32_t gpu_class, std::uint32_t route, double amount,
                                        double delay_s, std::uint32_t block) {
  graph_.kind.push_back(kind);
  graph_.gpu_class.push_back(gpu_class);
  graph_.route.push_back(route);
  graph_.amount.push_back(amount);
  graph_.delay_s.push_back(delay_s);
  graph_.clocked_share.push_back(0);
  graph_.block.push_back(block);
  return static_cast<std::uint32_t>(graph_.kind.size() - 1);
}

std::uint32_t ActivityGraphBuilder::add_exec(ActivityKind kind, std::uint32_t gpu_class, double time_s,
                                             double clocked_share, std::uint32_t block) {
  RT_CHECK(is_exec(kind) && time_s >= 0);
  const std::uint32_t id = add(kind, gpu_class, 0, time_s, 0, block);
  graph_.clocked_share[id] = static_cast<float>(clocked_share);
  return id;
}

std::uint32_t ActivityGraphBuilder::add_comm(ActivityKind kind, std::uint32_t gpu_class, std::uint32_t route,
                                             double bytes, double delay_s, std::uint32_t block) {
  RT_CHECK(is_comm(kind) && bytes >= 0 && delay_s >= 0);
  return add(kind, gpu_class, route, std::round(bytes), delay_s, block);
}

std::uint32_t ActivityGraphBuilder::add_join() { return add(ActivityKind::kJoin, 0, 0, 0, 0, 0); }

void ActivityGraphBuilder::connect(std::uint32_t before, std::uint32_t after) {
  RT_CHECK(before < graph_.size() && after < graph_.size());
  edges_.emplace_back(before, after);
}

ActivityGraph ActivityGraphBuilder::finish() {
  const std::size_t n = graph_.size();
  graph_.successor_begin.assign(n + 1, 0);
  graph_.predecessors.assign(n, 0);
  for (const auto& [before, after] : edges_) {
    ++graph_.successor_begin[before + 1];
    ++graph_.predecessors[after];
  }
  for (std::size_t i = 0; i < n; ++i) graph_.successor_begin[i + 1] += graph_.successor_begin[i];
  graph_.successor.resize(edges_.size());
  std::vector<std::uint32_t> next(graph_.successor_begin.begin(), graph_.successor_begin.end() - 1);
  for (const auto& [before, after] : edges_) graph_.successor[next[before]++] = after;
  edges_.clear();
  return std::move(graph_);
}

}  // namespace racktwin
