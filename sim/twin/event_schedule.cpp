#include "sim/twin/event_schedule.h"

#include <algorithm>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSlack_s = 1e-9;  // when times of steps and events are compared

// Of an event that begins, or of what holds once another has ended.
EventRow row_of(double time_s, const Event& event, const std::string& by) {
  EventRow row{time_s, event.path, event.what, by};
  row.key = event.key;
  // A pump that works has a speed, or none if it holds a set-point.
  row.setting = event.key == "state" ? (event.value == 0 ? 0 : 1) : event.value;
  return row;
}

EventRow row_of_end(double time_s, const Event& event) {
  EventRow row{time_s, event.path, event.what_then, event.by};
  row.key = event.key;
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
      rows.push_back(row_of(time_s, event, event.by));
      entry.has_begun = has_changed = true;
    }
    if (!entry.has_ended && event.until_s <= time_s + kSlack_s) {
      const Event* before = holding(event);
      entry.has_ended = has_changed = true;
      const Event* after = holding(event);
      if (before == &event)
        rows.push_back(after != nullptr ? row_of(time_s, *after, event.by) : row_of_end(time_s, event));
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
