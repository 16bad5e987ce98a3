// GB200 NVL72 racks on the technology loop of one XDU1350, written down by hand, for tests of the cooling plant.
#pragma once

#include "sim/cooling/plant.h"

#include <catch2/catch.hpp>

#include <utility>
#include <vector>

namespace racktwin {

inline constexpr double kLitresPerMinute = 1e-3 / 60;

inline Coolant coolant(double density, double specific_heat) {
  Coolant c;
  c.density_kg_per_m3 = Sourced(density);
  c.specific_heat_j_per_kg_k = Sourced(specific_heat);
  return c;
}

// GB200 NVL72 racks on one XDU1350 with two pumps.
inline Plan liquid_plan() {
  Plan plan;
  RackType& rack = plan.site.rack_type;
  rack.compute_trays = 18;
  rack.gpus_per_tray = 4;
  rack.cpus_per_tray = 2;
  rack.switch_trays = 9;
  rack.nvswitch_chips = 18;
  rack.gpu.junction_to_case_k_per_w = Sourced(0.008);
  rack.gpu.heat_capacity_j_per_k = Sourced(50);
  rack.gpu.plate_heat_capacity_j_per_k = Sourced(270);
  rack.gpu.cold_plate = rack.cpu.cold_plate = "plate";
  rack.cpu.heat_capacity_j_per_k = Sourced(20);
  rack.cpu.plate_heat_capacity_j_per_k = Sourced(130);
  rack.liquid_cooled = true;
  rack.liquid_share_tray_other = Sourced(0.15);
  rack.liquid_share_switch_tray = Sourced(0.95);
  rack.rated_flow_m3_per_s = Sourced(130 * kLitresPerMinute);
  rack.rated_pressure_drop_pa = Sourced(93e3);
  rack.flow_exponent = Sourced(1.85);
  rack.coolant_volume_m3 = Sourced(0.012);
  rack.plate_share_gpu = Sourced(0.7);
  rack.plate_pressure_share = Sourced(0.56);

  CoolingPlan& cooling = plan.cooling;
  ColdPlate plate;
  plate.name = "plate";
  for (double flow : {0.4, 0.8, 1.2, 1.6, 2.0, 2.4}) plate.resistance_k_per_w.x.push_back(flow * kLitresPerMinute);
  plate.resistance_k_per_w.y = {0.0389, 0.0265, 0.0230, 0.0214, 0.0204, 0.0197};
  cooling.cold_plates = {plate};
  cooling.secondary_coolant = coolant(1020, 4120);
  cooling.primary_coolant = cooling.facility_coolant = coolant(992.2, 4179);
  CduType& cdu = cooling.cdu;
  cdu.pumps = 2;
  cdu.heat_rating_w = Sourced(1368e3);
  cdu.approach_k = Sourced(4);
  cdu.pump_rated_flow_m3_per_s = Sourced(600 * kLitresPerMinute);
  cdu.pump_rated_head_pa = Sourced(244e3);
  cdu.pump_shutoff_head_pa = Sourced(476e3);
  cdu.pump_rated_power_w = Sourced(6850);
  cdu.primary_rated_flow_m3_per_s = cdu.secondary_rated_flow_m3_per_s = Sourced(1200 * kLitresPerMinute);
  cdu.hx_heat_capacity_j_per_k = Sourced(110e3);
  cdu.secondary_volume_m3 = Sourced(0.27);
  cdu.primary_volume_m3 = Sourced(0.1);
  cdu.pump_rundown_s = Sourced(2);
  cdu.pump_runup_s = Sourced(30);
  cooling.facility_rated_heat_w = 1.2e6;
  cooling.facility.approach_rated_k = Sourced(8);
  cooling.facility.loop_volume_m3_per_w = Sourced(3e-6);
  cooling.facility.fan_power_share = Sourced(0.012);
  cooling.facility.pump_power_share = Sourced(0.005);
  cooling.facility.crah_fan_power_share = Sourced(0.058);
  cooling.facility.room_air_supply_degc = Sourced(25);
  return plan;
}

// `classes` rack classes of `members` racks each, each with 64 busy and 8 idle GPUs.
inline Model model_of(std::uint32_t classes, std::uint32_t members) {
  Model model;
  for (std::uint32_t i = 0; i < classes; ++i) {
    model.rack_classes.push_back({members, i * members});
    for (std::uint32_t gpus : {64u, 8u}) {
      GpuClass gpu;
      gpu.count = gpus * members;
      gpu.rack_class = i;
      model.gpu_classes.push_back(gpu);
    }
  }
  return model;
}

inline PlantInput input_for(const Model& model, double facility_degc, std::vector<double> pump_speed) {
  PlantInput input;
  for (std::size_t i = 0; i < model.gpu_classes.size(); ++i) input.gpu_power_w.push_back(i % 2 == 0 ? 1100 : 200);
  const std::size_t racks = model.rack_classes.size();
  input.cpu_power_w.assign(racks, 36 * 235.0);
  input.tray_other_power_w.assign(racks, 18 * 1027.0);
  input.switch_power_w.assign(racks, 9 * 1240.0);
  input.shelf_loss_w.assign(racks, 2800.0);
  input.pump_speed = std::move(pump_speed);
  input.facility_supply_degc = facility_degc;
  input.dry_bulb_degc = 20;
  return input;
}

inline constexpr double kRackLiquidW = 64 * 1100 + 8 * 200 + 36 * 235 + 0.15 * 18 * 1027 + 0.95 * 9 * 1240;
inline constexpr double kRackAirW = 0.85 * 18 * 1027 + 0.05 * 9 * 1240 + 2800;

inline Plant settled(const Plan& plan, const Model& model, const PlantInput& input) {
  auto plant = Plant::create(plan, model);
  REQUIRE(plant);
  REQUIRE(plant->settle(input));
  return std::move(*plant);
}

}  // namespace racktwin
