// The state of a site at an instant in one line: what is above its limit, stopped, down or held back, and where.
// Thread rule: pure functions.
#pragma once

#include "sim/recording/run_history.h"

#include <string>
#include <vector>

namespace racktwin {

enum class Severity : std::uint8_t {
  kGood,    // within limits, nothing is held back
  kNotice,  // clocks are held down by the power limit or an event
  kAlarm,   // the job stands still, a limit is crossed, something has stopped or is down, or temperature holds clocks
            // down
};

struct Finding {
  Severity severity = Severity::kGood;
  std::string text;     // "GPU junction above its limit: rack-03/compute-07/gpu-2 and 287 more GPUs, up to 87.8 °C"
  ComponentId at = {};  // the first thing that it is about
};

struct Verdict {
  Severity severity = Severity::kGood;
  std::string text;               // "2 limits crossed: GPU junction (rack-03/compute-07/gpu-2), Rack return (rack-01)"
  std::vector<Finding> findings;  // the worst first; empty: all is well
};

Verdict verdict_of(const RunHistory& history, const Frame& frame);

}  // namespace racktwin
