#include "sim/cooling/heat_exchanger.h"

#include <algorithm>
#include <cmath>

namespace racktwin {

double counterflow_effectiveness(double ntu, double capacity_ratio) {
  const double rest = 1 - capacity_ratio;
  if (rest == 0) return std::isinf(ntu) ? 1 : ntu / (1 + ntu);
  const double gone = -std::expm1(-ntu * rest);  // 1 - exp(-NTU (1 - C_r))
  return gone / (rest + capacity_ratio * gone);
}

double counterflow_ntu(double effectiveness, double capacity_ratio) {
  const double rest = 1 - capacity_ratio;
  const double odds = effectiveness / (1 - effectiveness);
  return rest == 0 ? odds : std::log1p(odds * rest) / rest;
}

std::optional<HeatExchanger> HeatExchanger::from_rating(double heat_w, double approach_k, double hot_rate_w_per_k,
                                                        double cold_rate_w_per_k) {
  const auto [smaller, larger] = std::minmax(hot_rate_w_per_k, cold_rate_w_per_k);
  const double inlet_difference_k = approach_k + heat_w / hot_rate_w_per_k;
  const double effectiveness = heat_w / (smaller * inlet_difference_k);
  if (!(effectiveness > 0 && effectiveness < 1)) return std::nullopt;
  return HeatExchanger{smaller * counterflow_ntu(effectiveness, smaller / larger), hot_rate_w_per_k, cold_rate_w_per_k};
}

double HeatExchanger::ua_w_per_k(double hot_rate_w_per_k, double cold_rate_w_per_k) const {
  const double hot = 2 * rated_ua_w_per_k * std::pow(hot_rate_w_per_k / rated_hot_rate_w_per_k, 0.8);
  const double cold = 2 * rated_ua_w_per_k * std::pow(cold_rate_w_per_k / rated_cold_rate_w_per_k, 0.8);
  return hot * cold / (hot + cold);
}

double HeatExchanger::conductance_w_per_k(double hot_rate_w_per_k, double cold_rate_w_per_k) const {
  const auto [smaller, larger] = std::minmax(hot_rate_w_per_k, cold_rate_w_per_k);
  const double ntu = ua_w_per_k(hot_rate_w_per_k, cold_rate_w_per_k) / smaller;
  return smaller * counterflow_effectiveness(ntu, smaller / larger);
}

double plate_conductance_w_per_k(const Curve& resistance_k_per_w, double flow_m3_per_s, const Coolant& coolant) {
  const double rate = heat_rate_w_per_k(coolant, flow_m3_per_s);
  const double known_flow = std::max(flow_m3_per_s, resistance_k_per_w.x.front());
  const double effectiveness = 1 / (resistance_k_per_w.at(known_flow) * heat_rate_w_per_k(coolant, known_flow));
  return std::min(effectiveness, 1.0) * rate;
}

double heat_rate_w_per_k(const Coolant& coolant, double flow_m3_per_s) {
  return coolant.density_kg_per_m3.value * coolant.specific_heat_j_per_kg_k.value * flow_m3_per_s;
}

}  // namespace racktwin
