#include "app/ui/verdict.h"

#include "app/ui/facts.h"
#include "render/text/value_text.h"
#include "sim/power/clock_reason.h"
#include "sim/recording/crossed_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <string_view>
#include <utility>

namespace racktwin {
namespace {

// "rack-03/compute-07/gpu-2", "cdu-1/pump-2": without what holds racks and CDUs.
std::string short_path(const SiteMap& site, ComponentId id) {
  ComponentId outer = id;
  while (site.kind(outer) != "rack" && site.kind(outer) != "cdu" && site.parent(outer).exists())
    outer = site.parent(outer);
  const ComponentId above = site.parent(outer);
  return above.exists() && outer != id ? site.path(id).substr(site.path(above).size() + 1) : site.name(id);
}

// "rack-03/compute-07/gpu-2 and 287 more"
std::string where(const SiteMap& site, const UnitsAbove& units) {
  const std::string first = short_path(site, units.first);
  return units.count > 1 ? fmt::format("{} and {} more", first, units.count - 1) : first;
}

class Judge {
 public:
  Judge(const RunHistory& history, const Frame& frame) : history_(history), frame_(frame) {
    const MetricRow* tokens = history.metric("tokens_per_s");
    stands_still_ = tokens != nullptr && history.reading(frame, *tokens, {0, -1}).mean == 0;
  }

  Verdict judge() {
    if (stands_still_) say("the job stands still");
    add_limits();
    add_pumps();
    add_what_is_down();
    add_clocks();
    if (stands_still_) {  // leads to what may be why
      const ComponentId at = verdict_.findings.empty() ? ComponentId{0, -1} : verdict_.findings.front().at;
      verdict_.findings.insert(verdict_.findings.begin(), {Severity::kAlarm, "The job stands still", at});
      verdict_.severity = Severity::kAlarm;
    }
    if (verdict_.text.empty()) verdict_.text = "within limits";
    if (verdict_.severity == Severity::kNotice) verdict_.text = "within limits; " + verdict_.text;
    return std::move(verdict_);
  }

 private:
  void add(Finding finding) {
    verdict_.severity = std::max(verdict_.severity, finding.severity);
    verdict_.findings.push_back(std::move(finding));
  }
  void say(const std::string& text) { verdict_.text += (verdict_.text.empty() ? "" : "; ") + text; }

  void add_limits() {
    const std::vector<CrossedLimit> crossed = crossed_limits(history_, frame_);
    if (crossed.empty()) return;
    std::string list;
    for (const CrossedLimit& c : crossed) {
      const std::string name = label_of(c.metric->name);
      list += fmt::format("{}{} ({})", list.empty() ? "" : ", ", name, short_path(history_.site(), c.units.first));
      const auto value = [&](double number) { return value_text(number, c.metric->unit); };
      add({Severity::kAlarm,
           fmt::format("{} above its limit of {} ({}): {}, {}{}", name, value(c.limit->value), c.limit->name,
                       where(history_.site(), c.units), c.units.count > 1 ? "up to " : "", value(c.units.highest)),
           c.units.first});
    }
    say(fmt::format("{} limit{} crossed: {}", crossed.size(), crossed.size() == 1 ? "" : "s", list));
  }

  void add_pumps() {
    const MetricRow* speed = history_.metric("pump_speed");
    if (speed == nullptr) return;
    std::vector<std::string> stopped;
    for (const PlacedComponent& pump : history_.site().placed("pump")) {
      const ComponentId id = {pump.component, -1};
      if (history_.reading(frame_, *speed, id).mean != 0) continue;
      stopped.push_back(short_path(history_.site(), id));
      add({Severity::kAlarm, stopped.back() + " has stopped", id});
    }
    if (!stopped.empty())
      say(stopped.size() == 1 ? stopped.front() + " stopped" : fmt::format("{} pumps stopped", stopped.size()));
  }

  // What an event put out of work and none has restored; pumps are said already.
  void add_what_is_down() {
    std::map<std::string_view, const EventRow*> last;
    for (const EventRow& event : history_.events())
      if (event.key == "state" && event.time_s < frame_.time_s) last[event.path] = &event;
    std::vector<std::string> down;
    for (const auto& [path, event] : last) {
      const ComponentId at = nearest(path);
      if (event->setting != 0 || history_.site().kind(at) == "pump") continue;
      down.push_back(name_of_path(path, at));
      add({Severity::kAlarm, fmt::format("{}: {}, since {}", down.back(), event->what, time_text(event->time_s)), at});
    }
    if (!down.empty()) say(down.size() == 1 ? down.front() + " down" : fmt::format("{} things down", down.size()));
  }

  // The thing of a path, or what holds it: towers and chillers have no place of their own.
  ComponentId nearest(std::string_view path) const {
    while (!history_.site().find(path) && path.find('/') != path.npos) path = path.substr(0, path.rfind('/'));
    return history_.site().find(path).value_or(ComponentId{0, -1});
  }

  std::string name_of_path(std::string_view path, ComponentId at) const {
    const std::string name = short_path(history_.site(), at);
    if (history_.site().path(at) == path && name.find('/') != name.npos) return name;
    return std::string(path.substr(path.find('/') + 1));
  }

  // Of several reasons the bar says the gravest. Of a job that stands still only what shut GPUs down: nothing else
  // holds it back.
  void add_clocks() {
    static constexpr std::array<std::pair<ClockReason, std::string_view>, 5> kSaid = {
        {{ClockReason::kShutDown, "shut down: {} GPUs"},
         {ClockReason::kHardwareThermal, "throttling: {} GPUs, temperature"},
         {ClockReason::kSoftwareThermal, "throttling: {} GPUs, temperature"},
         {ClockReason::kPowerCap, "power-capped: {} GPUs"},
         {ClockReason::kClockLimit, "clock-limited: {} GPUs"}}};
    bool is_said = false;
    for (const auto& [reason, text] : kSaid) {
      const MetricRow* metric = history_.metric(name_of(reason).metric);
      if (metric == nullptr || (stands_still_ && reason != ClockReason::kShutDown)) continue;
      const UnitsAbove units = units_above(history_, frame_, *metric, 0);
      if (units.count == 0) continue;
      const ClockReasonName& name = name_of(reason);
      add({is_thermal(reason) ? Severity::kAlarm : Severity::kNotice,
           fmt::format("Clocks set by {}{}: {}", name.words, name.nvml.empty() ? "" : fmt::format(" ({})", name.nvml),
                       where(history_.site(), units)),
           units.first});
      if (!std::exchange(is_said, true)) say(fmt::format(fmt::runtime(text), units.count));
    }
  }

  const RunHistory& history_;
  const Frame& frame_;
  bool stands_still_ = false;  // the job
  Verdict verdict_;
};

}  // namespace

Verdict verdict_of(const RunHistory& history, const Frame& frame) { return Judge(history, frame).judge(); }

}  // namespace racktwin
