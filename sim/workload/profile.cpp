#include "sim/workload/profile.h"

#include "sim/check.h"
#include "sim/workload/link_timeline.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace racktwin {
namespace {

// One activity of a class begins or ends.
struct Edge {
  double time_s;
  ActivityKind kind;
  float clocked_share;
  int step;  // +1, -1
};

int index_of(ActivityKind kind) { return static_cast<int>(kind); }

// Sweeps over the activities of one class and books every moment to one part.
class Sweep {
 public:
  Sweep(std::vector<Edge> edges, double step_s) : edges_(std::move(edges)), step_s_(step_s) {
    std::sort(edges_.begin(), edges_.end(), [](const Edge& a, const Edge& b) { return a.time_s < b.time_s; });
  }

  void run(StepParts& parts, ActivityProfile& activity) {
    double now = 0;
    for (const Edge& edge : edges_) {
      book(now, edge.time_s, parts, activity);
      now = edge.time_s;
      active_[static_cast<std::size_t>(index_of(edge.kind))] += edge.step;
      if (is_exec(edge.kind) && edge.step > 0) clocked_share_ = edge.clocked_share;
    }
    book(now, step_s_, parts, activity);
    activity.finish();
  }

 private:
  bool active(ActivityKind kind) const { return active_[static_cast<std::size_t>(index_of(kind))] > 0; }

  void book(double begin, double end, StepParts& parts, ActivityProfile& activity) {
    const double time = end - begin;
    if (time <= 0) return;
    const bool computes = active(ActivityKind::kForward) || active(ActivityKind::kBackward);
    const bool optimizes = active(ActivityKind::kOptimizer);
    const bool data = active(ActivityKind::kGradReduce) || active(ActivityKind::kParamGather);
    const bool pipeline = active(ActivityKind::kPipelineForward) || active(ActivityKind::kPipelineBackward);
    const bool moves = active(ActivityKind::kTensorParallel) || active(ActivityKind::kContextParallel) ||
                       active(ActivityKind::kExpertParallel) || data || pipeline;
    if (computes) {
      parts.compute_s += time * clocked_share_;
      parts.memory_s += time * (1 - clocked_share_);
      activity.add(ActivityProfile::kTensor, begin, end, clocked_share_, step_s_);
      activity.add(ActivityProfile::kMemory, begin, end, 1 - clocked_share_, step_s_);
    } else if (optimizes) {
      parts.optimizer_s += time;
      activity.add(ActivityProfile::kMemory, begin, end, 1, step_s_);
    } else if (active(ActivityKind::kTensorParallel)) {
      parts.tensor_exposed_s += time;
    } else if (active(ActivityKind::kContextParallel)) {
      parts.context_exposed_s += time;
    } else if (active(ActivityKind::kExpertParallel)) {
      parts.expert_exposed_s += time;
    } else if (data) {
      parts.data_exposed_s += time;
    } else if (pipeline) {
      parts.pipeline_exposed_s += time;
    } else {
      parts.bubble_s += time;
      activity.add(ActivityProfile::kWaiting, begin, end, 1, step_s_);
    }
    if (moves) activity.add(ActivityProfile::kCommunication, begin, end, 1, step_s_);
    if (moves && (computes || optimizes)) activity.add(ActivityProfile::kBeside, begin, end, 1, step_s_);
  }

  std::vector<Edge> edges_;
  double step_s_;
  std::array<int, kActivityKinds> active_{};
  double clocked_share_ = 0;
};

// Up and down of one kind of link count as one.
int link_family(TrunkKind kind) {
  switch (kind) {
    case TrunkKind::kNvlinkUp:
    case TrunkKind::kNvlinkDown:
      return 0;
    case TrunkKind::kNvswitch:
      return 1;
    case TrunkKind::kNicUp:
    case TrunkKind::kNicDown:
      return 2;
    case TrunkKind::kLeafUp:
    case TrunkKind::kLeafDown:
      return 3;
    case TrunkKind::kPodUp:
    case TrunkKind::kPodDown:
      return 4;
  }
  return 4;
}

// links: busiest first
std::vector<BusiestLink> busiest_of(const std::vector<LinkLoad>& links, const ActivityGraph& graph,
                                    const ActivityTimes& times) {
  std::vector<BusiestLink> busiest;
  std::vector<std::uint32_t> trunks;
  std::set<int> seen;
  for (const LinkLoad& link : links)
    if (seen.insert(link_family(link.owner.kind)).second) {
      busiest.push_back({link, link.utilization});
      trunks.push_back(link.trunk);
    }
  const std::vector<std::vector<LinkStep>> timelines = link_timelines(graph, times, trunks);
  for (std::size_t i = 0; i < trunks.size(); ++i)
    for (const LinkStep& step : timelines[i]) busiest[i].peak = std::max(busiest[i].peak, step.utilization);
  return busiest;
}

ActivityProfiles shared(std::vector<ActivityProfile> activity) {
  ActivityProfiles out;
  for (ActivityProfile& of_class : activity)
    out.push_back(std::make_shared<const ActivityProfile>(std::move(of_class)));
  return out;
}

double last_end_s(const ActivityTimes& times) { return *std::max_element(times.end_s.begin(), times.end_s.end()); }

std::vector<std::vector<Edge>> edges_of_classes(const Model& model, const ActivityGraph& graph,
                                                const ActivityTimes& times) {
  std::vector<std::vector<Edge>> edges(model.gpu_classes.size());
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    const ActivityKind kind = graph.kind[a];
    if (kind == ActivityKind::kJoin) continue;
    const std::uint32_t c = booked_class(model, graph, a);
    edges[c].push_back({times.start_s[a], kind, graph.clocked_share[a], 1});
    edges[c].push_back({times.end_s[a], kind, graph.clocked_share[a], -1});
  }
  return edges;
}

}  // namespace

double StepParts::total_s() const {
  return compute_s + memory_s + tensor_exposed_s + context_exposed_s + expert_exposed_s + data_exposed_s +
         pipeline_exposed_s + optimizer_s + bubble_s;
}

ActivityProfile::ActivityProfile(int bins) : bins_(bins) {
  RT_CHECK(bins > 0);
  for (auto& sums : sums_) sums.assign(static_cast<std::size_t>(bins) + 1, 0.0);
}

void ActivityProfile::add(Kind kind, double begin_s, double end_s, double share, double step_s) {
  auto& bins = sums_[kind];
  const double begin = begin_s / step_s * bins_, end = end_s / step_s * bins_;
  const int first = std::clamp(static_cast<int>(begin), 0, bins_ - 1);
  const int last = std::clamp(static_cast<int>(end), 0, bins_ - 1);
  for (int b = first; b <= last; ++b) {
    const double part = std::min(end, b + 1.0) - std::max(begin, static_cast<double>(b));
    if (part > 0) bins[static_cast<std::size_t>(b) + 1] += part * share;
  }
}

void ActivityProfile::finish() {
  for (auto& sums : sums_)
    for (std::size_t b = 1; b < sums.size(); ++b) sums[b] += sums[b - 1];
}

double ActivityProfile::integral(Kind kind, double phase) const {
  const auto& sums = sums_[kind];
  const double whole = std::floor(phase);
  const double at = (phase - whole) * bins_;
  const auto b = std::min(static_cast<std::size_t>(at), static_cast<std::size_t>(bins_ - 1));
  const double within = sums[b] + (sums[b + 1] - sums[b]) * (at - static_cast<double>(b));
  return (whole * sums.back() + within) / bins_;
}

GpuActivity ActivityProfile::mean(double from, double to) const {
  if (to <= from) return bin(static_cast<int>((from - std::floor(from)) * bins_));
  const auto over = [&](Kind kind) { return (integral(kind, to) - integral(kind, from)) / (to - from); };
  return {over(kTensor), over(kMemory), over(kCommunication), over(kWaiting), over(kBeside)};
}

GpuActivity ActivityProfile::bin(int i) const {
  const auto b = static_cast<std::size_t>(std::clamp(i, 0, bins_ - 1));
  const auto in = [&](Kind kind) { return sums_[kind][b + 1] - sums_[kind][b]; };
  return {in(kTensor), in(kMemory), in(kCommunication), in(kWaiting), in(kBeside)};
}

IterationProfile profile_of(const Model& model, const Iteration& iteration, const ActivityTimes& times) {
  const ActivityGraph& graph = iteration.graph;
  IterationProfile profile;
  profile.step_s = last_end_s(times);
  profile.path = critical_path(model, graph, times);

  std::vector<std::vector<Edge>> edges = edges_of_classes(model, graph, times);
  profile.parts_of_class.resize(model.gpu_classes.size());
  std::vector<ActivityProfile> activity(model.gpu_classes.size());
  double working = 0;
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c) {
    if (model.gpu_classes[c].stage < 0) continue;
    StepParts& parts = profile.parts_of_class[c];
    Sweep(std::move(edges[c]), profile.step_s).run(parts, activity[c]);
    const double n = model.gpu_classes[c].count;
    working += n;
    StepParts& mean = profile.parts;
    mean.compute_s += n * parts.compute_s;
    mean.memory_s += n * parts.memory_s;
    mean.tensor_exposed_s += n * parts.tensor_exposed_s;
    mean.context_exposed_s += n * parts.context_exposed_s;
    mean.expert_exposed_s += n * parts.expert_exposed_s;
    mean.data_exposed_s += n * parts.data_exposed_s;
    mean.pipeline_exposed_s += n * parts.pipeline_exposed_s;
    mean.optimizer_s += n * parts.optimizer_s;
    mean.bubble_s += n * parts.bubble_s;
  }
  for (double* part : {&profile.parts.compute_s, &profile.parts.memory_s, &profile.parts.tensor_exposed_s,
                       &profile.parts.context_exposed_s, &profile.parts.expert_exposed_s, &profile.parts.data_exposed_s,
                       &profile.parts.pipeline_exposed_s, &profile.parts.optimizer_s, &profile.parts.bubble_s})
    *part /= working;
  profile.activity = shared(std::move(activity));

  profile.links = link_loads(iteration, profile.step_s);
  profile.busiest = busiest_of(profile.links, graph, times);
  return profile;
}

std::vector<LinkLoad> link_loads(const Iteration& iteration, double step_s) {
  const ActivityGraph& graph = iteration.graph;
  RT_CHECK_EQ(iteration.hidden_bytes.size(), graph.trunks.size());
  RT_CHECK_EQ(iteration.trunk_owners.size(), graph.trunks.size());
  std::vector<double> bytes = iteration.hidden_bytes;
  for (std::uint32_t a = 0; a < graph.size(); ++a) {
    if (!is_comm(graph.kind[a])) continue;
    const Route& route = graph.routes[graph.route[a]];
    for (const std::uint32_t t : route.trunks) bytes[t] += graph.amount[a] * route.flows;
  }
  std::vector<LinkLoad> loads;
  for (std::uint32_t t = 0; t < graph.trunks.size(); ++t) {
    const double links = graph.trunks[t].links;
    const double capacity = graph.trunks[t].bandwidth_bytes_per_s * links * step_s;
    loads.push_back({iteration.trunk_owners[t], capacity > 0 ? bytes[t] / capacity : 0, bytes[t] / links, t});
  }
  std::stable_sort(loads.begin(), loads.end(),
                   [](const LinkLoad& a, const LinkLoad& b) { return a.utilization > b.utilization; });
  return loads;
}

ActivityProfiles activity_profiles(const Model& model, const Iteration& iteration, const ActivityTimes& times,
                                   int bins) {
  std::vector<std::vector<Edge>> edges = edges_of_classes(model, iteration.graph, times);
  std::vector<ActivityProfile> activity(model.gpu_classes.size(), ActivityProfile(bins));
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c) {
    StepParts parts;
    if (model.gpu_classes[c].stage >= 0) Sweep(std::move(edges[c]), last_end_s(times)).run(parts, activity[c]);
  }
  return shared(std::move(activity));
}

Result<IterationProfile> solve_iteration(const Plan& plan, const Model& model, const Calibration& calibration,
                                         const std::vector<double>& clocks, const NetworkShare& network) {
  const Iteration iteration = build_iteration(plan, model, calibration, clocks, network);
  const Result<ActivityTimes> times = solve(iteration.graph);
  if (!times) return tl::unexpected(times.error());
  return profile_of(model, iteration, *times);
}

}  // namespace racktwin
