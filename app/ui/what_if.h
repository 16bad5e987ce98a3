// What-ifs and their answers, read from a run's events. Thread rule: pure functions.
#pragma once

#include "app/ui/state.h"

#include <string>
#include <vector>

namespace racktwin {

bool is_pump_tripped(const std::vector<EventRow>& events, const std::string& path);

// What a run said to the last change asked for.
struct WhatIfAnswer {
  bool is_answered = false, is_rejected = false;
  std::string text;  // "0:12:05  hall/cdu-1/pump-1: pump tripped", "hall/cdu-1/pump-1: waiting for the run"
};
WhatIfAnswer answer_to(const std::vector<WhatIf>& asked, const std::vector<EventRow>& events, bool is_running);

// "Hold", "60×"
std::string pace_text(double pace);
// What can be chosen: Hold, 1, 60, 600, the pace that the run began with, and the one that it has; ascending.
std::vector<double> paces_of(double first, double now);

}  // namespace racktwin
