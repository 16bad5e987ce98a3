#include "sim/cooling/plant.h"

#include "sim/check.h"
#include "sim/cooling/heat_exchanger.h"
#include "sim/cooling/hydraulics.h"
#include "sim/cooling/thermal_network.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
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
  bool follow_pumps(const std::vector<double>& commanded, double dt_s);  // true: a speed changed
  void set_flow();
  void couple();
  void couple_racks(double rack_flow_m3_per_s);
  void couple_loop();
  void update_state();
  ThermalNode inlet_of_facility_water() const { return is_supply_given ? facility_given : facility_supply; }

  RackType rack;
  CoolingPlan cooling;
  HeatExchanger exchanger;

  ThermalNetwork network;
  std::vector<GpuNodes> gpus;
  std::vector<RackNodes> racks;
  std::vector<CduNodes> cdus;  // none: all air-cooled
  ThermalNode supply, ret;     // halves of the row pipes
  ThermalNode facility_supply, facility_return;
  ThermalNode facility_given, dry_bulb, room_air;  // boundaries

  std::vector<double> cdu_flow_m3_per_s;
  double total_flow_m3_per_s = 0;
  double rack_count = 0;
  bool is_supply_given = true;
  bool must_couple = true;
  PlantState state;
};

Plant::Impl::Impl(const Plan& plan, const Model& model, const HeatExchanger& cdu_exchanger)
    : rack(plan.site.rack_type), cooling(plan.cooling), exchanger(cdu_exchanger) {
  room_air = network.add_boundary(cooling.facility.room_air_supply_degc.value);
  build_racks(model);
  if (rack.liquid_cooled) {
    build_loop();
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
    rack_count += nodes.count;
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
  const double half_loop = heat_rate_w_per_k(cooling.facility_coolant, loop_volume_m3) / 2;
  facility_supply = network.add_node(half_loop, start_degc);
  facility_return = network.add_node(half_loop, start_degc);
  facility_given = network.add_boundary(start_degc);
  dry_bulb = network.add_boundary(start_degc);
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
  if (cdus.empty()) return;
  const bool is_given = !std::isnan(input.facility_supply_degc);
  must_couple = must_couple || is_given != is_supply_given;
  is_supply_given = is_given;
  if (is_given) network.set_boundary(facility_given, input.facility_supply_degc);
  network.set_boundary(dry_bulb, input.dry_bulb_degc);
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

// Flow and pump work at the pumps' present speeds.
void Plant::Impl::set_flow() {
  const CduType& cdu = cooling.cdu;
  const PumpCurve curve{cdu.pump_shutoff_head_pa.value, cdu.pump_rated_flow_m3_per_s.value,
                        cdu.pump_rated_head_pa.value};
  const FlowResistance rack_resistance{rack.rated_pressure_drop_pa.value, rack.rated_flow_m3_per_s.value,
                                       rack.flow_exponent.value};
  const LoopFlow loop = solve_loop_flow(curve, state.pump_speed, {{rack_resistance, rack_count}});
  state.pump_flow_m3_per_s = loop.pump_m3_per_s;
  const double leak = kLeakShare * cdu.secondary_rated_flow_m3_per_s.value;
  state.pump_power_w = 0;
  for (std::size_t i = 0; i < cdus.size(); ++i) {
    double flow = 0;
    for (std::size_t pump = i * static_cast<std::size_t>(cdu.pumps);
         pump < (i + 1) * static_cast<std::size_t>(cdu.pumps); ++pump) {
      flow += loop.pump_m3_per_s[pump];
      state.pump_power_w += cdu.pump_rated_power_w.value * std::pow(state.pump_speed[pump], 3);
    }
    cdu_flow_m3_per_s[i] = std::max(flow, leak);
  }
  total_flow_m3_per_s = std::accumulate(cdu_flow_m3_per_s.begin(), cdu_flow_m3_per_s.end(), 0.0);
  network.set_source(ret, state.pump_power_w);
  must_couple = true;
}

void Plant::Impl::couple() {
  if (!must_couple) return;
  must_couple = false;
  network.clear_couplings();
  couple_racks(total_flow_m3_per_s / rack_count);
  if (!cdus.empty()) couple_loop();
}

void Plant::Impl::couple_racks(double rack_flow_m3_per_s) {
  const Coolant& coolant = cooling.secondary_coolant;
  const double gpu_flow = rack.plate_share_gpu.value * rack_flow_m3_per_s;
  const double other_flow = rack_flow_m3_per_s - gpu_flow;
  const double cpu_count = rack.compute_trays * rack.cpus_per_tray;
  for (const GpuNodes& gpu : gpus) {
    network.add_conduction(gpu.die, gpu.plate, gpu.count / rack.gpu.junction_to_case_k_per_w.value);
    if (is_liquid(rack, rack.gpu.cold_plate)) {
      const Curve& curve = cooling.cold_plate(rack.gpu.cold_plate)->resistance_k_per_w;
      const double conductance = plate_conductance_w_per_k(curve, gpu_flow / rack.gpus(), coolant);
      network.add_exchange(gpu.plate, racks[gpu.rack_class].coolant, gpu.plate, supply, gpu.count * conductance);
    } else {
      network.add_conduction(gpu.plate, room_air, gpu.count / rack.gpu.air_resistance_k_per_w.value);
    }
  }
  for (const RackNodes& nodes : racks) {
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
    const double rate = nodes.count * heat_rate_w_per_k(coolant, rack_flow_m3_per_s);
    network.add_advection(supply, nodes.coolant, rate);
    network.add_advection(nodes.coolant, ret, rate);
  }
}

void Plant::Impl::couple_loop() {
  const ThermalNode inlet = inlet_of_facility_water();
  const double primary_rate = heat_rate_w_per_k(cooling.primary_coolant, cooling.cdu.primary_rated_flow_m3_per_s.value);
  for (std::size_t i = 0; i < cdus.size(); ++i) {
    const double rate = heat_rate_w_per_k(cooling.secondary_coolant, cdu_flow_m3_per_s[i]);
    network.add_advection(ret, cdus[i].secondary, rate);
    network.add_advection(cdus[i].secondary, supply, rate);
    network.add_advection(inlet, cdus[i].primary, primary_rate);
    network.add_advection(cdus[i].primary, facility_return, primary_rate);
    // Heat between the two inlets, taken out of the one stream's outlet and put into the other's.
    cdus[i].exchange_w_per_k = exchanger.conductance_w_per_k(rate, primary_rate);
    network.add_exchange(cdus[i].secondary, cdus[i].primary, ret, inlet, cdus[i].exchange_w_per_k);
  }
  const double loop_rate = cooling.cdus * primary_rate;
  if (is_supply_given) {
    // Somebody else's plant: it takes the return and gives the supply. The idle supply pipe follows.
    network.add_advection(facility_return, facility_given, loop_rate);
    network.add_conduction(facility_supply, facility_given, loop_rate);
  } else {
    const double dry_cooler = cooling.facility_rated_heat_w / cooling.facility.approach_rated_k.value;
    network.add_advection(facility_return, facility_supply, loop_rate);
    network.add_conduction(facility_supply, dry_bulb, dry_cooler);
  }
}

void Plant::Impl::update_state() {
  const auto temp = [&](ThermalNode node) { return network.temp_degc(node); };
  for (std::size_t i = 0; i < gpus.size(); ++i) state.gpu_junction_degc[i] = temp(gpus[i].die);
  state.air_heat_w = network.heat_into_w(room_air);
  state.facility_power_w = cooling.facility.crah_fan_power_share.value * state.air_heat_w;
  if (cdus.empty()) return;

  for (std::size_t i = 0; i < racks.size(); ++i) {
    state.rack_inlet_degc[i] = temp(supply);
    state.rack_return_degc[i] = temp(racks[i].coolant);
    state.rack_flow_m3_per_s[i] = total_flow_m3_per_s / rack_count;
  }
  state.tcs_supply_degc = temp(supply);
  state.tcs_return_degc = temp(ret);
  state.tcs_flow_m3_per_s = total_flow_m3_per_s;
  const double inlet_degc = temp(inlet_of_facility_water());
  state.facility_supply_degc = inlet_degc;
  state.facility_return_degc = 0;
  state.cdu_heat_w = 0;
  for (const CduNodes& cdu : cdus) {
    state.facility_return_degc += temp(cdu.primary) / cooling.cdus;
    state.cdu_heat_w += cdu.exchange_w_per_k * (state.tcs_return_degc - inlet_degc);
  }
  const double rejected_w = network.heat_into_w(facility_given) + network.heat_into_w(dry_bulb);
  state.facility_power_w += cooling.facility.pump_power_share.value * cooling.facility_rated_heat_w +
                            cooling.facility.fan_power_share.value * std::max(rejected_w, 0.0);
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
  if (!impl_->cdus.empty()) impl_->set_flow();
  impl_->couple();
  if (!impl_->network.settle()) return fail(ErrorCode::kBadInput, "the cooling plant has no steady state at the start");
  impl_->update_state();
  return {};
}

void Plant::step(const PlantInput& input, double dt_s) {
  impl_->set_heat(input);
  impl_->set_surroundings(input);
  if (impl_->follow_pumps(input.pump_speed, dt_s)) impl_->set_flow();
  impl_->couple();
  impl_->network.step(dt_s);
  impl_->update_state();
}

const PlantState& Plant::state() const { return impl_->state; }
const EnergyLedger& Plant::ledger() const { return impl_->network.ledger(); }
int Plant::pumps() const { return static_cast<int>(impl_->state.pump_speed.size()); }

}  // namespace racktwin
