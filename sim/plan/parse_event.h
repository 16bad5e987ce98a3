// Events as text: [[event]] of a scenario, and what an operator sends to a run that is going on.
//
// Both are read by the same code. The syntax is documented in sim/plan/README.md. Thread rule: pure functions.
#pragma once

#include "sim/document.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"

#include <limits>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

// One [[event]]; what is wrong with it is appended to the table's errors. While a run goes on, at now_s, `at` may be
// left out, which means now, and must not lie in the past. False if the event sets nothing, or acts on a site that is
// not known: then only its times and its path are filled in.
bool parse_event(Table& table, const Plan& plan, std::optional<double> now_s, Event& event);

// What an operator asks of a run at once.
struct LiveBlock {
  std::vector<Event> events;
  std::optional<double> pace;  // simulated seconds in a second; 0: pause
  bool stops = false;          // the run is to end
  std::string path;            // of the first event as it is given, known or not; empty: none is given
  Errors errors;               // if there is one, nothing of the block holds
};

// The steps that a run has still to make.
struct TimeLeft {
  double from_s = 0;                                         // where the next one begins
  double until_s = std::numeric_limits<double>::infinity();  // where the last one ends
};

// In words, empty if it has one: events begin and end at steps, so one may fall between two, or behind the last.
std::string why_no_effect(const Event& event, const Plan& plan);

// Lines of errors count within the text. A clock limit must not tell GPUs apart that `model` takes for equal, and an
// event must take effect before the run ends.
LiveBlock parse_live_block(std::string text, const Plan& plan, const Model& model, TimeLeft left);

inline constexpr double kLowestPace = 0.1, kHighestPace = 1e6;  // but for a pause

}  // namespace racktwin
