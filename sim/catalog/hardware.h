// The hardware that a site is built of, as read from racks/*.toml: typed, each value with its evidence and source.
//
// Keys, units and meaning of every field: racks/README.md. NaN is "no data". Thread rule: plain values.
#pragma once

#include "sim/document.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

// A curve y(x), piecewise linear between its points and constant beyond them.
struct Curve {
  std::vector<double> x;
  std::vector<double> y;
  Evidence evidence = Evidence::kAssumed;
  std::string from;
  double at(double value) const;
};

// Achievable GEMM performance of one chip at one precision, see workload/operators.h.
struct GemmEfficiency {
  Sourced dense_flops;  // [FLOP/s] vendor's dense peak
  Sourced max_share;    // of the dense peak, for a large square GEMM
  bool known() const { return dense_flops.value == dense_flops.value && max_share.value == max_share.value; }
};

struct Gpu {
  std::string name, title;
  GemmEfficiency bf16, fp8, mxfp8, nvfp4;
  // Of the dense BF16 peak, what attention made for the chip reaches on long sequences; no data: calibration.toml's
  // share.
  Sourced attention_forward_share, attention_backward_share;
  Sourced special_functions_per_s;  // exponentials of all multiprocessors together
  Sourced warp_level_share;         // of the dense BF16 peak that warp-level matrix instructions (mma.sync) reach
  Sourced hbm_capacity_bytes, hbm_bandwidth_bytes_per_s, nvlink_bytes_per_s /* per direction */, sm_count;
  int nvlink_generation = 0;
  // power
  Sourced tdp_w, idle_w, waiting_w /* no data: as idle */, memory_bound_share, communication_share, leakage_share,
      leakage_doubling_k, fixed_voltage_share, min_clock_ratio, boost_clock_ratio /* no data: 1 */,
      smoothing_floor_max /* of the tdp; no data: it cannot smooth its power */;
  // thermal
  Sourced reference_junction_degc, software_slowdown_degc, hardware_slowdown_degc, shutdown_degc;
  Sourced junction_to_case_k_per_w, heat_capacity_j_per_k, plate_heat_capacity_j_per_k;
  std::string cold_plate;          // empty: air-cooled
  Sourced air_resistance_k_per_w;  // case to air, air-cooled only
};

struct Cpu {
  std::string name, title;
  Sourced tdp_w, idle_w, training_load;
  Sourced junction_to_case_k_per_w, heat_capacity_j_per_k, plate_heat_capacity_j_per_k;
  std::string cold_plate;
  Sourced air_resistance_k_per_w;
};

struct RackPart {
  std::string part;  // "compute-tray", "switch-tray", "power-shelf", "management-switch"
  int count = 0;
};

struct RackType {
  std::string name, title;
  Gpu gpu;
  Cpu cpu;
  int compute_trays = 0, gpus_per_tray = 0, cpus_per_tray = 0, switch_trays = 0;
  int nvswitch_chips = 0;       // in the rack
  bool domain_is_tray = false;  // NVLink domain: a compute tray (HGX) or the rack (NVL72)
  int nvlink_ports_per_gpu = 0;
  Sourced nvswitch_port_bytes_per_s;  // per direction
  int nics_per_tray = 0;
  Sourced nic_bytes_per_s, nic_latency_s;  // per NIC and direction
  // power
  Sourced switch_tray_w, switch_tray_idle_w, compute_tray_other_w, compute_tray_other_idle_w;
  Sourced compute_tray_fans_w;  // part of compute_tray_other_w; no data: not told apart
  int shelves = 0, shelf_psus = 0, shelf_redundant_psus = 0;
  Sourced psu_rating_w, rack_rating_w;
  Sourced psu_input_lag_s;   // with which the input of a PSU follows its load; NaN: at once
  Sourced energy_storage_j;  // of the rack's shelves, beyond what that lag takes; NaN: none
  Curve shelf_efficiency;    // of load share
  // cooling
  bool liquid_cooled = false;
  Sourced liquid_share_tray_other, liquid_share_switch_tray;
  Sourced max_inlet_degc, max_return_degc, rated_flow_m3_per_s, rated_pressure_drop_pa, flow_exponent,
      coolant_volume_m3, plate_share_gpu /* of the flow */, plate_pressure_share /* of the pressure drop */;
  std::string coolant;
  // mechanical
  Sourced mass_kg, width_m, depth_m, height_m, price_usd;
  std::vector<RackPart> elevation;  // top to bottom

  int gpus() const { return compute_trays * gpus_per_tray; }
  int domain_gpus() const { return domain_is_tray ? gpus_per_tray : gpus(); }
  int domains() const { return domain_is_tray ? compute_trays : 1; }
  double nic_bytes_per_s_per_gpu() const { return nic_bytes_per_s.value * nics_per_tray / gpus_per_tray; }
};

// The parameters that sim/model/fabric.h generates a fabric from.
struct FabricType {
  std::string name, title;
  int switch_ports = 0, tiers = 2 /* at most */, planes = 1;
  int leaf_ports_down = 0, leaf_ports_up = 0;
  bool rail_optimised = true;
  int unit_domains = 0;  // NVLink domains of a scalable unit; 0: as many as a leaf serves
  int management_cables = 0, links_per_cable = 1;
  Sourced port_bytes_per_s, switch_latency_s, link_latency_s, switch_power_w, optics_power_w;
  Sourced transport_step_s;  // of a collective's step between NVLink domains, over RDMA on InfiniBand; no data: none
  bool carries_ll = true, carries_ll128 = true;  // protocols of NCCL; Simple always
  SourceLoc ports_loc, tiers_loc, unit_domains_loc;
};

struct ColdPlate {
  std::string name, title;
  Curve resistance_k_per_w;  // case to inlet, of flow [m3/s]
};

struct Coolant {
  std::string name, title;
  Sourced density_kg_per_m3, specific_heat_j_per_kg_k, viscosity_pa_s;
};

struct CduType {
  std::string name, title;
  Sourced heat_rating_w, approach_k;
  int pumps = 0;
  Sourced pump_rated_flow_m3_per_s, pump_rated_head_pa, pump_shutoff_head_pa, pump_rated_power_w;
  Sourced primary_rated_flow_m3_per_s, primary_rated_pressure_drop_pa, secondary_rated_flow_m3_per_s;
  Sourced hx_heat_capacity_j_per_k, secondary_volume_m3, primary_volume_m3, pump_rundown_s, pump_runup_s;
  Sourced supply_min_degc, supply_max_degc, valve_stroke_s;
  Sourced width_m, depth_m, height_m;  // no data: drawn as large as a rack
  std::string coolant_secondary, coolant_primary;
};

enum class RejectionKind : std::uint8_t { kDryCooler, kTower };

// Cools what free cooling leaves above the set-point.
struct Chiller {
  Sourced carnot_share, max_cop, evaporator_approach_k, condenser_approach_k, capacity_share;
};

struct FacilityType {
  std::string name, title;
  RejectionKind rejection = RejectionKind::kDryCooler;
  Sourced approach_rated_k, fan_power_share, fan_exponent, fan_heat_exponent, pump_power_share, loop_volume_m3_per_w,
      crah_fan_power_share, room_air_supply_degc, room_dew_point_degc, dew_point_margin_k;
  Sourced latent_share, cycles_of_concentration;  // of a tower
  std::optional<Chiller> chiller;
  // What cools the air handlers of the room where they are not on the facility water. capacity_share: without meaning.
  std::optional<Chiller> room_chiller;
  Sourced rear_door_fan_power_share, coil_approach_k;
  std::string coolant;
};

struct FeedType {
  std::string name, title;
  Curve ups_efficiency;  // of load share
  // Of the transformer's rating: lost at any load, and at full load on top, in proportion to its square.
  Sourced transformer_no_load_loss, transformer_load_loss;
  Sourced busway_efficiency;
  Curve rack_conversion;    // efficiency over load share, in place of the rack's own shelves; empty: those
  bool carries_dc = false;  // from the UPS's place on: 800 VDC
};

}  // namespace racktwin
