#include "sim/power/breaker.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kPickUp = 1.125;  // of the setting
constexpr double kTripHeat = kPickUp * kPickUp;
constexpr double kSixTimes = 36;  // the square of the current at which the delay is stated

}  // namespace

Breaker::Breaker(double rating_w, double long_time_delay_s)
    : rating_w_(rating_w), tau_s_(long_time_delay_s / std::log(kSixTimes / (kSixTimes - kTripHeat))) {
  RT_CHECK(rating_w > 0 && long_time_delay_s > 0);
}

bool Breaker::step(double dt_s, double load_w) {
  if (has_tripped_) return true;
  const double end = std::pow(load_w / rating_w_, 2);
  if (heat_ < 0) heat_ = std::min(end, 1.0);
  heat_ = end + (heat_ - end) * std::exp(-dt_s / tau_s_);
  return has_tripped_ = heat_ >= kTripHeat;
}

double Breaker::time_to_trip_s(double load_w) const {
  if (has_tripped_) return 0;
  const double end = std::pow(load_w / rating_w_, 2), now = std::max(heat_, 0.0);
  if (end <= kTripHeat) return std::numeric_limits<double>::infinity();
  return tau_s_ * std::log((end - now) / (end - kTripHeat));
}

}  // namespace racktwin
