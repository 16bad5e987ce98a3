#include "sim/cooling/facility_loop.h"
#include "sim/cooling/heat_rejection.h"
#include "sim/cooling/pipe.h"
#include "tests/sim/liquid_site.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>

namespace racktwin {
namespace {

constexpr double kUnset = std::numeric_limits<double>::quiet_NaN();

// ------------------------------------------------------------------------------------------------------------- pipe

TEST_CASE("a front leaves a pipe one volume after it went in, as sharp as it was") {
  Pipe pipe(2.0, 4e6);
  pipe.fill(20);
  for (int i = 0; i < 100; ++i) CHECK(pipe.push(0.02, 30) == Approx(20));
  for (int i = 0; i < 100; ++i) CHECK(pipe.push(0.02, 20) == Approx(30));
  CHECK(pipe.push(0.02, 20) == Approx(20));
}

TEST_CASE("a pipe keeps its volume and gives the energy that it took") {
  Pipe pipe(1.7, 4e6);
  pipe.fill(25);
  double in_j = 0, out_j = 0;
  for (int i = 0; i < 5000; ++i) {
    const double volume = 1e-3 * (1 + i % 7) * (i % 900 == 0 ? 2000 : 1);  // at times more than the pipe holds
    const double temp = 30 + 10 * std::sin(i);
    in_j += 4e6 * volume * (temp - 25);
    out_j += 4e6 * volume * (pipe.push(volume, temp) - 25);
  }
  CHECK(in_j - out_j == Approx(pipe.stored_j()).margin(1e-9 * std::abs(in_j)));
  CHECK(pipe.volume_m3() == Approx(1.7).epsilon(1e-12));
  CHECK(pipe.push(0, 99) > 15);
}

// --------------------------------------------------------------------------------------------------- heat rejection

FacilityType facility_type(RejectionKind kind) {
  FacilityType f;
  f.rejection = kind;
  f.approach_rated_k = Sourced(8);
  f.fan_power_share = Sourced(0.012);
  f.fan_exponent = Sourced(3);
  f.fan_heat_exponent = Sourced(0.8);
  f.latent_share = Sourced(0.85);
  f.cycles_of_concentration = Sourced(4);
  return f;
}

Chiller chiller() {
  Chiller c;
  c.carnot_share = Sourced(0.5);
  c.max_cop = Sourced(12);
  c.evaporator_approach_k = Sourced(2);
  c.condenser_approach_k = Sourced(12);
  c.capacity_share = Sourced(1);
  return c;
}

constexpr double kRated_w = 1e6, kRate_w_per_k = 1e5;  // 10 K of range at the rated heat

TEST_CASE("a dry cooler at its rated heat has its rated approach, and the approach follows the heat") {
  const FacilityType f = facility_type(RejectionKind::kDryCooler);
  const Rejection full = reject_heat(f, kRated_w, {38, kRate_w_per_k, kUnset, 20, kUnset});
  CHECK(full.leaving_degc == Approx(28));
  CHECK(full.free_heat_w == Approx(kRated_w));
  CHECK(full.fan_speed == 1);
  CHECK(full.fan_power_w == Approx(12e3));
  CHECK(full.water_kg_per_s == 0);
  const Rejection half = reject_heat(f, kRated_w, {29, kRate_w_per_k, kUnset, 20, kUnset});
  CHECK(half.leaving_degc == Approx(24));
  CHECK(half.free_heat_w == Approx(kRated_w / 2));
}

TEST_CASE("fans that hold a set-point slow down, and their power falls with the cube") {
  const FacilityType f = facility_type(RejectionKind::kDryCooler);
  const Rejection r = reject_heat(f, kRated_w, {46, kRate_w_per_k, 36, 20, kUnset});
  CHECK(r.leaving_degc == Approx(36));
  CHECK(r.fan_speed == Approx(std::pow(8.0 / 16, 1 / 0.8)));  // twice the approach: half the heat per kelvin
  CHECK(r.fan_power_w == Approx(12e3 * std::pow(r.fan_speed, 3)));
  CHECK(reject_heat(f, kRated_w, {46, kRate_w_per_k, 22, 20, kUnset}).fan_speed == 1);  // out of reach
}

TEST_CASE("water that is colder than outside passes by, and so it does where the cooler has tripped") {
  const FacilityType f = facility_type(RejectionKind::kDryCooler);
  const Rejection warm = reject_heat(f, kRated_w, {25, kRate_w_per_k, kUnset, 30, kUnset});
  CHECK(warm.leaving_degc == 25);
  CHECK(warm.fan_power_w == 0);
  const Rejection tripped = reject_heat(f, kRated_w, {40, kRate_w_per_k, kUnset, 20, kUnset, false});
  CHECK(tripped.leaving_degc == 40);
}

TEST_CASE("a tower works against the wet bulb and evaporates what it rejects") {
  const FacilityType f = facility_type(RejectionKind::kTower);
  const Rejection r = reject_heat(f, kRated_w, {38, kRate_w_per_k, kUnset, 35, 20});
  CHECK(r.leaving_degc == Approx(28));
  CHECK(r.water_kg_per_s == Approx(0.85 * kRated_w / 2.43e6 * 4 / 3));
}

TEST_CASE("the chiller takes what free cooling leaves, at its share of Carnot's efficiency") {
  FacilityType f = facility_type(RejectionKind::kTower);
  f.chiller = chiller();
  // free: (1e5 x 30 + 1.25e5 x 20) / 2.25e5 = 24.44 degC; the chiller from there to 20 degC
  const Rejection r = reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 35, 20});
  CHECK(r.leaving_degc == Approx(20));
  CHECK(r.free_heat_w == Approx(kRate_w_per_k * (30 - 24.4444)).epsilon(1e-4));
  CHECK(r.chiller_heat_w == Approx(kRate_w_per_k * 4.4444).epsilon(1e-4));
  CHECK(r.chiller_power_w == Approx(r.chiller_heat_w / (0.5 * (18 + 273.15) / (32 - 18))));
  CHECK(r.water_kg_per_s == Approx(0.85 * (r.free_heat_w + r.chiller_heat_w + r.chiller_power_w) / 2.43e6 * 4 / 3));
  // cold outside: no chiller, slow fans
  const Rejection winter = reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 5, 3});
  CHECK(winter.chiller_power_w == 0);
  CHECK(winter.leaving_degc == Approx(20));
  CHECK(winter.fan_speed < 0.7);
  // more than it can
  f.chiller->capacity_share = Sourced(0.1);
  CHECK(reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 35, 20}).leaving_degc == Approx(24.4444 - 1).epsilon(1e-4));
  // a small lift: the bound
  f.chiller->capacity_share = Sourced(1);
  const Rejection mild = reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 35, 13});
  CHECK(mild.chiller_heat_w > 0);
  CHECK(mild.chiller_heat_w / mild.chiller_power_w == Approx(12));
  // without its tower it has no condenser
  CHECK(reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 35, 20, false, true}).leaving_degc == 30);
  CHECK(reject_heat(f, kRated_w, {30, kRate_w_per_k, 20, 35, 20, true, false}).chiller_heat_w == 0);
}

// ------------------------------------------------------------------------------------------------------------ plant

Plan controlled_plan(RejectionKind kind = RejectionKind::kDryCooler) {
  Plan plan = liquid_plan();
  const FacilityType type = facility_type(kind);
  FacilityType& f = plan.cooling.facility;
  f.rejection = kind;
  f.fan_exponent = type.fan_exponent;
  f.fan_heat_exponent = type.fan_heat_exponent;
  f.latent_share = type.latent_share;
  f.cycles_of_concentration = type.cycles_of_concentration;
  plan.cooling.cdu.valve_stroke_s = Sourced(120);
  return plan;
}

TEST_CASE("the CDU's valve holds the supply at its set-point, in a steady state and through a change of load") {
  Plan plan = controlled_plan();
  plan.cooling.tcs_setpoint_degc = 35;
  const Model model = model_of(1, 8);
  PlantInput input = input_for(model, 20, {1, 1});
  Plant plant = settled(plan, model, input);
  CHECK(plant.state().tcs_supply_degc == Approx(35).margin(1e-6));
  CHECK(plant.state().cdu_valve < 0.5);
  CHECK(plant.state().facility_flow_m3_per_s == Approx(plant.state().cdu_valve * 0.02));
  const double before = plant.state().cdu_valve;
  input.gpu_power_w[0] = 500;
  for (int i = 0; i < 1800; ++i) plant.step(input, 1);
  CHECK(plant.state().tcs_supply_degc == Approx(35).margin(0.25));
  CHECK(plant.state().cdu_valve < before);
  CHECK(plant.ledger().residual() < 1e-12);
}

TEST_CASE("the valve comes to rest in steps of minutes too, at little load and from far off") {
  Plan plan = controlled_plan();
  plan.cooling.tcs_setpoint_degc = 35;
  const Model model = model_of(1, 8);
  PlantInput input = input_for(model, 30, {1, 1});
  Plant plant = settled(plan, model, input);
  for (auto* power : {&input.gpu_power_w, &input.cpu_power_w, &input.tray_other_power_w, &input.switch_power_w})
    for (double& w : *power) w *= 0.08;
  for (int i = 0; i < 10; ++i) plant.step(input, 600);
  CHECK(plant.state().tcs_supply_degc == Approx(35).margin(0.25));
  const double rest = plant.state().cdu_valve;
  for (int i = 0; i < 50; ++i) {
    plant.step(input, 600);
    CHECK(plant.state().cdu_valve == rest);
  }
  // Hot water that nothing heats is cooled, though the racks add nothing to it.
  input.facility_supply_degc = 60;
  for (int i = 0; i < 20; ++i) plant.step(input, 600);
  CHECK(plant.state().tcs_supply_degc > 50);
  input.facility_supply_degc = 30;
  for (int i = 0; i < 10; ++i) plant.step(input, 600);
  CHECK(plant.state().tcs_supply_degc == Approx(35).margin(0.25));
}

TEST_CASE("the supply stays above the dew point of the room") {
  Plan plan = controlled_plan();
  plan.cooling.facility.room_dew_point_degc = Sourced(15);
  plan.cooling.facility.dew_point_margin_k = Sourced(2);
  const Model model = model_of(1, 8);
  const Plant guarded = settled(plan, model, input_for(model, 5, {1, 1}));
  CHECK(guarded.state().tcs_supply_degc == Approx(17).margin(1e-6));
  const Plant warm = settled(plan, model, input_for(model, 25, {1, 1}));
  CHECK(warm.state().cdu_valve == 1);
  CHECK(settled(liquid_plan(), model, input_for(model, 5, {1, 1})).state().tcs_supply_degc < 10);
}

TEST_CASE("a valve that closes leaves its rack without flow and the others with more") {
  const Model model = model_of(8, 1);
  PlantInput input = input_for(model, 25, {1, 1});
  Plant plant = settled(liquid_plan(), model, input);
  const PlantState before = plant.state();
  input.rack_opening = {0, 0.5, 1, 1, 1, 1, 1, 1};
  for (int i = 0; i < 20; ++i) plant.step(input, 1);
  const PlantState& now = plant.state();
  CHECK(now.rack_flow_m3_per_s[0] == 0);
  CHECK(now.rack_flow_m3_per_s[1] == Approx(0.5 * now.rack_flow_m3_per_s[2]));
  CHECK(now.rack_flow_m3_per_s[2] > 1.05 * before.rack_flow_m3_per_s[2]);
  CHECK(now.tcs_flow_m3_per_s < before.tcs_flow_m3_per_s);
  CHECK(now.gpu_junction_degc[0] > before.gpu_junction_degc[0] + 40);
  CHECK(now.gpu_junction_degc[2] > before.gpu_junction_degc[2]);
  CHECK(now.gpu_junction_degc[4] < before.gpu_junction_degc[4]);
  CHECK(now.coolant_residual < 1e-12);
  CHECK(plant.ledger().residual() < 1e-12);
  input.rack_opening.clear();
  for (int i = 0; i < 7200; ++i) plant.step(input, 1);
  CHECK(plant.state().gpu_junction_degc[0] == Approx(before.gpu_junction_degc[0]).margin(1e-6));
}

TEST_CASE("a clogged plate takes its share of the flow away and gives it to the others") {
  const Model model = model_of(1, 8);  // 64 busy and 8 idle GPUs a rack
  PlantInput input = input_for(model, 25, {1, 1});
  Plant plant = settled(liquid_plan(), model, input);
  const PlantState before = plant.state();
  input.gpu_flow_area = {1, 0.5};
  plant.step(input, 1);
  // Half the area is 3.6 times the drop of the channels, which are 56 % of the whole: 0.61 of the flow.
  const double left = std::pow(0.56 * std::pow(0.5, -1.85) + 0.44, -1 / 1.85);
  CHECK(left == Approx(0.615).margin(1e-3));
  const double clean = 1 - 0.7 * (8 / 72.0) * (1 - left);
  CHECK(plant.state().tcs_flow_m3_per_s < before.tcs_flow_m3_per_s);
  CHECK(plant.state().tcs_flow_m3_per_s > clean * before.tcs_flow_m3_per_s);
  for (int i = 0; i < 600; ++i) plant.step(input, 1);
  CHECK(plant.state().gpu_junction_degc[1] > before.gpu_junction_degc[1] + 0.5);
  CHECK(plant.state().gpu_junction_degc[0] < before.gpu_junction_degc[0]);
}

TEST_CASE("an isolated CDU leaves all racks to the other one's pumps and exchanger") {
  Plan plan = liquid_plan();
  plan.cooling.cdus = 2;
  const Model model = model_of(1, 16);
  PlantInput input = input_for(model, 25, {1, 1, 1, 1});
  input.is_cdu_isolated = {false, true};
  const Plant isolated = settled(plan, model, input);
  PlantInput off = input_for(model, 25, {1, 1, 0, 0});
  const Plant standing = settled(plan, model, off);
  CHECK(isolated.state().tcs_flow_m3_per_s == Approx(standing.state().tcs_flow_m3_per_s));
  CHECK(isolated.state().gpu_junction_degc[0] == Approx(standing.state().gpu_junction_degc[0]).margin(0.1));
  CHECK(isolated.state().facility_flow_m3_per_s == Approx(0.02).epsilon(0.01));
}

TEST_CASE("warm facility water arrives one pipe later") {
  const Model model = model_of(1, 8);
  PlantInput input = input_for(model, kUnset, {1, 1});
  Plant plant = settled(controlled_plan(), model, input);
  const double start = plant.state().facility_supply_degc;
  input.dry_bulb_degc = 30;
  const int delay_s = static_cast<int>(1.2e6 * 3e-6 / 2 / 0.02);  // half of the loop's volume at the rated flow
  for (int i = 0; i < delay_s - 1; ++i) plant.step(input, 1);
  CHECK(plant.state().facility_supply_degc == Approx(start).margin(1e-6));
  plant.step(input, 1);
  plant.step(input, 1);
  CHECK(plant.state().facility_supply_degc > start + 5);
}

TEST_CASE("energy is conserved while the weather changes, a chiller trips and a CDU is isolated") {
  Plan plan = controlled_plan(RejectionKind::kTower);
  plan.cooling.cdus = 2;
  plan.cooling.facility.chiller = chiller();
  plan.cooling.facility_setpoint_degc = 20;
  plan.cooling.tcs_setpoint_degc = 30;
  const Model model = model_of(4, 2);
  const double dt_s = GENERATE(0.5, 1.0, 60.0, 900.0);
  PlantInput input = input_for(model, kUnset, {0.75, 0.75, 0.75, 0.75});
  input.wet_bulb_degc = 18;
  Plant plant = settled(plan, model, input);
  CHECK(plant.state().facility_supply_degc == Approx(20).margin(1e-6));
  double worst = 0, coolant = 0;
  for (int i = 0; i < 1000; ++i) {
    input.wet_bulb_degc = 15 + 10 * std::sin(i / 50.0);
    input.has_chiller = i < 300 || i > 500;
    input.is_cdu_isolated = {i > 600 && i < 700, false};
    input.rack_opening = {i > 800 ? 0.4 : 1.0, 1, 1, 1};
    input.facility_supply_degc = i > 900 && i < 950 ? 25 : kUnset;
    plant.step(input, dt_s);
    worst = std::max(worst, plant.ledger().residual());
    coolant = std::max(coolant, plant.state().coolant_residual);
  }
  CHECK(worst < 1e-9);
  CHECK(coolant < 1e-12);
}

TEST_CASE("heat in air ends in the facility water where its coils lie there, and else costs a chiller of its own") {
  Plan plan = controlled_plan();
  FacilityType& facility = plan.cooling.facility;
  facility.rear_door_fan_power_share = Sourced(0.01);
  facility.room_chiller = chiller();
  const Model model = model_of(1, 8);
  const PlantInput input = input_for(model, kUnset, {1, 1});
  const double liquid_w = 8 * kRackLiquidW + 2 * 6850, air_w = 8 * kRackAirW;
  const Plant crah = settled(plan, model, input);
  CHECK(crah.state().facility_supply_degc == Approx(20 + 8 * liquid_w / 1.2e6));
  const double cop = 0.5 * (25 - 2 + 273.15) / (20 + 12 - 23);
  CHECK(crah.state().air_cooling_power_w == Approx(air_w * (0.058 + 1 / std::min(cop, 12.0))));
  plan.cooling.air = AirPath::kRearDoor;
  Plant doors = settled(plan, model, input);
  CHECK(doors.state().facility_supply_degc == Approx(20 + 8 * (liquid_w + air_w) / 1.2e6));
  CHECK(doors.state().air_cooling_power_w == Approx(0.01 * air_w));
  const double rate = 992.2 * 4179 * 0.02;
  CHECK(rate * (doors.state().facility_return_degc - doors.state().facility_supply_degc) == Approx(liquid_w + air_w));
  PlantInput changed = input;
  changed.dry_bulb_degc = 30;
  for (int i = 0; i < 600; ++i) doors.step(changed, 1);
  CHECK(doors.ledger().residual() < 1e-12);
}

TEST_CASE("a plant without a steady state says what runs away") {
  const Model model = model_of(2, 4);
  Plan plan = controlled_plan();
  const auto reason = [&](const PlantInput& input) {
    auto plant = Plant::create(plan, model);
    REQUIRE(plant);
    const auto ok = plant->settle(input);
    REQUIRE_FALSE(ok);
    return ok.error().front().message;
  };
  PlantInput closed = input_for(model, 25, {1, 1});
  closed.rack_opening = {1, 0};
  CHECK(reason(closed).find("of a rack and 3 more racks (no coolant passes) runs away") != std::string::npos);
  PlantInput tripped = input_for(model, kUnset, {1, 1});
  tripped.has_free_cooling = false;
  CHECK(reason(tripped).find("the facility water, whose cooling does not take the heat that comes, runs away") !=
        std::string::npos);
  const PlantInput still = input_for(model, 25, {0, 0});
  CHECK(reason(still).find("runs away") != std::string::npos);
}

TEST_CASE("halving the step moves the peak of a pump trip by less than half a percent") {
  const Model model = model_of(1, 8);
  const auto peak = [&](double dt_s) {
    PlantInput input = input_for(model, kUnset, {1, 1});
    Plant plant = settled(controlled_plan(), model, input);
    double highest = 0;
    for (double t = 0; t < 1200; t += dt_s) {
      input.pump_speed = {1, t >= 60 && t < 360 ? 0.0 : 1.0};
      input.dry_bulb_degc = 20 + t / 120;
      plant.step(input, dt_s);
      highest = std::max(highest, plant.state().gpu_junction_degc[0]);
    }
    return highest;
  };
  for (const double dt_s : {2.0, 1.0}) CHECK(peak(dt_s / 2) == Approx(peak(dt_s)).epsilon(0.005));
}

}  // namespace
}  // namespace racktwin
