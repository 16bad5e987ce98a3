// The control valves in the facility water of the CDUs, which keep the supply of the technology loop at its set-point.
//
// All valves stand alike; that of an isolated CDU is closed. Thread rule: one thread per object.
#pragma once

#include "sim/cooling/heat_exchanger.h"
#include "sim/cooling/technology_loop.h"

namespace racktwin {

// What the supply is kept at: above the dew point of the room, the CDU's lowest supply and the set-point of the
// scenario. NaN: none of them is known, and the valves stay open.
double lowest_supply_degc(const CoolingPlan& cooling);

class CduValves {
 public:
  CduValves(const CoolingPlan& cooling, const HeatExchanger& exchanger);

  double setpoint_degc() const { return setpoint_degc_; }
  double opening() const { return opening_; }
  void set(double opening) { opening_ = opening; }
  // The opening at which the exchangers would cool a return to the set-point.
  double wanted_opening(const TechnologyLoop& loop, double return_degc, double inlet_degc) const;
  // Travels towards it for dt_s where the supply is off its set-point. True: it moved.
  bool travel(const TechnologyLoop& loop, double supply_degc, double return_degc, double inlet_degc, double dt_s);

  double flow_m3_per_s(const CduClass& cdu) const;  // of facility water through one of them
  double total_flow_m3_per_s(const TechnologyLoop& loop) const;
  // Heat of one of them for every kelvin between return and facility supply.
  double exchange_w_per_k(const CduClass& cdu) const;

 private:
  HeatExchanger exchanger_;
  Coolant secondary_, primary_;
  double rated_flow_m3_per_s_, volume_m3_, stroke_s_, setpoint_degc_;
  double opening_ = 1;
};

}  // namespace racktwin
