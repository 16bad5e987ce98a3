#include "sim/power/ups_overload.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

TEST_CASE("a UPS carries five percent too much for good, more for a while, and loads use up shares of their times") {
  UpsOverload ups;
  for (int s = 0; s < 10000; ++s) CHECK_FALSE(ups.step(1, 1.04, true));
  CHECK(std::isinf(ups.time_left_s(1.04)));
  CHECK(ups.time_left_s(1.2) == 60);
  for (int s = 0; s < 300; ++s) CHECK_FALSE(ups.step(1, 1.08, true));  // half of ten minutes
  CHECK(ups.time_left_s(1.2) == Approx(30));
  for (int s = 0; s < 29; ++s) CHECK_FALSE(ups.step(1, 1.2, true));
  CHECK(ups.step(1.001, 1.2, true));
}

TEST_CASE("a UPS on its bypass comes back after a minute below its rating; one that has shut down does not") {
  for (const bool can_return : {true, false}) {
    UpsOverload ups;
    CHECK(ups.step(1, 1.6, can_return));
    for (int s = 0; s < 100; ++s) CHECK(ups.step(1, 1.02, can_return));  // it would carry this, but not take it back
    for (int s = 0; s < 59; ++s) CHECK(ups.step(1, 0.9, can_return));
    CHECK(ups.step(1, 0.9, can_return) == !can_return);
  }
}

}  // namespace
}  // namespace racktwin
