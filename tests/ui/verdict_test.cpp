// What the window says about clocks, limits and shared loops, of a recording made by hand.
#include "app/ui/verdict.h"

#include "app/ui/facts.h"
#include "sim/power/clock_reason.h"
#include "tests/app/program.h"
#include "tests/sim/hand_made_site.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// Of three classes of GPUs: 8, 4 and 4; the last is idle.
struct State {
  std::vector<float> junction = {70, 75, 40}, clock = {1, 1, kNoValue};
  std::vector<float> power_cap = {0, 0, kNoValue}, thermal = {0, 0, kNoValue};
  std::vector<float> pumps = {1, 1, 1, 1};
  float coolant = 50;
  float tokens_per_s = 4e5F;
  std::vector<EventRow> events;
};

RunHistory history_of(const TemporaryDirectory& directory, const State& state) {
  const std::string path = directory.path("run.racktwin");
  Result<RecordingWriter> writer = RecordingWriter::create(path, true);
  REQUIRE(writer);
  std::vector<MetricRow> metrics;
  std::vector<FrameRow> frame;
  const auto add = [&](std::string_view name, UnitKind kind, const char* unit, const std::vector<float>& values) {
    const int id = static_cast<int>(metrics.size());
    metrics.push_back({id, std::string(name), kind, unit, "by hand", "nobody", 0, 100, "assumed", "by hand"});
    frame.push_back({id, values, values, values, 0, 0});
  };
  add("gpu_junction", UnitKind::kGpu, "degC", state.junction);
  add("gpu_clock", UnitKind::kGpu, "1", state.clock);
  for (const ClockReasonName& name : kClockReasonNames)
    add(name.metric, UnitKind::kGpu, "1",
        name.reason == ClockReason::kIdle              ? std::vector<float>{0, 0, 1}
        : name.reason == ClockReason::kPowerCap        ? state.power_cap
        : name.reason == ClockReason::kSoftwareThermal ? state.thermal
                                                       : std::vector<float>{0, 0, kNoValue});
  add("rack_return", UnitKind::kRack, "degC", {state.coolant, state.coolant});
  add("pump_speed", UnitKind::kPump, "1", state.pumps);
  add("tcs_supply", UnitKind::kSite, "degC", {30});
  add("cdu_heat", UnitKind::kSite, "W", {1e6F});
  add("tokens_per_s", UnitKind::kSite, "1/s", {state.tokens_per_s});
  REQUIRE(writer->put_components(hand_made_site()));
  REQUIRE(writer->put_metrics(metrics));
  REQUIRE(writer->put_limits({{0, "software slowdown", 87, "", ""}, {8, "coolant out", 65, "", ""}}));
  REQUIRE(metrics[8].name == "rack_return");
  REQUIRE(writer->put_epoch(0, 0));
  REQUIRE(writer->put_membership(0, UnitKind::kGpu, {0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 2, 1, 1, 2, 2}));
  REQUIRE(writer->put_membership(0, UnitKind::kRack, {0, 0, 1, 1}));
  REQUIRE(writer->put_membership(0, UnitKind::kPump, {0, 1, 2, 3}));
  REQUIRE(writer->append_frame(0, 10, frame));
  for (const EventRow& event : state.events) REQUIRE(writer->append_event(event));
  REQUIRE(writer->close());
  Result<RunHistory> history = RunHistory::open(path);
  REQUIRE(history);
  return std::move(*history);
}

Verdict verdict(const State& state) {
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, state);
  return verdict_of(history, *history.frame(10));
}

std::string reasons(const State& state, const char* path) {
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, state);
  return clock_reasons(history, *history.frame(10), *history.site().find(path));
}

TEST_CASE("a site that is well is within limits") {
  const Verdict well = verdict({});
  CHECK(well.text == "within limits");
  CHECK(well.severity == Severity::kGood);
  CHECK(well.findings.empty());
}

TEST_CASE("the verdict counts crossed limits, names where, and leads there") {
  State state;
  state.junction = {70, 88, 40};
  state.thermal = {0, 1, kNoValue};
  state.power_cap = {1, 0, kNoValue};
  const Verdict one = verdict(state);
  CHECK(one.severity == Severity::kAlarm);
  CHECK(one.text == "1 limit crossed: GPU junction (rack-01/compute-01/gpu-0); throttling: 4 GPUs, temperature");
  REQUIRE(one.findings.size() == 3);
  CHECK(one.findings[0].text ==
        "GPU junction above its limit of 87.0 °C (software slowdown): rack-01/compute-01/gpu-0 and 3 more, up to 88.0 "
        "°C");
  CHECK(one.findings[1].text ==
        "Clocks set by thermal slowdown (SwThermalSlowdown): rack-01/compute-01/gpu-0 and 3 more");
  CHECK(one.findings[2].text == "Clocks set by power cap (SwPowerCap): rack-01/compute-01/gpu-0 and 7 more");
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, state);
  CHECK(history.site().path(one.findings[0].at) == "hall/row-b/rack-01/compute-01/gpu-0");

  state.coolant = 66;
  state.pumps[1] = 0;
  const Verdict more = verdict(state);
  CHECK(more.text.find("2 limits crossed: GPU junction (rack-01/compute-01/gpu-0), Rack return (rack-01); "
                       "cdu-1/pump-2 stopped; throttling: ") == 0);
  state.pumps = {0, 0, 1, kNoValue};
  CHECK(verdict(state).text.find("; 2 pumps stopped; ") != std::string::npos);
}

TEST_CASE("clocks that only the power limit holds down are within limits, and said") {
  State state;
  state.power_cap = {1, 0.2F, kNoValue};
  const Verdict capped = verdict(state);
  CHECK(capped.severity == Severity::kNotice);
  CHECK(capped.text == "within limits; power-capped: 12 GPUs");
}

EventRow state_event(double time_s, std::string path, std::string what, double setting) {
  EventRow event = {time_s, std::move(path), std::move(what), "scenario"};
  event.key = "state";
  event.setting = setting;
  return event;
}

TEST_CASE("a job that stands still is no site within limits: no cap holds it back, and what is down is named") {
  State state;
  state.tokens_per_s = 0;
  state.power_cap = {1, 1, kNoValue};
  CHECK(verdict(state).text == "the job stands still");
  CHECK(verdict(state).severity == Severity::kAlarm);

  state.events = {state_event(4, "hall/row-a/rack-02/compute-01", "leak: coolant shut off, power off", 0)};
  const Verdict leak = verdict(state);
  CHECK(leak.text == "the job stands still; rack-02/compute-01 down");
  REQUIRE(leak.findings.size() == 2);
  CHECK(leak.findings[0].text == "The job stands still");
  CHECK(leak.findings[1].text == "rack-02/compute-01: leak: coolant shut off, power off, since 0:00:04");
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, state);
  CHECK(history.site().path(leak.findings[0].at) == "hall/row-a/rack-02/compute-01");
}

TEST_CASE("what is down stays so until it works again; what has no place of its own leads to what holds it") {
  State state;
  state.events = {state_event(1, "hall/feed-a/ups", "batteries failed", 0),
                  state_event(2, "hall/facility/dry-cooler", "fans stopped", 0),
                  state_event(3, "hall/cdu-1/pump-1", "pump tripped", 0),  // coasts: it is said once it stands
                  state_event(10, "hall/utility", "utility lost", 0)};     // after the frame
  const Verdict two = verdict(state);
  CHECK(two.text == "2 things down");
  REQUIRE(two.findings.size() == 2);
  CHECK(two.findings[0].text == "facility/dry-cooler: fans stopped, since 0:00:02");
  CHECK(two.findings[1].text == "feed-a/ups: batteries failed, since 0:00:01");
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, state);
  CHECK(history.site().path(two.findings[0].at) == "hall/facility");

  state.events.push_back(state_event(5, "hall/feed-a/ups", "batteries back", 1));
  CHECK(verdict(state).text == "facility/dry-cooler down");
  state.events.push_back(state_event(6, "hall/facility/dry-cooler", "fans run", kNoValue));
  CHECK(verdict(state).text == "within limits");
}

TEST_CASE("a clock says what set it, with shares where that was more than one thing") {
  State state;
  CHECK(reasons(state, "hall/row-a/rack-01") == "nothing holds it down");
  state.power_cap = {1, 0.25F, kNoValue};
  state.thermal = {0, 0.75F, kNoValue};
  CHECK(reasons(state, "hall/row-a/rack-01/compute-02/gpu-1") == "set by power cap (SwPowerCap)");
  CHECK(reasons(state, "hall/row-b/rack-01/compute-01") == "set by power cap 25 %, thermal slowdown 75 %");
  CHECK(reasons(state, "hall/row-b/rack-01") == "set by power cap 25 %, thermal slowdown 75 %; 50 % of the GPUs idle");
  CHECK(reasons(state, "hall/row-b/rack-01/compute-02") == "GpuIdle: no rank of the job");
  CHECK(reasons(state, "hall/cdu-1").empty());
}

TEST_CASE("the clock's fact carries its reason, and the reasons are no facts of their own") {
  const TemporaryDirectory directory;
  State state;
  state.power_cap = {1, 1, kNoValue};
  const RunHistory history = history_of(directory, state);
  const ComponentId rack = *history.site().find("hall/row-a/rack-01");
  int clocks = 0;
  for (const FactGroup& group : facts_of(history, *history.frame(10), rack, units_in(history.site(), rack)))
    for (const Fact& fact : group.facts) {
      CHECK(fact.metric->name.find(kClockReasonPrefix) == std::string::npos);
      CHECK(text_of(fact).why == (fact.metric->name == "gpu_clock" ? "set by power cap (SwPowerCap)" : ""));
      clocks += fact.metric->name == "gpu_clock";
    }
  CHECK(clocks == 1);
}

TEST_CASE("one of several CDUs has its pumps for itself, and all else is said to be shared") {
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, {});
  const ComponentId cdu = *history.site().find("hall/cdu-2");
  const auto groups = facts_of(history, *history.frame(10), cdu, units_in(history.site(), cdu));
  REQUIRE(groups.size() == 2);
  CHECK(groups[0].title == "Pumps");
  CHECK(groups[0].note.empty());
  CHECK(groups[1].title == "Shared by all 2 CDUs");
  CHECK(groups[1].note.find("one mixed loop") != std::string::npos);
  REQUIRE(groups[1].facts.size() == 2);
  CHECK(groups[1].facts[1].reading.mean == 1e6);  // of both, not divided
}

}  // namespace
}  // namespace racktwin
