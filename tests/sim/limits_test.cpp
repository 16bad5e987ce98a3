#include "sim/twin/limits.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

TEST_CASE("a limit that is crossed makes one event each way") {
  LimitWatch watch("hall/feed", "site power", 100, 5, Dimension::kPower);
  std::vector<EventRow> events;
  for (const double value : {90.0, 100.0, 101.0, 120.0, 99.0, 96.0, 94.0, 90.0})
    watch.watch(static_cast<double>(events.size()), value, events);
  REQUIRE(events.size() == 2);
  CHECK(events[0].path == "hall/feed");
  CHECK(events[0].by == "limit");
  CHECK(events[0].what == "site power above limit: 101 W (limit 100 W)");
  CHECK(events[1].what == "site power back below limit: 94 W (limit 100 W)");
  CHECK(watch.was_crossed());
  CHECK(watch.highest() == 120);
}

TEST_CASE("a value that swings within the hysteresis makes no further events") {
  LimitWatch watch("p", "n", 100, 5, Dimension::kPower);
  std::vector<EventRow> events;
  for (int i = 0; i < 10; ++i) {
    watch.watch(i, 101, events);
    watch.watch(i, 96, events);
  }
  CHECK(events.size() == 1);
}

TEST_CASE("a limit without data is never crossed and values without data are no values") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  std::vector<EventRow> events;
  LimitWatch unlimited("p", "n", kNan, 1, Dimension::kPower);
  unlimited.watch(0, 1e9, events);
  CHECK_FALSE(unlimited.was_crossed());
  CHECK(unlimited.highest() == 1e9);
  LimitWatch watch("p", "n", 1, 0, Dimension::kPower);
  CHECK(std::isnan(watch.highest()));
  watch.watch(0, kNan, events);
  CHECK(std::isnan(watch.highest()));
  watch.watch(0, 0.5, events);
  watch.watch(0, kNan, events);
  CHECK(watch.highest() == 0.5);
  CHECK(events.empty());
}

}  // namespace
}  // namespace racktwin
