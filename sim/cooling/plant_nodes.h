// The plant as a thermal network: which node holds whose heat, what heat goes in where, and what couples them.
//
// A node of a class has the capacity, the couplings and the heat of all its members, so its temperature is that of one.
// Thread rule: one thread per object.
#pragma once

#include "sim/cooling/cdu_valves.h"
#include "sim/cooling/technology_loop.h"
#include "sim/cooling/thermal_network.h"

#include <string>
#include <vector>

namespace racktwin {

// Whether a chip under that cold plate gives its heat to the coolant.
bool is_liquid(const RackType& rack, const std::string& cold_plate);
// Under the chips of switch trays. No data on their plates: one CPU plate a chip stands in.
const std::string& switch_plate(const RackType& rack);

struct GpuNodes {
  double count = 0;
  std::size_t rack_class = 0;
  ThermalNode die, plate;  // plate: or heat sink
};

struct RackNodes {
  double count = 0;
  std::string path;                    // of the first member
  ThermalNode cpu, switches, coolant;  // cpu: dies and plates of a rack in one
};

struct CduNodes {
  ThermalNode secondary, primary;  // each side's coolant and half of the exchanger's metal
  double count = 0;
  double exchange_w_per_k = 0;  // heat of all for every kelvin between return and facility supply
};

class PlantNodes {
 public:
  PlantNodes(const Plan& plan, const Model& model);

  void set_heat(const PlantInput& input);
  // Gives CDUs that the loop has parted from others nodes of their own.
  void part_cdus(const TechnologyLoop& loop);
  // Anew, at the flows of the loop and the valves; both null where all is cooled by air.
  void couple(const TechnologyLoop* loop, const CduValves* valves);
  // Who it is, for people.
  std::string name_of(ThermalNode node, const TechnologyLoop* loop) const;

  ThermalNetwork network;
  std::vector<GpuNodes> gpus;                           // (n_gpu_class)
  std::vector<RackNodes> racks;                         // (n_rack_class)
  std::vector<CduNodes> cdus;                           // (n_cdu_class) none: all air-cooled
  ThermalNode supply, ret;                              // halves of the row pipes
  ThermalNode primary_inlet, primary_outlet, room_air;  // boundaries

 private:
  void build_racks(const Plan& plan, const Model& model);
  void build_loop();
  void couple_gpus(const TechnologyLoop* loop);
  void couple_racks(const TechnologyLoop* loop);
  void couple_cdus(const TechnologyLoop& loop, const CduValves& valves);
  double plate_w_per_k(const std::string& cold_plate, double flow_m3_per_s) const;  // of one plate, to its inlet

  RackType rack_;
  CoolingPlan cooling_;
};

}  // namespace racktwin
