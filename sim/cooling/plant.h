// The cooling plant in time: chips, cold plates, rack coolant, technology loop, CDU, facility loop and what cools it,
// room air.
//
// A linear ODE per step (conductances depend on flow, flow on pump states), integrated with an L-stable second-order
// SDIRK scheme; heat fluxes are integrated with the same weights as the states, so energy is conserved to rounding.
// Equations and sources: sim/cooling/README.md. Thread rule: one thread per Plant.
#pragma once

#include "sim/cooling/energy_ledger.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/result.h"

#include <limits>
#include <memory>
#include <string>
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
  // (n_pump) commanded, CDU by CDU, 0..1 of rated; NaN: what holds the set-point of the plan. Pumps follow with a lag.
  std::vector<double> pump_speed;
  double facility_supply_degc = 0;  // NaN: the facility's own equipment decides
  double dry_bulb_degc = 0;
  double wet_bulb_degc = std::numeric_limits<double>::quiet_NaN();  // NaN: no data
  bool has_free_cooling = true, has_chiller = true;                 // false: tripped
  // Flow that passes over the flow that passed if all were open, at equal pressure. Empty: all open.
  std::vector<double> rack_opening;   // (n_rack_class) valve and whatever clogs the whole rack, 0..1
  std::vector<double> gpu_flow_area;  // (n_gpu_class) of the plate's channels, 0..1
  std::vector<bool> is_cdu_isolated;  // (n_cdu)
};

struct PlantState {
  // computed by Plant::step, at its end
  std::vector<double> gpu_junction_degc;   // (n_gpu_class)
  std::vector<double> rack_inlet_degc;     // (n_rack_class) coolant into the rack; NaN: air-cooled
  std::vector<double> rack_return_degc;    // (n_rack_class)
  std::vector<double> rack_flow_m3_per_s;  // (n_rack_class) of one rack
  std::vector<double> pump_speed;          // (n_pump) relative to rated, mean over the step; lags behind the command
  std::vector<double> pump_flow_m3_per_s;  // (n_pump)
  double tcs_supply_degc = 0, tcs_return_degc = 0;  // technology loop; NaN, like all of the loop: all air-cooled
  double tcs_flow_m3_per_s = 0;
  double facility_supply_degc = 0, facility_return_degc = 0;  // at the CDU's primary side
  double cdu_heat_w = 0;                                      // through the CDUs' exchangers
  std::vector<double> heat_of_cdu_w;                          // (n_cdu) of these
  double air_heat_w = 0;                                      // to the room's CRAH units
  double pump_power_w = 0;                                    // of the CDUs, all of it heat in the technology loop
  double facility_pump_power_w = 0;
  double facility_power_w = 0;  // facility pumps, dry cooler or tower fans, chiller, and what cools the room's air
  double fan_power_w = 0, chiller_power_w = 0, air_cooling_power_w = 0;  // of these
  double facility_flow_m3_per_s = 0;
  double cdu_valve = 1;         // opening of the control valves in the facility water
  double water_kg_per_s = 0;    // make-up of a tower; NaN: the facility water is somebody else's
  double coolant_residual = 0;  // what the flows of the loops do not balance by, over the flow
};

class Plant {
 public:
  // Errors: kBadInput if the loop has no flow path, the CDU's rating is impossible or a value that is needed has no
  // data.
  static Result<Plant> create(const Plan& plan, const Model& model);

  // Puts every temperature at the steady state of this input (the run's initial condition), pumps at their commanded
  // speed, and starts the ledger anew. Errors: kBadInput, with what runs away, if there is no steady state.
  Result<void> settle(const PlantInput& input);
  // Advances by dt_s > 0.
  void step(const PlantInput& input, double dt_s);
  // What is hotter than the equations hold for, with its temperature; empty: nothing.
  std::string runs_away() const;

  const PlantState& state() const;
  EnergyLedger ledger() const;
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
