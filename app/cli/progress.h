// One line on a terminal that says how far a run is and how long it will still take; cleared at the end.
#pragma once

#include "sim/twin/twin.h"

#include <chrono>
#include <cstddef>
#include <string>

namespace racktwin {

class ProgressLine {
 public:
  explicit ProgressLine(bool is_shown) : is_shown_(is_shown) {}
  ~ProgressLine() { clear(); }
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  void update(const RunProgress& progress);                // draws at most ten times a second
  void update_samples(std::size_t done, std::size_t all);  // the same
  void clear();

 private:
  void draw(double done, const std::string& of_what);
  using Clock = std::chrono::steady_clock;
  bool is_shown_;
  bool is_drawn_ = false;
  Clock::time_point started_ = Clock::now();
  Clock::time_point drawn_ = started_;
};

}  // namespace racktwin
