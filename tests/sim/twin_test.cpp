#include "sim/twin/twin.h"

#include "sim/error_text.h"
#include "sim/power/clock_reason.h"
#include "sim/power/power.h"
#include "sim/recording/run_history.h"
#include "sim/workload/operators.h"
#include "tests/last_frame.h"
#include "tests/sim/outcome.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <map>
#include <sstream>
#include <stdexcept>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

// A recording that goes away with the test.
class File {
 public:
  File() {
    static int number = 0;
    path_ = fs::temp_directory_path() /
            ("racktwin-twin-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".racktwin");
  }
  ~File() {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path_.string() + ending);
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

RunOutcome recorded(const Plan& plan, const File& file, RunOptions options = {}) {
  options.output = file.path();
  return run(plan, options);
}

RecordingReader reader(const File& file) {
  Result<RecordingReader> opened = RecordingReader::open(file.path());
  if (!opened) FAIL(format_errors(opened.error(), false));
  return std::move(*opened);
}

// The mean of a metric of the first class in the frame that ends at a time.
double mean_at(const RecordingReader& recording, const std::string& name, double time_s) {
  for (const MetricRow& metric : recording.metrics())
    if (metric.name == name) {
      const auto frame = last_frame(recording, metric.id, time_s);
      REQUIRE(frame);
      return static_cast<double>(frame->mean.at(0));
    }
  FAIL("no metric " << name);
  return 0;
}

Event event(double time_s, EventKind kind, std::string path, double setting) {
  Event out;
  out.time_s = time_s;
  out.kind = kind;
  out.path = std::move(path);
  out.value = setting;
  out.what = "changed";
  out.by = "test";
  return out;
}

Plan short_run(const std::string& duration, std::vector<Event> events = {}) {
  Plan plan = small_job({"duration=" + duration});
  plan.events = std::move(events);
  return plan;
}

Plan air_cooled() {
  return small_job({"duration=60 s", "site.rack=hgx-h100", "event=[]", "workload.gpus=64", "workload.gpus_per_domain=8",
                    "workload.pp=1", "workload.vp=1", "workload.dp=16"});
}

TEST_CASE("water that no set-point keeps warm freezes in the cold, and the run says so once") {
  Plan plan = shipped("year-temperate");
  plan.duration_s = 6 * 3600;
  plan.cooling.facility_setpoint_degc = std::nan("");
  Event cold;
  cold.kind = EventKind::kDryBulb;
  cold.path = weather_path(plan);
  cold.value = -30;
  plan.events = {cold};
  const RunOutcome outcome = run(plan);
  CHECK(outcome.summary.front().text == "the facility water freezes");
  CHECK(std::count_if(outcome.events.begin(), outcome.events.end(), [](const EventRow& event) {
          return event.path == "hall/facility" && event.what.find("the facility water freezes: -2") == 0;
        }) == 1);
}

TEST_CASE("pumps that do not hold their set-point are told of once, and when they do again") {
  const auto told = [](const char* flow, const std::string& events) {
    const Plan plan = small_job({"duration=10 min", "event=[" + events + "]", std::string("cooling.tcs_flow=") + flow});
    std::vector<std::pair<double, std::string>> out;
    for (const EventRow& event : run(plan).events)
      if (event.what.find("set-point") != std::string::npos) out.emplace_back(event.time_s, event.what);
    return out;
  };
  CHECK(told("1040 L/min", "").empty());
  const auto most = told("9000 L/min", ""), least = told("1 L/min", "");
  REQUIRE(most.size() == 1);
  CHECK(most[0].first == 60);
  CHECK_THAT(most[0].second, Catch::EndsWith("L/min, 9000 L/min asked for"));
  REQUIRE(least.size() == 1);  // they cannot run any slower
  const auto tripped = told("1040 L/min", "{at='1 min', for='5 min', path='hall/cdu-1/pump-1', state='tripped'}");
  REQUIRE(tripped.size() == 2);
  CHECK(tripped[0].first >= 120);
  CHECK(tripped[0].first < 150);
  CHECK(tripped[1].second == "the pumps hold their set-point again: 1040 L/min");
}

TEST_CASE("the heat of an isolated CDU is for the others to carry, and theirs is what counts") {
  const Plan both = small_job({"cooling.cdus=2", "event=[]"}),
             one = small_job({"cooling.cdus=2", "event=[{at='0 s', path='hall/cdu-1', state='isolated'}]"});
  CHECK(1 - value(run(one), "headroom_cdu") ==
        Approx(2 * (1 - value(run(both), "headroom_cdu"))).epsilon(0.05));  // and of its pumps' work
}

TEST_CASE("two runs of one scenario record the same content") {
  const Plan plan = flagship({"duration=60 s"});
  const File one, two;
  recorded(plan, one);
  recorded(plan, two);
  CHECK(reader(one).content_hash() == reader(two).content_hash());
  CHECK(reader(one).is_complete());
  const File other;
  recorded(flagship({"duration=60 s", "cooling.facility_supply=26 degC"}), other);
  CHECK(reader(other).content_hash() != reader(one).content_hash());
}

TEST_CASE("a folded and an unfolded run come to the same figures") {
  const Plan plan = short_run("20 s");
  RunOptions unfolded;
  unfolded.folding = Folding::kUnfolded;
  const RunOutcome one = run(plan), other = run(plan, unfolded);
  for (const char* name : {"step_time_s", "site_peak_w", "site_mean_w", "junction_max_degc", "coolant_return_max_degc",
                           "bubble_s", "headroom_cdu", "pue", "mfu"}) {
    CAPTURE(name);
    CHECK(value(other, name) == Approx(value(one, name)).epsilon(1e-7));
  }
}

TEST_CASE("the figures of a run belong together") {
  const Plan plan = flagship({"duration=60 s"});
  const RunOutcome outcome = run(plan);
  const auto of = [&](const char* name) { return value(outcome, name); };
  const double step_s = of("step_time_s");
  CHECK(of("compute_s") + of("memory_bound_s") + of("tp_exposed_s") + of("cp_exposed_s") + of("dp_exposed_s") +
            of("pp_exposed_s") + of("optimizer_s") + of("bubble_s") ==
        Approx(step_s).epsilon(1e-9));
  CHECK(of("tokens_per_s") == Approx(896 * 8192 / step_s));
  CHECK(of("tokens_per_s_per_gpu") == Approx(896 * 8192 / step_s / 512));
  CHECK(of("mfu") == Approx(model_flops_per_step(plan.workload) / step_s / 512 / 5e15));
  CHECK(of("gpus_used") == 512);
  CHECK(of("steps_completed") == Approx(60 / step_s).epsilon(0.05));
  CHECK(of("tokens_trained") == Approx(of("steps_completed") * 896 * 8192));
  CHECK(std::abs(of("energy_residual")) < 1e-9);
  CHECK(of("pue") > 1);
  CHECK(of("pue") < 1.3);
  CHECK(of("site_peak_w") >= of("site_mean_w"));
  CHECK(of("site_mean_w") == Approx(of("it_mean_w") * of("pue")));
  CHECK(of("cdu_pump_mean_w") + of("facility_pump_mean_w") + of("fan_mean_w") + of("air_cooling_mean_w") +
            of("chiller_mean_w") ==
        Approx(of("cooling_mean_w")).epsilon(1e-9));
  CHECK(of("facility_pump_mean_w") > 0);
  CHECK(of("rack_peak_w") > 60e3);
  CHECK(of("rack_peak_w") < 140e3);
  CHECK(of("headroom_feed") == Approx(1 - of("site_peak_w") / 1.25e6));
  CHECK(of("headroom_junction_k") == Approx(87 - of("junction_max_degc")));
  CHECK(of("headroom_memory") == Approx(1 - of("memory_used_bytes") / 186e9));
}

TEST_CASE("every figure of the summary has a unit or a text and none is lost") {
  const RunOutcome outcome = run(short_run("20 s"));
  std::map<std::string, int> names;
  for (const SummaryRow& row : outcome.summary) {
    CAPTURE(row.name);
    CHECK(++names[row.name] == 1);
    CHECK((!row.unit.empty() || !row.text.empty()));
    CHECK((!std::isnan(row.value) || !row.text.empty()));
  }
  CHECK(outcome.summary.front().name == "verdict");
  for (const char* name : {"step_time_s",
                           "step_time_max_s",
                           "tokens_per_s",
                           "tokens_per_s_per_gpu",
                           "mfu",
                           "compute_s",
                           "memory_bound_s",
                           "tp_exposed_s",
                           "cp_exposed_s",
                           "dp_exposed_s",
                           "pp_exposed_s",
                           "optimizer_s",
                           "bubble_s",
                           "compute_share",
                           "site_peak_w",
                           "site_mean_w",
                           "rack_peak_w",
                           "it_mean_w",
                           "pue",
                           "junction_max_degc",
                           "coolant_supply_max_degc",
                           "coolant_return_max_degc",
                           "facility_supply_max_degc",
                           "facility_pump_mean_w",
                           "throttled_fraction",
                           "clock_start",
                           "clock_min",
                           "energy_residual",
                           "headroom_feed",
                           "headroom_shelf",
                           "headroom_rack",
                           "headroom_cdu",
                           "headroom_junction_k",
                           "headroom_memory",
                           "memory_used_bytes",
                           "steps_completed",
                           "tokens_trained",
                           "gpus_used",
                           "gpu_classes",
                           "solves",
                           "busiest_link_1",
                           "busiest_link_2",
                           "busiest_link_3",
                           "busiest_link_1_peak",
                           "busiest_link_1_bytes",
                           "critical_compute_s",
                           "critical_memory_bound_s",
                           "critical_tp_latency_s",
                           "critical_cp_transfer_s",
                           "critical_dp_transfer_s",
                           "critical_pp_contention_s",
                           "critical_optimizer_s",
                           "critical_places",
                           "critical_place_1",
                           "critical_sections",
                           "critical_section_1",
                           "critical_section_1_begin_s"}) {
    CAPTURE(name);
    CHECK(names.count(name) == 1);
  }
}

TEST_CASE("the critical path of the summary is as long as the step") {
  const RunOutcome outcome = run(short_run("10 s"));
  double sum_s = 0;
  for (const SummaryRow& row : outcome.summary)
    if (row.text.empty() && row.unit == "s" && row.name.compare(0, 9, "critical_") == 0 &&
        row.name.find("_begin_s") == std::string::npos)
      sum_s += row.value;
  CHECK(sum_s == Approx(value(outcome, "step_time_s")).epsilon(1e-9));
}

TEST_CASE("the step that a run begins with is told once, with the power in it, and can end the run") {
  const Plan plan = short_run("10 s");
  RunOptions options;
  int calls = 0;
  double step_s = 0, mean_w = 0;
  options.on_first_step = [&](const TracedStep& step) -> Result<void> {
    ++calls;
    step_s = step.profile.step_s;
    REQUIRE(step.gpu_power_w.size() == step.model.gpu_classes.size());
    CHECK(step.times.end_s.size() == step.iteration.graph.size());
    for (const std::vector<double>& row : step.gpu_power_w) REQUIRE(row.size() == ActivityProfile::kBins);
    for (const double w : step.gpu_power_w[0]) mean_w += w / ActivityProfile::kBins;
    return {};
  };
  const Result<RunOutcome> outcome = run_twin(plan, test_calibration(), options);
  REQUIRE(outcome);
  CHECK(calls == 1);
  CHECK(step_s == value(*outcome, "step_time_s"));
  CHECK(mean_w > plan.site.rack_type.gpu.idle_w.value);
  CHECK(mean_w <= plan.site.rack_type.gpu.tdp_w.value);

  options.on_first_step = [](const TracedStep&) -> Result<void> { return fail(ErrorCode::kIo, "no space"); };
  const Result<RunOutcome> ended = run_twin(plan, test_calibration(), options);
  REQUIRE_FALSE(ended);
  CHECK(ended.error().front().message == "no space");
}

TEST_CASE("a run without a recording says as much about itself as one with it") {
  const File file;
  const RunOutcome with = recorded(short_run("10 s"), file), without = run(short_run("10 s"));
  const auto keys = [](const RunOutcome& outcome) {
    std::vector<std::string> out;
    for (const auto& [key, text] : outcome.run_values) out.push_back(key);
    return out;
  };
  CHECK(keys(without) == keys(with));
}

TEST_CASE("what cannot be measured on an air-cooled site has no data") {
  const RunOutcome outcome = run(air_cooled());
  for (const char* name : {"coolant_supply_max_degc", "coolant_return_max_degc", "headroom_cdu"}) {
    CAPTURE(name);
    CHECK(std::isnan(value(outcome, name)));
  }
  CHECK(value(outcome, "junction_max_degc") > 30);
  CHECK(std::abs(value(outcome, "energy_residual")) < 1e-9);
}

TEST_CASE("a pump that trips lowers the flow and raises the junctions") {
  Plan plan = flagship({"duration=5 min"});
  plan.events = {event(60, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const File file;
  const RunOutcome outcome = recorded(plan, file);
  const RecordingReader recording = reader(file);
  CHECK(mean_at(recording, "tcs_flow", 300) < 0.8 * mean_at(recording, "tcs_flow", 60));
  CHECK(mean_at(recording, "gpu_junction", 300) > mean_at(recording, "gpu_junction", 60) + 1);
  CHECK(std::abs(value(outcome, "energy_residual")) < 1e-9);
  REQUIRE_FALSE(recording.events().empty());
  CHECK(recording.events().front().path == "hall/cdu-1/pump-2");
  CHECK(recording.events().front().time_s == 60);
}

// The mean of a metric of one thing in the frame that ends at a time.
double mean_of(const RunHistory& history, const char* metric, const std::string& path, double time_s) {
  const auto frame = history.frame(time_s);
  const auto id = history.site().find(path);
  REQUIRE(frame.has_value());
  REQUIRE(id.has_value());
  REQUIRE(history.metric(metric) != nullptr);
  return history.reading(*frame, *history.metric(metric), *id).mean;
}

RunHistory history_of(const File& file) {
  Result<RunHistory> opened = RunHistory::open(file.path());
  if (!opened) FAIL(format_errors(opened.error(), false));
  return std::move(*opened);
}

TEST_CASE("a pump that trips runs down to nothing, the other takes as much of its flow as it can") {
  Plan plan = flagship({"duration=5 min"});
  plan.events = {event(60, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const File file;
  recorded(plan, file);
  const RunHistory run = history_of(file);
  const auto of = [&](const char* metric, const char* path, double time_s) {
    return mean_of(run, metric, path, time_s);
  };
  for (const char* pump : {"hall/cdu-1/pump-1", "hall/cdu-1/pump-2"}) {
    CHECK(of("pump_speed", pump, 60) == Approx(0.745).margin(0.01));
    CHECK(of("pump_flow", pump, 60) == Approx(of("tcs_flow", "hall", 60) / 2));
  }
  const double after_65 = of("pump_speed", "hall/cdu-1/pump-2", 65);  // mean over 60 to 65 s, time constant 2 s
  CHECK(after_65 > 0);
  CHECK(after_65 < 0.4);
  CHECK(of("pump_speed", "hall/cdu-1/pump-1", 300) == Approx(1).margin(1e-3));
  CHECK(of("pump_speed", "hall/cdu-1/pump-2", 300) == 0);
  CHECK(of("pump_speed", "hall/cdu-1", 300) == Approx(0.5).margin(1e-3));
  CHECK(of("pump_flow", "hall/cdu-1/pump-2", 180) == 0);
  CHECK(of("pump_flow", "hall/cdu-1/pump-1", 180) > of("pump_flow", "hall/cdu-1/pump-1", 60));
  CHECK(of("pump_flow", "hall/cdu-1/pump-1", 180) == Approx(8 * of("rack_flow", "hall/row-a/rack-05", 180)));
  CHECK(of("rack_flow", "hall/row-a/rack-05", 60) == Approx(130));
  CHECK(of("rack_flow", "hall/row-a/rack-05", 300) == Approx(0.77 * 130).epsilon(0.01));
}

TEST_CASE("a job that has stopped loads no network, and one within a rack never did") {
  Plan plan = flagship({"duration=3 min"});
  plan.events = {event(30, EventKind::kPumpSpeed, "hall/cdu-1/pump-1", 0),
                 event(30, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const File file;
  recorded(plan, file);
  const RunHistory run = history_of(file);
  CHECK(mean_of(run, "rack_network", "hall/row-a/rack-03", 30) > 0.01);
  REQUIRE(std::isnan(mean_of(run, "step_time", "hall", 180)));
  CHECK(mean_of(run, "rack_network", "hall/row-a/rack-03", 180) == 0);
  CHECK(mean_of(run, "leaf_network", "hall/network-1/leaf-01", 180) == 0);
  CHECK(mean_of(run, "spine_network", "hall", 180) == 0);

  Result<Plan> small = load_plan(RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml", {}, test_catalog());
  REQUIRE(small);
  const File small_file;
  recorded(*small, small_file);
  const RunHistory small_run = history_of(small_file);
  CHECK(mean_of(small_run, "step_time", "hall", 60) > 0);
  CHECK(mean_of(small_run, "rack_network", "hall/row-a/rack-01", 60) == 0);
}

TEST_CASE("a recording has a class for every unit, values for every class, and a ground for every metric") {
  const Plan plan = flagship({"duration=10 s"});
  const File file;
  const RunOutcome outcome = recorded(plan, file);
  const RunHistory run = history_of(file);
  const std::map<UnitKind, std::size_t> units = {{UnitKind::kGpu, 576}, {UnitKind::kTray, 144}, {UnitKind::kRack, 8},
                                                 {UnitKind::kPump, 2},  {UnitKind::kLeaf, 18},  {UnitKind::kSite, 1}};
  const auto frame = run.frame(10);
  REQUIRE(frame.has_value());
  for (const MetricRow& metric : run.metrics()) {
    CAPTURE(metric.name);
    const auto& classes = run.membership(0, metric.kind);
    REQUIRE(classes.size() == units.at(metric.kind));
    const FrameRow& row = frame->values[static_cast<std::size_t>(metric.id)];
    CHECK(row.mean.size() == *std::max_element(classes.begin(), classes.end()) + 1);
    const bool is_of_working_gpus = metric.name == "gpu_clock" || (metric.name.rfind(kClockReasonPrefix, 0) == 0 &&
                                                                   metric.name != "clock_reason_idle");
    // The scenario gives the facility's supply, so nobody knows what evaporates, and says nothing of humidity.
    const bool is_unknown = metric.name == "water_use" || metric.name == "wet_bulb" ||
                            metric.name == "rack_power_cap" || metric.name == "site_power_cap" ||
                            metric.name == "ups_charge";
    for (const float mean : row.mean) CHECK((std::isfinite(mean) || is_of_working_gpus || is_unknown));
    const bool is_given = metric.name == "facility_supply" || metric.name == "dry_bulb" || metric.name == "wet_bulb";
    CHECK(metric.evidence.empty() == is_given);
  }
  CHECK(run.limits().size() == 10);
  // The same ground as in the summary.
  const std::string source = run.metric("gpu_junction")->source;
  const std::string input = source.substr(0, source.find(" ("));
  const auto weakest = std::find_if(outcome.summary.begin(), outcome.summary.end(),
                                    [](const SummaryRow& row) { return row.name == "weakest_input_cooling"; });
  REQUIRE(weakest != outcome.summary.end());
  CHECK(weakest->text == input + " (" + run.metric("gpu_junction")->evidence + ")");
}

TEST_CASE("warmer facility water warms the coolant and the chips by as much") {
  Plan plan = flagship({"duration=20 min"});
  plan.events = {event(60, EventKind::kFacilitySupply, "hall/facility", 32)};
  const File file;
  recorded(plan, file);
  const RecordingReader recording = reader(file);
  for (const char* metric : {"facility_supply", "tcs_supply", "tcs_return"}) {
    CAPTURE(metric);
    CHECK(mean_at(recording, metric, 1200) - mean_at(recording, metric, 60) == Approx(7).margin(0.7));
  }
  CHECK(mean_at(recording, "gpu_junction", 1200) > mean_at(recording, "gpu_junction", 60) + 5);
}

TEST_CASE("a run that starts in its steady state stays there") {
  const File file;
  recorded(flagship({"duration=10 min"}), file);  // nothing happens in the first ten minutes
  const RecordingReader recording = reader(file);
  for (const char* metric : {"tcs_return", "tcs_supply"})
    CHECK(mean_at(recording, metric, 595) == Approx(mean_at(recording, metric, 20)).margin(1));
}

TEST_CASE("clocks that an event limits lengthen the step by the share that the clock binds") {
  const double plain_s = value(run(short_run("10 s")), "step_time_s");
  const double share = value(run(short_run("10 s")), "compute_share");
  for (const double clock : {0.9, 0.7}) {
    std::vector<Event> events;
    for (int r = 1; r <= 8; ++r)
      events.push_back(event(0, EventKind::kClockLimit, "hall/row-a/rack-0" + std::to_string(r), clock));
    const RunOutcome outcome = run(short_run("10 s", events));
    CAPTURE(clock, share);
    CHECK(value(outcome, "step_time_s") == Approx(plain_s * (1 + share * (1 / clock - 1))).epsilon(0.01));
    CHECK(value(outcome, "clock_min") == Approx(clock));
    CHECK(value(outcome, "throttled_fraction") == 0);  // limited, not hot
  }
}

TEST_CASE("one slower GPU slows the whole job, and lifting its limit restores it") {
  const char* gpu = "hall/row-a/rack-03/compute-02/gpu-2";
  const File file;
  recorded(short_run("120 s", {event(30, EventKind::kClockLimit, gpu, 0.5), event(60, EventKind::kClockLimit, gpu, 1)}),
           file);
  const RecordingReader recording = reader(file);
  const double before_s = mean_at(recording, "step_time", 30);
  // Its stage computes twice as long, some of which it waited before; the stages are about equal. With all GPUs at half
  // the clock the step would be longer by the share that the clock binds.
  const RunOutcome plain = run(short_run("10 s"));
  const double waits_s = value(plain, "bubble_s"), computes_s = value(plain, "compute_s");
  CHECK(mean_at(recording, "step_time", 60) > 0.95 * (before_s - waits_s + computes_s));
  CHECK(mean_at(recording, "step_time", 60) < (1 + value(plain, "compute_share")) * before_s);
  CHECK(mean_at(recording, "step_time", 120) == Approx(before_s).epsilon(0.02));
}

TEST_CASE("a limit on a rack still holds when a stricter one on its GPU ends") {
  const Plan plan = short_run("60 s", {event(0, EventKind::kClockLimit, "hall/row-a/rack-03", 0.8),
                                       event(10, EventKind::kClockLimit, "hall/row-a/rack-03/compute-02/gpu-2", 0.5),
                                       event(20, EventKind::kClockLimit, "hall/row-a/rack-03/compute-02/gpu-2", 1)});
  const File file;
  recorded(plan, file);
  const RecordingReader recording = reader(file);
  const auto classes = recording.membership(0, UnitKind::kGpu);
  const std::uint32_t gpu = classes.at(2 * 72 + 1 * 4 + 2);
  for (const MetricRow& metric : recording.metrics())
    if (metric.name == "gpu_clock") {
      const auto frame = last_frame(recording, metric.id, 60);
      REQUIRE(frame);
      CHECK(frame->mean.at(gpu) == Approx(0.8));
    }
}

TEST_CASE("limits that are crossed are events and make the verdict") {
  const RunOutcome good = run(short_run("20 s"));
  CHECK_FALSE(good.has_crossed_limit);
  CHECK(good.summary.front().text == "ok");
  Plan plan = short_run("20 s");
  plan.power.feed_rating_w = 100e3;
  const RunOutcome bad = run(plan);
  CHECK(bad.has_crossed_limit);
  CHECK(bad.summary.front().text == "limits crossed: site power");
  REQUIRE_FALSE(bad.events.empty());
  CHECK(bad.events.front().what.find("site power above limit") == 0);
  CHECK(bad.events.front().metric == "site_power");
  CHECK(bad.events.front().limit == 100e3);
  CHECK(value(bad, "headroom_feed") < 0);
}

TEST_CASE(
    "the hot scenario throttles, restoring the flow ends it, and the step grows by the share that the clock binds") {
  Result<Plan> plan = load_plan(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gb200-su-hot.toml", {}, test_catalog());
  REQUIRE(plan);
  const File file;
  const RunOutcome outcome = recorded(*plan, file);
  const RecordingReader recording = reader(file);
  CHECK(mean_at(recording, "throttled", 595) == 0);
  CHECK(mean_at(recording, "throttled", 1000) > 0.5);
  CHECK(mean_at(recording, "throttled", 1400) == 0);
  CHECK(mean_at(recording, "tcs_flow", 1000) < 0.7 * mean_at(recording, "tcs_flow", 595));

  const auto row_of = [&](const std::string& name, double time_s) {
    for (const MetricRow& metric : recording.metrics())
      if (metric.name == name) return *last_frame(recording, metric.id, time_s);
    throw std::runtime_error("no metric " + name);
  };
  const double share = value(outcome, "compute_share"), plain_s = value(outcome, "step_time_s");
  const FrameRow first = row_of("gpu_clock", 5);
  const double slowest_growth = 1 + share * (value(outcome, "clock_start") / value(outcome, "clock_min") - 1);
  CHECK(value(outcome, "step_time_max_s") / plain_s == Approx(slowest_growth).epsilon(0.01));
  int compared = 0;
  for (const double time_s : recording.frame_times()) {
    const FrameRow clock = row_of("gpu_clock", time_s), step = row_of("step_time", time_s);
    // The slowest stage sets the pace. Idle GPUs have no clock.
    std::size_t slowest = 0;
    bool is_steady = true;
    for (std::size_t c = 0; c < clock.mean.size(); ++c) {
      if (std::isnan(clock.mean[c])) continue;
      is_steady = is_steady && clock.high[c] - clock.low[c] < 0.005;  // a held clock follows the pauses of the step
      if (!(clock.mean[slowest] <= clock.mean[c])) slowest = c;
    }
    if (!is_steady || mean_at(recording, "throttled", time_s) == 0) continue;
    const double f = clock.mean[slowest], f0 = first.mean[slowest];
    CAPTURE(time_s, f, f0, share);
    CHECK(step.mean[0] / plain_s == Approx(1 + share * (f0 / f - 1)).epsilon(0.01));
    ++compared;
  }
  CHECK(compared > 50);
}

TEST_CASE("chips that get too hot throttle and the run says so") {
  Plan plan = flagship({"duration=3 min", "cooling.facility_supply=45 degC", "cooling.pump_speed=48 %"});
  plan.events = {event(30, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const RunOutcome outcome = run(plan);
  CHECK(value(outcome, "throttled_fraction") > 0);
  CHECK(value(outcome, "clock_min") < 1);
  CHECK(value(outcome, "step_time_max_s") > value(outcome, "step_time_s"));
  CHECK(std::abs(value(outcome, "energy_residual")) < 1e-9);
  const auto throttled = std::find_if(outcome.events.begin(), outcome.events.end(), [](const EventRow& e) {
    return e.what.find("GPU throttled by temperature (SwThermalSlowdown): ") == 0;
  });
  REQUIRE(throttled != outcome.events.end());
  const GpuRange gpu = gpus_at(plan, throttled->path);
  CHECK(gpu.end == gpu.begin + 1);
  CHECK(throttled->metric == "gpu_junction");
  CHECK(throttled->limit == held_junction_degc(plan.site.rack_type.gpu));
  CHECK(throttled->value > throttled->limit);
  CHECK(throttled->count > 1);
  CHECK(value(outcome, "clock_reason_sw_thermal") > 0);
  CHECK(value(outcome, "throttled_fraction") ==
        Approx(value(outcome, "clock_reason_sw_thermal") + value(outcome, "clock_reason_hw_thermal") +
               value(outcome, "clock_reason_shut_down")));
}

TEST_CASE("a site that is too hot from the start begins with the clocks that it can keep") {
  Plan plan = flagship({"duration=6 min", "cooling.facility_supply=50 degC", "cooling.pump_speed=48 %"});
  plan.events = {event(0, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const RunOutcome outcome = run(plan);
  CHECK(value(outcome, "throttled_fraction") == 1);
  CHECK(value(outcome, "clock_reason_sw_thermal") == 1);
  CHECK(value(outcome, "clock_start") < 0.9);
  // A held clock follows the pauses of the training step, but keeps its mean.
  CHECK(360 / value(outcome, "steps_completed") == Approx(value(outcome, "step_time_s")).epsilon(0.0005));
  CHECK(value(outcome, "clock_min") == Approx(value(outcome, "clock_start")).epsilon(0.01));
  CHECK(value(outcome, "step_time_max_s") == Approx(value(outcome, "step_time_s")).epsilon(0.01));
  CHECK(value(outcome, "junction_max_degc") < plan.site.rack_type.gpu.software_slowdown_degc.value + 0.5);
  CHECK(value(outcome, "tokens_lost_to_heat") > 0);
}

TEST_CASE("a clock that temperature holds all the time is no ok run, even if no junction crosses its limit") {
  Plan plan = small_job({"duration=2 min", "event=[]"});
  plan.site.rack_type.gpu.software_slowdown_degc = Sourced(value(run(plan), "junction_max_degc") - 2);
  const RunOutcome outcome = run(plan);
  CHECK(value(outcome, "throttled_fraction") > 0);
  CHECK(value(outcome, "above_junction_s") == 0);
  CHECK(outcome.summary.front().text == "GPUs throttled by temperature");
  CHECK(outcome.has_crossed_limit);
}

TEST_CASE("a GPU that gets too hot to go on shuts down, says so, and stops the job") {
  Plan plan = flagship({"duration=60 s"});
  plan.events = {event(10, EventKind::kPumpSpeed, "hall/cdu-1/pump-1", 0),
                 event(10, EventKind::kPumpSpeed, "hall/cdu-1/pump-2", 0)};
  const File file;
  const RunOutcome outcome = recorded(plan, file);
  const auto found = [&](const std::string& begin) {
    const auto event = std::find_if(outcome.events.begin(), outcome.events.end(),
                                    [&](const EventRow& e) { return e.what.find(begin) == 0; });
    CAPTURE(begin);
    REQUIRE(event != outcome.events.end());
    return *event;
  };
  const EventRow off = found("GPU shut down by temperature: ");
  CHECK(gpus_at(plan, off.path).end > 0);
  CHECK(off.limit == plan.site.rack_type.gpu.shutdown_degc.value);
  CHECK(off.value >= off.limit);
  CHECK(found("a GPU has shut down: the job has stopped").time_s >= off.time_s);
  const RecordingReader recording = reader(file);
  CHECK(mean_at(recording, "step_time", 60) != mean_at(recording, "step_time", 60));  // no data
  CHECK(value(outcome, "clock_reason_shut_down") > 0);
}

// The share of a class's time that a reason has in the frame that ends at time_s.
float share_at(const RecordingReader& recording, std::string_view metric_name, std::uint32_t gpu_class, double time_s) {
  for (const MetricRow& metric : recording.metrics())
    if (metric.name == metric_name) return last_frame(recording, metric.id, time_s)->mean.at(gpu_class);
  FAIL("no metric " << metric_name);
  return 0;
}

TEST_CASE("what set a clock is recorded for every class of GPUs and in the summary") {
  const char* gpu = "hall/row-a/rack-03/compute-02/gpu-2";
  const Plan plan = short_run("60 s", {event(30, EventKind::kClockLimit, gpu, 0.5)});
  const File file;
  const RunOutcome outcome = recorded(plan, file);
  const RecordingReader recording = reader(file);
  const auto classes = recording.membership(0, UnitKind::kGpu);
  const std::uint32_t limited = classes.at(gpus_at(plan, gpu).begin);
  CHECK(share_at(recording, "clock_reason_limit", limited, 30) == 0);
  CHECK(share_at(recording, "clock_reason_limit", limited, 35) == 1);
  CHECK(share_at(recording, "clock_reason_power_cap", limited, 35) == 0);
  int idle_classes = 0;
  for (std::uint32_t c = 0; c <= *std::max_element(classes.begin(), classes.end()); ++c) {
    double held = 0;
    for (const ClockReasonName& name : kClockReasonNames) {
      const float share = share_at(recording, name.metric, c, 60);
      if (!std::isnan(share)) held += static_cast<double>(share);
    }
    const float clock = share_at(recording, "gpu_clock", c, 60);
    CAPTURE(c, clock);
    CHECK((held == 0 || held == 1));
    CHECK((held == 1) ==
          !(clock == 1));  // nothing holds it down: it is at the sustained clock, and else something does
    idle_classes += std::isnan(clock) ? 1 : 0;
    CHECK(std::isnan(clock) == (share_at(recording, "clock_reason_idle", c, 60) == 1));
  }
  CHECK(idle_classes > 0);
  const double gpus = value(outcome, "gpus_used");
  CHECK(value(outcome, "clock_reason_limit") == Approx(0.5 / gpus));
  CHECK(value(outcome, "throttled_fraction") == 0);
}

TEST_CASE("a run that is interrupted closes its recording and says so") {
  const File file;
  int polls = 0;
  RunOptions options;
  options.is_interrupted = [&] { return ++polls == 23; };
  const RunOutcome outcome = recorded(short_run("10 min"), file, options);
  CHECK(outcome.was_interrupted);
  const RecordingReader recording = reader(file);
  CHECK(recording.is_complete());
  CHECK(recording.run_value("interrupted") == "1");
  CHECK(recording.run_value("simulated_s") == "23");
  CHECK_FALSE(recording.summary().empty());
  REQUIRE_FALSE(recording.frame_times().empty());
  CHECK(recording.frame_times().back() == 23);  // the frame that had begun is kept
}

TEST_CASE("progress is reported to the end") {
  double last_s = 0;
  RunOptions options;
  options.on_progress = [&](const RunProgress& progress) {
    CHECK(progress.time_s > last_s);
    CHECK(progress.duration_s == 12);
    last_s = progress.time_s;
  };
  run(short_run("12 s"), options);
  CHECK(last_s == 12);
}

TEST_CASE("the recorded timeline of the first step is as long as the step") {
  const File file;
  const RunOutcome outcome = recorded(flagship({"duration=10 s", "cooling.facility_supply=40 degC"}), file);
  double end_s = 0;
  for (const ActivityRow& row : reader(file).activities(0)) end_s = std::max(end_s, row.end_s);
  CHECK(end_s == Approx(value(outcome, "step_time_s")).epsilon(1e-9));
}

TEST_CASE("a recording that exists is not overwritten unless asked") {
  const File file;
  recorded(short_run("5 s"), file);
  RunOptions options;
  options.output = file.path();
  const Calibration calibration = test_calibration();
  const Plan plan = short_run("5 s");
  const auto again = run_twin(plan, calibration, options);
  REQUIRE_FALSE(again);
  CHECK(again.error().front().code == ErrorCode::kIo);
  options.force = true;
  CHECK(run_twin(plan, calibration, options));
}

TEST_CASE("a rack's valve acts on that rack, folded and unfolded alike") {
  const Plan plan = short_run("20 s", {event(5, EventKind::kRackValve, "hall/row-a/rack-03", 0.5)});
  RunOptions unfolded;
  unfolded.folding = Folding::kUnfolded;
  const File file;
  const RunOutcome one = recorded(plan, file), other = run(plan, unfolded);
  for (const char* name : {"site_mean_w", "junction_max_degc", "coolant_return_max_degc", "cooling_mean_w"}) {
    CAPTURE(name);
    CHECK(value(other, name) == Approx(value(one, name)).epsilon(1e-7));
  }
  const RunHistory history = history_of(file);
  const MetricRow* flow = history.metric("rack_flow");
  const auto frame = history.frame(20);
  REQUIRE(frame);
  const auto& classes = history.membership(0, UnitKind::kRack);
  const auto& flows = frame->values[static_cast<std::size_t>(flow->id)].mean;
  CHECK(flows[classes[2]] == Approx(0.5 * flows[classes[3]]).epsilon(1e-5));
}

TEST_CASE("a plant without a steady state is refused by what runs away, and the recording says so") {
  const Plan plan = short_run("20 s", {event(0, EventKind::kRackValve, "hall/row-a/rack-03", 0)});
  const File file;
  RunOptions options;
  options.output = file.path();
  const Calibration calibration = test_calibration();
  const Result<RunOutcome> outcome = run_twin(plan, calibration, options);
  REQUIRE_FALSE(outcome);
  CHECK(outcome.error().front().code == ErrorCode::kBadInput);
  CHECK(outcome.error().front().message.find("hall/row-a/rack-03 (no coolant passes) runs away") != std::string::npos);
  const auto events = reader(file).events();
  REQUIRE(events.size() == 2);
  CHECK(events[1].what == outcome.error().front().message);
}

TEST_CASE("a training step of a tower and chiller site has its water and its chiller in the summary") {
  const Plan plan =
      flagship({"duration=60 s", "cooling.facility=tower-chiller-loop", "cooling.facility_setpoint=20 degC",
                "weather.dry_bulb=33 degC", "weather.wet_bulb=24 degC", "cooling.facility_supply=25 degC"});
  Plan own = plan;
  own.cooling.facility_supply_degc = std::numeric_limits<double>::quiet_NaN();
  own.events.clear();
  const RunOutcome outcome = run(own);
  CHECK(value(outcome, "facility_supply_max_degc") == Approx(20).margin(0.01));
  CHECK(value(outcome, "dry_bulb_max_degc") == 33);
  CHECK(value(outcome, "chiller_mean_w") > 20e3);
  CHECK(value(outcome, "wue_l_per_kwh") > 1);
  CHECK(value(outcome, "wue_l_per_kwh") < 2.5);
  CHECK(value(outcome, "pue") > value(run(plan), "pue"));
  CHECK(value(outcome, "wue_l_per_kwh") ==
        Approx(value(outcome, "water_l") / (value(outcome, "it_mean_w") * 60 / 3.6e6)));
}

}  // namespace
}  // namespace racktwin
