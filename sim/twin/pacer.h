// Ties simulated time to wall time.
//
// Simulated time runs at the pace from where the pace was last set, so that rounding never adds up. A run that cannot
// keep up falls behind: no more than `burst_s` of simulated time is ever caught up with. It reads no clock and does not
// sleep. Thread rule: one thread per Pacer.
#pragma once

#include <limits>

namespace racktwin {

inline constexpr double kAsFastAsPossible = std::numeric_limits<double>::infinity();

class Pacer {
 public:
  Pacer(double burst_s, double pace) : burst_s_(burst_s), pace_(pace) {}

  // `pace`: simulated seconds in a second; 0: pause. `time_s` is the end of the step at hand: simulated time goes on
  // from where the earlier pace has brought it, and not from beyond that.
  void set(double pace, double time_s, double wall_s);
  double pace() const { return pace_; }
  bool is_paced() const { return pace_ < kAsFastAsPossible; }

  // How long until time_s is due [s]; not positive: it is, infinity: not while the pause lasts.
  double left_s(double time_s, double wall_s);

 private:
  double burst_s_;
  double pace_;
  double from_time_s_ = 0, from_wall_s_ = 0;
};

}  // namespace racktwin
