// How far an event reaches: its blast radius, and the limit that is crossed next. Thread rule: pure functions.
#pragma once

#include "sim/recording/recording.h"

#include <string>
#include <vector>

namespace racktwin {

// The first limit that is crossed after an event, of all of its recording; nullptr: none.
const EventRow* next_limit(const std::vector<EventRow>& events, const EventRow& after);

// "576 GPUs hang on it, none lost; 2.5 min to the next limit", of a limit that is crossed "7 s to the next limit";
// empty: it neither takes anything away nor crosses a limit that another one follows.
std::string reach_of(const std::vector<EventRow>& events, const EventRow& event);

}  // namespace racktwin
