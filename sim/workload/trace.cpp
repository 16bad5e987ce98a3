#include "sim/workload/trace.h"

#include "sim/json_text.h"
#include "sim/workload/class_names.h"
#include "sim/workload/link_timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>

namespace racktwin {
namespace {

constexpr std::size_t kMostActivities = 60'000;  // before further classes of a stage are left out: about 20 MB
constexpr std::size_t kMostUplinks = 8;          // with a counter
constexpr int kThreadsOfProcess = 1000;          // thread numbers are unique in the file, as Perfetto wants them

// What the threads of a class of GPUs are: communication over NVLink and over NICs apart.
enum Track : int { kCompute, kTensor, kContext, kExpert, kGather, kReduce, kSend, kTracks };
constexpr std::array<std::string_view, kTracks> kTrackNames = {
    "compute",           "tensor parallel",  "context parallel", "expert parallel",
    "gather parameters", "reduce gradients", "pipeline send"};

Track track_of(ActivityKind kind) {
  switch (kind) {
    case ActivityKind::kTensorParallel:
      return kTensor;
    case ActivityKind::kContextParallel:
      return kContext;
    case ActivityKind::kExpertParallel:
      return kExpert;
    case ActivityKind::kParamGather:
      return kGather;
    case ActivityKind::kGradReduce:
      return kReduce;
    case ActivityKind::kPipelineForward:
    case ActivityKind::kPipelineBackward:
      return kSend;
    default:
      return kCompute;
  }
}

std::string_view slice_word(ActivityKind kind) {
  switch (kind) {
    case ActivityKind::kForward:
      return "F";
    case ActivityKind::kBackward:
      return "B";
    case ActivityKind::kOptimizer:
      return "optimizer";
    case ActivityKind::kTensorParallel:
      return "TP";
    case ActivityKind::kContextParallel:
      return "CP";
    case ActivityKind::kExpertParallel:
      return "EP";
    case ActivityKind::kPipelineForward:
      return "send F";
    case ActivityKind::kPipelineBackward:
      return "send B";
    case ActivityKind::kGradReduce:
      return "reduce gradients";
    case ActivityKind::kParamGather:
      return "gather parameters";
    case ActivityKind::kJoin:
      break;
  }
  return "";
}

// A thread's slices, and the time at which its last one ends.
struct Lane {
  std::int64_t end_ns = 0;
  std::vector<std::uint32_t> activities;
};

class Trace {
 public:
  explicit Trace(const TracedStep& step)
      : s_(step),
        graph_(step.iteration.graph),
        on_path_(graph_.size()),
        pid_of_class_(step.model.gpu_classes.size()),
        thread_of_(graph_.size()) {
    for (const std::uint32_t a : s_.profile.path.activities) on_path_[a] = true;
    for (const LinkLoad& link : s_.profile.links) trunk_of_[{link.owner.kind, link.owner.unit_class}] = link.trunk;
    for (const Route& route : graph_.routes) route_words_.push_back(json_text(route_words(route)));
  }

  std::string write(const std::vector<std::pair<std::string, std::string>>& other, TraceCounts* counts) {
    put("{{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n");
    choose_classes();
    add_path();
    for (const std::uint32_t c : drawn_) add_class(c);
    add_arrows();
    count_uplinks();
    add_link_counters();
    put("\n],\"otherData\":{{\"scenario\":{},\"title\":{},\"step\":\"the first\",\"step_time_s\":\"{}\","
        "\"drawn\":\"{} of {} classes of GPUs\"",
        json_text(s_.plan.name), json_text(s_.plan.title), s_.profile.step_s, drawn_.size(), classes_);
    for (const auto& [key, text] : other) put(",{}:{}", json_text(key), json_text(text));
    put("}}}}\n");
    if (counts != nullptr) *counts = {events_, classes_, drawn_.size()};
    return fmt::to_string(out_);
  }

 private:
  template <class... Args>
  void put(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(out_), format, std::forward<Args>(args)...);
  }
  void begin_event() {
    if (events_++ > 0) put(",\n");
  }

  // Whole nanoseconds: what is apart stays apart when it is rounded.
  static std::int64_t ns(double time_s) { return std::llround(time_s * 1e9); }
  std::int64_t begin_ns(std::uint32_t a) const { return ns(s_.times.start_s[a]); }
  std::int64_t end_ns(std::uint32_t a) const { return ns(s_.times.end_s[a]); }
  void put_us(const char* key, std::int64_t time_ns) { put(",\"{}\":{}.{:03}", key, time_ns / 1000, time_ns % 1000); }

  // --- what is drawn

  void choose_classes() {
    std::vector<std::size_t> activities(s_.model.gpu_classes.size());
    for (std::uint32_t a = 0; a < graph_.size(); ++a)
      if (graph_.kind[a] != ActivityKind::kJoin) ++activities[graph_.gpu_class[a]];
    std::vector<double> path_s(s_.model.gpu_classes.size());
    for (const PathSection& section : s_.profile.path.sections)
      path_s[section.gpu_class] += section.end_s - section.begin_s;

    std::map<int, std::vector<std::uint32_t>> of_stage;  // by how long the path stays there
    for (std::uint32_t c = 0; c < s_.model.gpu_classes.size(); ++c)
      if (s_.model.gpu_classes[c].stage >= 0) {
        of_stage[s_.model.gpu_classes[c].stage].push_back(c);
        ++classes_;
      }
    std::size_t drawn_activities = 0, rank = 0;
    for (bool goes_on = true; goes_on; ++rank) {
      goes_on = false;
      for (auto& [stage, classes] : of_stage) {
        if (rank == 0)
          std::stable_sort(classes.begin(), classes.end(),
                           [&](std::uint32_t a, std::uint32_t b) { return path_s[a] > path_s[b]; });
        if (rank >= classes.size()) continue;
        const std::uint32_t c = classes[rank];
        if (rank > 0 && drawn_activities + activities[c] > kMostActivities) continue;
        drawn_activities += activities[c];
        drawn_.push_back(c);
        goes_on = true;
      }
    }
    std::sort(drawn_.begin(), drawn_.end(), [&](std::uint32_t a, std::uint32_t b) {
      return std::pair(s_.model.gpu_classes[a].stage, a) < std::pair(s_.model.gpu_classes[b].stage, b);
    });
    for (const std::uint32_t c : drawn_) pid_of_class_[c] = ++processes_ + 1;  // the first is the critical path
    for (std::uint32_t a = 0; a < graph_.size(); ++a)
      if (graph_.kind[a] != ActivityKind::kJoin && pid_of_class_[graph_.gpu_class[a]] > 0)
        slices_[{graph_.gpu_class[a], thread_of_slice(a)}].push_back(a);
  }

  void add_process(int pid, std::string_view name) {
    begin_event();
    put("{{\"ph\":\"M\",\"name\":\"process_name\",\"pid\":{},\"args\":{{\"name\":{}}}}}", pid, json_text(name));
    begin_event();
    put("{{\"ph\":\"M\",\"name\":\"process_sort_index\",\"pid\":{0},\"args\":{{\"sort_index\":{0}}}}}", pid);
  }

  void add_thread(int pid, int tid, std::string_view name) {
    begin_event();
    put("{{\"ph\":\"M\",\"name\":\"thread_name\",\"pid\":{},\"tid\":{},\"args\":{{\"name\":{}}}}}", pid, tid,
        json_text(name));
    begin_event();
    put("{{\"ph\":\"M\",\"name\":\"thread_sort_index\",\"pid\":{0},\"tid\":{1},\"args\":{{\"sort_index\":{1}}}}}", pid,
        tid);
  }

  void add_path() {
    constexpr int kPid = 1, kTid = kThreadsOfProcess;
    add_process(kPid, "critical path");
    add_thread(kPid, kTid, "what the step waits for");
    std::map<std::uint32_t, std::string> names;
    for (const std::uint32_t a : s_.profile.path.activities) {
      const std::uint32_t c = booked_class(s_.model, graph_, a);
      std::string& name = names[c];
      if (name.empty()) name = gpu_class_name(s_.plan, s_.model, c);
      begin_slice(a, kPid, kTid);
      put(",\"args\":{{\"on\":{}", json_text(name));
      add_measures(a);
      put("}}}}");
    }
  }

  void add_class(std::uint32_t c) {
    const int pid = pid_of_class_[c];
    add_process(pid, gpu_class_name(s_.plan, s_.model, c));
    int tid = pid * kThreadsOfProcess;
    for (int thread = 0; thread < 2 * kTracks; ++thread) {
      const std::vector<Lane> lanes = lanes_of(slices_[{c, thread}]);
      for (std::size_t i = 0; i < lanes.size(); ++i, ++tid) {
        add_thread(pid, tid, thread_name(thread) + (i == 0 ? std::string() : fmt::format(" ({})", i + 1)));
        for (const std::uint32_t a : lanes[i].activities) {
          thread_of_[a] = tid;
          begin_slice(a, pid, tid);
          put(",\"args\":{{\"on critical path\":\"{}\"", on_path_[a] ? "yes" : "no");
          add_measures(a);
          put("}}}}");
        }
      }
    }
    add_power(c, pid);
    count_link({TrunkKind::kNvlinkUp, c}, pid, "NVLink sent [%]");
    count_link({TrunkKind::kNicUp, c}, pid, "NIC sent [%]");
  }

  // By class: a Track, twice if its slices may cross NVLink or NICs.
  int thread_of_slice(std::uint32_t a) const {
    const Track track = track_of(graph_.kind[a]);
    return 2 * track + (track != kCompute && !crosses_nvlink(graph_.routes[graph_.route[a]]) ? 1 : 0);
  }

  static std::string thread_name(int thread) {
    const std::string name(kTrackNames[static_cast<std::size_t>(thread / 2)]);
    return thread / 2 == kCompute ? name : name + (thread % 2 == 0 ? ", NVLink" : ", NIC");
  }

  // Slices of one thread must not overlap.
  std::vector<Lane> lanes_of(std::vector<std::uint32_t>& activities) const {
    std::stable_sort(activities.begin(), activities.end(),
                     [&](std::uint32_t a, std::uint32_t b) { return begin_ns(a) < begin_ns(b); });
    std::vector<Lane> lanes;
    for (const std::uint32_t a : activities) {
      auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& l) { return l.end_ns <= begin_ns(a); });
      if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane());
      lane->end_ns = end_ns(a);
      lane->activities.push_back(a);
    }
    return lanes;
  }

  // --- slices

  void begin_slice(std::uint32_t a, int pid, int tid) {
    begin_event();
    put("{{\"ph\":\"X\",\"pid\":{},\"tid\":{}", pid, tid);
    put_us("ts", begin_ns(a));
    put_us("dur", end_ns(a) - begin_ns(a));
    put(",\"name\":\"{}", slice_word(graph_.kind[a]));
    add_label(a);
    put("\"");
  }

  // Buckets of gradients and parameters belong to a chunk, and fully sharded also to a micro-batch.
  void add_label(std::uint32_t a) {
    const ActivityKind kind = graph_.kind[a];
    const Workload& w = s_.plan.workload;
    if (kind == ActivityKind::kOptimizer) return;
    const bool is_bucket = track_of(kind) == kGather || track_of(kind) == kReduce;
    if (is_bucket && !w.is_fully_sharded() && !w.overlap_grad_reduce) return;
    const auto chunks = static_cast<std::uint32_t>(w.parallelism.vp);
    if (!is_bucket || w.is_fully_sharded()) put(" mb {}", graph_.block[a] / chunks);
    if (chunks > 1) put(" chunk {}", graph_.block[a] % chunks);
  }

  void add_measures(std::uint32_t a) {
    if (is_exec(graph_.kind[a])) {
      put(",\"bound by the clock [%]\":{:.1f}", 100 * graph_.clocked_share[a]);
      return;
    }
    const TransferTime time = transfer_time(graph_, s_.times, a);
    const double moving_s = time.transfer_s + time.contention_s;
    const double cap = graph_.routes[graph_.route[a]].flow_cap_bytes_per_s;
    put(",\"bytes per GPU\":{:.0f},\"reached [GB/s]\":{:.2f},\"alone [GB/s]\":{:.2f},\"latency [us]\":{:.2f},"
        "\"contention [us]\":{:.2f},\"over\":{}",
        graph_.amount[a], moving_s > 0 ? graph_.amount[a] / moving_s / 1e9 : 0, cap / 1e9, 1e6 * time.latency_s,
        1e6 * time.contention_s, route_words_[graph_.route[a]]);
  }

  bool crosses(const Route& route, TrunkKind kind) const {
    return std::any_of(route.trunks.begin(), route.trunks.end(),
                       [&](std::uint32_t t) { return s_.iteration.trunk_owners[t].kind == kind; });
  }
  bool crosses_nvlink(const Route& route) const { return crosses(route, TrunkKind::kNvlinkUp); }

  std::string route_words(const Route& route) const {
    if (crosses_nvlink(route)) return "NVLink";
    std::string words = "NIC, leaf";
    if (crosses(route, TrunkKind::kLeafUp) || crosses(route, TrunkKind::kLeafDown)) words += ", spine";
    if (crosses(route, TrunkKind::kPodUp) || crosses(route, TrunkKind::kPodDown)) words += ", core";
    return words;
  }

  // --- arrows

  // From a send to the block that it is for.
  void add_arrows() {
    std::size_t id = 0;
    for (std::uint32_t a = 0; a < graph_.size(); ++a) {
      if (graph_.kind[a] == ActivityKind::kJoin || track_of(graph_.kind[a]) != kSend || thread_of_[a] == 0) continue;
      const std::uint32_t to = block_after(a);
      if (to == kNoIndex || thread_of_[to] == 0) continue;
      ++id;
      add_arrow_end('s', id, pid_of_class_[graph_.gpu_class[a]], thread_of_[a], begin_ns(a));
      add_arrow_end('f', id, pid_of_class_[graph_.gpu_class[to]], thread_of_[to], begin_ns(to));
    }
  }

  void add_arrow_end(char phase, std::size_t id, int pid, int tid, std::int64_t time_ns) {
    begin_event();
    put("{{\"ph\":\"{}\",\"id\":{},\"cat\":\"pipeline\",\"name\":\"send\",\"pid\":{},\"tid\":{}", phase, id, pid, tid);
    put_us("ts", time_ns);
    put("{}", phase == 'f' ? ",\"bp\":\"e\"}" : "}");
  }

  // The first Exec of the receiver that waits for `a`, looked up through joins.
  std::uint32_t block_after(std::uint32_t a) const {
    const std::uint32_t receiver = booked_class(s_.model, graph_, a);
    std::vector<std::uint32_t> waiting = {a};
    for (std::size_t i = 0; i < waiting.size(); ++i)
      for (std::uint32_t j = graph_.successor_begin[waiting[i]]; j < graph_.successor_begin[waiting[i] + 1]; ++j) {
        const std::uint32_t next = graph_.successor[j];
        if (is_exec(graph_.kind[next]) && graph_.gpu_class[next] == receiver) return next;
        if (graph_.kind[next] == ActivityKind::kJoin) waiting.push_back(next);
      }
    return kNoIndex;
  }

  // --- counters

  void add_counter(int pid, std::string_view name, std::int64_t time_ns, double value) {
    begin_event();
    put("{{\"ph\":\"C\",\"pid\":{},\"name\":{}", pid, name);
    put_us("ts", time_ns);
    put(",\"args\":{{\"value\":{:.1f}}}}}", value);
  }

  void add_power(std::uint32_t c, int pid) {
    if (s_.gpu_power_w.empty()) return;
    const std::vector<double>& power_w = s_.gpu_power_w[c];
    const std::string name = json_text("power of a GPU [W]");
    for (std::size_t i = 0; i < power_w.size(); ++i)
      add_counter(pid, name, ns(static_cast<double>(i) / static_cast<double>(power_w.size()) * s_.profile.step_s),
                  power_w[i]);
  }

  void count_link(const TrunkOwner& owner, int pid, std::string_view name) {
    const auto trunk = trunk_of_.find({owner.kind, owner.unit_class});
    if (trunk != trunk_of_.end()) link_counters_.push_back({pid, trunk->second, json_text(name)});
  }

  void count_uplinks() {
    const int pid = processes_ + 2;
    std::size_t uplinks = 0;
    for (const LinkLoad& link : s_.profile.links) {  // busiest first
      if (link.owner.kind < TrunkKind::kLeafUp || link.utilization <= 0 || uplinks == kMostUplinks) continue;
      if (uplinks++ == 0) add_process(pid, "fabric");
      count_link(link.owner, pid, link_name(s_.plan, s_.model, link.owner) + " [%]");
    }
  }

  void add_link_counters() {
    std::vector<std::uint32_t> trunks;
    for (const LinkCounter& counter : link_counters_) trunks.push_back(counter.trunk);
    const std::vector<std::vector<LinkStep>> timelines = link_timelines(graph_, s_.times, trunks);
    for (std::size_t i = 0; i < timelines.size(); ++i) {
      const auto& [pid, trunk, name] = link_counters_[i];
      if (!timelines[i].empty() && timelines[i].front().time_s > 0) add_counter(pid, name, 0, 0);
      for (const LinkStep& step : timelines[i]) add_counter(pid, name, ns(step.time_s), 100 * step.utilization);
    }
  }

  struct LinkCounter {
    int pid;
    std::uint32_t trunk;
    std::string name;  // as JSON
  };

  const TracedStep& s_;
  const ActivityGraph& graph_;
  std::vector<bool> on_path_;  // (n_activity)
  std::vector<std::string> route_words_;
  std::vector<std::uint32_t> drawn_;                                            // classes, stage by stage
  std::vector<int> pid_of_class_;                                               // (n_gpu_class) 0: not drawn
  std::vector<int> thread_of_;                                                  // (n_activity) 0: not drawn
  std::map<std::pair<std::uint32_t, int>, std::vector<std::uint32_t>> slices_;  // by class and thread_of_slice()
  std::map<std::pair<TrunkKind, std::uint32_t>, std::uint32_t> trunk_of_;       // by owner
  std::vector<LinkCounter> link_counters_;
  std::size_t events_ = 0, classes_ = 0;
  int processes_ = 0;  // of classes
  fmt::memory_buffer out_;
};

}  // namespace

std::string trace_json(const TracedStep& step, const std::vector<std::pair<std::string, std::string>>& other,
                       TraceCounts* counts) {
  return Trace(step).write(other, counts);
}

}  // namespace racktwin
