#include "sim/recording/event_reach.h"

#include "sim/quantity.h"

#include <fmt/core.h>

#include <algorithm>

namespace racktwin {

namespace {

bool is_crossing(const EventRow& event) { return event.by == "limit" && event.value > event.limit; }

}  // namespace

const EventRow* next_limit(const std::vector<EventRow>& events, const EventRow& after) {
  const auto next = std::find_if(events.begin(), events.end(), [&](const EventRow& event) {
    return event.time_s > after.time_s && is_crossing(event);
  });
  return next == events.end() ? nullptr : &*next;
}

std::string reach_of(const std::vector<EventRow>& events, const EventRow& event) {
  std::string text;
  if (event.gpus_behind >= 0)
    text = fmt::format("{} on it, {} lost",
                       event.gpus_behind == 1 ? "1 GPU hangs" : fmt::format("{} GPUs hang", event.gpus_behind),
                       event.gpus_lost == 0 ? std::string("none") : std::to_string(event.gpus_lost));
  else if (!is_crossing(event))
    return {};
  if (const EventRow* next = next_limit(events, event))
    text += fmt::format("{}{} to the next limit", text.empty() ? "" : "; ",
                        format_quantity(next->time_s - event.time_s, Dimension::kTime));
  return text;
}

}  // namespace racktwin
