// Heat exchangers by the effectiveness-NTU method: the CDU's plates between two streams, a cold plate under a chip.
//
// Heat [W] = effectiveness x smaller heat capacity rate x (hot inlet - cold inlet); it can never exceed what the
// smaller stream can carry. Heat capacity rate: mass flow x specific heat [W/K]. Thread rule: pure functions.
#pragma once

#include "sim/catalog/hardware.h"

#include <optional>

namespace racktwin {

// Effectiveness of a counterflow exchanger, capacity_ratio = smaller / larger rate in [0, 1].
// source: Kays & London, Compact Heat Exchangers, 3rd ed., eq. 2-13; Incropera, table 11.3, eq. 11.29.
double counterflow_effectiveness(double ntu, double capacity_ratio);
// Its inverse, effectiveness in [0, 1). source: Incropera, table 11.4, eq. 11.29b.
double counterflow_ntu(double effectiveness, double capacity_ratio);

// A liquid-to-liquid exchanger sized from its rating.
struct HeatExchanger {
  double rated_ua_w_per_k = 0;
  double rated_hot_rate_w_per_k = 0, rated_cold_rate_w_per_k = 0;

  // UA from the approach (hot outlet less cold inlet [K]) at a rated heat and rated flows; empty if no exchanger can
  // do that.
  static std::optional<HeatExchanger> from_rating(double heat_w, double approach_k, double hot_rate_w_per_k,
                                                  double cold_rate_w_per_k);

  // 1/UA = 1/(hA)_hot + 1/(hA)_cold, equal at the rating, each h ~ (mass flow)^0.8.
  // source: Modelica Buildings, Fluid.HeatExchangers dry coil and CDUs.Data.Generic_epsNTU; the exponent is that of
  // Dittus-Boelter, Incropera eq. 8.60.
  double ua_w_per_k(double hot_rate_w_per_k, double cold_rate_w_per_k) const;

  // Heat per kelvin between the two inlets: effectiveness x smaller rate [W/K].
  double conductance_w_per_k(double hot_rate_w_per_k, double cold_rate_w_per_k) const;
};

// Heat per kelvin between the base of a cold plate and its coolant inlet [W/K], at a flow through one plate.
// The curve is case to INLET: it holds the warming of the coolant, so 1/R is effectiveness x rate as it stands. Below
// the smallest flow of the curve the effectiveness stays what it is there, so that R ~ 1 / flow; it is never above 1.
double plate_conductance_w_per_k(const Curve& resistance_k_per_w, double flow_m3_per_s, const Coolant& coolant);

// Mass flow x specific heat [W/K].
double heat_rate_w_per_k(const Coolant& coolant, double flow_m3_per_s);

}  // namespace racktwin
