#include "sim/cooling/hydraulics.h"

#include "sim/cooling/heat_exchanger.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kLitresPerMinute = 1e-3 / 60;
const PumpCurve kPump{476e3, 600 * kLitresPerMinute, 244e3};
const FlowResistance kRack{93e3, 130 * kLitresPerMinute, 1.85};

Coolant pg25() {
  Coolant coolant;
  coolant.density_kg_per_m3 = Sourced(1020);
  coolant.specific_heat_j_per_kg_k = Sourced(4120);
  return coolant;
}

TEST_CASE("a pump curve passes its rated point and scales by the affinity laws") {
  CHECK(kPump.head_pa(kPump.rated_flow_m3_per_s, 1) == Approx(244e3));
  CHECK(kPump.flow_m3_per_s(244e3, 1) == Approx(600 * kLitresPerMinute));
  CHECK(kPump.head_pa(0.6 * 0.009, 0.6) == Approx(0.36 * kPump.head_pa(0.009, 1)));
}

TEST_CASE("with a quadratic system the flow is proportional to the speed of the pumps") {
  const FlowResistance quadratic{93e3, 130 * kLitresPerMinute, 2};
  const double full = solve_loop_flow(kPump, {1, 1}, {{quadratic, 8}}).total_m3_per_s;
  const double slow = solve_loop_flow(kPump, {0.4, 0.4}, {{quadratic, 8}}).total_m3_per_s;
  CHECK(slow / full == Approx(0.4).epsilon(1e-12));
}

TEST_CASE("at the flow found the pumps give the head that the branches take") {
  for (double speed : {0.05, 0.3, 1.0}) {
    const LoopFlow loop = solve_loop_flow(kPump, {1, speed, 0.7}, {{kRack, 8}});
    CHECK(kRack.drop_pa(loop.branch_m3_per_s[0]) == Approx(loop.head_pa).epsilon(1e-12));
    CHECK(8 * loop.branch_m3_per_s[0] == Approx(loop.total_m3_per_s).epsilon(1e-12));
    double offered = 0;
    for (double flow : loop.pump_m3_per_s) offered += flow;
    CHECK(offered == Approx(loop.total_m3_per_s).epsilon(1e-11));
  }
}

TEST_CASE("one pump of two gives more than half of the flow and each of the two gives less") {
  const LoopFlow two = solve_loop_flow(kPump, {1, 1}, {{kRack, 8}});
  const LoopFlow one = solve_loop_flow(kPump, {1, 0}, {{kRack, 8}});
  CHECK(one.total_m3_per_s > 0.5 * two.total_m3_per_s);
  CHECK(one.total_m3_per_s < 0.7 * two.total_m3_per_s);
  CHECK(one.pump_m3_per_s[0] > two.pump_m3_per_s[0]);
  // the numbers of the GB200 site
  CHECK(two.total_m3_per_s / kLitresPerMinute == Approx(1399).epsilon(0.001));
  CHECK(one.total_m3_per_s / kLitresPerMinute == Approx(805).epsilon(0.001));
}

TEST_CASE("a check valve keeps a slow pump from flowing backwards") {
  const LoopFlow alone = solve_loop_flow(kPump, {1, 0}, {{kRack, 8}});
  const LoopFlow beside_slow = solve_loop_flow(kPump, {1, 0.3}, {{kRack, 8}});
  CHECK(beside_slow.pump_m3_per_s[1] == 0);
  CHECK(beside_slow.total_m3_per_s == alone.total_m3_per_s);
}

TEST_CASE("parallel branches share the head and split the flow by their resistance") {
  const FlowResistance wide{93e3, 260 * kLitresPerMinute, 1.85};  // twice the flow at the same drop
  const LoopFlow mixed = solve_loop_flow(kPump, {1}, {{kRack, 2}, {wide, 1}});
  const LoopFlow equal = solve_loop_flow(kPump, {1}, {{kRack, 4}});
  CHECK(mixed.branch_m3_per_s[1] == Approx(2 * mixed.branch_m3_per_s[0]));
  CHECK(mixed.total_m3_per_s == Approx(equal.total_m3_per_s));
}

TEST_CASE("pumps that stand give no flow") {
  const LoopFlow loop = solve_loop_flow(kPump, {0, 0}, {{kRack, 8}});
  CHECK(loop.total_m3_per_s == 0);
  CHECK(loop.pump_m3_per_s == std::vector<double>{0, 0});
}

TEST_CASE("counterflow effectiveness has its known limits") {
  for (double ntu : {0.1, 1.0, 5.0}) {
    CHECK(counterflow_effectiveness(ntu, 0) == Approx(1 - std::exp(-ntu)));
    CHECK(counterflow_effectiveness(ntu, 1) == Approx(ntu / (1 + ntu)));
    CHECK(counterflow_effectiveness(ntu, 1 - 1e-12) == Approx(ntu / (1 + ntu)));
  }
  for (double ratio : {0.0, 0.5, 1.0}) {
    CHECK(counterflow_effectiveness(0, ratio) == 0);
    CHECK(counterflow_effectiveness(std::numeric_limits<double>::infinity(), ratio) == 1);
    CHECK(counterflow_ntu(counterflow_effectiveness(2.5, ratio), ratio) == Approx(2.5));
  }
}

TEST_CASE("an exchanger sized from its rating gives its rated heat and approach") {
  // XDU1350: 1368 kW at 4 K, 1200 L/min of PG25 and of water
  const double hot = heat_rate_w_per_k(pg25(), 0.02), cold = 992.2 * 4179 * 0.02;
  const auto exchanger = HeatExchanger::from_rating(1368e3, 4, hot, cold);
  REQUIRE(exchanger);
  CHECK(exchanger->rated_ua_w_per_k == Approx(352e3).epsilon(0.005));
  CHECK(exchanger->ua_w_per_k(hot, cold) == Approx(exchanger->rated_ua_w_per_k));
  const double hot_inlet_over_cold_inlet_k = 4 + 1368e3 / hot;
  CHECK(exchanger->conductance_w_per_k(hot, cold) * hot_inlet_over_cold_inlet_k == Approx(1368e3));
  CHECK(exchanger->ua_w_per_k(hot / 2, cold / 2) == Approx(exchanger->rated_ua_w_per_k * std::pow(0.5, 0.8)));
  CHECK(exchanger->conductance_w_per_k(1e-4 * hot, cold) <= 1e-4 * hot);
}

TEST_CASE("a rating that no exchanger can have is refused") {
  CHECK_FALSE(HeatExchanger::from_rating(1e6, 0, 1e5, 1e5));
  CHECK_FALSE(HeatExchanger::from_rating(1e6, -5, 1e5, 1e5));
}

TEST_CASE("a cold plate has its tabled resistance, and below the table never an effectiveness above 1") {
  Curve curve;
  curve.x = {0.4 * kLitresPerMinute, 1.2 * kLitresPerMinute, 2.4 * kLitresPerMinute};
  curve.y = {0.0389, 0.0230, 0.0197};
  const Coolant coolant = pg25();
  const auto conductance = [&](double litres_per_minute) {
    return plate_conductance_w_per_k(curve, litres_per_minute * kLitresPerMinute, coolant);
  };
  CHECK(1 / conductance(1.2) == Approx(0.0230));
  CHECK(1 / conductance(0.4) == Approx(0.0389));
  CHECK(conductance(0.1) == Approx(conductance(0.4) / 4));
  CHECK(conductance(0) == 0);
  for (double flow = 0.01; flow < 4; flow += 0.01) {
    CHECK(conductance(flow) <= heat_rate_w_per_k(coolant, flow * kLitresPerMinute));
    CHECK(conductance(flow) >= (1 - 1e-12) * conductance(flow - 0.01));
  }
}

}  // namespace
}  // namespace racktwin
