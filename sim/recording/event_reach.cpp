#include "sim/recording/event_reach.h"

#include "sim/quantity.h"

#include <fmt/core.h>

#include <algorithm>

namespace racktwin {

const EventRow* next_limit(const std::vector<EventRow>& events, const EventRow& after) {
  const auto next = std::find_if(events.begin(), events.end(), [&](const EventRow& event) {
    return event.time_s > after.time_s && event.by == "limit" && event.value > event.limit;
  });
  return next == events.end() ? nullptr : &*next;
}

std::string reach_of(const std::vector<EventRow>& events, const EventRow& event) {
  if (event.gpus_behind < 0) return {};
  std::string text = fmt::format("{} GPUs hang on it, {} lost", event.gpus_behind,
                                 event.gpus_lost == 0 ? std::string("none") : std::to_string(event.gpus_lost));
  if (const EventRow* next = next_limit(events, event))
    text += fmt::format("; {} to the next limit", format_quantity(next->time_s - event.time_s, Dimension::kTime));
  return text;
}

}  // namespace racktwin
