#include "sim/cooling/heat_rejection.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kZero_k = 273.15;  // 0 degC

double free_cooling_sink_degc(const FacilityType& facility, const RejectionDemand& d) {
  return facility.rejection == RejectionKind::kTower ? d.wet_bulb_degc : d.dry_bulb_degc;
}

void cool_freely(const FacilityType& facility, double rated_heat_w, const RejectionDemand& d, Rejection& r) {
  const double sink_degc = free_cooling_sink_degc(facility, d);
  if (!d.has_free_cooling || sink_degc >= d.return_degc) return;
  const double full_w_per_k = rated_heat_w / facility.approach_rated_k.value;
  const double coldest_degc =
      (d.rate_w_per_k * d.return_degc + full_w_per_k * sink_degc) / (d.rate_w_per_k + full_w_per_k);
  r.fan_speed = 1;
  r.leaving_degc = coldest_degc;
  if (coldest_degc < d.setpoint_degc) {
    r.leaving_degc = std::min(d.setpoint_degc, d.return_degc);
    const double needed_w_per_k = d.rate_w_per_k * (d.return_degc - r.leaving_degc) / (r.leaving_degc - sink_degc);
    r.fan_speed = std::pow(needed_w_per_k / full_w_per_k, 1 / facility.fan_heat_exponent.value);
  }
  r.free_heat_w = d.rate_w_per_k * (d.return_degc - r.leaving_degc);
  r.fan_power_w = facility.fan_power_share.value * rated_heat_w * std::pow(r.fan_speed, facility.fan_exponent.value);
}

void chill(const FacilityType& facility, double rated_heat_w, const RejectionDemand& d, Rejection& r) {
  // A water-cooled chiller has no condenser without its tower.
  const bool can_run = d.has_chiller && (facility.rejection == RejectionKind::kDryCooler || d.has_free_cooling);
  if (!facility.chiller || !can_run || !(r.leaving_degc > d.setpoint_degc)) return;
  const Chiller& chiller = *facility.chiller;
  const double wanted_w = d.rate_w_per_k * (r.leaving_degc - d.setpoint_degc);
  r.chiller_heat_w = std::min(wanted_w, chiller.capacity_share.value * rated_heat_w);
  r.leaving_degc -= r.chiller_heat_w / d.rate_w_per_k;
  r.chiller_power_w = r.chiller_heat_w / chiller_cop(chiller, r.leaving_degc, free_cooling_sink_degc(facility, d));
  if (facility.rejection == RejectionKind::kDryCooler) return;  // its own fans are in the COP
  r.fan_speed = 1;
  r.fan_power_w = facility.fan_power_share.value * rated_heat_w;
}

}  // namespace

double chiller_cop(const Chiller& chiller, double cooled_to_degc, double sink_degc) {
  const double evaporator_degc = cooled_to_degc - chiller.evaporator_approach_k.value;
  const double lift_k = sink_degc + chiller.condenser_approach_k.value - evaporator_degc;
  const double bound = chiller.max_cop.value;
  return lift_k > 0 ? std::min(chiller.carnot_share.value * (evaporator_degc + kZero_k) / lift_k, bound) : bound;
}

Rejection reject_heat(const FacilityType& facility, double rated_heat_w, const RejectionDemand& demand) {
  Rejection r;
  r.leaving_degc = demand.return_degc;
  cool_freely(facility, rated_heat_w, demand, r);
  chill(facility, rated_heat_w, demand, r);
  if (facility.rejection == RejectionKind::kTower) {
    const double evaporated =
        facility.latent_share.value * (r.free_heat_w + r.chiller_heat_w + r.chiller_power_w) / kEvaporation_j_per_kg;
    const double cycles = facility.cycles_of_concentration.value;
    r.water_kg_per_s = evaporated * cycles / (cycles - 1);
  }
  return r;
}

}  // namespace racktwin
