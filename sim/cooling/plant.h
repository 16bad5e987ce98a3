// The cooling plant in time: chips, cold plates, rack coolant, technology loop, CDU, facility loop, dry cooler, room
// air.
//
// A linear ODE per step (conductances depend on flow, flow on pump states), integrated with an L-stable second-order
// SDIRK scheme; heat fluxes are integrated with the same weights as the states, so energy is conserved to rounding.
// Equations and sources: sim/cooling/README.md. Thread rule: one thread per Plant.
#pragma once

#include "sim/cooling/energy_ledger.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/result.h"

#include <memory>
#include <vector>

namespace racktwin {

// Heat put in during one step, and what the operator (or an event) sets. Power is held constant over the step.
struct PlantInput {
  std::vector<double> gpu_power_w;         // (n_gpu_class) of one GPU
  std::vector<double> cpu_power_w;         // (n_rack_class) all CPUs of one rack
  std::vector<double> tray_other_power_w;  // (n_rack_class) rest of all compute trays of one rack
  std::vector<double> switch_power_w;      // (n_rack_class) all switch trays of one rack
  std::vector<double> shelf_loss_w;        // (n_rack_class) of one rack, to air
  double room_power_w = 0;                 // of what stands outside the racks, to air: fabric switches
  std::vector<double> pump_speed;          // (n_pump) commanded, CDU by CDU, 0..1 of rated; the pumps follow with a lag
  double facility_supply_degc = 0;         // NaN: the dry cooler decides
  double dry_bulb_degc = 0;
};

struct PlantState {
  // computed by Plant::step, at its end
  std::vector<double> gpu_junction_degc;            // (n_gpu_class)
  std::vector<double> rack_inlet_degc;              // (n_rack_class) coolant into the rack; NaN: air-cooled
  std::vector<double> rack_return_degc;             // (n_rack_class)
  std::vector<double> rack_flow_m3_per_s;           // (n_rack_class) of one rack
  std::vector<double> pump_speed;                   // (n_pump) relative to rated, behind the command by its lag
  std::vector<double> pump_flow_m3_per_s;           // (n_pump)
  double tcs_supply_degc = 0, tcs_return_degc = 0;  // technology loop; NaN, like all of the loop: all air-cooled
  double tcs_flow_m3_per_s = 0;
  double facility_supply_degc = 0, facility_return_degc = 0;  // at the CDU's primary side
  double cdu_heat_w = 0;                                      // through the CDUs' exchangers
  double air_heat_w = 0;                                      // to the room's CRAH units
  double pump_power_w = 0;                                    // of the CDUs, all of it heat in the technology loop
  double facility_power_w = 0;                                // facility pumps, dry cooler fans and CRAH fans
};

class Plant {
 public:
  // Errors: kBadInput if the loop has no flow path, the CDU's rating is impossible or a value that is needed has no
  // data.
  static Result<Plant> create(const Plan& plan, const Model& model);

  // Puts every temperature at the steady state of this input (the run's initial condition), pumps at their commanded
  // speed, and starts the ledger anew. Errors: kBadInput if there is no steady state.
  Result<void> settle(const PlantInput& input);
  // Advances by dt_s > 0.
  void step(const PlantInput& input, double dt_s);

  const PlantState& state() const;
  const EnergyLedger& ledger() const;
  int pumps() const;

  Plant(Plant&&) noexcept;
  Plant& operator=(Plant&&) noexcept;
  ~Plant();

 private:
  Plant();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace racktwin
