// What can be asked of a live run, of a recording made by hand.
#include "app/ui/what_if.h"

#include "app/ui/facts.h"
#include "app/ui/live_run.h"
#include "sim/model/model.h"
#include "sim/plan/parse_event.h"
#include "sim/recording/event_reach.h"
#include "sim/twin/event_schedule.h"
#include "tests/app/program.h"
#include "tests/sim/flagship.h"
#include "tests/sim/hand_made_site.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

struct Site {
  // The first rack is alone in its class, the second too; those of the other row are alike.
  std::vector<std::uint32_t> gpus = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
  std::vector<EventRow> events = {};
  float water = 3, chiller_w = 0;  // of the facility; no data: its supply is given
  bool is_air_cooled = false;
};

RunHistory history_of(const TemporaryDirectory& directory, const Site& site) {
  const std::string path = directory.path("run.racktwin");
  Result<RecordingWriter> writer = RecordingWriter::create(path, true);
  REQUIRE(writer);
  std::vector<MetricRow> metrics;
  std::vector<FrameRow> frame;
  const auto add = [&](const char* name, UnitKind kind, const char* unit, const std::vector<float>& values) {
    const int id = static_cast<int>(metrics.size());
    metrics.push_back({id, name, kind, unit, "by hand", "nobody", 0, 100, "assumed", "by hand"});
    frame.push_back({id, values, values, values, 0, 0});
  };
  add("gpu_power", UnitKind::kGpu, "W", {900, 1000, 800});
  add("tray_power", UnitKind::kTray, "W", {2500, 2600, 2400});
  add("rack_power", UnitKind::kRack, "W", {101234.5F, 110000, 90000});
  add("pump_speed", UnitKind::kPump, "1", {0.75F, 0.75F, 0, 0.75F});
  add("site_power", UnitKind::kSite, "W", {1.23456e6F});
  add("dry_bulb", UnitKind::kSite, "degC", {17});
  add("water_use", UnitKind::kSite, "L/min", {site.water});
  add("chiller_power", UnitKind::kSite, "W", {site.chiller_w});
  add("ups_charge", UnitKind::kSite, "1", {1});
  std::vector<ComponentRow> components = hand_made_site();
  if (site.is_air_cooled) {
    for (ComponentRow& row : components)
      if (row.kind == "cdu" || row.kind == "pump") row.kind = "cabinet";
  }
  REQUIRE(writer->put_components(components));
  REQUIRE(writer->put_metrics(metrics));
  REQUIRE(writer->put_limits({{0, "TDP", 1200, "", ""}}));
  REQUIRE(writer->put_epoch(0, 0));
  REQUIRE(writer->put_membership(0, UnitKind::kGpu, site.gpus));
  REQUIRE(writer->put_membership(0, UnitKind::kTray, {0, 0, 1, 1, 2, 2, 2, 2}));
  REQUIRE(writer->put_membership(0, UnitKind::kRack, {0, 1, 2, 2}));
  REQUIRE(writer->put_membership(0, UnitKind::kPump, {0, 1, 2, 3}));
  REQUIRE(writer->append_frame(0, 10, frame));
  for (const EventRow& event : site.events) REQUIRE(writer->append_event(event));
  REQUIRE(writer->close());
  Result<RunHistory> history = RunHistory::open(path);
  REQUIRE(history);
  return std::move(*history);
}

Choices choices(const Site& site, const char* path) {
  const TemporaryDirectory directory;
  const RunHistory history = history_of(directory, site);
  return choices_of(history, *history.frame(10), history.site().find(path).value());
}

std::string keys(const Choices& choices) {
  std::string text;
  for (const Choice& choice : choices.choices) text += (text.empty() ? "" : " ") + choice.label;
  return text;
}

Choice choice(const Site& site, const char* path, const char* label) {
  for (const Choice& choice : choices(site, path).choices)
    if (choice.label == label) return choice;
  FAIL(path << " offers no " << label);
  return {};
}

// "power_cap = 101.2 kW at hall/row-a/rack-01"
std::string sent(const Choice& choice, const Fields& fields = {}) {
  const WhatIf what = what_if_of(choice, fields);
  return what.key + " = " + what.value + (what.ramp.empty() ? "" : ", ramp " + what.ramp) + " at " + what.path;
}

EventRow set_to(double time_s, std::string path, std::string what, std::string key, double setting, std::string by) {
  EventRow row{time_s, std::move(path), std::move(what), std::move(by)};
  row.key = std::move(key);
  row.setting = setting;
  return row;
}

// As a run tells it.
EventRow begun(double time_s, Event event) {
  event.time_s = time_s;
  std::vector<EventRow> rows;
  EventSchedule({std::move(event)}).advance(time_s, rows);
  return rows.front();
}

TEST_CASE("what is offered follows the component") {
  const std::string of_gpus = "Power cap Curtail by Ramp GPU limit Clock limit";
  CHECK(keys(choices({}, "hall")) == of_gpus + " Dry bulb Utility Feed A UPS A Towers");
  CHECK(keys(choices({}, "hall/row-a")) == of_gpus);
  CHECK(keys(choices({}, "hall/row-a/rack-01")) == of_gpus + " Valve Leak Clogged to");
  CHECK(keys(choices({}, "hall/facility")) == "Dry bulb Towers");
  CHECK(keys(choices({}, "hall/cdu-2")) == "CDU");
  CHECK(keys(choices({}, "hall/utility")) == "Utility");
  CHECK(keys(choices({}, "hall/feed-a")) == "Feed A");
  CHECK(keys(choices({}, "hall/feed-a/ups")) == "UPS A");
  CHECK(keys(choices({}, "hall/cdu-2/pump-1")) == "Pump Speed");
  CHECK(keys(choices({}, "hall/network-1/leaf-02")) == "Switch");
  CHECK(keys(choices({}, "hall/network-1/spine-01")) == "Switch");
  CHECK(keys(choices({}, "hall/row-a/rack-01/switch-tray-01")) == "Switch tray");
  const Choices none = choices({}, "hall/network-1");
  CHECK(none.choices.empty());
  CHECK_FALSE(none.note.empty());
}

TEST_CASE("trays and GPUs offer what can be done to them alone") {
  Site site;
  site.gpus = {0, 1, 3, 3, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2};
  CHECK(keys(choices(site, "hall/row-a/rack-01/compute-02")) ==
        "Power cap Curtail by Ramp GPU limit Clock limit Leak Clogged to");
  CHECK(keys(choices(site, "hall/row-a/rack-01/compute-01/gpu-1")) == "GPU limit Clock limit Clogged to");
}

TEST_CASE("GPUs that are computed as one with others are not offered alone, and it is said where they are") {
  const Choices rack = choices({}, "hall/row-b/rack-02");
  CHECK(rack.choices.empty());
  CHECK(rack.note.find("What can be changed now is row-b.") != std::string::npos);
  CHECK_FALSE(choices({}, "hall/row-b").choices.empty());
  CHECK(choices({}, "hall/row-b/rack-02/switch-tray-01").choices.empty());
  CHECK(choices({}, "hall/row-a/rack-01/compute-01/gpu-0").note.find("now is rack-01") != std::string::npos);
}

TEST_CASE("air-cooled racks have no valve, and their site no coolant to change") {
  Site site;
  site.is_air_cooled = true;
  CHECK(keys(choices(site, "hall/row-a/rack-01")) == "Power cap Curtail by Ramp GPU limit Clock limit");
  CHECK(keys(choices(site, "hall")) == "Power cap Curtail by Ramp GPU limit Clock limit Utility Feed A UPS A");
}

TEST_CASE("equipment of the facility is offered where it has an effect") {
  Site site;
  site.water = kNoValue;  // its supply is given
  CHECK(keys(choices(site, "hall/facility")) == "Dry bulb");
  site.water = 0;
  CHECK(keys(choices(site, "hall/facility")) == "Dry bulb Dry coolers");
  site.chiller_w = 2e5F;
  CHECK(keys(choices(site, "hall/facility")) == "Dry bulb Dry coolers Chiller");
  site.chiller_w = 0;  // tripped
  site.events = {set_to(5, "hall/facility/chiller", "chiller tripped", "state", 0, "operator"),
                 set_to(6, "hall/facility/tower", "free cooling tripped", "state", 0, "operator")};
  CHECK(keys(choices(site, "hall/facility")) == "Dry bulb Towers Chiller");
  CHECK(sent(choice(site, "hall/facility", "Towers")) == "state = running at hall/facility/tower");
  CHECK(sent(choice(site, "hall/facility", "Chiller")) == "state = running at hall/facility/chiller");
}

TEST_CASE("a power cap begins at what is drawn now: DC of a tray, AC of racks, the site at its feed") {
  CHECK(sent(choice({}, "hall/row-a/rack-01", "Power cap")) == "power_cap = 101.2 kW at hall/row-a/rack-01");
  CHECK(sent(choice({}, "hall/row-b", "Power cap")) == "power_cap = 180 kW at hall/row-b");
  CHECK(sent(choice({}, "hall", "Power cap")) == "power_cap = 1.235 MW at hall");
  Site site;
  site.gpus = {0, 0, 3, 3, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2};
  CHECK(sent(choice(site, "hall/row-a/rack-01/compute-01", "Power cap")) ==
        "power_cap = 2.5 kW at hall/row-a/rack-01/compute-01");
}

TEST_CASE("fields are sent with their unit, caps with the ramp of their component") {
  const std::string rack = "hall/row-a/rack-01";
  const Fields fields = {{{rack, "power_cap"}, 95e3},
                         {{rack, "ramp"}, 300},
                         {{rack, "clock_limit"}, 0.8},
                         {{rack, "gpu_power_limit"}, 800},
                         {{rack, "valve"}, 0.25},
                         {{"hall", "ramp"}, 60},
                         {{"hall/weather", "dry_bulb_rise"}, -4.5}};
  CHECK(sent(choice({}, rack.c_str(), "Power cap"), fields) == "power_cap = 95 kW, ramp 5 min at " + rack);
  CHECK(sent(choice({}, rack.c_str(), "Curtail by"), fields) == "curtail = 10 %, ramp 5 min at " + rack);
  CHECK(sent(choice({}, rack.c_str(), "Clock limit"), fields) == "clock_limit = 80 % at " + rack);
  CHECK(sent(choice({}, rack.c_str(), "GPU limit"), fields) == "gpu_power_limit = 800 W at " + rack);
  CHECK(sent(choice({}, rack.c_str(), "Valve"), fields) == "valve = 25 % at " + rack);
  CHECK(sent(choice({}, "hall", "Dry bulb"), fields) == "dry_bulb_rise = -4.5 K at hall/weather");
  CHECK(sent(choice({}, "hall/row-a/rack-01", "Power cap")).find("ramp") == std::string::npos);
}

TEST_CASE("what holds is in its field and can be lifted; another value is applied instead") {
  const char* rack = "hall/row-a/rack-01";
  Site site;
  site.events = {set_to(1, rack, "power capped at 95 kW, ramp 5 min", "power_cap", 95e3, "operator"),
                 set_to(2, rack, "coolant valve closed", "valve", 0, "scenario"),
                 set_to(3, rack, "clock limited to 80 %", "clock_limit", 0.8, "operator"),
                 set_to(4, rack, "power of each GPU limited to 800 W", "gpu_power_limit", 800, "operator"),
                 {5, rack, "rejected: power_cap is out of range", "operator"},
                 set_to(6, "hall/weather", "dry bulb 5 K under the weather", "dry_bulb_rise", -5, "operator")};
  const Choice cap = choice(site, rack, "Power cap");
  CHECK(cap.holds);
  CHECK(cap.preset == Approx(95e3));
  CHECK(sent(cap) == "power_cap = 10 GW at hall/row-a/rack-01");
  CHECK_FALSE(is_undo(cap, {{{rack, "power_cap"}, 90e3}}));
  CHECK(sent(cap, {{{rack, "power_cap"}, 90e3}}) == "power_cap = 90 kW at hall/row-a/rack-01");
  CHECK(is_undo(cap, {{{rack, "power_cap"}, 95.001e3}}));  // as it is shown
  const Choice valve = choice(site, rack, "Valve"), clock = choice(site, rack, "Clock limit");
  CHECK(valve.preset == 0);
  CHECK(what_if_of(valve, {}).value == "1");
  CHECK(clock.preset == Approx(0.8));
  CHECK(what_if_of(choice(site, rack, "GPU limit"), {}).value == "1.2 kW");
  CHECK(choice(site, "hall", "Dry bulb").preset == -5);
  CHECK(what_if_of(choice(site, "hall", "Dry bulb"), {}).value == "0 K");
}

TEST_CASE("what is lifted or over no longer holds") {
  const char* rack = "hall/row-a/rack-01";
  Site site;
  site.events = {set_to(1, rack, "power capped at 95 kW", "power_cap", 95e3, "operator"),
                 set_to(2, rack, "power capped at 10 GW", "power_cap", 10e9, "operator"),
                 set_to(3, rack, "coolant valve set to 40 %", "valve", 0.4, "scenario"),
                 set_to(4, rack, "coolant valve opened", "valve", kNoValue, "scenario"),
                 set_to(5, rack, "clock limited to 80 %", "clock_limit", 0.8, "operator"),
                 set_to(6, rack, "clock limited to 100 %", "clock_limit", 1, "operator")};
  for (const char* label : {"Power cap", "Valve", "Clock limit"}) {
    CAPTURE(label);
    CHECK_FALSE(choice(site, rack, label).holds);
  }
  CHECK(choice(site, rack, "Power cap").preset == Approx(101234.5));
}

TEST_CASE("a pump that was given a speed and then started runs as the scenario says") {
  const char* pump = "hall/cdu-1/pump-1";
  Site site;
  site.events = {set_to(1, pump, "pump speed set to 50 %", "speed", 0.5, "operator")};
  CHECK(choice(site, pump, "Speed").holds);
  CHECK(choice(site, pump, "Speed").preset == 0.5);
  site.events.push_back(set_to(2, pump, "pump started", "state", 0.75, "operator"));
  CHECK_FALSE(choice(site, pump, "Speed").holds);
  CHECK_FALSE(choice(site, pump, "Pump").holds);
  site.events.push_back(set_to(3, pump, "pump speed set to 0 %", "speed", 0, "operator"));
  CHECK(choice(site, pump, "Pump").holds);
}

TEST_CASE("a curtailment cannot be taken back, and says so") {
  Site site;
  site.events = {set_to(1, "hall", "power curtailed by 25 %, ramp 15 min", "curtail", 0.25, "operator")};
  const Choice curtail = choice(site, "hall", "Curtail by");
  CHECK(curtail.holds);
  CHECK_FALSE(is_undo(curtail, {}));
  CHECK(sent(curtail) == "curtail = 25 % at hall");
  CHECK(curtail.tip.find("cannot") != std::string::npos);
}

TEST_CASE("what fails can be restored, and fails again") {
  Site site;
  CHECK(sent(choice(site, "hall", "Utility")) == "state = failed at hall/utility");
  CHECK(sent(choice(site, "hall/row-a/rack-01", "Leak")) == "state = leaking at hall/row-a/rack-01");
  CHECK(sent(choice(site, "hall/cdu-2", "CDU")) == "state = isolated at hall/cdu-2");
  site.events = {set_to(1, "hall/utility", "utility lost", "state", 0, "operator"),
                 set_to(2, "hall/feed-a", "feed lost", "state", 0, "operator"),
                 set_to(3, "hall/feed-a", "feed back", "state", 1, "operator"),
                 set_to(4, "hall/cdu-2", "CDU isolated", "state", 0, "operator"),
                 set_to(5, "hall/network-1/leaf-02", "failed", "state", 0, "operator"),
                 set_to(6, "hall/cdu-1/pump-1", "pump speed set to 50 %", "speed", 0.5, "operator")};
  CHECK(sent(choice(site, "hall", "Utility")) == "state = running at hall/utility");
  CHECK(sent(choice(site, "hall", "Feed A")) == "state = failed at hall/feed-a");
  CHECK(sent(choice(site, "hall/cdu-2", "CDU")) == "state = running at hall/cdu-2");
  CHECK(sent(choice(site, "hall/network-1/leaf-02", "Switch")) == "state = running at hall/network-1/leaf-02");
  CHECK(sent(choice(site, "hall/cdu-1/pump-1", "Speed")) == "state = running at hall/cdu-1/pump-1");
  CHECK(sent(choice(site, "hall/cdu-1/pump-1", "Pump")) == "state = tripped at hall/cdu-1/pump-1");
  CHECK(sent(choice(site, "hall/cdu-1/pump-2", "Speed")) == "speed = 75 % at hall/cdu-1/pump-2");
}

TEST_CASE("what the run says of a change is what the panel takes for it") {
  // Every GPU is told apart, so that any change is allowed.
  Plan plan = flagship({"cooling.cdus=2", "cooling.facility=dry-cooler-loop", "weather.dry_bulb=20 degC",
                        "power.ups_ride_through=5 min"});
  const Result<Model> model = build_model(plan, Folding::kUnfolded);
  REQUIRE(model);
  int asked = 0;
  for (const char* path :
       {"hall", "hall/row-a/rack-01", "hall/row-a/rack-01/compute-01", "hall/row-a/rack-01/compute-01/gpu-1",
        "hall/cdu-1", "hall/cdu-2/pump-1", "hall/network-1/leaf-02"})
    for (const Choice& offered : choices({}, path).choices) {
      if (offered.apply.empty()) continue;
      CAPTURE(path, offered.label);
      Fields fields;  // between its bounds and what changes nothing
      if (offered.state.empty())
        fields[{offered.path, offered.key}] =
            offered.key == "dry_bulb_rise" ? -5 : std::max(offered.low, 0.5 * offered.preset);
      const LiveBlock block = parse_live_block(event_text(what_if_of(offered, fields)), plan, *model, {});
      INFO(format_errors(block.errors, false));
      REQUIRE(block.events.size() == 1);
      Site site;
      site.events = {begun(1, block.events.front())};
      CHECK(choice(site, path, offered.label.c_str()).holds);
      if (!offered.undo.empty()) {
        const WhatIf undo = what_if_of(choice(site, path, offered.label.c_str()), {});
        const LiveBlock back = parse_live_block(event_text(undo), plan, *model, {});
        REQUIRE(back.events.size() == 1);
        site.events.push_back(begun(2, back.events.front()));
        CHECK_FALSE(choice(site, path, offered.label.c_str()).holds);
      }
      ++asked;
    }
  CHECK(asked == 20);
}

TEST_CASE("an event says what hangs on it, what it took away, and when the next limit was reached") {
  EventRow trip{60, "hall/cdu-1/pump-1", "pump tripped", "operator"};
  CHECK(reach_of({trip}, trip).empty());
  trip.gpus_behind = 576;
  trip.gpus_lost = 0;
  CHECK(reach_of({trip}, trip) == "576 GPUs hang on it, none lost");
  EventRow limit{210, "hall/row-a/rack-01", "coolant out of the racks above limit", "limit"};
  limit.value = 66;
  limit.limit = 65;
  trip.gpus_lost = 72;
  CHECK(reach_of({trip, limit}, trip) == "576 GPUs hang on it, 72 lost; 2.5 min to the next limit");
}

}  // namespace
}  // namespace racktwin
