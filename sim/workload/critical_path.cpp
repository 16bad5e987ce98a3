#include "sim/workload/critical_path.h"

#include "sim/check.h"

#include <algorithm>
#include <map>

namespace racktwin {
namespace {

constexpr double kRounding = 1e-9;  // of its time by which a transfer may take longer without having shared a link

// Who comes before an activity.
class Predecessors {
 public:
  explicit Predecessors(const ActivityGraph& graph) : begin_(graph.size() + 1), list_(graph.successor.size()) {
    for (std::size_t a = 0; a < graph.size(); ++a) begin_[a + 1] = begin_[a] + graph.predecessors[a];
    std::vector<std::uint32_t> next(begin_.begin(), begin_.end() - 1);
    for (std::uint32_t a = 0; a < graph.size(); ++a)
      for (std::uint32_t i = graph.successor_begin[a]; i < graph.successor_begin[a + 1]; ++i)
        list_[next[graph.successor[i]]++] = a;
  }

  // Those that ended last, all of them.
  void add_latest(std::uint32_t a, const std::vector<double>& end_s, std::vector<std::uint32_t>& out) const {
    double last_s = 0;
    for (std::uint32_t i = begin_[a]; i < begin_[a + 1]; ++i) last_s = std::max(last_s, end_s[list_[i]]);
    for (std::uint32_t i = begin_[a]; i < begin_[a + 1]; ++i)
      if (end_s[list_[i]] == last_s) out.push_back(list_[i]);
  }

 private:
  std::vector<std::uint32_t> begin_, list_;
};

class Walk {
 public:
  Walk(const Model& model, const ActivityGraph& graph, const ActivityTimes& times)
      : model_(model), graph_(graph), times_(times), before_(graph) {}

  std::vector<std::uint32_t> run() {
    std::vector<std::uint32_t> path;
    const auto last = std::max_element(times_.end_s.begin(), times_.end_s.end());
    auto a = static_cast<std::uint32_t>(last - times_.end_s.begin());
    if (graph_.kind[a] == ActivityKind::kJoin) a = before(a, kNoIndex);
    for (; a != kNoIndex; a = before(a, booked_class(model_, graph_, a))) path.push_back(a);
    std::reverse(path.begin(), path.end());
    return path;
  }

 private:
  // Of the activities that ended last before `a`, looked up through joins: one of `gpu_class`, otherwise the first.
  std::uint32_t before(std::uint32_t a, std::uint32_t gpu_class) {
    std::uint32_t found = kNoIndex;
    waiting_.clear();
    before_.add_latest(a, times_.end_s, waiting_);
    while (!waiting_.empty()) {
      const std::uint32_t p = waiting_.back();
      waiting_.pop_back();
      if (graph_.kind[p] == ActivityKind::kJoin) {
        before_.add_latest(p, times_.end_s, waiting_);
        continue;
      }
      const bool is_here = booked_class(model_, graph_, p) == gpu_class;
      const bool was_here = found != kNoIndex && booked_class(model_, graph_, found) == gpu_class;
      if (found == kNoIndex || (is_here && !was_here) || (is_here == was_here && p < found)) found = p;
    }
    return found;
  }

  const Model& model_;
  const ActivityGraph& graph_;
  const ActivityTimes& times_;
  const Predecessors before_;
  std::vector<std::uint32_t> waiting_;
};

void book(PathParts& parts, const ActivityGraph& graph, const ActivityTimes& times, std::uint32_t a) {
  const double time_s = times.end_s[a] - times.start_s[a];
  switch (graph.kind[a]) {
    case ActivityKind::kForward:
    case ActivityKind::kBackward:
      parts.compute_s += time_s * graph.clocked_share[a];
      parts.memory_s += time_s * (1 - static_cast<double>(graph.clocked_share[a]));
      return;
    case ActivityKind::kOptimizer:
      parts.optimizer_s += time_s;
      return;
    case ActivityKind::kTensorParallel:
      parts.tensor += transfer_time(graph, times, a);
      return;
    case ActivityKind::kContextParallel:
      parts.context += transfer_time(graph, times, a);
      return;
    case ActivityKind::kExpertParallel:
      parts.expert += transfer_time(graph, times, a);
      return;
    case ActivityKind::kPipelineForward:
    case ActivityKind::kPipelineBackward:
      parts.pipeline += transfer_time(graph, times, a);
      return;
    case ActivityKind::kGradReduce:
    case ActivityKind::kParamGather:
      parts.data += transfer_time(graph, times, a);
      return;
    case ActivityKind::kJoin:
      return;
  }
}

}  // namespace

TransferTime& TransferTime::operator+=(const TransferTime& other) {
  latency_s += other.latency_s;
  transfer_s += other.transfer_s;
  contention_s += other.contention_s;
  return *this;
}

TransferTime transfer_time(const ActivityGraph& graph, const ActivityTimes& times, std::uint32_t activity) {
  RT_CHECK(is_comm(graph.kind[activity]));
  const double time_s = times.end_s[activity] - times.start_s[activity];
  const double alone_s = graph.amount[activity] / graph.routes[graph.route[activity]].flow_cap_bytes_per_s;
  TransferTime t;
  t.latency_s = std::min(graph.delay_s[activity], time_s);
  t.transfer_s = time_s - t.latency_s;
  if (t.transfer_s - alone_s > kRounding * time_s) t.transfer_s = alone_s;
  t.contention_s = time_s - t.latency_s - t.transfer_s;
  return t;
}

std::uint32_t booked_class(const Model& model, const ActivityGraph& graph, std::uint32_t activity) {
  const std::uint32_t c = graph.gpu_class[activity];
  if (graph.kind[activity] == ActivityKind::kPipelineForward) return model.gpu_classes[c].next;
  if (graph.kind[activity] == ActivityKind::kPipelineBackward) return model.gpu_classes[c].previous;
  return c;
}

double PathParts::total_s() const {
  double total = compute_s + memory_s + optimizer_s;
  for (const TransferTime* part : {&tensor, &context, &expert, &data, &pipeline}) total += part->total_s();
  return total;
}

CriticalPath critical_path(const Model& model, const ActivityGraph& graph, const ActivityTimes& times) {
  CriticalPath path;
  path.activities = Walk(model, graph, times).run();
  path.compute_s_of_class.resize(model.gpu_classes.size());
  for (const std::uint32_t a : path.activities) {
    const std::uint32_t c = booked_class(model, graph, a);
    const double before_s = path.parts.compute_s;
    book(path.parts, graph, times, a);
    path.compute_s_of_class[c] += path.parts.compute_s - before_s;
    if (path.sections.empty() || path.sections.back().gpu_class != c)
      path.sections.push_back({c, times.start_s[a], times.end_s[a]});
    path.sections.back().end_s = times.end_s[a];
  }
  return path;
}

std::vector<PathSection> longest_sections(const CriticalPath& path, std::size_t most) {
  std::vector<PathSection> sections = path.sections;
  std::stable_sort(sections.begin(), sections.end(), [](const PathSection& a, const PathSection& b) {
    return a.end_s - a.begin_s > b.end_s - b.begin_s;
  });
  sections.resize(std::min(most, sections.size()));
  return sections;
}

std::vector<PathPlace> path_places(const CriticalPath& path) {
  std::map<std::uint32_t, double> time_of;
  for (const PathSection& section : path.sections) time_of[section.gpu_class] += section.end_s - section.begin_s;
  std::vector<PathPlace> places;
  for (const auto& [c, time_s] : time_of) places.push_back({c, time_s});
  std::stable_sort(places.begin(), places.end(),
                   [](const PathPlace& a, const PathPlace& b) { return a.time_s > b.time_s; });
  return places;
}

}  // namespace racktwin
