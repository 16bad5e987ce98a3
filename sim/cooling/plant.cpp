#include "sim/cooling/plant.h"

#include "sim/check.h"
#include "sim/cooling/facility_loop.h"
#include "sim/cooling/heat_exchanger.h"
#include "sim/cooling/hydraulics.h"
#include "sim/cooling/thermal_network.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <optional>
#include <string>
#include <string_view>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();

// Flow through a CDU whose pumps stand, over its rated flow: check valves leak a little, and buoyancy helps.
// assumed; it keeps the steady state defined.
constexpr double kLeakShare = 1e-4;

// Of the rack's flow that does not go to GPU plates, the share of CPU plates; switch plates have the rest.
// source: the note of plate_share_gpu in racks/racks/gb200-nvl72.toml (0.12 to 0.18).
constexpr double kCpuShareOfOtherFlow = 0.4;

// Smallest opening of a control valve: it leaks. assumed; it keeps the steady state defined.
constexpr double kLeastValve = 1e-3;
// A control valve stays where it is while the supply is this near to its set-point. assumed, 0.1 to 0.5 K.
constexpr double kValveDeadBand_k = 0.2;

// Beyond it nothing in these equations holds: coolant has boiled and chips are destroyed. assumed.
constexpr double kRunaway_degc = 200;

// A pump within this of its commanded speed has arrived.
constexpr double kSpeedArrived = 1e-6;

struct GpuNodes {
  double count = 0;
  std::size_t rack_class = 0;
  ThermalNode die, plate;  // plate: or heat sink
};

struct RackNodes {
  double count = 0;
  ThermalNode cpu, switches, coolant;  // cpu: dies and plates of a rack in one
};

struct CduNodes {
  ThermalNode secondary, primary;  // each side's coolant and half of the exchanger's metal
  double exchange_w_per_k = 0;     // heat per kelvin between return and facility supply
};

bool is_liquid(const RackType& rack, const std::string& cold_plate) {
  return rack.liquid_cooled && !cold_plate.empty();
}

// No data on switch plates: one CPU plate a chip stands in.
const std::string& switch_plate(const RackType& rack) {
  return rack.cpu.cold_plate.empty() ? rack.gpu.cold_plate : rack.cpu.cold_plate;
}

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

// The CDU keeps its supply above the dew point of the room, its own lowest supply and the set-point of the scenario.
double lowest_supply_degc(const CoolingPlan& cooling) {
  const FacilityType& facility = cooling.facility;
  return std::fmax(std::fmax(cooling.tcs_setpoint_degc, cooling.cdu.supply_min_degc.value),
                   facility.room_dew_point_degc.value + facility.dew_point_margin_k.value);
}

bool has_supply_control(const CoolingPlan& cooling) { return !std::isnan(lowest_supply_degc(cooling)); }

Errors missing_values(const Plan& plan) {
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

}  // namespace

struct Plant::Impl {
  Impl(const Plan& plan, const Model& model, const HeatExchanger& exchanger);

  void build_racks(const Model& model);
  void build_loop();
  void set_heat(const PlantInput& input);
  void set_surroundings(const PlantInput& input);
  void set_openings(const PlantInput& input);
  bool follow_pumps(const std::vector<double>& commanded, double dt_s);  // true: a speed changed
  void set_flow();
  void set_valve(double opening);
  double wanted_valve(double return_degc, double inlet_degc) const;
  double exchanged_w() const;
  void control_valve(double dt_s);
  void couple();
  void couple_racks();
  void couple_loop();
  Result<void> settle();
  Result<void> settle_facility();
  void step(double dt_s);
  void update_state();
  void update_air_cooling();
  void update_facility_power();
  std::string name_of(ThermalNode node) const;
  std::string with_reason(const RackNodes& nodes, std::size_t rack_class, std::string name) const;
  Error runaway(const std::string& what) const;

  double primary_flow_m3_per_s(std::size_t cdu) const {
    return cooling.cdu.primary_rated_flow_m3_per_s.value * (is_isolated[cdu] ? kLeastValve : valve);
  }
  double air_heat_to_facility_w() const;
  double back_degc() const;  // facility water behind all CDUs, and behind the coils for air where it cools these

  RackType rack;
  CoolingPlan cooling;
  HeatExchanger exchanger;
  const double lowest_supply_degc;
  std::vector<std::string> rack_paths;  // (n_rack_class) of the first member

  ThermalNetwork network;
  std::vector<GpuNodes> gpus;
  std::vector<RackNodes> racks;
  std::vector<CduNodes> cdus;                           // none: all air-cooled
  ThermalNode supply, ret;                              // halves of the row pipes
  ThermalNode primary_inlet, primary_outlet, room_air;  // boundaries
  std::optional<FacilityLoop> facility;
  FacilityDemand demand;

  std::vector<double> cdu_flow_m3_per_s;
  std::vector<double> rack_opening, gpu_flow_area;  // (n_rack_class), (n_gpu_class)
  std::vector<double> rack_admittance;              // (n_rack_class) flow over that of an open, clean rack
  std::vector<bool> is_isolated;                    // (n_cdu)
  double total_flow_m3_per_s = 0, open_rack_flow_m3_per_s = 0;
  double facility_flow_m3_per_s = 0;
  double valve = 1;
  double room_air_j = 0;
  bool must_find_flow = true, must_couple = true;
  PlantState state;
};

Plant::Impl::Impl(const Plan& plan, const Model& model, const HeatExchanger& cdu_exchanger)
    : rack(plan.site.rack_type),
      cooling(plan.cooling),
      exchanger(cdu_exchanger),
      lowest_supply_degc(racktwin::lowest_supply_degc(plan.cooling)) {
  room_air = network.add_boundary(cooling.facility.room_air_supply_degc.value);
  build_racks(model);
  for (const UnitClass& unit : model.rack_classes)
    rack_paths.push_back(unit.first < plan.site.racks.size() ? plan.site.racks[unit.first].path : "a rack");
  rack_opening.assign(racks.size(), 1);
  gpu_flow_area.assign(gpus.size(), 1);
  if (rack.liquid_cooled) {
    build_loop();
    set_openings({});
    set_flow();
  }
  state.gpu_junction_degc.assign(gpus.size(), kNoData);
  for (auto* values : {&state.rack_inlet_degc, &state.rack_return_degc, &state.rack_flow_m3_per_s}) {
    values->assign(racks.size(), kNoData);
  }
  for (double* value : {&state.tcs_supply_degc, &state.tcs_return_degc, &state.tcs_flow_m3_per_s,
                        &state.facility_supply_degc, &state.facility_return_degc, &state.cdu_heat_w}) {
    *value = kNoData;
  }
}

// One node for all members of a class: their capacities added up, so that the network holds the heat of every unit.
void Plant::Impl::build_racks(const Model& model) {
  const double start_degc = cooling.facility.room_air_supply_degc.value;
  const double cpu_count = rack.compute_trays * rack.cpus_per_tray;
  for (const UnitClass& unit : model.rack_classes) {
    RackNodes nodes;
    nodes.count = unit.count;
    const double cpu_capacity = rack.cpu.heat_capacity_j_per_k.value + rack.cpu.plate_heat_capacity_j_per_k.value;
    nodes.cpu = network.add_node(nodes.count * cpu_count * cpu_capacity, start_degc);
    if (rack.liquid_cooled) {
      const double chips = std::max(rack.nvswitch_chips, 1);
      nodes.switches = network.add_node(nodes.count * chips * rack.cpu.plate_heat_capacity_j_per_k.value, start_degc);
      const double coolant = heat_rate_w_per_k(cooling.secondary_coolant, rack.coolant_volume_m3.value);
      nodes.coolant = network.add_node(nodes.count * coolant, start_degc);
    }
    racks.push_back(nodes);
  }
  for (const GpuClass& gpu_class : model.gpu_classes) {
    GpuNodes nodes;
    nodes.count = gpu_class.count;
    nodes.rack_class = gpu_class.rack_class;
    nodes.die = network.add_node(nodes.count * rack.gpu.heat_capacity_j_per_k.value, start_degc);
    nodes.plate = network.add_node(nodes.count * rack.gpu.plate_heat_capacity_j_per_k.value, start_degc);
    gpus.push_back(nodes);
  }
}

void Plant::Impl::build_loop() {
  const double start_degc = cooling.facility.room_air_supply_degc.value;
  const CduType& cdu = cooling.cdu;
  // The secondary volume: a third in the CDU, a third in each of the row's pipes.
  const double third = heat_rate_w_per_k(cooling.secondary_coolant, cdu.secondary_volume_m3.value) / 3;
  const double primary = heat_rate_w_per_k(cooling.primary_coolant, cdu.primary_volume_m3.value);
  const double half_metal = cdu.hx_heat_capacity_j_per_k.value / 2;
  for (int i = 0; i < cooling.cdus; ++i) {
    CduNodes nodes;
    nodes.secondary = network.add_node(third + half_metal, start_degc);
    nodes.primary = network.add_node(primary + half_metal, start_degc);
    cdus.push_back(nodes);
  }
  supply = network.add_node(cooling.cdus * third, start_degc);
  ret = network.add_node(cooling.cdus * third, start_degc);
  const double loop_volume_m3 = cooling.facility.loop_volume_m3_per_w.value * cooling.facility_rated_heat_w;
  facility.emplace(cooling.facility, cooling.facility_rated_heat_w, cooling.facility_coolant, loop_volume_m3);
  primary_inlet = network.add_boundary(start_degc);
  primary_outlet = network.add_boundary(start_degc);
  state.pump_speed.assign(static_cast<std::size_t>(cooling.cdus * cdu.pumps), 0);
  cdu_flow_m3_per_s.assign(cdus.size(), 0);
}

void Plant::Impl::set_heat(const PlantInput& input) {
  RT_CHECK_EQ(input.gpu_power_w.size(), gpus.size());
  RT_CHECK_EQ(input.pump_speed.size(), state.pump_speed.size());
  for (const auto* powers :
       {&input.cpu_power_w, &input.tray_other_power_w, &input.switch_power_w, &input.shelf_loss_w}) {
    RT_CHECK_EQ(powers->size(), racks.size());
  }
  for (std::size_t i = 0; i < gpus.size(); ++i) network.set_source(gpus[i].die, gpus[i].count * input.gpu_power_w[i]);
  const double tray_liquid = rack.liquid_cooled ? rack.liquid_share_tray_other.value : 0;
  const double switch_liquid = rack.liquid_cooled ? rack.liquid_share_switch_tray.value : 0;
  double air_w = input.room_power_w;
  for (std::size_t i = 0; i < racks.size(); ++i) {
    const RackNodes& nodes = racks[i];
    network.set_source(nodes.cpu, nodes.count * input.cpu_power_w[i]);
    if (rack.liquid_cooled) {
      network.set_source(nodes.switches, nodes.count * switch_liquid * input.switch_power_w[i]);
      network.set_source(nodes.coolant, nodes.count * tray_liquid * input.tray_other_power_w[i]);
    }
    air_w += nodes.count * ((1 - tray_liquid) * input.tray_other_power_w[i] +
                            (1 - switch_liquid) * input.switch_power_w[i] + input.shelf_loss_w[i]);
  }
  network.set_source(room_air, air_w);
}

void Plant::Impl::set_surroundings(const PlantInput& input) {
  demand = {input.facility_supply_degc, cooling.facility_setpoint_degc, input.dry_bulb_degc,
            input.wet_bulb_degc,        input.has_free_cooling,         input.has_chiller};
}

// Valves, clogging and isolation; the flow is found anew where one changed.
void Plant::Impl::set_openings(const PlantInput& input) {
  const auto or_open = [](const std::vector<double>& given, std::size_t n) {
    RT_CHECK(given.empty() || given.size() == n);
    return given.empty() ? std::vector<double>(n, 1.0) : given;
  };
  std::vector<double> opening = or_open(input.rack_opening, racks.size());
  std::vector<double> area = or_open(input.gpu_flow_area, gpus.size());
  std::vector<bool> isolated = input.is_cdu_isolated;
  isolated.resize(cdus.size());
  if (!rack_admittance.empty() && opening == rack_opening && area == gpu_flow_area && isolated == is_isolated) return;
  rack_opening = std::move(opening);
  gpu_flow_area = std::move(area);
  is_isolated = std::move(isolated);
  // GPU plates, in parallel, have plate_share_gpu of an open rack's flow.
  rack_admittance.assign(racks.size(), 1 - rack.plate_share_gpu.value);
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    const double share = gpus[i].count / (racks[gpus[i].rack_class].count * rack.gpus());
    rack_admittance[gpus[i].rack_class] += rack.plate_share_gpu.value * share * gpu_flow_area[i];
  }
  for (std::size_t i = 0; i < racks.size(); ++i) rack_admittance[i] *= rack_opening[i];
  must_find_flow = true;
}

// First-order lag of each pump behind its command, exact over a step.
bool Plant::Impl::follow_pumps(const std::vector<double>& commanded, double dt_s) {
  bool has_changed = false;
  for (std::size_t i = 0; i < state.pump_speed.size(); ++i) {
    const double missing = commanded[i] - state.pump_speed[i];
    if (missing == 0) continue;
    has_changed = true;
    const double time_constant_s = (missing > 0 ? cooling.cdu.pump_runup_s : cooling.cdu.pump_rundown_s).value;
    const double left = missing * std::exp(-dt_s / time_constant_s);
    state.pump_speed[i] = std::abs(left) < kSpeedArrived ? commanded[i] : commanded[i] - left;
  }
  return has_changed;
}

// Flow and pump work at the pumps' present speeds. All racks follow one law of resistance, so they act as one branch.
void Plant::Impl::set_flow() {
  const CduType& cdu = cooling.cdu;
  const PumpCurve curve{cdu.pump_shutoff_head_pa.value, cdu.pump_rated_flow_m3_per_s.value,
                        cdu.pump_rated_head_pa.value};
  const FlowResistance rack_resistance{rack.rated_pressure_drop_pa.value, rack.rated_flow_m3_per_s.value,
                                       rack.flow_exponent.value};
  double open_racks = 0;
  for (std::size_t i = 0; i < racks.size(); ++i) open_racks += racks[i].count * rack_admittance[i];
  const auto pumps = static_cast<std::size_t>(cdu.pumps);
  std::vector<double> speeds = state.pump_speed;
  for (std::size_t pump = 0; pump < speeds.size(); ++pump)
    if (is_isolated[pump / pumps]) speeds[pump] = 0;
  const LoopFlow loop = solve_loop_flow(curve, speeds, {{rack_resistance, open_racks}});
  state.pump_flow_m3_per_s = loop.pump_m3_per_s;
  const double leak = open_racks > 0 ? kLeakShare * cdu.secondary_rated_flow_m3_per_s.value : 0;
  state.pump_power_w = 0;
  for (std::size_t i = 0; i < cdus.size(); ++i) {
    double flow = 0;
    for (std::size_t pump = i * pumps; pump < (i + 1) * pumps; ++pump) {
      flow += loop.pump_m3_per_s[pump];
      state.pump_power_w += cdu.pump_rated_power_w.value * std::pow(state.pump_speed[pump], 3);
    }
    cdu_flow_m3_per_s[i] = open_racks > 0 ? std::max(flow, leak) : 0;
  }
  total_flow_m3_per_s = std::accumulate(cdu_flow_m3_per_s.begin(), cdu_flow_m3_per_s.end(), 0.0);
  open_rack_flow_m3_per_s = open_racks > 0 ? total_flow_m3_per_s / open_racks : 0;
  network.set_source(ret, state.pump_power_w);
  set_valve(valve);
  must_find_flow = false;
  must_couple = true;
}

void Plant::Impl::set_valve(double opening) {
  must_couple = must_couple || opening != valve;
  valve = opening;
  facility_flow_m3_per_s = 0;
  for (std::size_t i = 0; i < cdus.size(); ++i) facility_flow_m3_per_s += primary_flow_m3_per_s(i);
}

// The opening at which the exchangers would cool a return to the set-point.
double Plant::Impl::wanted_valve(double return_degc, double inlet_degc) const {
  if (std::isnan(lowest_supply_degc) || inlet_degc >= lowest_supply_degc) return 1;
  if (return_degc <= lowest_supply_degc) return kLeastValve;
  double needed_w = 0;
  const auto heat_w = [&](double opening) {
    double sum = 0;
    for (std::size_t i = 0; i < cdus.size(); ++i)
      if (!is_isolated[i])
        sum +=
            exchanger.conductance_w_per_k(
                heat_rate_w_per_k(cooling.secondary_coolant, cdu_flow_m3_per_s[i]),
                heat_rate_w_per_k(cooling.primary_coolant, opening * cooling.cdu.primary_rated_flow_m3_per_s.value)) *
            (return_degc - inlet_degc);
    return sum;
  };
  for (std::size_t i = 0; i < cdus.size(); ++i)
    needed_w += heat_rate_w_per_k(cooling.secondary_coolant, cdu_flow_m3_per_s[i]) * (return_degc - lowest_supply_degc);
  if (heat_w(1) <= needed_w) return 1;
  double low = kLeastValve, high = 1;
  for (int i = 0; i < 45; ++i) {
    const double middle = (low + high) / 2;
    (heat_w(middle) < needed_w ? low : high) = middle;
  }
  return high;
}

void Plant::Impl::control_valve(double dt_s) {
  const double off_k = network.temp_degc(supply) - lowest_supply_degc;
  if (std::isnan(off_k) || std::abs(off_k) < kValveDeadBand_k || (off_k > 0 && valve == 1)) return;
  const double reach = dt_s / cooling.cdu.valve_stroke_s.value;
  set_valve(
      std::clamp(wanted_valve(network.temp_degc(ret), network.temp_degc(primary_inlet)), valve - reach, valve + reach));
}

void Plant::Impl::couple() {
  if (!must_couple) return;
  must_couple = false;
  network.clear_couplings();
  couple_racks();
  if (!cdus.empty()) couple_loop();
}

void Plant::Impl::couple_racks() {
  const Coolant& coolant = cooling.secondary_coolant;
  const double cpu_count = rack.compute_trays * rack.cpus_per_tray;
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    const GpuNodes& gpu = gpus[i];
    network.add_conduction(gpu.die, gpu.plate, gpu.count / rack.gpu.junction_to_case_k_per_w.value);
    if (is_liquid(rack, rack.gpu.cold_plate)) {
      const Curve& curve = cooling.cold_plate(rack.gpu.cold_plate)->resistance_k_per_w;
      const double flow =
          rack.plate_share_gpu.value * open_rack_flow_m3_per_s * rack_opening[gpu.rack_class] * gpu_flow_area[i];
      const double conductance = plate_conductance_w_per_k(curve, flow / rack.gpus(), coolant);
      network.add_exchange(gpu.plate, racks[gpu.rack_class].coolant, gpu.plate, supply, gpu.count * conductance);
    } else {
      network.add_conduction(gpu.plate, room_air, gpu.count / rack.gpu.air_resistance_k_per_w.value);
    }
  }
  for (std::size_t i = 0; i < racks.size(); ++i) {
    const RackNodes& nodes = racks[i];
    const double other_flow = (1 - rack.plate_share_gpu.value) * open_rack_flow_m3_per_s * rack_opening[i];
    if (is_liquid(rack, rack.cpu.cold_plate)) {
      const Curve& curve = cooling.cold_plate(rack.cpu.cold_plate)->resistance_k_per_w;
      const double conductance =
          plate_conductance_w_per_k(curve, kCpuShareOfOtherFlow * other_flow / cpu_count, coolant);
      network.add_exchange(nodes.cpu, nodes.coolant, nodes.cpu, supply, nodes.count * cpu_count * conductance);
    } else {
      network.add_conduction(nodes.cpu, room_air, nodes.count * cpu_count / rack.cpu.air_resistance_k_per_w.value);
    }
    if (!rack.liquid_cooled) continue;
    const double chips = std::max(rack.nvswitch_chips, 1);
    const Curve& curve = cooling.cold_plate(switch_plate(rack))->resistance_k_per_w;
    const double conductance =
        plate_conductance_w_per_k(curve, (1 - kCpuShareOfOtherFlow) * other_flow / chips, coolant);
    network.add_exchange(nodes.switches, nodes.coolant, nodes.switches, supply, nodes.count * chips * conductance);
    const double rate = nodes.count * heat_rate_w_per_k(coolant, rack_admittance[i] * open_rack_flow_m3_per_s);
    network.add_advection(supply, nodes.coolant, rate);
    network.add_advection(nodes.coolant, ret, rate);
  }
}

void Plant::Impl::couple_loop() {
  for (std::size_t i = 0; i < cdus.size(); ++i) {
    const double rate = heat_rate_w_per_k(cooling.secondary_coolant, cdu_flow_m3_per_s[i]);
    const double primary_rate = heat_rate_w_per_k(cooling.primary_coolant, primary_flow_m3_per_s(i));
    network.add_advection(ret, cdus[i].secondary, rate);
    network.add_advection(cdus[i].secondary, supply, rate);
    network.add_advection(primary_inlet, cdus[i].primary, primary_rate);
    network.add_advection(cdus[i].primary, primary_outlet, primary_rate);
    // Heat between the two inlets, taken out of the one stream's outlet and put into the other's.
    cdus[i].exchange_w_per_k = rate > 0 ? exchanger.conductance_w_per_k(rate, primary_rate) : 0;
    network.add_exchange(cdus[i].secondary, cdus[i].primary, ret, primary_inlet, cdus[i].exchange_w_per_k);
  }
}

double Plant::Impl::air_heat_to_facility_w() const {
  return cooling.air == AirPath::kCrah ? 0 : network.heat_into_w(room_air);
}

double Plant::Impl::back_degc() const {
  double sum = 0;
  for (std::size_t i = 0; i < cdus.size(); ++i) sum += primary_flow_m3_per_s(i) * network.temp_degc(cdus[i].primary);
  return sum / facility_flow_m3_per_s +
         air_heat_to_facility_w() / heat_rate_w_per_k(cooling.facility_coolant, facility_flow_m3_per_s);
}

double Plant::Impl::exchanged_w() const {
  double sum = 0;
  for (const CduNodes& cdu : cdus)
    sum += cdu.exchange_w_per_k * (network.temp_degc(ret) - network.temp_degc(primary_inlet));
  return sum;
}

// Facility water and valve depend on each other and on what comes back: each pass takes the last pass's temperatures.
// The heat of the loop does not depend on the valve, so the return at the set-point is known beforehand.
Result<void> Plant::Impl::settle_facility() {
  constexpr int kMostPasses = 2000;
  set_valve(1);
  double inlet_degc = std::isnan(demand.supply_degc) ? demand.dry_bulb_degc : demand.supply_degc;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    network.set_boundary(primary_inlet, inlet_degc);
    couple();
    if (!network.settle()) return fail(runaway(name_of(network.where_heat_stays())));
    const double next_degc = facility->leaving_degc(demand, facility_flow_m3_per_s, back_degc());
    const double loop_rate = heat_rate_w_per_k(cooling.secondary_coolant, total_flow_m3_per_s);
    const double opening = wanted_valve(lowest_supply_degc + exchanged_w() / loop_rate, next_degc);
    const bool has_settled = std::abs(next_degc - inlet_degc) < 1e-10 && std::abs(opening - valve) < 1e-10;
    if (has_settled) break;
    inlet_degc = next_degc;
    if (!(inlet_degc < kRunaway_degc) || pass + 1 == kMostPasses)
      return fail(runaway("the facility water, whose cooling does not take the heat that comes,"));
    set_valve(pass < 50 ? opening : (opening + valve) / 2);
  }
  facility->settle(demand, facility_flow_m3_per_s, inlet_degc, back_degc());
  return {};
}

Result<void> Plant::Impl::settle() {
  room_air_j = 0;
  if (!facility) {
    couple();
    if (!network.settle()) return fail(runaway(name_of(network.where_heat_stays())));
  } else if (auto ok = settle_facility(); !ok) {
    return ok;
  }
  const ThermalNode hottest = network.hottest();
  if (network.temp_degc(hottest) > kRunaway_degc)
    return fail(runaway(fmt::format("{}, towards {:.0f} degC", name_of(hottest), network.temp_degc(hottest))));
  return {};
}

void Plant::Impl::step(double dt_s) {
  if (!facility) {
    couple();
    network.step(dt_s);
    room_air_j += network.taken_j(room_air);
    return;
  }
  control_valve(dt_s);
  network.set_boundary(primary_inlet, facility->inlet_degc(demand, facility_flow_m3_per_s, dt_s));
  couple();
  network.step(dt_s);
  double back_j = network.taken_j(primary_inlet) + network.taken_j(primary_outlet);
  (cooling.air == AirPath::kCrah ? room_air_j : back_j) += network.taken_j(room_air);
  facility->take_back(back_j, facility_flow_m3_per_s, dt_s);
}

Error Plant::Impl::runaway(const std::string& what) const {
  Error error;
  error.message = "the cooling plant has no steady state at the start: " + what + " runs away";
  error.hint = "less heat, more flow or more cooling from the start; or let an event bring it about during the run";
  return error;
}

std::string Plant::Impl::with_reason(const RackNodes& nodes, std::size_t rack_class, std::string name) const {
  if (nodes.count > 1) name += fmt::format(" and {} more racks", nodes.count - 1);
  if (rack.liquid_cooled && rack_opening[rack_class] <= 0) return name + " (no coolant passes)";
  return name;
}

std::string Plant::Impl::name_of(ThermalNode node) const {
  const auto is = [&](ThermalNode other) { return other.v == node.v; };
  for (std::size_t i = 0; i < gpus.size(); ++i)
    if (is(gpus[i].die) || is(gpus[i].plate))
      return with_reason(racks[gpus[i].rack_class], gpus[i].rack_class, "GPUs of " + rack_paths[gpus[i].rack_class]);
  for (std::size_t i = 0; i < racks.size(); ++i) {
    if (is(racks[i].cpu)) return with_reason(racks[i], i, "CPUs of " + rack_paths[i]);
    if (!rack.liquid_cooled) continue;
    if (is(racks[i].switches)) return with_reason(racks[i], i, "NVSwitch chips of " + rack_paths[i]);
    if (is(racks[i].coolant)) return with_reason(racks[i], i, "coolant of " + rack_paths[i]);
  }
  for (std::size_t i = 0; i < cdus.size(); ++i)
    if (is(cdus[i].secondary) || is(cdus[i].primary)) return fmt::format("CDU {}", i + 1);
  return "technology loop";
}

// Air handlers have fans, and a chiller of their own unless their coils are in the facility water; rear doors have
// fans.
void Plant::Impl::update_air_cooling() {
  const FacilityType& type = cooling.facility;
  const Sourced& fans = cooling.air == AirPath::kRearDoor ? type.rear_door_fan_power_share : type.crah_fan_power_share;
  state.air_cooling_power_w = fans.value * state.air_heat_w;
  if (cooling.air == AirPath::kCrah && type.room_chiller)
    state.air_cooling_power_w +=
        state.air_heat_w / chiller_cop(*type.room_chiller, type.room_air_supply_degc.value, demand.dry_bulb_degc);
}

void Plant::Impl::update_state() {
  const auto temp = [&](ThermalNode node) { return network.temp_degc(node); };
  for (std::size_t i = 0; i < gpus.size(); ++i) state.gpu_junction_degc[i] = temp(gpus[i].die);
  state.air_heat_w = network.heat_into_w(room_air);
  update_air_cooling();
  state.facility_power_w = state.air_cooling_power_w;
  if (cdus.empty()) return;

  double rack_flow_m3_per_s = 0;
  for (std::size_t i = 0; i < racks.size(); ++i) {
    state.rack_inlet_degc[i] = temp(supply);
    state.rack_return_degc[i] = temp(racks[i].coolant);
    state.rack_flow_m3_per_s[i] = rack_admittance[i] * open_rack_flow_m3_per_s;
    rack_flow_m3_per_s += racks[i].count * state.rack_flow_m3_per_s[i];
  }
  state.tcs_supply_degc = temp(supply);
  state.tcs_return_degc = temp(ret);
  state.tcs_flow_m3_per_s = total_flow_m3_per_s;
  const double unbalanced = total_flow_m3_per_s > 0 ? std::abs(rack_flow_m3_per_s / total_flow_m3_per_s - 1) : 0;
  state.coolant_residual = std::max(unbalanced, facility->coolant_residual());
  state.facility_supply_degc = temp(primary_inlet);
  state.facility_return_degc = back_degc();
  state.facility_flow_m3_per_s = facility_flow_m3_per_s;
  state.cdu_valve = valve;
  state.cdu_heat_w = exchanged_w();
  update_facility_power();
}

// Of a given supply nobody knows the equipment: its fans count as if the dry coolers of the entry gave it, at full
// speed and in proportion to the heat.
void Plant::Impl::update_facility_power() {
  const FacilityType& type = cooling.facility;
  const Rejection& rejection = facility->rejection();
  const bool is_given = !std::isnan(demand.supply_degc);
  state.fan_power_w = is_given
                          ? type.fan_power_share.value * std::max(facility->rejected_w(facility_flow_m3_per_s), 0.0)
                          : rejection.fan_power_w;
  state.chiller_power_w = is_given ? 0 : rejection.chiller_power_w;
  state.water_kg_per_s = is_given ? kNoData : rejection.water_kg_per_s;
  // Pumps hold the pressure over the CDUs' valves: power ~ flow.
  const double rated_flow = static_cast<double>(cdus.size()) * cooling.cdu.primary_rated_flow_m3_per_s.value;
  state.facility_power_w +=
      type.pump_power_share.value * cooling.facility_rated_heat_w * facility_flow_m3_per_s / rated_flow +
      state.fan_power_w + state.chiller_power_w;
}

Plant::Plant() = default;
Plant::Plant(Plant&&) noexcept = default;
Plant& Plant::operator=(Plant&&) noexcept = default;
Plant::~Plant() = default;

Result<Plant> Plant::create(const Plan& plan, const Model& model) {
  if (Errors errors = missing_values(plan); !errors.empty()) return fail(std::move(errors));
  HeatExchanger exchanger;
  if (plan.site.rack_type.liquid_cooled) {
    const CduType& cdu = plan.cooling.cdu;
    const auto sized = HeatExchanger::from_rating(
        cdu.heat_rating_w.value, cdu.approach_k.value,
        heat_rate_w_per_k(plan.cooling.secondary_coolant, cdu.secondary_rated_flow_m3_per_s.value),
        heat_rate_w_per_k(plan.cooling.primary_coolant, cdu.primary_rated_flow_m3_per_s.value));
    if (!sized)
      return fail(ErrorCode::kBadInput, "no heat exchanger has the CDU's approach at its rated heat and flows");
    exchanger = *sized;
  }
  Plant plant;
  plant.impl_ = std::make_unique<Impl>(plan, model, exchanger);
  return plant;
}

Result<void> Plant::settle(const PlantInput& input) {
  impl_->set_heat(input);
  impl_->set_surroundings(input);
  impl_->state.pump_speed = input.pump_speed;
  if (!impl_->cdus.empty()) {
    impl_->set_openings(input);
    impl_->set_flow();
  }
  if (auto ok = impl_->settle(); !ok) return ok;
  impl_->update_state();
  return {};
}

void Plant::step(const PlantInput& input, double dt_s) {
  impl_->set_heat(input);
  impl_->set_surroundings(input);
  if (!impl_->cdus.empty()) {
    impl_->set_openings(input);
    if (impl_->follow_pumps(input.pump_speed, dt_s) || impl_->must_find_flow) impl_->set_flow();
  }
  impl_->step(dt_s);
  impl_->update_state();
}

std::string Plant::runs_away() const {
  const ThermalNode hottest = impl_->network.hottest();
  const double temp_degc = impl_->network.temp_degc(hottest);
  return temp_degc > kRunaway_degc ? fmt::format("{}: {:.0f} degC", impl_->name_of(hottest), temp_degc) : std::string();
}

const PlantState& Plant::state() const { return impl_->state; }
EnergyLedger Plant::ledger() const {
  EnergyLedger all = impl_->network.ledger();
  if (!impl_->facility) return all;
  all.out_j = impl_->room_air_j + impl_->facility->ledger().out_j;
  all.stored_j += impl_->facility->ledger().stored_j;
  return all;
}

int Plant::pumps() const { return static_cast<int>(impl_->state.pump_speed.size()); }

}  // namespace racktwin
