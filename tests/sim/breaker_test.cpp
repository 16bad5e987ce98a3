#include "sim/power/breaker.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kRating_w = 1e6, kDelay_s = 16;

// From cold, in steps; infinite: not within ten hours.
double trips_after_s(double load, double dt_s) {
  Breaker breaker(kRating_w, kDelay_s);
  breaker.step(1e-9, 0);  // no load yet
  for (int i = 1; i * dt_s <= 36000; ++i)
    if (breaker.step(dt_s, load * kRating_w)) return i * dt_s;
  return std::numeric_limits<double>::infinity();
}

TEST_CASE("a breaker trips after its delay at six times its rating") {
  CHECK(trips_after_s(6, 0.01) == Approx(kDelay_s).margin(0.011));
}

TEST_CASE("a breaker does not trip at 1.05 times its rating and does at 1.30 within two hours") {
  CHECK(std::isinf(trips_after_s(1.05, 10)));
  CHECK(trips_after_s(1.20, 1) < 7200);
  CHECK(trips_after_s(1.30, 1) < trips_after_s(1.20, 1));
}

TEST_CASE("the time that a breaker says is left is the time that it takes, whatever the steps") {
  for (const double dt_s : {0.1, 1.0, 7.0}) {
    Breaker breaker(kRating_w, kDelay_s);
    for (int i = 0; i < 20; ++i) breaker.step(dt_s, 0.8 * kRating_w);
    const double left_s = breaker.time_to_trip_s(1.4 * kRating_w);
    CHECK(std::isinf(breaker.time_to_trip_s(1.1 * kRating_w)));
    double took_s = 0;
    while (!breaker.step(dt_s, 1.4 * kRating_w)) took_s += dt_s;
    CHECK(took_s <= left_s);
    CHECK(took_s + dt_s >= left_s);
  }
}

TEST_CASE("a breaker that is warm trips sooner, and one that has tripped stays open") {
  Breaker warm(kRating_w, kDelay_s), cold(kRating_w, kDelay_s);
  warm.step(1, kRating_w);  // it has carried its rating for long
  cold.step(1e-9, 0);
  CHECK(warm.time_to_trip_s(1.5 * kRating_w) < cold.time_to_trip_s(1.5 * kRating_w));
  while (!warm.step(1, 1.5 * kRating_w)) continue;
  CHECK(warm.step(1, 0));
  CHECK(warm.has_tripped());
}

}  // namespace
}  // namespace racktwin
