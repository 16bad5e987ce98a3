#include "sim/cooling/plant.h"
#include "sim/cooling/thermal_network.h"
#include "tests/sim/liquid_site.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>

namespace racktwin {

struct ThermalNetworkTestAccess {
  // Heat that leaves one node and arrives nowhere.
  static void leak(ThermalNetwork& network, ThermalNode node, double conductance_w_per_k) {
    network.couplings_.emplace_back(static_cast<int>(node.v), static_cast<int>(node.v), -conductance_w_per_k);
    network.is_assembled_ = false;
  }
};

namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

// ------------------------------------------------------------------------------------------------- thermal network

TEST_CASE("a single capacity follows the exponential step response") {
  ThermalNetwork network;
  const ThermalNode body = network.add_node(500, 20);
  const ThermalNode air = network.add_boundary(20);
  network.add_conduction(body, air, 10);  // time constant 50 s
  network.set_source(body, 300);          // 30 K in the end
  for (int i = 0; i < 500; ++i) network.step(0.1);
  CHECK(network.temp_degc(body) == Approx(20 + 30 * (1 - std::exp(-1.0))).margin(1e-5));
  for (int i = 0; i < 100; ++i) network.step(100);
  CHECK(network.temp_degc(body) == Approx(50));
  CHECK(network.heat_into_w(air) == Approx(300));
}

// Two bodies and a stream, 40 s after a source was switched on.
double temp_after_40_s(int steps) {
  ThermalNetwork network;
  const ThermalNode chip = network.add_node(50, 20);
  const ThermalNode water = network.add_node(4000, 20);
  const ThermalNode inlet = network.add_boundary(20);
  network.add_conduction(chip, water, 25);
  network.add_advection(inlet, water, 80);
  network.add_advection(water, inlet, 80);
  network.set_source(chip, 1000);
  for (int i = 0; i < steps; ++i) network.step(40.0 / steps);
  return network.temp_degc(chip);
}

TEST_CASE("halving the step quarters the error") {
  const double reference = temp_after_40_s(20000);
  const double coarse = std::abs(temp_after_40_s(160) - reference);
  const double fine = std::abs(temp_after_40_s(320) - reference);
  CHECK(coarse / fine == Approx(4).epsilon(0.05));
}

TEST_CASE("a step a thousand times the time constant does not ring") {
  ThermalNetwork network;
  const ThermalNode body = network.add_node(1, 100);
  const ThermalNode air = network.add_boundary(20);
  network.add_conduction(body, air, 1000);
  network.step(1);
  CHECK(network.temp_degc(body) == Approx(20).margin(0.4));
  network.step(1);
  CHECK(network.temp_degc(body) == Approx(20).margin(0.002));
}

TEST_CASE("a loop conserves energy, and a coupling that gives less than it takes shows in the ledger") {
  const bool is_broken = GENERATE(false, true);
  ThermalNetwork network;
  const ThermalNode chip = network.add_node(300, 25);
  const ThermalNode water = network.add_node(5e4, 25);
  const ThermalNode pipe = network.add_node(4e5, 25);
  const ThermalNode air = network.add_boundary(25);
  network.add_exchange(chip, water, chip, pipe, 40);
  network.add_advection(water, pipe, 500);
  network.add_advection(pipe, water, 500);
  network.add_conduction(pipe, air, 100);
  if (is_broken) ThermalNetworkTestAccess::leak(network, water, 1e-4);
  for (int i = 0; i < 600; ++i) {
    network.set_source(chip, 1000 + 500 * std::sin(i));
    network.step(1);
  }
  if (is_broken) {
    CHECK(network.ledger().residual() > 1e-9);
  } else {
    CHECK(network.ledger().residual() < 1e-13);
  }
}

TEST_CASE("a network without a way out has no steady state") {
  ThermalNetwork network;
  const ThermalNode body = network.add_node(1, 20);
  network.set_source(body, 1);
  CHECK_FALSE(network.settle());
  CHECK(network.temp_degc(body) == 20);
}

// ----------------------------------------------------------------------------------------------------------- plant

// Four air-cooled nodes of eight H100.
Plan air_plan() {
  Plan plan = liquid_plan();
  RackType& rack = plan.site.rack_type;
  rack.compute_trays = 4;
  rack.gpus_per_tray = 8;
  rack.switch_trays = rack.nvswitch_chips = 0;
  rack.liquid_cooled = false;
  rack.gpu.cold_plate = rack.cpu.cold_plate = "";
  rack.gpu.junction_to_case_k_per_w = Sourced(0.02);
  rack.gpu.air_resistance_k_per_w = Sourced(0.05);
  rack.cpu.air_resistance_k_per_w = Sourced(0.1);
  plan.cooling.cdus = 0;
  return plan;
}

TEST_CASE("what has no heat and no way out keeps its temperature, and the others are steady without it") {
  ThermalNetwork network;
  const ThermalNode water = network.add_boundary(20), plate = network.add_node(1000, 60);
  const ThermalNode cut_off = network.add_node(500, 45), beside = network.add_node(100, 45);
  network.add_conduction(plate, water, 10);
  network.add_conduction(cut_off, beside, 5);
  network.set_source(plate, 100);
  REQUIRE(network.settle());
  CHECK(network.temp_degc(plate) == Approx(30).epsilon(1e-7));
  CHECK(network.temp_degc(cut_off) == Approx(45));
  CHECK(network.temp_degc(beside) == Approx(45));
  network.set_source(beside, 1);
  CHECK_FALSE(network.settle());
  CHECK(network.where_heat_stays().v == beside.v);
}

TEST_CASE("in the steady state every stream carries the heat that went in") {
  const Model model = model_of(8, 1);
  const Plant plant = settled(liquid_plan(), model, input_for(model, 25, {1, 1}));
  const PlantState& state = plant.state();
  const double liquid_w = 8 * kRackLiquidW + 2 * 6850;
  CHECK(state.air_heat_w == Approx(8 * kRackAirW));
  CHECK(state.pump_power_w == Approx(2 * 6850));
  CHECK(state.cdu_heat_w == Approx(liquid_w));
  const double tcs_rate = 1020 * 4120 * state.tcs_flow_m3_per_s;
  CHECK(tcs_rate * (state.tcs_return_degc - state.tcs_supply_degc) == Approx(liquid_w));
  CHECK(992.2 * 4179 * 0.02 * (state.facility_return_degc - 25) == Approx(liquid_w));
  CHECK(state.rack_return_degc[0] - state.rack_inlet_degc[0] == Approx(8 * kRackLiquidW / tcs_rate));
  CHECK(state.tcs_flow_m3_per_s / kLitresPerMinute == Approx(1399).epsilon(0.001));
  // junction over inlet: 1100 W x (0.008 K/W + R(0.7 x 174.8 / 72 = 1.70 L/min) = 0.0211)
  CHECK(state.gpu_junction_degc[0] - state.rack_inlet_degc[0] == Approx(1100 * (0.008 + 0.02115)).epsilon(0.002));
  CHECK(state.facility_power_w == Approx(0.058 * 8 * kRackAirW + 0.005 * 1.2e6 + 0.012 * liquid_w));
}

TEST_CASE("a settled plant stays where it is") {
  const Model model = model_of(8, 1);
  const PlantInput input = input_for(model, 25, {1, 1});
  Plant plant = settled(liquid_plan(), model, input);
  const double junction_degc = plant.state().gpu_junction_degc[0];
  for (int i = 0; i < 100; ++i) plant.step(input, 1);
  CHECK(plant.state().gpu_junction_degc[0] == Approx(junction_degc).margin(1e-9));
  CHECK(plant.ledger().in_j == Approx(100 * (8 * (kRackLiquidW + kRackAirW) + 2 * 6850)));
}

TEST_CASE("energy is conserved through a warm facility, a pump trip and its restart") {
  const Model model = model_of(8, 1);
  const double dt_s = GENERATE(0.05, 1.0, 10.0);
  Plant plant = settled(liquid_plan(), model, input_for(model, 25, {1, 1}));
  double worst = 0;
  for (int i = 0; i < 600; ++i) {
    const double part = i / 600.0;
    plant.step(input_for(model, part < 0.2 ? 25 : 40, {1, part < 0.4 || part > 0.6 ? 1.0 : 0.0}), dt_s);
    worst = std::max(worst, plant.ledger().residual());
  }
  CHECK(worst < 1e-12);
  CHECK(plant.ledger().stored_j > 0);
}

TEST_CASE("a folded site has the temperatures and the energy of the unfolded one") {
  const Model folded = model_of(1, 8), unfolded = model_of(8, 1);
  Plant a = settled(liquid_plan(), folded, input_for(folded, 25, {1, 1}));
  Plant b = settled(liquid_plan(), unfolded, input_for(unfolded, 25, {1, 1}));
  for (int i = 0; i < 60; ++i) {
    a.step(input_for(folded, 40, {1, 0}), 1);
    b.step(input_for(unfolded, 40, {1, 0}), 1);
  }
  CHECK(a.state().gpu_junction_degc[0] == Approx(b.state().gpu_junction_degc[14]).epsilon(1e-12));
  CHECK(a.state().tcs_return_degc == Approx(b.state().tcs_return_degc).epsilon(1e-12));
  CHECK(a.ledger().in_j == Approx(b.ledger().in_j).epsilon(1e-12));
  CHECK(a.ledger().stored_j == Approx(b.ledger().stored_j).epsilon(1e-9));
}

TEST_CASE("a warmer facility raises every temperature by the same amount") {
  const Model model = model_of(2, 4);
  const Plant cold = settled(liquid_plan(), model, input_for(model, 25, {1, 1}));
  const Plant warm = settled(liquid_plan(), model, input_for(model, 40, {1, 1}));
  CHECK(warm.state().gpu_junction_degc[0] - cold.state().gpu_junction_degc[0] == Approx(15));
  CHECK(warm.state().tcs_supply_degc - cold.state().tcs_supply_degc == Approx(15));
}

TEST_CASE("losing one pump of two cuts the flow and warms the chips") {
  const Model model = model_of(1, 8);
  Plant plant = settled(liquid_plan(), model, input_for(model, 40, {1, 1}));
  const PlantState before = plant.state();
  plant.step(input_for(model, 40, {1, 0}), 1);
  CHECK(plant.state().tcs_flow_m3_per_s < before.tcs_flow_m3_per_s);
  CHECK(plant.state().tcs_flow_m3_per_s > 0.58 * before.tcs_flow_m3_per_s);  // the pump runs down, it does not stop
  for (int i = 0; i < 600; ++i) plant.step(input_for(model, 40, {1, 0}), 1);
  CHECK(plant.state().tcs_flow_m3_per_s / before.tcs_flow_m3_per_s == Approx(0.575).epsilon(0.01));
  CHECK(plant.state().gpu_junction_degc[0] > before.gpu_junction_degc[0] + 1.5);
  const Plant still = settled(liquid_plan(), model, input_for(model, 40, {1, 0}));
  CHECK(plant.state().gpu_junction_degc[0] == Approx(still.state().gpu_junction_degc[0]).margin(1e-6));
}

TEST_CASE("a die follows its power with the time constant of its resistance and capacity") {
  // The die alone: 0.008 K/W x 50 J/K x (270 / 320, as the plate gives way) = 0.34 s, against many seconds of the
  // plate.
  const Model model = model_of(1, 8);
  PlantInput input = input_for(model, 25, {1, 1});
  Plant plant = settled(liquid_plan(), model, input);
  const double start_degc = plant.state().gpu_junction_degc[0];
  input.gpu_power_w[0] += 100;
  const double fast_s = 0.008 / (1 / 50.0 + 1 / 270.0);
  for (int i = 0; i < 100; ++i) plant.step(input, fast_s / 100);
  const double drift_k = 100 * fast_s / 320;                          // both together
  const double lead_k = 100 * 0.008 * (270.0 / 320) * (270.0 / 320);  // die over their mean, in the end
  CHECK(plant.state().gpu_junction_degc[0] - start_degc ==
        Approx(drift_k + lead_k * (1 - std::exp(-1.0))).epsilon(0.01));
}

TEST_CASE("with all pumps off the chips heat up, ever further and finitely") {
  const Model model = model_of(1, 8);
  Plant plant = settled(liquid_plan(), model, input_for(model, 25, {1, 1}));
  double before_degc = plant.state().gpu_junction_degc[0];
  for (int i = 0; i < 120; ++i) {
    plant.step(input_for(model, 25, {0, 0}), 1);
    REQUIRE(plant.state().gpu_junction_degc[0] > before_degc);
    before_degc = plant.state().gpu_junction_degc[0];
  }
  CHECK(std::isfinite(before_degc));
  CHECK(before_degc < 60 + 120 * 1100 / 320.0);  // slower than with no cooling at all
  CHECK(plant.state().tcs_flow_m3_per_s == Approx(1e-4 * 0.02));
  CHECK(plant.ledger().residual() < 1e-12);
}

TEST_CASE("without a given supply the dry cooler settles at its approach over the dry bulb") {
  const Model model = model_of(1, 8);
  Plant plant = settled(liquid_plan(), model, input_for(model, kNan, {1, 1}));
  const double liquid_w = 8 * kRackLiquidW + 2 * 6850;
  CHECK(plant.state().facility_supply_degc == Approx(20 + 8 * liquid_w / 1.2e6));

  // A given supply overrides it at once; afterwards the loop goes on from there.
  plant.step(input_for(model, 40, {1, 1}), 1);
  CHECK(plant.state().facility_supply_degc == 40);
  for (int i = 0; i < 600; ++i) plant.step(input_for(model, 40, {1, 1}), 1);
  plant.step(input_for(model, kNan, {1, 1}), 1);
  CHECK(plant.state().facility_supply_degc == Approx(40).margin(0.5));
  for (int i = 0; i < 6000; ++i) plant.step(input_for(model, kNan, {1, 1}), 1);
  CHECK(plant.state().facility_supply_degc == Approx(20 + 8 * liquid_w / 1.2e6));
  CHECK(plant.ledger().residual() < 1e-12);
}

TEST_CASE("a CDU that stands leaves its racks to the other one's exchanger") {
  Plan plan = liquid_plan();
  plan.cooling.cdus = 2;
  const Model model = model_of(1, 16);
  const Plant both = settled(plan, model, input_for(model, 25, {1, 1, 1, 1}));
  const Plant one = settled(plan, model, input_for(model, 25, {1, 1, 0, 0}));
  CHECK(both.pumps() == 4);
  CHECK(both.state().tcs_flow_m3_per_s / kLitresPerMinute == Approx(2 * 1399).epsilon(0.001));
  CHECK(one.state().cdu_heat_w == Approx(16 * kRackLiquidW + 2 * 6850));
  CHECK(one.state().tcs_supply_degc > both.state().tcs_supply_degc + 3);
}

TEST_CASE("an air-cooled rack needs no loop and gives all its heat to the room") {
  const Model model = [] {
    Model m = model_of(1, 2);
    m.gpu_classes.resize(1);
    return m;
  }();
  PlantInput input = input_for(model, kNan, {});
  input.gpu_power_w = {700};
  Plant plant = settled(air_plan(), model, input);
  const PlantState& state = plant.state();
  const double heat_w = 2 * (64 * 700 + 36 * 235.0 + 18 * 1027.0 + 9 * 1240.0 + 2800);
  CHECK(state.gpu_junction_degc[0] == Approx(25 + 700 * 0.07));
  CHECK(state.air_heat_w == Approx(heat_w));
  CHECK(state.facility_power_w == Approx(0.058 * heat_w));
  CHECK(std::isnan(state.tcs_supply_degc));
  CHECK(std::isnan(state.rack_inlet_degc[0]));
  CHECK(state.pump_power_w == 0);
  CHECK(plant.pumps() == 0);
  input.gpu_power_w = {70};
  for (int i = 0; i < 300; ++i) plant.step(input, 1);
  CHECK(plant.state().gpu_junction_degc[0] < 25 + 700 * 0.07);
  CHECK(plant.ledger().residual() < 1e-12);
}

TEST_CASE("a loop that cannot be is refused with all reasons") {
  const Model model = model_of(1, 8);
  Plan plan = liquid_plan();
  plan.cooling.cdus = 0;
  plan.site.rack_type.rated_flow_m3_per_s = Sourced(kNan);
  plan.cooling.cold_plates.clear();
  const auto refused = Plant::create(plan, model);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().size() == 4);  // no flow path, no rated flow, no plate for the GPU and the CPU

  plan = liquid_plan();
  plan.cooling.cdu.approach_k = Sourced(-1);
  CHECK_FALSE(Plant::create(plan, model));
}

}  // namespace
}  // namespace racktwin
