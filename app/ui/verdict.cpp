#include "app/ui/verdict.h"

#include "app/ui/facts.h"
#include "render/text/value_text.h"
#include "sim/power/clock_reason.h"
#include "sim/recording/crossed_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
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
  Judge(const RunHistory& history, const Frame& frame) : history_(history), frame_(frame) {}

  Verdict judge() {
    add_limits();
    add_pumps();
    add_clocks();
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

  // Of several reasons the bar says the gravest.
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
      if (metric == nullptr) continue;
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
  Verdict verdict_;
};

}  // namespace

Verdict verdict_of(const RunHistory& history, const Frame& frame) { return Judge(history, frame).judge(); }

}  // namespace racktwin
