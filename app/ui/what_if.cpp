#include "app/ui/what_if.h"

#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {
namespace {

constexpr std::string_view kOperator = "operator";
constexpr std::string_view kWaiting = "waiting for the run", kTooLate = "not done, the run has ended";

}  // namespace

bool is_pump_tripped(const std::vector<EventRow>& events, const std::string& path) {
  const auto last = std::find_if(events.rbegin(), events.rend(), [&](const EventRow& event) {
    return event.path == path && event.what.rfind("pump ", 0) == 0;
  });
  return last != events.rend() && (last->what == "pump tripped" || last->what == "pump speed set to 0 %");
}

WhatIfAnswer answer_to(const std::vector<WhatIf>& asked, const std::vector<EventRow>& events, bool is_running) {
  const std::string& path = asked.back().path;
  const auto same = [&](const auto& thing) { return thing.path == path; };
  // A run answers each change with one event, in order.
  const auto nth = std::count_if(asked.begin(), asked.end(), same);
  std::ptrdiff_t seen = 0;
  for (const EventRow& event : events) {
    if (event.by != kOperator || event.path != path || ++seen < nth) continue;
    return {true, event.what.rfind("rejected", 0) == 0,
            fmt::format("{}  {}: {}", time_text(event.time_s), path, event.what)};
  }
  return {false, !is_running, fmt::format("{}: {}", path, is_running ? kWaiting : kTooLate)};
}

std::string pace_text(double pace) { return pace == 0 ? "Hold" : fmt::format("{:g}×", pace); }

std::vector<double> paces_of(double first, double now) {
  std::vector<double> paces = {0, 1, 60, 600, first, now};
  std::sort(paces.begin(), paces.end());
  paces.erase(std::unique(paces.begin(), paces.end()), paces.end());
  return paces;
}

}  // namespace racktwin
