// One line on a terminal that says how far a run is and how long it will still take; cleared at the end.
#pragma once

#include "sim/twin/twin.h"

#include <chrono>

namespace racktwin {

class ProgressLine {
 public:
  explicit ProgressLine(bool is_shown) : is_shown_(is_shown) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const RunProgress& progress);  // draws at most ten times a second
  void clear();

 private:
  using Clock = std::chrono::steady_clock;
  bool is_shown_;
  bool is_drawn_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_ = started_;
};

}  // namespace racktwin
