#include "sim/cooling/plant_needs.h"

#include "sim/cooling/cdu_valves.h"
#include "sim/cooling/heat_exchanger.h"
#include "sim/cooling/plant_nodes.h"

#include <fmt/core.h>

#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace racktwin {
namespace {

// What the equations divide by or build nodes from must be known and positive.
class Needs {
 public:
  void positive(double value, std::string_view what) {
    if (!(value > 0) || !std::isfinite(value)) add(fmt::format("the cooling model needs {} above zero", what));
  }
  void holds(bool is_true, std::string_view message) {
    if (!is_true) add(std::string(message));
  }
  Errors errors;

 private:
  void add(std::string message) { errors.push_back({ErrorCode::kBadInput, std::move(message), {}, 1, {}, {}}); }
};

void check_chip(Needs& needs, const RackType& rack, const CoolingPlan& cooling, const std::string& cold_plate,
                const Sourced& air_resistance, const std::string& name) {
  if (is_liquid(rack, cold_plate)) {
    needs.holds(cooling.cold_plate(cold_plate) != nullptr, fmt::format("{} has an unknown cold plate", name));
  } else {
    needs.positive(air_resistance.value, "air_resistance of " + name);
  }
}

bool has_supply_control(const CoolingPlan& cooling) { return !std::isnan(lowest_supply_degc(cooling)); }

}  // namespace

Errors missing_cooling_values(const Plan& plan) {
  const RackType& rack = plan.site.rack_type;
  const CoolingPlan& cooling = plan.cooling;
  Needs needs;
  needs.positive(rack.gpu.heat_capacity_j_per_k.value, "heat_capacity of the GPU");
  needs.positive(rack.gpu.plate_heat_capacity_j_per_k.value, "plate_heat_capacity of the GPU");
  needs.positive(rack.gpu.junction_to_case_k_per_w.value, "junction_to_case of the GPU");
  needs.positive(rack.cpu.heat_capacity_j_per_k.value, "heat_capacity of the CPU");
  needs.positive(rack.cpu.plate_heat_capacity_j_per_k.value, "plate_heat_capacity of the CPU");
  needs.holds(std::isfinite(cooling.facility.room_air_supply_degc.value), "the cooling model needs room_air_supply");
  needs.holds(rack.compute_trays * rack.cpus_per_tray > 0, "the cooling model needs CPUs in the rack");
  check_chip(needs, rack, cooling, rack.gpu.cold_plate, rack.gpu.air_resistance_k_per_w, "the GPU");
  check_chip(needs, rack, cooling, rack.cpu.cold_plate, rack.cpu.air_resistance_k_per_w, "the CPU");
  if (cooling.air == AirPath::kRearDoor)
    needs.positive(cooling.facility.rear_door_fan_power_share.value, "rear_door_fan_power_share of the facility");
  if (!rack.liquid_cooled) return needs.errors;

  const CduType& cdu = cooling.cdu;
  needs.holds(cooling.cdus > 0 && cdu.pumps > 0, "the coolant has no flow path: the site has no CDU with a pump");
  needs.positive(cdu.pump_rated_flow_m3_per_s.value, "pump_rated_flow of the CDU");
  needs.positive(cdu.pump_rated_head_pa.value, "pump_rated_head of the CDU");
  needs.holds(cdu.pump_shutoff_head_pa.value > cdu.pump_rated_head_pa.value,
              "pump_shutoff_head of the CDU must be above pump_rated_head");
  needs.positive(cdu.secondary_rated_flow_m3_per_s.value, "secondary_rated_flow of the CDU");
  needs.positive(cdu.primary_rated_flow_m3_per_s.value, "primary_rated_flow of the CDU");
  needs.positive(cdu.pump_rated_power_w.value, "pump_power of the CDU");
  needs.positive(cdu.hx_heat_capacity_j_per_k.value, "hx_heat_capacity of the CDU");
  needs.positive(cdu.secondary_volume_m3.value, "secondary_volume of the CDU");
  needs.positive(cdu.primary_volume_m3.value, "primary_volume of the CDU");
  needs.positive(cdu.pump_rundown_s.value, "pump_rundown of the CDU");
  needs.positive(cdu.pump_runup_s.value, "pump_runup of the CDU");
  needs.positive(rack.rated_flow_m3_per_s.value, "rated_flow of the rack");
  needs.positive(rack.rated_pressure_drop_pa.value, "rated_pressure_drop of the rack");
  needs.positive(rack.flow_exponent.value, "flow_exponent of the rack");
  needs.positive(rack.coolant_volume_m3.value, "coolant_volume of the rack");
  needs.holds(rack.plate_share_gpu.value > 0 && rack.plate_share_gpu.value < 1,
              "plate_share_gpu of the rack must be between 0 and 1");
  needs.holds(rack.plate_pressure_share.value > 0 && rack.plate_pressure_share.value <= 1,
              "plate_pressure_share of the rack must be above 0, and at most 1");
  needs.holds(!switch_plate(rack).empty(), "a liquid-cooled rack needs a cold plate on its GPU or CPU");
  for (double share : {rack.liquid_share_tray_other.value, rack.liquid_share_switch_tray.value}) {
    needs.holds(share >= 0 && share <= 1, "the liquid shares of the rack must be between 0 and 1");
  }
  needs.positive(heat_rate_w_per_k(cooling.secondary_coolant, 1), "the heat capacity of the secondary coolant");
  needs.positive(heat_rate_w_per_k(cooling.primary_coolant, 1), "the heat capacity of the primary coolant");
  needs.positive(heat_rate_w_per_k(cooling.facility_coolant, 1), "the heat capacity of the facility coolant");
  needs.positive(cooling.facility_rated_heat_w, "heat_rated of the facility");
  needs.positive(cooling.facility.approach_rated_k.value, "approach_rated of the facility");
  if (!std::isnan(cooling.facility_setpoint_degc))
    needs.positive(cooling.facility.fan_heat_exponent.value, "fan_heat_exponent of the facility");
  if (has_supply_control(cooling)) needs.positive(cdu.valve_stroke_s.value, "valve_stroke of the CDU");
  needs.positive(cooling.facility.loop_volume_m3_per_w.value, "loop_volume_per_rated_heat of the facility");
  return needs.errors;
}

}  // namespace racktwin
