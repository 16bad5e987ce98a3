// What takes the heat of the facility water to the outside: dry cooler or wet tower with fans, then a chiller.
//
// Free cooling: heat = G (T_leaving - T_outside), T_outside the dry bulb of a dry cooler and the wet bulb of a tower, G
// = rated heat / rated approach x speed^fan_heat_exponent; so the approach is proportional to the heat. With a
// set-point the fans run as fast as it needs, fan power ~ speed^fan_exponent; without one at full speed. Water colder
// than outside passes by. The chiller takes what is left above the set-point, up to its capacity. source: approach at a
// rated heat as the size of a cooler, ASHRAE Handbook HVAC Systems and Equipment, chapters on cooling towers and
// closed-circuit coolers; affinity laws as in hydraulics.h. COP = carnot_share x T_evaporator / (T_condenser -
// T_evaporator), at most max_cop; source: second-law efficiency, Cengel, Thermodynamics, section 11-5. Thread rule:
// pure functions.
#pragma once

#include "sim/catalog/hardware.h"

namespace racktwin {

struct RejectionDemand {
  double return_degc = 0;
  double rate_w_per_k = 0;   // of the facility water, mass flow x specific heat
  double setpoint_degc = 0;  // NaN: as cold as free cooling makes it
  double dry_bulb_degc = 0;
  double wet_bulb_degc = 0;                          // NaN: no data, which a tower does not allow
  bool has_free_cooling = true, has_chiller = true;  // false: tripped
};

struct Rejection {
  double leaving_degc = 0;
  double free_heat_w = 0, chiller_heat_w = 0;
  double fan_speed = 0;  // of full speed
  double fan_power_w = 0, chiller_power_w = 0;
  double water_kg_per_s = 0;  // make-up of a tower: evaporation and blow-down
};

// Of the chiller between an evaporator that cools down to one temperature and a sink.
double chiller_cop(const Chiller& chiller, double cooled_to_degc, double sink_degc);

Rejection reject_heat(const FacilityType& facility, double rated_heat_w, const RejectionDemand& demand);

// source: specific enthalpy of evaporation at 30 degC, Incropera, table A.6.
inline constexpr double kEvaporation_j_per_kg = 2.43e6;

}  // namespace racktwin
