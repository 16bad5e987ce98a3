#include "sim/cooling/plant_nodes.h"

#include "sim/check.h"
#include "sim/cooling/heat_exchanger.h"

#include <fmt/core.h>

#include <algorithm>

namespace racktwin {
namespace {

// Of the rack's flow that does not go to GPU plates, the share of CPU plates; switch plates have the rest.
// source: the note of plate_share_gpu in racks/racks/gb200-nvl72.toml (0.12 to 0.18).
constexpr double kCpuShareOfOtherFlow = 0.4;

double cpus_of(const RackType& rack) { return rack.compute_trays * rack.cpus_per_tray; }
double switch_chips_of(const RackType& rack) { return std::max(rack.nvswitch_chips, 1); }

std::string with_reason(const RackNodes& nodes, bool has_flow, std::string name) {
  if (nodes.count > 1) name += fmt::format(" and {} more racks", nodes.count - 1);
  return has_flow ? name : name + " (no coolant passes)";
}

}  // namespace

bool is_liquid(const RackType& rack, const std::string& cold_plate) {
  return rack.liquid_cooled && !cold_plate.empty();
}

const std::string& switch_plate(const RackType& rack) {
  return rack.cpu.cold_plate.empty() ? rack.gpu.cold_plate : rack.cpu.cold_plate;
}

PlantNodes::PlantNodes(const Plan& plan, const Model& model) : rack_(plan.site.rack_type), cooling_(plan.cooling) {
  room_air = network.add_boundary(cooling_.facility.room_air_supply_degc.value);
  build_racks(plan, model);
  if (rack_.liquid_cooled) build_loop();
}

void PlantNodes::build_racks(const Plan& plan, const Model& model) {
  const double start_degc = cooling_.facility.room_air_supply_degc.value;
  for (const UnitClass& unit : model.rack_classes) {
    RackNodes nodes;
    nodes.count = unit.count;
    nodes.path = unit.first < plan.site.racks.size() ? plan.site.racks[unit.first].path : "a rack";
    const double cpu_capacity = rack_.cpu.heat_capacity_j_per_k.value + rack_.cpu.plate_heat_capacity_j_per_k.value;
    nodes.cpu = network.add_node(nodes.count * cpus_of(rack_) * cpu_capacity, start_degc);
    if (rack_.liquid_cooled) {
      nodes.switches = network.add_node(
          nodes.count * switch_chips_of(rack_) * rack_.cpu.plate_heat_capacity_j_per_k.value, start_degc);
      const double coolant = heat_rate_w_per_k(cooling_.secondary_coolant, rack_.coolant_volume_m3.value);
      nodes.coolant = network.add_node(nodes.count * coolant, start_degc);
    }
    racks.push_back(nodes);
  }
  for (const GpuClass& gpu_class : model.gpu_classes) {
    GpuNodes nodes;
    nodes.count = gpu_class.count;
    nodes.rack_class = gpu_class.rack_class;
    nodes.die = network.add_node(nodes.count * rack_.gpu.heat_capacity_j_per_k.value, start_degc);
    nodes.plate = network.add_node(nodes.count * rack_.gpu.plate_heat_capacity_j_per_k.value, start_degc);
    gpus.push_back(nodes);
  }
}

void PlantNodes::build_loop() {
  const double start_degc = cooling_.facility.room_air_supply_degc.value;
  const CduType& cdu = cooling_.cdu;
  // The secondary volume: a third in the CDU, a third in each of the row's pipes.
  const double third = heat_rate_w_per_k(cooling_.secondary_coolant, cdu.secondary_volume_m3.value) / 3;
  const double primary = heat_rate_w_per_k(cooling_.primary_coolant, cdu.primary_volume_m3.value);
  const double half_metal = cdu.hx_heat_capacity_j_per_k.value / 2;
  CduNodes nodes;
  nodes.count = cooling_.cdus;
  nodes.secondary = network.add_node(nodes.count * (third + half_metal), start_degc);
  nodes.primary = network.add_node(nodes.count * (primary + half_metal), start_degc);
  cdus.push_back(nodes);
  supply = network.add_node(cooling_.cdus * third, start_degc);
  ret = network.add_node(cooling_.cdus * third, start_degc);
  primary_inlet = network.add_boundary(start_degc);
  primary_outlet = network.add_boundary(start_degc);
}

void PlantNodes::set_heat(const PlantInput& input) {
  RT_CHECK_EQ(input.gpu_power_w.size(), gpus.size());
  for (const auto* powers :
       {&input.cpu_power_w, &input.tray_other_power_w, &input.switch_power_w, &input.shelf_loss_w}) {
    RT_CHECK_EQ(powers->size(), racks.size());
  }
  for (std::size_t i = 0; i < gpus.size(); ++i) network.set_source(gpus[i].die, gpus[i].count * input.gpu_power_w[i]);
  const double tray_liquid = rack_.liquid_cooled ? rack_.liquid_share_tray_other.value : 0;
  const double switch_liquid = rack_.liquid_cooled ? rack_.liquid_share_switch_tray.value : 0;
  double air_w = input.room_power_w;
  for (std::size_t i = 0; i < racks.size(); ++i) {
    const RackNodes& nodes = racks[i];
    network.set_source(nodes.cpu, nodes.count * input.cpu_power_w[i]);
    if (rack_.liquid_cooled) {
      network.set_source(nodes.switches, nodes.count * switch_liquid * input.switch_power_w[i]);
      network.set_source(nodes.coolant, nodes.count * tray_liquid * input.tray_other_power_w[i]);
    }
    air_w += nodes.count * ((1 - tray_liquid) * input.tray_other_power_w[i] +
                            (1 - switch_liquid) * input.switch_power_w[i] + input.shelf_loss_w[i]);
  }
  network.set_source(room_air, air_w);
}

void PlantNodes::couple(const TechnologyLoop* loop, const CduValves* valves) {
  network.clear_couplings();
  couple_gpus(loop);
  couple_racks(loop);
  if (loop != nullptr) couple_cdus(*loop, *valves);
}

double PlantNodes::plate_w_per_k(const std::string& cold_plate, double flow_m3_per_s) const {
  return plate_conductance_w_per_k(cooling_.cold_plate(cold_plate)->resistance_k_per_w, flow_m3_per_s,
                                   cooling_.secondary_coolant);
}

void PlantNodes::couple_gpus(const TechnologyLoop* loop) {
  for (std::size_t i = 0; i < gpus.size(); ++i) {
    const GpuNodes& gpu = gpus[i];
    network.add_conduction(gpu.die, gpu.plate, gpu.count / rack_.gpu.junction_to_case_k_per_w.value);
    if (is_liquid(rack_, rack_.gpu.cold_plate)) {
      const double conductance = plate_w_per_k(rack_.gpu.cold_plate, loop->gpu_plate_flow_m3_per_s(i));
      network.add_exchange(gpu.plate, racks[gpu.rack_class].coolant, gpu.plate, supply, gpu.count * conductance);
    } else {
      network.add_conduction(gpu.plate, room_air, gpu.count / rack_.gpu.air_resistance_k_per_w.value);
    }
  }
}

void PlantNodes::couple_racks(const TechnologyLoop* loop) {
  const double cpus = cpus_of(rack_), chips = switch_chips_of(rack_);
  for (std::size_t i = 0; i < racks.size(); ++i) {
    const RackNodes& nodes = racks[i];
    const double other_flow = loop != nullptr ? loop->other_plates_flow_m3_per_s(i) : 0;
    if (is_liquid(rack_, rack_.cpu.cold_plate)) {
      const double conductance = plate_w_per_k(rack_.cpu.cold_plate, kCpuShareOfOtherFlow * other_flow / cpus);
      network.add_exchange(nodes.cpu, nodes.coolant, nodes.cpu, supply, nodes.count * cpus * conductance);
    } else {
      network.add_conduction(nodes.cpu, room_air, nodes.count * cpus / rack_.cpu.air_resistance_k_per_w.value);
    }
    if (loop == nullptr) continue;
    const double conductance = plate_w_per_k(switch_plate(rack_), (1 - kCpuShareOfOtherFlow) * other_flow / chips);
    network.add_exchange(nodes.switches, nodes.coolant, nodes.switches, supply, nodes.count * chips * conductance);
    const double rate = nodes.count * heat_rate_w_per_k(cooling_.secondary_coolant, loop->rack_flow_m3_per_s(i));
    network.add_advection(supply, nodes.coolant, rate);
    network.add_advection(nodes.coolant, ret, rate);
  }
}

void PlantNodes::part_cdus(const TechnologyLoop& loop) {
  for (std::size_t i = cdus.size(); i < loop.cdus().size(); ++i) {
    CduNodes& whole = cdus[loop.cdus()[i].parent];
    CduNodes part;
    part.count = loop.cdus()[i].count;
    const double share = part.count / whole.count;
    part.secondary = network.split_node(whole.secondary, share);
    part.primary = network.split_node(whole.primary, share);
    whole.count -= part.count;
    cdus.push_back(part);
  }
}

void PlantNodes::couple_cdus(const TechnologyLoop& loop, const CduValves& valves) {
  for (std::size_t i = 0; i < cdus.size(); ++i) {
    const CduClass& cdu = loop.cdus()[i];
    const double rate = cdu.count * heat_rate_w_per_k(cooling_.secondary_coolant, cdu.total_flow_m3_per_s);
    const double primary_rate = cdu.count * heat_rate_w_per_k(cooling_.primary_coolant, valves.flow_m3_per_s(cdu));
    network.add_advection(ret, cdus[i].secondary, rate);
    network.add_advection(cdus[i].secondary, supply, rate);
    network.add_advection(primary_inlet, cdus[i].primary, primary_rate);
    network.add_advection(cdus[i].primary, primary_outlet, primary_rate);
    // Heat between the two inlets, taken out of the one stream's outlet and put into the other's.
    cdus[i].exchange_w_per_k = cdu.count * valves.exchange_w_per_k(cdu);
    network.add_exchange(cdus[i].secondary, cdus[i].primary, ret, primary_inlet, cdus[i].exchange_w_per_k);
  }
}

std::string PlantNodes::name_of(ThermalNode node, const TechnologyLoop* loop) const {
  const auto is = [&](ThermalNode other) { return other.v == node.v; };
  const auto has_flow = [&](std::size_t rack_class) { return loop == nullptr || loop->rack_opening(rack_class) > 0; };
  const auto of_rack = [&](std::size_t i, const char* what) {
    return with_reason(racks[i], has_flow(i), fmt::format("{} of {}", what, racks[i].path));
  };
  for (const GpuNodes& gpu : gpus)
    if (is(gpu.die) || is(gpu.plate)) return of_rack(gpu.rack_class, "GPUs");
  for (std::size_t i = 0; i < racks.size(); ++i) {
    if (is(racks[i].cpu)) return of_rack(i, "CPUs");
    if (loop == nullptr) continue;
    if (is(racks[i].switches)) return of_rack(i, "NVSwitch chips");
    if (is(racks[i].coolant)) return of_rack(i, "coolant");
  }
  for (std::size_t i = 0; i < cdus.size(); ++i)
    if (is(cdus[i].secondary) || is(cdus[i].primary)) return fmt::format("CDU {}", loop->cdus()[i].first + 1);
  return "technology loop";
}

}  // namespace racktwin
