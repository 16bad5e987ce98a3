#include "sim/twin/event_schedule.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSlack_s = 1e-9;  // when times of steps and events are compared
constexpr double kAsWithout = std::numeric_limits<double>::quiet_NaN();

EventRow row_of(double time_s, const Event& event, const std::string& what, double setting) {
  EventRow row{time_s, event.path, what, event.by};
  row.key = event.key;
  row.setting = setting;
  return row;
}

}  // namespace

EventSchedule::EventSchedule(const std::vector<Event>& events) {
  for (const Event& event : events) entries_.push_back({event});
}

void EventSchedule::add(Event event) {
  const auto after = std::upper_bound(entries_.begin(), entries_.end(), event.time_s,
                                      [](double time_s, const Entry& entry) { return time_s < entry.event.time_s; });
  entries_.insert(after, {std::move(event)});
}

std::vector<Event> EventSchedule::begun_by(std::string_view who) const {
  std::vector<Event> begun;
  for (const Entry& entry : entries_)
    if (entry.has_begun && entry.event.by == who) begun.push_back(entry.event);
  return begun;
}

bool EventSchedule::advance(double time_s, std::vector<EventRow>& rows) {
  bool has_changed = false;
  for (Entry& entry : entries_) {
    const Event& event = entry.event;
    if (!entry.has_begun && event.time_s <= time_s + kSlack_s) {
      rows.push_back(row_of(time_s, event, event.what, event.value));
      entry.has_begun = has_changed = true;
    }
    if (!entry.has_ended && event.until_s <= time_s + kSlack_s) {
      const Event* before = holding(event);
      entry.has_ended = has_changed = true;
      const Event* after = holding(event);
      if (before == &event)
        rows.push_back(after != nullptr ? row_of(time_s, event, after->what, after->value)
                                        : row_of(time_s, event, event.what_then, kAsWithout));
    }
  }
  return has_changed;
}

const Event* EventSchedule::holding(const Event& like) const {
  const Event* latest = nullptr;
  for (const Entry& entry : entries_)
    if (entry.is_active() && entry.event.kind == like.kind && entry.event.path == like.path) latest = &entry.event;
  return latest;
}

std::vector<const Event*> EventSchedule::in_force() const {
  std::vector<const Event*> latest;
  for (const Entry& entry : entries_) {
    if (!entry.is_active()) continue;
    const Event& event = entry.event;
    const auto same = std::find_if(latest.begin(), latest.end(), [&](const Event* earlier) {
      return earlier->kind == event.kind && earlier->path == event.path;
    });
    if (same != latest.end()) latest.erase(same);
    latest.push_back(&event);
  }
  return latest;
}

}  // namespace racktwin
