// The events of a run, those of its scenario and those that an operator adds: which have begun, which hold.
//
// Events begin and end at steps. Thread rule: one thread per EventSchedule.
#pragma once

#include "sim/plan/plan.h"
#include "sim/recording/recording.h"

#include <string_view>
#include <vector>

namespace racktwin {

class EventSchedule {
 public:
  explicit EventSchedule(const std::vector<Event>& events);  // by time

  void add(Event event);
  // Begins and ends what is due at time_s, a step, and says so in `rows` where it makes a difference: at an end what
  // holds then. True if there was anything.
  bool advance(double time_s, std::vector<EventRow>& rows);
  // That somebody asked for and that have begun, by time.
  std::vector<Event> begun_by(std::string_view who) const;
  // The events that hold, by time: of several of a kind on one component only the latest.
  std::vector<const Event*> in_force() const;

 private:
  struct Entry {
    Event event;
    bool has_begun = false, has_ended = false;
    bool is_active() const { return has_begun && !has_ended; }
  };
  const Event* holding(const Event& like) const;  // the latest active one of its kind and path; nullptr: none
  std::vector<Entry> entries_;                    // by time
};

}  // namespace racktwin
