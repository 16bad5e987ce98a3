// What-ifs: what can be asked of a live run where, as data, and the answers, read from its events.
// Thread rule: pure functions.
#pragma once

#include "app/ui/state.h"
#include "sim/recording/run_history.h"

#include <string>
#include <vector>

namespace racktwin {

bool is_pump_tripped(const std::vector<EventRow>& events, const std::string& path);

// A line of the panel: an event that can be sent, and what takes it back. Its syntax is in sim/plan/README.md.
struct Choice {
  std::string label;      // "Power cap"
  std::string path, key;  // of the event: "hall/row-a/rack-03", "power_cap"
  std::string apply;      // word of the button, "Apply", "Trip"; empty: a part of others, as "ramp"
  std::string undo;       // "Lift", "Restore"; empty: nothing takes it back
  std::string tip;
  WhatIf undoing;      // with an undo: what takes it back, at once
  bool holds = false;  // as far as the run has told
  bool has_ramp = false;

  std::string state;  // what is sent of a state, "tripped"; empty: it is a number
  // Of a number, in SI units:
  double preset = 0;         // what holds, or would change nothing, or is drawn now
  double low = 0, high = 0;  // that the field takes
  double step = 1;           // of the field for a pixel that is dragged
  std::string unit = {};     // that the field has, "kW"
  double factor = 1;         // of it
};

struct Choices {
  std::string title;            // "rack-03"
  std::vector<Choice> choices;  // in the order of the panel
  std::string note = {};        // why there are not more; empty: nothing to say
};
// What can be asked of a thing, given the newest frame.
Choices choices_of(const RunHistory& history, const Frame& frame, ComponentId id);

// Whether a run can tell what happens to a thing's GPUs from what happens to others: GPUs of a class are computed once.
bool has_own_classes(const RunHistory& history, int epoch, ComponentId id);

// The value of a choice's field: what was put into it, else the preset.
double field_value(const Choice& choice, const Fields& fields);
std::string field_text(const Choice& choice, double value);  // "107.3 kW"
// Whether the button takes back: what the field shows holds already.
bool is_undo(const Choice& choice, const Fields& fields);
// What the button sends.
WhatIf what_if_of(const Choice& choice, const Fields& fields);

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
