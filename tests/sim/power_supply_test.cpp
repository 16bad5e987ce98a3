#include "sim/power/power_supply.h"

#include "sim/power/power.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

using Words = std::vector<std::string>;

PowerPlan plan_of(int feeds = 1) {
  PowerPlan power = small_job().power;
  power.feeds = feeds;
  power.feed_rating_w = power.ups_rating_w = 1e6;
  power.ride_through_s = 60;
  power.generator_start_s = 20;
  return power;
}

TEST_CASE("two feeds share the load, each at the efficiency of its half") {
  const PowerPlan power = plan_of(2);
  CHECK(site_ac_w(power, {1, 1}, {800e3}) == Approx(feed_ac_w(power.feed, {800e3}, 1e6, 1e6)));
  CHECK(site_ac_w(power, {2, 2}, {800e3}) == Approx(2 * feed_ac_w(power.feed, {400e3}, 1e6, 1e6)));
  CHECK(site_ac_w(power, {2, 1}, {800e3, 0, 50e3}) ==
        Approx(50e3 + feed_ac_w(power.feed, {400e3}, 1e6, 1e6) + feed_ac_w(power.feed, {400e3, 0, true}, 1e6, 1e6)));
  CHECK(site_ac_w(power, {0, 0}, {800e3}) == 0);
  CHECK(ups_output_w(power, 2, {800e3, 20e3}) == Approx(400e3 / power.feed.busway_efficiency.value + 10e3));
}

TEST_CASE("batteries carry the load until the generator has started, and the utility takes it back") {
  const PowerPlan power = plan_of();
  PowerSupply supply(power);
  CHECK(supply.step(1, {500e3}).empty());
  CHECK(supply.charge() == 1);
  supply.set({1, 1}, false);
  CHECK(supply.step(1, {500e3}) == Words{"batteries carry the load; at this load for 2 min"});
  for (int s = 1; s < 19; ++s) CHECK(supply.step(1, {500e3}).empty());
  // 19 s at half of the rating and the busway's loss, of the 60 s that full batteries last at the rating.
  CHECK(supply.charge() == Approx(1 - 19 * 0.5 / power.feed.busway_efficiency.value / 60));
  CHECK(supply.step(1, {500e3}) == Words{"generator carries the load"});
  CHECK_FALSE(supply.is_dark());
  supply.set({1, 1}, true);
  CHECK(supply.step(1, {500e3}) == Words{"utility carries the load again"});
}

TEST_CASE("batteries are drawn by the cooling that hangs on them too") {
  const PowerPlan power = plan_of();
  PowerSupply supply(power);
  supply.set({1, 1}, false);
  supply.step(6, {0, 500e3, 400e3});
  CHECK(supply.charge() == Approx(1 - 6 * 0.5 / 60));
}

TEST_CASE("batteries that are empty before the generator runs leave the racks dark until it does") {
  PowerPlan power = plan_of();
  power.ride_through_s = 5;
  PowerSupply supply(power);
  supply.set({1, 1}, false);
  int dark_from = 0;
  Words said;
  for (int s = 1; s <= 20; ++s) {
    for (const std::string& what : supply.step(1, {900e3})) said.push_back(what);
    if (dark_from == 0 && supply.is_dark()) dark_from = s;
  }
  CHECK(dark_from == static_cast<int>(std::ceil(5 * power.feed.busway_efficiency.value / 0.9)));
  CHECK(said == Words{"batteries carry the load; at this load for 5.5 s", "batteries empty: the racks are dark",
                      "generator runs: power is back"});
  CHECK_FALSE(supply.is_dark());
}

TEST_CASE("without batteries and without a generator a lost utility leaves the racks dark for as long as it is lost") {
  PowerPlan power = plan_of();
  power.ride_through_s = power.generator_start_s = std::nan("");
  PowerSupply supply(power);
  supply.set({1, 1}, false);
  CHECK(supply.step(1, {500e3}) == Words{"no batteries: the racks are dark"});
  for (int s = 0; s < 1000; ++s) CHECK(supply.step(1, {0}).empty());
  CHECK(supply.is_dark());
  supply.set({1, 1}, true);
  supply.step(1, {0});
  CHECK_FALSE(supply.is_dark());
}

TEST_CASE("a site that has lost all of its feeds is dark") {
  const PowerPlan power = plan_of(2);
  PowerSupply supply(power);
  supply.set({1, 1}, true);
  supply.step(1, {500e3});
  CHECK_FALSE(supply.is_dark());
  supply.set({0, 0}, true);
  CHECK(supply.is_dark());
}

TEST_CASE("batteries recharge from the utility, and take their energy there") {
  PowerPlan power = plan_of();
  power.recharge_s = 600;
  PowerSupply supply(power);
  supply.step(1, {500e3});
  CHECK(supply.recharge_w() == 0);  // they are full
  supply.set({1, 1}, false);
  for (int s = 0; s < 10; ++s) supply.step(1, {500e3});
  const double left = supply.charge();
  CHECK(supply.recharge_w() == 0);  // there is nothing to take it from
  CHECK_FALSE(supply.has_source());
  supply.set({1, 1}, true);
  supply.step(1, {500e3});
  CHECK(supply.recharge_w() == Approx(60 * 1e6 / 600.0));
  CHECK(supply.charge() == Approx(left + 1.0 / 600));
  for (int s = 0; s < 600; ++s) supply.step(1, {500e3});
  CHECK(supply.charge() == 1);
  CHECK(supply.recharge_w() == 0);
}

TEST_CASE("batteries without a recharge time stay as they are") {
  const PowerPlan power = plan_of();
  PowerSupply supply(power);
  supply.set({1, 1}, false);
  for (int s = 0; s < 10; ++s) supply.step(1, {500e3});
  const double left = supply.charge();
  supply.set({1, 1}, true);
  for (int s = 0; s < 100; ++s) supply.step(1, {500e3});
  CHECK(supply.charge() == left);
  CHECK(supply.recharge_w() == 0);
}

}  // namespace
}  // namespace racktwin
