// The facility water between the CDUs and the outside: a pipe there, a pipe back, and what takes the heat.
//
// Sits beside the thermal network, which knows of it the temperature of the water at the CDUs' inlet and gives back
// what the streams carried. The equipment is controlled by the water that the return pipe gave in the step before,
// which is a contraction at any step. Thread rule: one thread per FacilityLoop.
#pragma once

#include "sim/cooling/energy_ledger.h"
#include "sim/cooling/heat_rejection.h"
#include "sim/cooling/pipe.h"

namespace racktwin {

// What the operator, an event or the weather sets.
struct FacilityDemand {
  double supply_degc = 0;  // NaN: what the equipment gives; else somebody else's plant gives that at the CDUs' inlet
  double setpoint_degc = 0;
  double dry_bulb_degc = 0, wet_bulb_degc = 0;
  bool has_free_cooling = true, has_chiller = true;
};

class FacilityLoop {
 public:
  FacilityLoop(const FacilityType& facility, double rated_heat_w, const Coolant& coolant, double volume_m3);

  // What the equipment makes of water of that temperature in a steady state, for the search of it.
  double leaving_degc(const FacilityDemand& demand, double flow_m3_per_s, double return_degc) const;
  // Fills both pipes and starts the ledger anew.
  void settle(const FacilityDemand& demand, double flow_m3_per_s, double inlet_degc, double return_degc);

  // One step: first the temperature at the CDUs' inlet, then what their streams carried back.
  double inlet_degc(const FacilityDemand& demand, double flow_m3_per_s, double dt_s);
  void take_back(double heat_j, double flow_m3_per_s, double dt_s);

  const Rejection& rejection() const { return rejection_; }  // of the last step without a given supply
  double rejected_w(double flow_m3_per_s) const;             // out of the water that comes back
  const EnergyLedger& ledger() const { return ledger_; }
  double coolant_residual() const;  // |volume held - volume| / volume

 private:
  RejectionDemand rejection_demand(const FacilityDemand& demand, double flow_m3_per_s, double return_degc) const;

  FacilityType facility_;
  double rated_heat_w_, heat_capacity_j_per_m3_k_;
  Pipe supply_, return_;
  double back_degc_ = 0;  // what the return pipe gives
  double inlet_degc_ = 0, leaving_degc_ = 0;
  double mixed_in_k_ = 0;  // of a given supply: what our own pipe gives, over it
  Rejection rejection_;
  EnergyLedger ledger_;
};

}  // namespace racktwin
