#include "sim/power/ups_overload.h"

#include <limits>

namespace racktwin {
namespace {

constexpr double kRest_s = 60;

double carried_for_s(double load) {
  if (load <= 1.05) return std::numeric_limits<double>::infinity();
  if (load <= 1.1) return 600;
  if (load <= 1.3) return 60;
  return load <= 1.5 ? 3 : 0.5;
}

}  // namespace

bool UpsOverload::step(double dt_s, double load, bool can_return) {
  used_ += dt_s / carried_for_s(load);
  rested_s_ = load > 1 ? 0 : rested_s_ + dt_s;
  if (used_ >= 1) has_given_up_ = true;
  if (rested_s_ >= kRest_s && (can_return || !has_given_up_)) {
    used_ = 0;
    has_given_up_ = false;
  }
  return has_given_up_;
}

double UpsOverload::time_left_s(double load) const { return has_given_up_ ? 0 : (1 - used_) * carried_for_s(load); }

}  // namespace racktwin
