#include "sim/cooling/facility_loop.h"

#include "sim/cooling/heat_exchanger.h"

#include <algorithm>
#include <cmath>

namespace racktwin {

FacilityLoop::FacilityLoop(const FacilityType& facility, double rated_heat_w, const Coolant& coolant, double volume_m3)
    : facility_(facility),
      rated_heat_w_(rated_heat_w),
      heat_capacity_j_per_m3_k_(heat_rate_w_per_k(coolant, 1)),
      supply_(volume_m3 / 2, heat_capacity_j_per_m3_k_),
      return_(volume_m3 / 2, heat_capacity_j_per_m3_k_) {}

RejectionDemand FacilityLoop::rejection_demand(const FacilityDemand& d, double flow_m3_per_s,
                                               double return_degc) const {
  return {return_degc,     heat_capacity_j_per_m3_k_ * flow_m3_per_s,
          d.setpoint_degc, d.dry_bulb_degc,
          d.wet_bulb_degc, d.has_free_cooling,
          d.has_chiller};
}

double FacilityLoop::leaving_degc(const FacilityDemand& demand, double flow_m3_per_s, double return_degc) const {
  if (!std::isnan(demand.supply_degc)) return demand.supply_degc;
  return reject_heat(facility_, rated_heat_w_, rejection_demand(demand, flow_m3_per_s, return_degc)).leaving_degc;
}

void FacilityLoop::settle(const FacilityDemand& demand, double flow_m3_per_s, double inlet_degc, double return_degc) {
  supply_.fill(inlet_degc);
  return_.fill(return_degc);
  back_degc_ = return_degc;
  inlet_degc_ = leaving_degc_ = inlet_degc;
  ledger_ = {};
  rejection_ = reject_heat(facility_, rated_heat_w_, rejection_demand(demand, flow_m3_per_s, return_degc));
}

double FacilityLoop::inlet_degc(const FacilityDemand& demand, double flow_m3_per_s, double dt_s) {
  const double volume_m3 = flow_m3_per_s * dt_s;
  mixed_in_k_ = 0;
  if (!std::isnan(demand.supply_degc)) {
    // Somebody else's plant takes the return and gives the supply; our pipe, beside it, follows.
    leaving_degc_ = inlet_degc_ = demand.supply_degc;
    mixed_in_k_ = supply_.push(volume_m3, leaving_degc_) - leaving_degc_;
    return inlet_degc_;
  }
  rejection_ = reject_heat(facility_, rated_heat_w_, rejection_demand(demand, flow_m3_per_s, back_degc_));
  leaving_degc_ = rejection_.leaving_degc;
  return inlet_degc_ = supply_.push(volume_m3, leaving_degc_);
}

void FacilityLoop::take_back(double heat_j, double flow_m3_per_s, double dt_s) {
  const double volume_m3 = flow_m3_per_s * dt_s, capacity_j_per_k = heat_capacity_j_per_m3_k_ * volume_m3;
  back_degc_ = return_.push(volume_m3, inlet_degc_ + heat_j / capacity_j_per_k);
  ledger_.in_j += heat_j;
  ledger_.out_j += capacity_j_per_k * (back_degc_ - leaving_degc_ + mixed_in_k_);
  ledger_.stored_j = supply_.stored_j() + return_.stored_j();
}

double FacilityLoop::rejected_w(double flow_m3_per_s) const {
  return heat_capacity_j_per_m3_k_ * flow_m3_per_s * (back_degc_ - leaving_degc_);
}

double FacilityLoop::coolant_residual() const {
  const double held = supply_.volume_m3() + return_.volume_m3(), rated = supply_.rated_m3() + return_.rated_m3();
  return std::abs(held - rated) / rated;
}

}  // namespace racktwin
