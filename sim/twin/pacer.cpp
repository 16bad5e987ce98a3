#include "sim/twin/pacer.h"

#include <algorithm>

namespace racktwin {

void Pacer::set(double pace, double time_s, double wall_s) {
  from_time_s_ = is_paced() ? std::min(from_time_s_ + (wall_s - from_wall_s_) * pace_, time_s) : time_s;
  from_wall_s_ = wall_s;
  pace_ = pace;
}

double Pacer::left_s(double time_s, double wall_s) {
  if (pace_ == 0) return std::numeric_limits<double>::infinity();
  const double left = from_wall_s_ + (time_s - from_time_s_) / pace_ - wall_s;
  const double most_behind_s = burst_s_ / pace_;
  if (left >= -most_behind_s) return left;
  from_time_s_ = time_s;
  from_wall_s_ = wall_s - most_behind_s;
  return -most_behind_s;
}

}  // namespace racktwin
