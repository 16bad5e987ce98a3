// The trace is read back and held against the rules of the format and against the profile.
#include "sim/workload/trace.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <map>
#include <set>

namespace racktwin {
namespace {

using nlohmann::json;

struct Traced {
  Model model;
  Iteration iteration;
  ActivityTimes times;
  IterationProfile profile;
  TraceCounts counts;
  json file;
};

Traced traced(const Plan& plan, Folding folding = Folding::kFolded) {
  Result<Model> model = build_model(plan, folding);
  REQUIRE(model);
  Traced t;
  t.model = std::move(*model);
  t.iteration =
      build_iteration(plan, t.model, test_calibration(), std::vector<double>(t.model.gpu_classes.size(), 1.0));
  Result<ActivityTimes> times = solve(t.iteration.graph);
  REQUIRE(times);
  t.times = std::move(*times);
  t.profile = profile_of(t.model, t.iteration, t.times);
  const std::vector<std::vector<double>> power_w(t.model.gpu_classes.size(), std::vector<double>(4, 700.0));
  t.file = json::parse(trace_json({plan, t.model, t.iteration, t.times, t.profile, power_w},
                                  {{"version", "1.2.3 \"quoted\"\n"}}, &t.counts));
  return t;
}

std::vector<json> events(const Traced& t, const std::string& phase) {
  std::vector<json> found;
  for (const json& event : t.file["traceEvents"])
    if (event["ph"] == phase) found.push_back(event);
  return found;
}

std::map<int, std::string> process_names(const Traced& t) {
  std::map<int, std::string> names;
  for (const json& event : events(t, "M"))
    if (event["name"] == "process_name") names[event["pid"]] = event["args"]["name"];
  return names;
}

std::map<int, std::string> thread_names(const Traced& t) {
  std::map<int, std::string> names;
  for (const json& event : events(t, "M"))
    if (event["name"] == "thread_name") {
      CHECK(names.count(event["tid"]) == 0);  // thread numbers are unique in the file
      names[event["tid"]] = event["args"]["name"];
    }
  return names;
}

// Every event has what its phase needs, and a thread is of one process: what Perfetto's importer drops otherwise.
// source: Trace Event Format; Perfetto, src/trace_processor/importers/json
void check_fields(const Traced& t) {
  const std::map<std::string, std::set<std::string>> needed = {
      {"M", {"pid", "name", "args"}},
      {"X", {"pid", "tid", "ts", "dur", "name", "args"}},
      {"C", {"pid", "ts", "name", "args"}},
      {"s", {"pid", "tid", "ts", "id", "cat", "name"}},
      {"f", {"pid", "tid", "ts", "id", "cat", "name", "bp"}},
  };
  std::map<int, int> process_of_thread;
  for (const json& event : t.file["traceEvents"]) {
    CAPTURE(event.dump());
    const auto keys = needed.find(event["ph"]);
    REQUIRE(keys != needed.end());
    for (const std::string& key : keys->second) REQUIRE(event.contains(key));
    REQUIRE(event["pid"].is_number_integer());
    if (event.contains("ts")) REQUIRE(event["ts"].is_number());
    if (!event.contains("tid")) continue;
    REQUIRE(event["tid"].is_number_integer());
    REQUIRE(process_of_thread.emplace(event["tid"], event["pid"]).first->second == event["pid"]);
  }
}

// What a reader of the format relies on.
void check_rules(const Traced& t) {
  check_fields(t);
  const double step_us = 1e6 * t.profile.step_s;
  const auto threads = thread_names(t);
  const auto processes = process_names(t);
  std::map<int, std::vector<std::pair<double, double>>> slices;  // by thread: begin, end
  for (const json& slice : events(t, "X")) {
    const double begin = slice["ts"], end = begin + slice["dur"].get<double>();
    REQUIRE(begin >= 0);
    REQUIRE(slice["dur"] >= 0);
    REQUIRE(end <= step_us + 1e-3);
    REQUIRE(threads.count(slice["tid"]) == 1);
    REQUIRE(processes.count(slice["pid"]) == 1);
    slices[slice["tid"]].emplace_back(begin, end);
  }
  for (auto& [tid, list] : slices) {
    CAPTURE(threads.at(tid));
    std::sort(list.begin(), list.end());
    for (std::size_t i = 1; i < list.size(); ++i) REQUIRE(list[i].first >= list[i - 1].second - 1e-6);
  }
  std::map<int, std::pair<json, json>> arrows;
  for (const json& event : events(t, "s")) {
    REQUIRE(arrows[event["id"]].first.is_null());
    arrows[event["id"]].first = event;
  }
  for (const json& event : events(t, "f")) {
    REQUIRE(arrows[event["id"]].second.is_null());
    REQUIRE(event["bp"] == "e");
    arrows[event["id"]].second = event;
  }
  for (const auto& [id, arrow] : arrows) {
    REQUIRE_FALSE(arrow.first.is_null());
    REQUIRE_FALSE(arrow.second.is_null());
    REQUIRE(arrow.first["ts"] <= arrow.second["ts"]);
    REQUIRE(arrow.first["name"] == arrow.second["name"]);
    for (const json& end : {arrow.first, arrow.second}) {  // a slice begins there, and does not end at once
      const auto& list = slices.at(end["tid"]);
      const double time = end["ts"];
      REQUIRE(std::any_of(list.begin(), list.end(),
                          [&](const auto& slice) { return slice.first == time && slice.second > time; }));
    }
  }
  for (const json& counter : events(t, "C")) {
    REQUIRE(counter["ts"] >= 0);
    REQUIRE(counter["ts"] <= step_us + 1e-3);
    REQUIRE(counter["args"].size() == 1);
    if (counter["name"].get<std::string>().find('%') != std::string::npos) {
      REQUIRE(counter["args"]["value"] >= 0);
      REQUIRE(counter["args"]["value"] <= 100);
    }
  }
  CHECK(t.file["traceEvents"].size() == t.counts.events);
  CHECK(t.file["otherData"]["version"] == "1.2.3 \"quoted\"\n");
}

double sum_us(const Traced& t, const std::string& thread, int pid, const std::string& word = {}) {
  const auto threads = thread_names(t);
  double sum = 0;
  for (const json& slice : events(t, "X"))
    if (slice["pid"] == pid && threads.at(slice["tid"]).compare(0, thread.size(), thread) == 0 &&
        slice["name"].get<std::string>().compare(0, word.size(), word) == 0)
      sum += slice["dur"].get<double>();
  return sum;
}

TEST_CASE("a trace obeys the rules of its format and holds what the profile says") {
  for (const auto& [what, plan] : {std::pair{"pipeline", small_job()},
                                   {"experts", expert_job()},
                                   {"experts beside the block", expert_job({"workload.overlap_expert_parallel=true"})},
                                   {"sharded", sharded_job()},
                                   {"over the spine", small_job({"workload.order=tp-pp-dp-cp"})}}) {
    CAPTURE(what);
    const Traced t = traced(plan);
    check_rules(t);
    CHECK(t.counts.drawn_classes == t.counts.classes);

    // Compute of every class of GPUs; processes are in the order of stages and classes, after the critical path.
    std::vector<std::uint32_t> classes;
    for (int stage = 0; stage < plan.workload.parallelism.pp; ++stage)
      for (std::uint32_t c = 0; c < t.model.gpu_classes.size(); ++c)
        if (t.model.gpu_classes[c].stage == stage) classes.push_back(c);
    REQUIRE(classes.size() == t.counts.classes);
    for (std::size_t i = 0; i < classes.size(); ++i) {
      const StepParts& parts = t.profile.parts_of_class[classes[i]];
      const int pid = static_cast<int>(i) + 2;
      CHECK(sum_us(t, "compute", pid) ==
            Approx(1e6 * (parts.compute_s + parts.memory_s + parts.optimizer_s)).margin(1));
    }
    CHECK(sum_us(t, "what the step waits for", 1) == Approx(1e6 * t.profile.step_s).margin(1));
  }
}

TEST_CASE("sends between stages are arrows, each to a block of the neighbour") {
  const Traced t = traced(small_job());
  std::size_t sends = 0;
  for (const json& slice : events(t, "X"))
    if (slice["pid"] != 1 && slice["name"].get<std::string>().compare(0, 4, "send") == 0) ++sends;
  const auto threads = thread_names(t);
  REQUIRE(sends > 0);
  CHECK(events(t, "s").size() == sends);
  for (const json& event : events(t, "f")) REQUIRE(threads.at(event["tid"]) == "compute");
  for (const json& event : events(t, "s")) REQUIRE(threads.at(event["tid"]) == "pipeline send, NIC");
}

TEST_CASE("a slice says its micro-batch, its rate, and whether it is on the critical path") {
  const Plan plan = small_job();
  const Traced t = traced(plan);
  std::set<std::string> names;
  double critical_us = 0;
  for (const json& slice : events(t, "X")) {
    if (slice["pid"] == 1) continue;
    names.insert(slice["name"]);
    const json& args = slice["args"];
    if (args["on critical path"] == "yes") critical_us += slice["dur"].get<double>();
    if (!args.contains("bytes per GPU")) continue;
    REQUIRE(args["reached [GB/s]"] <= args["alone [GB/s]"].get<double>() * (1 + 1e-6) + 0.01);
    REQUIRE(args["latency [us]"] >= 0);
    REQUIRE_FALSE(args["over"].get<std::string>().empty());
  }
  for (const char* name : {"F mb 0 chunk 0", "B mb 7 chunk 1", "send F mb 3 chunk 0", "TP mb 2 chunk 1",
                           "gather parameters chunk 1", "reduce gradients chunk 0", "optimizer"}) {
    CAPTURE(name);
    CHECK(names.count(name) == 1);
  }
  CHECK(critical_us == Approx(1e6 * t.profile.step_s).margin(1));
}

TEST_CASE("an unfolded trace draws every stage, and of many equal GPUs not all") {
  const Plan plan = small_job({"workload.global_batch=2048"});
  const Traced t = traced(plan, Folding::kUnfolded);
  check_rules(t);
  CHECK(t.counts.classes == 64);
  CHECK(t.counts.drawn_classes < 64);
  std::set<std::string> stages;
  for (const auto& [pid, name] : process_names(t))
    if (name.compare(0, 6, "stage ") == 0) stages.insert(name.substr(0, 7));
  CHECK(stages == std::set<std::string>{"stage 0", "stage 1", "stage 2", "stage 3"});
  CHECK(t.file["otherData"]["drawn"].get<std::string>().find("of 64 classes") != std::string::npos);
}

}  // namespace
}  // namespace racktwin
