#include "sim/plan/parse_event.h"

#include "sim/model/failures.h"
#include "sim/nearest_match.h"
#include "sim/plan/in_range.h"

#include <fmt/core.h>

#include <algorithm>
#include <limits>

namespace racktwin {
namespace {

constexpr double kUnbounded = std::numeric_limits<double>::max();
constexpr double kSlack_s = 1e-9;  // when times of steps and events are compared

// What the paths of a kind of event may be; for clock limits those that are near enough to be meant.
std::vector<std::string> paths_for(EventKind kind, const Plan& plan) {
  std::vector<std::string> paths;
  if (kind == EventKind::kFacilitySupply) {
    paths = {plan.site.name + "/facility"};
  } else if (kind == EventKind::kPumpSpeed) {
    paths = pump_paths(plan);
  } else if (kind == EventKind::kFailure) {
    if (const Result<Fabric> fabric = fabric_of(plan.site)) paths = network_part_examples(plan.site, *fabric);
  } else {
    for (const RackPlace& rack : plan.site.racks) {
      paths.push_back(rack.path);
      if (plan.site.racks.size() > 100) continue;
      for (const std::string& name : tray_and_gpu_names(plan.site.rack_type)) paths.push_back(rack.path + "/" + name);
    }
  }
  return paths;
}

std::optional<NetworkPart> network_part_at(const Plan& plan, const std::string& path) {
  const Result<Fabric> fabric = fabric_of(plan.site);
  return fabric ? network_part(plan.site, *fabric, path) : std::nullopt;
}

void check_path(Table& table, const Event& event, const Plan& plan) {
  const GpuRange gpus = event.kind == EventKind::kClockLimit ? gpus_at(plan, event.path) : GpuRange{};
  if (gpus.end > gpus.begin) return;
  if (event.kind == EventKind::kFailure && network_part_at(plan, event.path)) return;
  if (event.kind != EventKind::kClockLimit && event.kind != EventKind::kFailure && !plan.site.rack_type.liquid_cooled) {
    table.error_at("path",
                   fmt::format("{} is air-cooled: there is no pump and no facility water", plan.site.rack_type.name),
                   "leave the event out; a clock_limit acts on air-cooled racks too");
    return;
  }
  const std::vector<std::string> paths = paths_for(event.kind, plan);
  if (paths.empty()) return;  // an unknown CDU has no pumps; that it is unknown is said already
  if (std::find(paths.begin(), paths.end(), event.path) != paths.end()) return;
  const auto nearest = nearest_match(event.path, paths);
  table.error_at("path", fmt::format("there is no \"{}\" that this event could act on", event.path),
                 nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("e.g. \"{}\"", paths.front()));
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
  std::optional<std::string> state;  // of a pump or a part of the network
  std::optional<double> speed;       // of a pump
  std::optional<double> clock;
};

// nullopt: it sets nothing, several things, or what it sets cannot be read; which has been said then.
std::optional<Action> parse_action(Table& table) {
  const Action action = {optional_in_range(table, "supply_temperature", Dimension::kTemperature, 1, 70),
                         table.optional_text("state"), optional_in_range(table, "speed", Dimension::kNone, 0, 1),
                         optional_in_range(table, "clock_limit", Dimension::kNone, 0.05, 1)};
  int actions = 0;
  for (const char* key : {"supply_temperature", "state", "speed", "clock_limit"}) actions += table.has(key) ? 1 : 0;
  if (actions != 1) {
    table.error_at("path",
                   fmt::format("an event sets exactly one thing, this one {}", actions == 0 ? "none" : "several"),
                   "supply_temperature of the facility; state of a pump or a part of the network; speed of a pump; "
                   "clock_limit of a rack, tray or GPU");
    return std::nullopt;
  }
  if (action.state && *action.state != "tripped" && *action.state != "running" && *action.state != "failed")
    table.error_at("state",
                   "the state of a pump is \"tripped\" or \"running\", that of a part of the network \"failed\"");
  const bool is_readable = action.supply_degc || action.state || action.speed || action.clock;
  return is_readable ? std::optional(action) : std::nullopt;
}

void set_action(const Action& action, const Plan& plan, Event& event) {
  if (action.supply_degc) {
    event.kind = EventKind::kFacilitySupply;
    event.value = *action.supply_degc;
    event.what = fmt::format("facility supply set to {:g} degC", event.value);
    event.what_then = "facility supply no longer set";
  } else if (action.clock) {
    event.kind = EventKind::kClockLimit;
    event.value = *action.clock;
    event.what = fmt::format("clock limited to {:g} %", 100 * event.value);
    event.what_then = "clock limit lifted";
  } else if (action.state == "failed" || (action.state == "running" && network_part_at(plan, event.path))) {
    event.kind = EventKind::kFailure;
    event.value = action.state == "running" ? 1 : 0;
    event.what = event.value > 0 ? "repaired" : "failed";
    event.what_then = "repaired";
  } else {
    const bool is_running = action.state == "running";
    event.kind = EventKind::kPumpSpeed;
    event.value = action.state ? (is_running ? plan.cooling.pump_speed : 0) : *action.speed;
    event.what = action.state ? (is_running ? "pump started" : "pump tripped")
                              : fmt::format("pump speed set to {:g} %", 100 * event.value);
    event.what_then = "pump restored";
  }
}

void check_takes_effect(Table& table, const Event& event, double end_s, bool stops) {
  const std::string message = "the run ends before it takes effect";
  if (stops)
    table.error_at("path", message, "leave out stop, or the event");
  else if (event.time_s >= end_s - kSlack_s)
    table.error_at(table.has("at") ? "at" : "path", message,
                   fmt::format("its last step ends at {}", format_quantity(end_s, Dimension::kTime)));
}

}  // namespace

bool parse_event(Table& table, const Plan& plan, std::optional<double> now_s, Event& event) {
  event.time_s = parse_time(table, now_s);
  const auto lasts_s = optional_in_range(table, "for", Dimension::kTime, 0, kUnbounded);
  event.until_s = event.time_s + lasts_s.value_or(std::numeric_limits<double>::infinity());
  event.path = table.text("path");
  const std::optional<Action> action = parse_action(table);
  if (!action || plan.site.rack_type.name.empty()) return false;
  set_action(*action, plan, event);
  check_path(table, event, plan);
  return true;
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
    check_takes_effect(table, event, left.until_s, block.stops);
    if (event.kind == EventKind::kClockLimit && splits_class(model, gpus_at(plan, event.path)))
      table.error_at("clock_limit",
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
