#include "sim/plan/parse_event.h"

#include "sim/model/failures.h"
#include "sim/nearest_match.h"
#include "sim/plan/in_range.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace racktwin {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::max();
constexpr double kSlack_s = 1e-9;  // when times of steps and events are compared

std::string parent_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

// What the paths of a kind of event may be; for clock limits those that are near enough to be meant.
std::vector<std::string> paths_for(EventKind kind, const Plan& plan) {
  std::vector<std::string> paths;
  if (kind == EventKind::kFacilitySupply) {
    paths = {facility_path(plan)};
  } else if (kind == EventKind::kDryBulb || kind == EventKind::kDryBulbRise) {
    paths = {weather_path(plan)};
  } else if (kind == EventKind::kFreeCooling) {
    paths = {free_cooling_path(plan)};
  } else if (kind == EventKind::kChiller) {
    paths = {plan.cooling.facility.chiller ? chiller_path(plan) : free_cooling_path(plan)};
  } else if (kind == EventKind::kCduIsolation) {
    for (int c = 0; c < plan.cooling.cdus; ++c) paths.push_back(cdu_path(plan, c));
  } else if (kind == EventKind::kRackValve) {
    for (const RackPlace& rack : plan.site.racks) paths.push_back(rack.path);
  } else if (kind == EventKind::kPumpSpeed) {
    paths = pump_paths(plan);
  } else if (kind == EventKind::kFeed) {
    for (int f = 0; f < plan.power.feeds; ++f) paths.push_back(feed_path(plan, f));
  } else if (kind == EventKind::kUtility) {
    paths = {utility_path(plan)};
  } else if (kind == EventKind::kUps) {
    for (int f = 0; f < plan.power.feeds; ++f) paths.push_back(ups_path(plan, f));
  } else if (kind == EventKind::kShelf || kind == EventKind::kPsu) {
    const RackType& type = plan.site.rack_type;
    for (const RackPlace& rack : plan.site.racks)
      for (int shelf = 1; shelf <= type.shelves; ++shelf) {
        const std::string path = fmt::format("{}/power-shelf-{:02}", rack.path, shelf);
        if (kind == EventKind::kShelf) paths.push_back(path);
        for (int psu = 1; kind == EventKind::kPsu && psu <= type.shelf_psus; ++psu)
          paths.push_back(fmt::format("{}/psu-{}", path, psu));
      }
  } else if (kind == EventKind::kFailure) {
    if (const Result<Fabric> fabric = fabric_of(plan.site)) paths = network_part_examples(plan.site, *fabric);
  } else {
    const bool can_be_gpu = kind != EventKind::kPowerCap && kind != EventKind::kCurtail && kind != EventKind::kLeak;
    paths.push_back(plan.site.name);
    for (const RackPlace& rack : plan.site.racks) {
      if (const std::string row = parent_of(rack.path); row != parent_of(paths.back())) paths.push_back(row);
      paths.push_back(rack.path);
      if (plan.site.racks.size() > 100) continue;
      for (const std::string& name : tray_and_gpu_names(plan.site.rack_type))
        if (can_be_gpu || name.find('/') == std::string::npos) paths.push_back(rack.path + "/" + name);
    }
  }
  return paths;
}

bool acts_on_coolant(EventKind kind) {
  constexpr EventKind kOthers[] = {EventKind::kClockLimit, EventKind::kFailure, EventKind::kGpuPowerLimit,
                                   EventKind::kPowerCap,   EventKind::kCurtail, EventKind::kShelf,
                                   EventKind::kPsu,        EventKind::kFeed,    EventKind::kUps,
                                   EventKind::kUtility};
  return std::find(std::begin(kOthers), std::end(kOthers), kind) == std::end(kOthers);
}

std::optional<NetworkPart> network_part_at(const Plan& plan, const std::string& path) {
  const Result<Fabric> fabric = fabric_of(plan.site);
  return fabric ? network_part(plan.site, *fabric, path) : std::nullopt;
}

// Whether the path is one of GPUs, or of what holds them, on which such an event can act.
bool names_gpus(const Event& event, const Plan& plan) {
  constexpr EventKind kOfOthers[] = {EventKind::kRackValve, EventKind::kShelf, EventKind::kPsu};
  if (!acts_on_gpus(event.kind) || event.path.find("/power-shelf-") != std::string::npos ||
      std::find(std::begin(kOfOthers), std::end(kOfOthers), event.kind) != std::end(kOfOthers))
    return false;
  const GpuRange gpus = gpus_at(plan, event.path);
  const auto count = static_cast<int>(gpus.end - gpus.begin);
  const bool is_gpu = event.path.substr(event.path.rfind('/') + 1).rfind("gpu-", 0) == 0;
  const bool is_in_rack = count <= plan.site.rack_type.gpus();
  if (count == 0) return false;
  if (event.kind == EventKind::kLeak) return is_in_rack && !is_gpu;
  if (event.kind == EventKind::kFlowArea) return is_in_rack;
  return !is_gpu || (event.kind != EventKind::kPowerCap && event.kind != EventKind::kCurtail);
}

// True if the path is one that such an event can act on.
bool check_path(Table& table, const Event& event, const Plan& plan) {
  const bool needs_liquid = acts_on_coolant(event.kind);
  if (names_gpus(event, plan) && (!needs_liquid || plan.site.rack_type.liquid_cooled)) return true;
  if (event.kind == EventKind::kFailure && network_part_at(plan, event.path)) return true;
  if (needs_liquid && !plan.site.rack_type.liquid_cooled) {
    table.error_at("path",
                   fmt::format("{} is air-cooled: there is no pump and no facility water", plan.site.rack_type.name),
                   "leave the event out; a clock_limit acts on air-cooled racks too");
    return false;
  }
  const std::vector<std::string> paths = paths_for(event.kind, plan);
  if (paths.empty()) return false;  // an unknown CDU has no pumps; that it is unknown is said already
  if (std::find(paths.begin(), paths.end(), event.path) != paths.end()) return true;
  const auto nearest = nearest_match(event.path, paths);
  table.error_at("path", fmt::format("there is no \"{}\" that this event could act on", event.path),
                 nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("e.g. \"{}\"", paths.front()));
  return false;
}

// The word for what is not running.
std::string_view fault_of(EventKind kind) {
  if (kind == EventKind::kPumpSpeed || kind == EventKind::kFreeCooling || kind == EventKind::kChiller) return "tripped";
  if (kind == EventKind::kCduIsolation) return "isolated";
  return kind == EventKind::kLeak ? "leaking" : "failed";
}

constexpr const char* kStates[] = {"running", "tripped", "isolated", "leaking", "failed"};
bool is_state(const std::string& word) {
  return std::find(std::begin(kStates), std::end(kStates), word) != std::end(kStates);
}

// Of a path that there is.
void check_state(Table& table, const std::string& state, const Event& event, const Plan& plan) {
  if (is_state(state) && state != "running" && state != fault_of(event.kind))
    table.error_at("state",
                   fmt::format("\"{}\" is \"{}\" or \"running\", not \"{}\"", event.path, fault_of(event.kind), state));
  const bool is_equipment = event.kind == EventKind::kFreeCooling || event.kind == EventKind::kChiller;
  if (is_equipment && !std::isnan(plan.cooling.facility_supply_degc))
    table.error_at(
        "path", "facility_supply is given: no equipment of this site makes it, so none can trip",
        fmt::format("leave cooling.facility_supply out, or set supply_temperature of \"{}\"", facility_path(plan)));
}

double parse_time(Table& table, std::optional<double> now_s) {
  if (!now_s) return quantity_in_range(table, "at", Dimension::kTime, 0, kUnbounded);
  const double time_s = optional_in_range(table, "at", Dimension::kTime, 0, kUnbounded).value_or(*now_s);
  if (time_s < *now_s - kSlack_s)
    table.error_at(
        "at", fmt::format("at lies in the past: the next step begins at {}", format_quantity(*now_s, Dimension::kTime)),
        "leave it out to act at the next step");
  return time_s;
}

// Whether some of the GPUs that a class takes for equal are in the range and others are not.
bool splits_class(const Model& model, GpuRange range) {
  std::vector<std::uint32_t> inside(model.gpu_classes.size());
  for (std::uint32_t g = range.begin; g < range.end; ++g) ++inside[model.class_of_gpu[g]];
  for (std::size_t c = 0; c < inside.size(); ++c)
    if (inside[c] != 0 && inside[c] != model.gpu_classes[c].count) return true;
  return false;
}

void parse_run(Table& table, LiveBlock& block) {
  block.pace = table.optional_quantity("pace", Dimension::kNone);
  if (block.pace && *block.pace != 0 && (*block.pace < kLowestPace || *block.pace > kHighestPace))
    table.error_at("pace", "pace is out of range",
                   fmt::format("between {} and {:.0f}, or 0 for a pause", kLowestPace, kHighestPace));
  block.stops = table.optional_boolean("stop").value_or(false);
}

// What an event sets: exactly one of them.
struct Action {
  std::optional<double> supply_degc;
  std::optional<std::string> state;  // of a pump, a CDU, equipment of the facility or a part of the network
  std::optional<double> speed;       // of a pump
  std::optional<double> clock;
  std::optional<double> valve, flow_area;  // of a rack; of a rack, tray or GPU
  std::optional<double> dry_bulb_degc, dry_bulb_rise_k;
  std::optional<double> gpu_power_w, power_w, curtailed;  // of each GPU; of all that lies below; its share
};

// nullopt: it sets nothing, several things, or what it sets cannot be read; which has been said then.
std::optional<Action> parse_action(Table& table, const Plan& plan) {
  const Gpu& gpu = plan.site.rack_type.gpu;
  const bool is_known = gpu.tdp_w.value > 0;
  const double gpu_low_w = is_known ? gpu.idle_w.value : 0, gpu_high_w = is_known ? gpu.tdp_w.value : kUnbounded;
  const Action action = {optional_in_range(table, "supply_temperature", Dimension::kTemperature, 1, 70),
                         table.optional_text("state"),
                         optional_in_range(table, "speed", Dimension::kNone, 0, 1),
                         optional_in_range(table, "clock_limit", Dimension::kNone, 0.05, 1),
                         optional_in_range(table, "valve", Dimension::kNone, 0, 1),
                         optional_in_range(table, "flow_area", Dimension::kNone, 0, 1),
                         optional_in_range(table, "dry_bulb", Dimension::kTemperature, -50, 60),
                         optional_in_range(table, "dry_bulb_rise", Dimension::kTemperatureDelta, -30, 30),
                         optional_in_range(table, "gpu_power_limit", Dimension::kPower, gpu_low_w, gpu_high_w),
                         optional_in_range(table, "power_cap", Dimension::kPower, 100, 1e10),
                         optional_in_range(table, "curtail", Dimension::kNone, 0.01, 0.95)};
  int actions = 0;
  for (const char* key : {"supply_temperature", "state", "speed", "clock_limit", "valve", "flow_area", "dry_bulb",
                          "dry_bulb_rise", "gpu_power_limit", "power_cap", "curtail"})
    actions += table.has(key) ? 1 : 0;
  if (actions != 1) {
    table.error_at(
        "path", fmt::format("an event sets exactly one thing, this one {}", actions == 0 ? "none" : "several"),
        "supply_temperature of the facility; state of a pump, CDU, chiller, rack, tray, PSU, feed or a part of the "
        "network; speed of a pump; valve of a rack; flow_area, clock_limit or gpu_power_limit of a rack, tray or GPU; "
        "power_cap or curtail of a tray, rack, row or the site; dry_bulb or dry_bulb_rise of the weather");
    return std::nullopt;
  }
  if (action.state && !is_state(*action.state))
    table.error_at(
        "state",
        "the state of a pump, chiller, tower or dry cooler is \"tripped\" or \"running\", that of a CDU "
        "\"isolated\" or \"running\", that of a rack or compute tray \"leaking\" or \"running\", that of a power "
        "shelf, a PSU, a feed, its UPS, the utility or a part of the network \"failed\" or \"running\"");
  const bool is_readable = action.supply_degc || action.state || action.speed || action.clock || action.valve ||
                           action.flow_area || action.dry_bulb_degc || action.dry_bulb_rise_k || action.gpu_power_w ||
                           action.power_w || action.curtailed;
  return is_readable ? std::optional(action) : std::nullopt;
}

void set_value(Event& event, EventKind kind, double value, std::string what, std::string what_then) {
  event.kind = kind;
  event.value = value;
  event.what = std::move(what);
  event.what_then = std::move(what_then);
}

std::string ramp_text(const Event& event) {
  return event.ramp_s > 0 ? fmt::format(", ramp {}", format_quantity(event.ramp_s, Dimension::kTime)) : std::string();
}

bool is_pump(const Plan& plan, const std::string& path) {
  const std::vector<std::string> pumps = pump_paths(plan);
  return std::find(pumps.begin(), pumps.end(), path) != pumps.end();
}

// A rack or compute tray.
bool names_leak(const Plan& plan, const std::string& path) {
  Event event;
  event.kind = EventKind::kLeak;
  event.path = path;
  return names_gpus(event, plan);
}

bool is_cdu(const Plan& plan, const std::string& path) {
  for (int c = 0; c < plan.cooling.cdus; ++c)
    if (path == cdu_path(plan, c)) return true;
  return false;
}

// Of a pump, CDU, rack, tray or part of the network; of a path that is none of them, what the state is one of.
EventKind kind_at(const Plan& plan, const std::string& path, const std::string& state) {
  if (is_pump(plan, path)) return EventKind::kPumpSpeed;
  if (is_cdu(plan, path)) return EventKind::kCduIsolation;
  if (names_leak(plan, path)) return EventKind::kLeak;
  if (network_part_at(plan, path)) return EventKind::kFailure;
  if (state == "isolated") return EventKind::kCduIsolation;
  if (state == "leaking") return EventKind::kLeak;
  return state == "failed" ? EventKind::kFailure : EventKind::kPumpSpeed;
}

// What a state means depends on whose it is.
void set_state(const std::string& state, const Plan& plan, Event& event) {
  const bool is_running = state == "running";
  const double works = is_running ? 1 : 0;
  const std::string name = event.path.substr(event.path.rfind('/') + 1);
  const auto trips = [&](const char* what) { return std::string(what) + (is_running ? " started" : " tripped"); };
  const auto fails = [&](EventKind kind, const char* lost, const char* back) {
    set_value(event, kind, works, is_running ? back : lost, back);
  };
  if (name.rfind("feed-", 0) == 0)
    fails(EventKind::kFeed, "feed lost", "feed back");
  else if (name == "ups")
    fails(EventKind::kUps,
          plan.power.feed.carries_dc ? "UPS failed: its feed carries nothing without the rectifier"
                                     : "UPS failed: its feed goes past it, without batteries",
          "UPS repaired");
  else if (event.path == utility_path(plan))
    fails(EventKind::kUtility, "utility lost", "utility back");
  else if (name.rfind("power-shelf-", 0) == 0)
    fails(EventKind::kShelf, "power shelf failed", "power shelf repaired");
  else if (name.rfind("psu-", 0) == 0)
    fails(EventKind::kPsu, "PSU failed", "PSU repaired");
  else if (event.path == chiller_path(plan))
    set_value(event, EventKind::kChiller, works, trips("chiller"), "chiller restored");
  else if (event.path.rfind(facility_path(plan) + "/", 0) == 0)
    set_value(event, EventKind::kFreeCooling, works, trips("free cooling"), "free cooling restored");
  else if (const EventKind kind = kind_at(plan, event.path, state); kind == EventKind::kCduIsolation)
    fails(kind, "CDU isolated", "CDU back in the loops");
  else if (kind == EventKind::kLeak)
    fails(kind, "leak: coolant shut off, power off", "leak mended");
  else if (kind == EventKind::kFailure)
    fails(kind, "failed", "repaired");
  else
    set_value(event, kind, is_running ? plan.cooling.pump_speed : 0, trips("pump"), "pump restored");
}

void set_action(const Action& action, const Plan& plan, Event& event) {
  const auto set = [&](const char* key, EventKind kind, double value, std::string what, std::string what_then) {
    event.key = key;
    set_value(event, kind, value, std::move(what), std::move(what_then));
  };
  if (action.supply_degc)
    set("supply_temperature", EventKind::kFacilitySupply, *action.supply_degc,
        fmt::format("facility supply set to {:g} degC", *action.supply_degc), "facility supply no longer set");
  else if (action.clock)
    set("clock_limit", EventKind::kClockLimit, *action.clock,
        fmt::format("clock limited to {:g} %", 100 * *action.clock), "clock limit lifted");
  else if (action.gpu_power_w)
    set("gpu_power_limit", EventKind::kGpuPowerLimit, *action.gpu_power_w,
        fmt::format("power of each GPU limited to {}", format_quantity(*action.gpu_power_w, Dimension::kPower)),
        "GPU power limit lifted");
  else if (action.power_w)
    set("power_cap", EventKind::kPowerCap, *action.power_w,
        fmt::format("power capped at {}{}", format_quantity(*action.power_w, Dimension::kPower), ramp_text(event)),
        "power cap lifted");
  else if (action.curtailed)
    set("curtail", EventKind::kCurtail, *action.curtailed,
        fmt::format("power curtailed by {:g} %{}", 100 * *action.curtailed, ramp_text(event)), "curtailment over");
  else if (action.valve)
    set("valve", EventKind::kRackValve, *action.valve,
        *action.valve > 0 ? fmt::format("coolant valve set to {:g} %", 100 * *action.valve) : "coolant valve closed",
        "coolant valve opened");
  else if (action.flow_area)
    set("flow_area", EventKind::kFlowArea, *action.flow_area,
        fmt::format("clogged to {:g} % of its flow area", 100 * *action.flow_area), "no longer clogged");
  else if (action.dry_bulb_degc)
    set("dry_bulb", EventKind::kDryBulb, *action.dry_bulb_degc,
        fmt::format("dry bulb set to {:g} degC", *action.dry_bulb_degc), "dry bulb as the weather gives it");
  else if (action.dry_bulb_rise_k)
    set("dry_bulb_rise", EventKind::kDryBulbRise, *action.dry_bulb_rise_k,
        fmt::format("dry bulb {:g} K {} the weather", std::abs(*action.dry_bulb_rise_k),
                    *action.dry_bulb_rise_k < 0 ? "under" : "over"),
        "dry bulb as the weather gives it");
  else if (action.speed)
    set("speed", EventKind::kPumpSpeed, *action.speed, fmt::format("pump speed set to {:g} %", 100 * *action.speed),
        "pump restored");
  else {
    event.key = "state";
    set_state(*action.state, plan, event);
  }
}

// Where the first step begins that is not earlier. [s]
double step_from_s(const Plan& plan, double time_s) { return std::ceil(time_s / plan.step_s - kSlack_s) * plan.step_s; }

void check_takes_effect(Table& table, const Event& event, const Plan& plan, double end_s, bool stops) {
  const std::string message = "the run ends before it takes effect";
  if (stops)
    table.error_at("path", message, "leave out stop, or the event");
  else if (step_from_s(plan, event.time_s) >= end_s - kSlack_s)
    table.error_at(table.has("at") ? "at" : "path", message,
                   fmt::format("its last step ends at {}", format_quantity(end_s, Dimension::kTime)));
  else if (const std::string why = why_no_effect(event, plan); !why.empty())
    table.error_at("for", "it takes no effect: " + why);
}

}  // namespace

bool parse_event(Table& table, const Plan& plan, std::optional<double> now_s, Event& event) {
  event.time_s = parse_time(table, now_s);
  const auto lasts_s = optional_in_range(table, "for", Dimension::kTime, 0, kUnbounded);
  event.until_s = event.time_s + lasts_s.value_or(std::numeric_limits<double>::infinity());
  event.path = table.text("path");
  event.ramp_s = optional_in_range(table, "ramp", Dimension::kTime, 0, kUnbounded).value_or(0);
  const std::optional<Action> action = parse_action(table, plan);
  if (event.ramp_s > 0 && action && !action->power_w && !action->curtailed)
    table.error_at("ramp", "only a power_cap or curtail has a ramp");
  if (!action || plan.site.rack_type.name.empty()) return false;
  set_action(*action, plan, event);
  if (check_path(table, event, plan) && action->state) check_state(table, *action->state, event, plan);
  return true;
}

std::string why_no_effect(const Event& event, const Plan& plan) {
  const double from_s = step_from_s(plan, event.time_s);
  if (event.time_s >= plan.duration_s)
    return fmt::format("it begins at {}, when the run has ended", format_quantity(event.time_s, Dimension::kTime));
  if (from_s >= plan.duration_s)
    return fmt::format("it begins at {}, when the last step of {} has begun",
                       format_quantity(event.time_s, Dimension::kTime), format_quantity(plan.step_s, Dimension::kTime));
  if (std::isfinite(event.until_s) && step_from_s(plan, event.until_s) <= from_s)
    return fmt::format("it begins and ends between two steps of {}", format_quantity(plan.step_s, Dimension::kTime));
  return {};
}

LiveBlock parse_live_block(std::string text, const Plan& plan, const Model& model, TimeLeft left) {
  LiveBlock block;
  Result<Document> document = Document::parse(std::move(text), "standard input");
  if (!document) {
    block.errors = std::move(document.error());
    return block;
  }
  Table root = document->root();
  if (auto run = root.optional_table("run")) parse_run(*run, block);
  for (Table table : root.tables("event")) {
    Event event;
    event.by = "operator";
    const bool is_complete = parse_event(table, plan, left.from_s, event);
    if (block.path.empty()) block.path = event.path;
    if (!is_complete) continue;
    check_takes_effect(table, event, plan, left.until_s, block.stops);
    if (acts_on_gpus(event.kind) && splits_class(model, gpus_at(plan, event.path)))
      table.error_at("path",
                     fmt::format("\"{}\" holds only some of the GPUs that this run takes for equal", event.path),
                     "write the event into the scenario: what it touches is then told apart from the start");
    if (event.kind == EventKind::kFailure)
      if (const auto part = network_part(plan.site, model.fabric, event.path); part && splits_class(model, *part))
        table.error_at("state",
                       fmt::format("\"{}\" serves only some of the GPUs that this run takes for equal", event.path),
                       "write the event into the scenario: what it touches is then told apart from the start");
    block.events.push_back(std::move(event));
  }
  document->report_unknown_keys();
  block.errors = std::move(document->errors());
  return block;
}

}  // namespace racktwin
