#include "sim/cooling/technology_loop.h"
#include "tests/sim/liquid_site.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kHeld = std::numeric_limits<double>::quiet_NaN();  // command of a pump that holds the set-point
constexpr double kRackFlow = 130 * kLitresPerMinute;

Plan plan_with(int cdus, double flow_m3_per_s, double pressure_pa = kHeld) {
  Plan plan = liquid_plan();
  plan.cooling.cdus = cdus;
  plan.cooling.tcs_flow_m3_per_s = flow_m3_per_s;
  plan.cooling.tcs_pressure_pa = pressure_pa;
  return plan;
}

double flow_over(const Plant& plant, double set_point) { return plant.state().tcs_flow_m3_per_s / set_point; }

TEST_CASE("pumps run as fast as their set-point takes, of the flow or of the pressure") {
  const Model model = model_of(1, 8);
  const Plant flow = settled(plan_with(1, 8 * kRackFlow), model, input_for(model, 25, {kHeld, kHeld}));
  CHECK(flow_over(flow, 8 * kRackFlow) == Approx(1).epsilon(1e-9));
  CHECK(flow.state().pump_speed[0] == flow.state().pump_speed[1]);
  CHECK(flow.state().pump_power_w == Approx(2 * 6850 * std::pow(flow.state().pump_speed[0], 3)));
  // The racks drop 93 kPa at their rated flow.
  const Plant pressure = settled(plan_with(1, kHeld, 93e3), model, input_for(model, 25, {kHeld, kHeld}));
  CHECK(pressure.state().pump_speed[0] == Approx(flow.state().pump_speed[0]).epsilon(1e-9));
}

TEST_CASE("a pump that trips runs down by its time constant, turns and work alike, however long the steps are") {
  const Model model = model_of(1, 8);
  const Plan plan = plan_with(1, 8 * kRackFlow);
  const double lag_s = plan.cooling.cdu.pump_rundown_s.value, rated_w = plan.cooling.cdu.pump_rated_power_w.value;
  for (const double step_s : {0.5, 1.0, 4.0}) {
    CAPTURE(step_s);
    Plant plant = settled(plan, model, input_for(model, 25, {1, 0}));
    double turns_s = 0, work_j = 0;
    const double span_s = 8;
    for (double t = 0; t < span_s; t += step_s) {
      plant.step(input_for(model, 25, {0, 0}), step_s);
      turns_s += plant.state().pump_speed[0] * step_s;
      work_j += plant.state().pump_power_w * step_s;
    }
    CHECK(turns_s == Approx(lag_s * (1 - std::exp(-span_s / lag_s))).epsilon(1e-9));
    CHECK(work_j == Approx(rated_w * lag_s / 3 * (1 - std::exp(-3 * span_s / lag_s))).epsilon(1e-9));
  }
}

TEST_CASE("when a pump trips the others speed up to the set-point, or as far as they can") {
  const Model model = model_of(1, 8);
  const int cdus = GENERATE(1, 2);
  const Plan plan = plan_with(cdus, 8 * kRackFlow);
  std::vector<double> commands(static_cast<std::size_t>(2 * cdus), kHeld);
  Plant plant = settled(plan, model, input_for(model, 25, commands));
  const double before = plant.state().pump_speed.back();
  commands[0] = 0;
  double least = 1;
  for (int i = 0; i < 600; ++i) {
    plant.step(input_for(model, 25, commands), 1);
    least = std::min(least, flow_over(plant, 8 * kRackFlow));
  }
  CHECK(plant.state().pump_speed[0] == 0);
  CHECK(plant.state().pump_speed.back() > before + 0.05);
  if (cdus == 1) {
    CHECK(plant.state().pump_speed.back() == Approx(1));
    CHECK(flow_over(plant, 8 * kRackFlow) == Approx(0.774).epsilon(0.005));
  } else {
    CHECK(plant.state().pump_speed.back() < 0.8);
    CHECK(flow_over(plant, 8 * kRackFlow) == Approx(1).epsilon(1e-6));
    CHECK(least < 0.99);  // it is lost at once, they take their time
  }
  CHECK(least > 0.55);
}

TEST_CASE("a pump that comes back takes its part without the flow falling") {
  const Model model = model_of(1, 8);
  Plant plant = settled(plan_with(1, 8 * kRackFlow), model, input_for(model, 25, {0, kHeld}));
  double before = flow_over(plant, 8 * kRackFlow);
  REQUIRE(before < 0.8);
  for (int i = 0; i < 900; ++i) {
    plant.step(input_for(model, 25, {kHeld, kHeld}), 1);
    // The flow is that of the mean speeds of a step, within which the pumps trade places.
    REQUIRE(flow_over(plant, 8 * kRackFlow) > before - 1e-6);
    REQUIRE(flow_over(plant, 8 * kRackFlow) < 1 + 1e-6);
    before = flow_over(plant, 8 * kRackFlow);
  }
  CHECK(before == Approx(1).epsilon(1e-6));
  CHECK(plant.state().pump_speed[0] == Approx(plant.state().pump_speed[1]).epsilon(1e-4));
}

TEST_CASE("a closed rack valve: a flow set-point sends its flow to the others, a pressure set-point does not") {
  const Model model = model_of(2, 4);
  const auto share_of_open_rack = [&](const Plan& plan) {
    PlantInput input = input_for(model, 25, {kHeld, kHeld});
    Plant plant = settled(plan, model, input);
    input.rack_opening = {0.25, 1};
    for (int i = 0; i < 600; ++i) plant.step(input, 1);
    return plant.state().rack_flow_m3_per_s[1] / kRackFlow;
  };
  CHECK(share_of_open_rack(plan_with(1, 8 * kRackFlow)) == Approx(1.6).epsilon(1e-6));
  CHECK(share_of_open_rack(plan_with(1, kHeld, 93e3)) == Approx(1).epsilon(1e-6));
}

TEST_CASE("a pump set to a speed keeps it, whatever the others do to hold the flow") {
  const Model model = model_of(1, 8);
  Plant plant = settled(plan_with(1, 8 * kRackFlow), model, input_for(model, 25, {kHeld, 0.6}));
  CHECK(plant.state().pump_speed[1] == 0.6);
  CHECK(plant.state().pump_speed[0] > 0.8);
  CHECK(flow_over(plant, 8 * kRackFlow) == Approx(1).epsilon(1e-9));
  const double held = plant.state().pump_speed[0];
  for (int i = 0; i < 100; ++i) plant.step(input_for(model, 25, {kHeld, 0.6}), 1);
  CHECK(plant.state().pump_speed[0] == held);
}

// Fourteen of sixteen CDUs are always treated alike.
TEST_CASE("CDUs treated alike are computed as one, and energy is conserved when they part") {
  const Model model = model_of(1, 128);
  const Plan plan = plan_with(16, 128 * kRackFlow);
  PlantInput input = input_for(model, 25, std::vector<double>(32, kHeld));
  Plant plant = settled(plan, model, input);
  const PlantState before = plant.state();
  double worst = 0;
  for (int i = 0; i < 900; ++i) {
    input.pump_speed[7] = i > 60 && i < 400 ? 0 : kHeld;
    input.is_cdu_isolated.assign(16, false);
    input.is_cdu_isolated[9] = i > 200;
    plant.step(input, 1);
    worst = std::max(worst, plant.ledger().residual());
    if (i == 300) {
      CHECK(plant.state().pump_flow_m3_per_s[7] == 0);
      CHECK(plant.state().pump_flow_m3_per_s[18] == 0);
      CHECK(plant.state().pump_flow_m3_per_s[6] == Approx(plant.state().pump_flow_m3_per_s[0]));
    }
  }
  CHECK(worst < 1e-12);
  CHECK(plant.state().coolant_residual < 1e-9);
  double sum = 0;
  for (double flow : plant.state().pump_flow_m3_per_s) sum += flow;
  CHECK(sum == Approx(128 * kRackFlow).epsilon(1e-4));
  CHECK(plant.state().tcs_supply_degc > before.tcs_supply_degc);  // one exchanger less

  // As sixteenfold what one CDU is for eight racks.
  const Model one = model_of(1, 8);
  const Plant single = settled(plan_with(1, 8 * kRackFlow), one, input_for(one, 25, {kHeld, kHeld}));
  CHECK(before.gpu_junction_degc[0] == Approx(single.state().gpu_junction_degc[0]).epsilon(1e-9));
  CHECK(before.pump_power_w == Approx(16 * single.state().pump_power_w));
  CHECK(before.cdu_heat_w == Approx(16 * single.state().cdu_heat_w));
}

}  // namespace
}  // namespace racktwin
