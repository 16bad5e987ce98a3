#include "sim/twin/limits.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

LimitWatch watch_of_one(double limit, double hysteresis) {
  return {one_of_a_kind("hall"), "site_power", "site power", limit, hysteresis, Dimension::kPower};
}

TEST_CASE("a limit that is crossed makes one event each way") {
  LimitWatch watch = watch_of_one(100, 5);
  std::vector<EventRow> events;
  for (const double value : {90.0, 100.0, 101.0, 120.0, 99.0, 96.0, 94.0, 90.0})
    watch.watch(static_cast<double>(events.size()), {value}, events);
  REQUIRE(events.size() == 2);
  CHECK(events[0].path == "hall");
  CHECK(events[0].by == "limit");
  CHECK(events[0].what == "site power above limit: 101 W, limit 100 W");
  CHECK(events[0].metric == "site_power");
  CHECK(events[0].value == 101);
  CHECK(events[0].limit == 100);
  CHECK(events[0].count == 1);
  CHECK(events[1].what == "site power back below limit: 94 W, limit 100 W");
  CHECK(watch.was_crossed());
  CHECK(watch.highest() == 120);
}

TEST_CASE("an event names the first component that crosses, how many others do, and the highest value") {
  const NamedClasses racks{"racks", {"hall/rack-01", "hall/rack-02", "hall/rack-05"}, {1, 3, 4}};
  LimitWatch watch(racks, "rack_return", "coolant out", 65, 0.5, Dimension::kTemperature);
  std::vector<EventRow> events;
  watch.watch(1, {64, 66, 67}, events);
  watch.watch(2, {64, 67, 67}, events);  // nothing new
  watch.watch(3, {66, 67, 67}, events);
  watch.watch(4, {60, 67, 64}, events);
  REQUIRE(events.size() == 3);
  CHECK(events[0].path == "hall/rack-02");
  CHECK(events[0].what == "coolant out above limit: 66 degC, limit 65 degC; 6 more racks, up to 67 degC");
  CHECK(events[0].value == 66);
  CHECK(events[0].count == 7);
  CHECK(events[1].path == "hall/rack-01");
  CHECK(events[1].what == "coolant out above limit: 66 degC, limit 65 degC");
  CHECK(events[1].time_s == 3);
  CHECK(events[2].path == "hall/rack-01");
  CHECK(events[2].count == 5);  // rack-02 stays above
  CHECK(watch.highest() == 67);
  events.clear();
  LimitWatch of_two({"racks", {"hall/rack-01"}, {2}}, "", "rack power", 100, 5, Dimension::kPower);
  of_two.watch(1, {110}, events);
  CHECK(events.front().what == "rack power above limit: 110 W, limit 100 W; 1 more rack");
}

TEST_CASE("time above a limit counts, and the days on which there was any") {
  LimitWatch watch = watch_of_one(100, 5);
  std::vector<EventRow> events;
  const double hour_s = 3600;
  for (int hour = 1; hour <= 72; ++hour)  // above in the hours that end at 10 to 12 of the first and the third day
    watch.watch(hour * hour_s, {hour % 24 >= 10 && hour % 24 <= 12 && hour / 24 != 1 ? 101.0 : 99.0}, events);
  CHECK(watch.above_s() == 6 * hour_s);
  CHECK(watch.days_above() == 2);
}

TEST_CASE("classes are named by the path of their first member") {
  const Plan plan = flagship({});
  const Model model = build_model(plan).value();
  const NamedClasses gpus = named_gpus(plan, model), racks = named_racks(plan, model);
  REQUIRE(gpus.first.size() == model.gpu_classes.size());
  std::uint32_t all = 0;
  for (std::size_t c = 0; c < gpus.first.size(); ++c) {
    CAPTURE(gpus.first[c]);
    const GpuRange range = gpus_at(plan, gpus.first[c]);
    CHECK(range.end == range.begin + 1);
    CHECK(range.begin == model.gpu_classes[c].first);
    CHECK(model.class_of_gpu[range.begin] == c);
    all += gpus.count[c];
  }
  CHECK(all == 576);
  CHECK(racks.first.front() == "hall/row-a/rack-01");
}

TEST_CASE("a value that swings within the hysteresis makes no further events") {
  LimitWatch watch = watch_of_one(100, 5);
  std::vector<EventRow> events;
  for (int i = 0; i < 10; ++i) {
    watch.watch(i, {101}, events);
    watch.watch(i, {96}, events);
  }
  CHECK(events.size() == 1);
}

TEST_CASE("a limit without data is never crossed and values without data are no values") {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  std::vector<EventRow> events;
  LimitWatch unlimited = watch_of_one(kNan, 1);
  unlimited.watch(0, {1e9}, events);
  CHECK_FALSE(unlimited.was_crossed());
  CHECK(unlimited.highest() == 1e9);
  LimitWatch watch = watch_of_one(1, 0);
  CHECK(std::isnan(watch.highest()));
  watch.watch(0, {kNan}, events);
  CHECK(std::isnan(watch.highest()));
  watch.watch(0, {0.5}, events);
  watch.watch(0, {kNan}, events);
  CHECK(watch.highest() == 0.5);
  CHECK(events.empty());
}

}  // namespace
}  // namespace racktwin
