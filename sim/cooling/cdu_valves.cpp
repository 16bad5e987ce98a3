#include "sim/cooling/cdu_valves.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// Smallest opening of a control valve: it leaks. assumed; it keeps the steady state defined.
constexpr double kLeastOpening = 1e-3;
// A control valve stays where it is while the supply is this near to its set-point. assumed, 0.1 to 0.5 K.
constexpr double kDeadBand_k = 0.2;

}  // namespace

double lowest_supply_degc(const CoolingPlan& cooling) {
  const FacilityType& facility = cooling.facility;
  return std::fmax(std::fmax(cooling.tcs_setpoint_degc, cooling.cdu.supply_min_degc.value),
                   facility.room_dew_point_degc.value + facility.dew_point_margin_k.value);
}

CduValves::CduValves(const CoolingPlan& cooling, const HeatExchanger& exchanger)
    : exchanger_(exchanger),
      secondary_(cooling.secondary_coolant),
      primary_(cooling.primary_coolant),
      rated_flow_m3_per_s_(cooling.cdu.primary_rated_flow_m3_per_s.value),
      volume_m3_(cooling.cdus * cooling.cdu.secondary_volume_m3.value),
      stroke_s_(cooling.cdu.valve_stroke_s.value),
      setpoint_degc_(lowest_supply_degc(cooling)) {}

double CduValves::wanted_opening(const TechnologyLoop& loop, double return_degc, double inlet_degc) const {
  if (std::isnan(setpoint_degc_) || inlet_degc >= setpoint_degc_) return 1;
  if (return_degc <= setpoint_degc_) return kLeastOpening;
  double needed_w = 0;
  const auto heat_w = [&](double opening) {
    double sum = 0;
    for (const CduClass& cdu : loop.cdus())
      if (!cdu.is_isolated)
        sum += cdu.count *
               exchanger_.conductance_w_per_k(heat_rate_w_per_k(secondary_, cdu.total_flow_m3_per_s),
                                              heat_rate_w_per_k(primary_, opening * rated_flow_m3_per_s_)) *
               (return_degc - inlet_degc);
    return sum;
  };
  for (const CduClass& cdu : loop.cdus())
    needed_w += cdu.count * heat_rate_w_per_k(secondary_, cdu.total_flow_m3_per_s) * (return_degc - setpoint_degc_);
  if (heat_w(1) <= needed_w) return 1;
  double low = kLeastOpening, high = 1;
  for (int i = 0; i < 45; ++i) {
    const double middle = (low + high) / 2;
    (heat_w(middle) < needed_w ? low : high) = middle;
  }
  return high;
}

bool CduValves::travel(const TechnologyLoop& loop, double supply_degc, double return_degc, double inlet_degc,
                       double dt_s) {
  const double off_k = supply_degc - setpoint_degc_;
  if (std::isnan(off_k) || std::abs(off_k) < kDeadBand_k || (off_k > 0 && opening_ == 1)) return false;
  // The return tends to that which goes with the set-point and the present rise, in the time that the coolant takes to
  // go round: in a long step the mean is near to that, and a valve set for the return of its beginning would hunt.
  const double held_degc = setpoint_degc_ + return_degc - supply_degc;
  const double rounds = dt_s * loop.total_flow_m3_per_s() / volume_m3_;
  const double still = rounds > 0 ? -std::expm1(-rounds) / rounds : 1;
  const double mean_degc = held_degc + (return_degc - held_degc) * still;
  const double reach = dt_s / stroke_s_;
  const double before = opening_;
  opening_ = std::clamp(wanted_opening(loop, mean_degc, inlet_degc), opening_ - reach, opening_ + reach);
  return opening_ != before;
}

double CduValves::flow_m3_per_s(const CduClass& cdu) const {
  return rated_flow_m3_per_s_ * (cdu.is_isolated ? kLeastOpening : opening_);
}

double CduValves::total_flow_m3_per_s(const TechnologyLoop& loop) const {
  double sum = 0;
  for (const CduClass& cdu : loop.cdus()) sum += cdu.count * flow_m3_per_s(cdu);
  return sum;
}

double CduValves::exchange_w_per_k(const CduClass& cdu) const {
  const double rate = heat_rate_w_per_k(secondary_, cdu.total_flow_m3_per_s);
  return rate > 0 ? exchanger_.conductance_w_per_k(rate, heat_rate_w_per_k(primary_, flow_m3_per_s(cdu))) : 0;
}

}  // namespace racktwin
