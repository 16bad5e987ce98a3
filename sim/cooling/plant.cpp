#include "sim/cooling/plant.h"

#include "sim/check.h"
#include "sim/cooling/cdu_valves.h"
#include "sim/cooling/facility_loop.h"
#include "sim/cooling/heat_exchanger.h"
#include "sim/cooling/plant_needs.h"
#include "sim/cooling/plant_nodes.h"
#include "sim/cooling/technology_loop.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <utility>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();

// Beyond it nothing in these equations holds: coolant has boiled and chips are destroyed. assumed.
constexpr double kRunaway_degc = 200;

Error runaway(const std::string& what) {
  Error error;
  error.message = "the cooling plant has no steady state at the start: " + what + " runs away";
  error.hint = "less heat, more flow or more cooling from the start; or let an event bring it about during the run";
  return error;
}

// What only a site with liquid-cooled racks has.
struct Loops {
  TechnologyLoop technology;
  CduValves valves;
  FacilityLoop facility;
};

}  // namespace

struct Plant::Impl {
  Impl(const Plan& plan, const Model& model, const HeatExchanger& exchanger);

  void set(const PlantInput& input);
  void set_flow();
  void set_valve(double opening);
  void couple();
  Result<void> settle(const PlantInput& input);
  Result<void> settle_facility();
  void step(const PlantInput& input, double dt_s);
  void update_state();
  void update_loop_state();
  void update_air_cooling();
  void update_facility_power();
  std::string name_of(ThermalNode node) const { return nodes.name_of(node, loops ? &loops->technology : nullptr); }
  double temp_degc(ThermalNode node) const { return nodes.network.temp_degc(node); }

  double exchanged_w() const;  // through the CDUs
  double air_heat_to_facility_w() const;
  double back_degc() const;  // facility water behind all CDUs, and behind the coils for air where it cools these

  CoolingPlan cooling;
  PlantNodes nodes;
  std::optional<Loops> loops;  // empty: all air-cooled
  FacilityDemand demand;
  double facility_flow_m3_per_s = 0;
  double room_air_j = 0;
  bool must_couple = true;
  PlantState state;
};

Plant::Impl::Impl(const Plan& plan, const Model& model, const HeatExchanger& exchanger)
    : cooling(plan.cooling), nodes(plan, model) {
  const RackType& rack = plan.site.rack_type;
  if (rack.liquid_cooled) {
    const double loop_volume_m3 = cooling.facility.loop_volume_m3_per_w.value * cooling.facility_rated_heat_w;
    loops.emplace(Loops{{rack, cooling, model},
                        {cooling, exchanger},
                        {cooling.facility, cooling.facility_rated_heat_w, cooling.facility_coolant, loop_volume_m3}});
    state.heat_of_cdu_w.resize(static_cast<std::size_t>(cooling.cdus));
    set_flow();
  }
  state.gpu_junction_degc.assign(nodes.gpus.size(), kNoData);
  for (auto* values : {&state.rack_inlet_degc, &state.rack_return_degc, &state.rack_flow_m3_per_s}) {
    values->assign(nodes.racks.size(), kNoData);
  }
  for (double* value : {&state.tcs_supply_degc, &state.tcs_return_degc, &state.tcs_flow_m3_per_s,
                        &state.facility_supply_degc, &state.facility_return_degc, &state.cdu_heat_w}) {
    *value = kNoData;
  }
}

void Plant::Impl::set(const PlantInput& input) {
  RT_CHECK_EQ(input.pump_speed.size(), state.pump_speed.size());
  nodes.set_heat(input);
  demand = {input.facility_supply_degc, cooling.facility_setpoint_degc, input.dry_bulb_degc,
            input.wet_bulb_degc,        input.has_free_cooling,         input.has_chiller};
}

// After the technology loop has found new flows.
void Plant::Impl::set_flow() {
  const TechnologyLoop& loop = loops->technology;
  loop.put_pumps(state.pump_speed, state.pump_flow_m3_per_s);
  state.pump_power_w = loop.pump_power_w();
  nodes.part_cdus(loop);
  nodes.network.set_source(nodes.ret, state.pump_power_w);
  must_couple = true;
  set_valve(loops->valves.opening());
}

void Plant::Impl::set_valve(double opening) {
  must_couple = must_couple || opening != loops->valves.opening();
  loops->valves.set(opening);
  facility_flow_m3_per_s = loops->valves.total_flow_m3_per_s(loops->technology);
}

void Plant::Impl::couple() {
  if (!std::exchange(must_couple, false)) return;
  nodes.couple(loops ? &loops->technology : nullptr, loops ? &loops->valves : nullptr);
}

double Plant::Impl::air_heat_to_facility_w() const {
  return cooling.air == AirPath::kCrah ? 0 : nodes.network.heat_into_w(nodes.room_air);
}

double Plant::Impl::back_degc() const {
  double sum = 0;
  for (std::size_t i = 0; i < nodes.cdus.size(); ++i)
    sum += nodes.cdus[i].count * loops->valves.flow_m3_per_s(loops->technology.cdus()[i]) *
           temp_degc(nodes.cdus[i].primary);
  return sum / facility_flow_m3_per_s +
         air_heat_to_facility_w() / heat_rate_w_per_k(cooling.facility_coolant, facility_flow_m3_per_s);
}

double Plant::Impl::exchanged_w() const {
  double sum = 0;
  for (const CduNodes& cdu : nodes.cdus)
    sum += cdu.exchange_w_per_k * (temp_degc(nodes.ret) - temp_degc(nodes.primary_inlet));
  return sum;
}

// Facility water and valve depend on each other and on what comes back: each pass takes the last pass's temperatures.
// The heat of the loop does not depend on the valve, so the return at the set-point is known beforehand.
Result<void> Plant::Impl::settle_facility() {
  constexpr int kMostPasses = 2000;
  const TechnologyLoop& loop = loops->technology;
  const CduValves& valves = loops->valves;
  set_valve(1);
  double inlet_degc = std::isnan(demand.supply_degc) ? demand.dry_bulb_degc : demand.supply_degc;
  for (int pass = 0; pass < kMostPasses; ++pass) {
    nodes.network.set_boundary(nodes.primary_inlet, inlet_degc);
    couple();
    if (!nodes.network.settle()) return fail(runaway(name_of(nodes.network.where_heat_stays())));
    const double next_degc = loops->facility.leaving_degc(demand, facility_flow_m3_per_s, back_degc());
    const double loop_rate = heat_rate_w_per_k(cooling.secondary_coolant, loop.total_flow_m3_per_s());
    const double opening = valves.wanted_opening(loop, valves.setpoint_degc() + exchanged_w() / loop_rate, next_degc);
    const bool has_settled = std::abs(next_degc - inlet_degc) < 1e-10 && std::abs(opening - valves.opening()) < 1e-10;
    if (has_settled) break;
    inlet_degc = next_degc;
    if (!(inlet_degc < kRunaway_degc) || pass + 1 == kMostPasses)
      return fail(runaway("the facility water, whose cooling does not take the heat that comes,"));
    set_valve(pass < 50 ? opening : (opening + valves.opening()) / 2);
  }
  loops->facility.settle(demand, facility_flow_m3_per_s, inlet_degc, back_degc());
  return {};
}

Result<void> Plant::Impl::settle(const PlantInput& input) {
  set(input);
  room_air_j = 0;
  if (!loops) {
    couple();
    if (!nodes.network.settle()) return fail(runaway(name_of(nodes.network.where_heat_stays())));
  } else {
    loops->technology.settle(input);
    set_flow();
    if (auto ok = settle_facility(); !ok) return ok;
  }
  const ThermalNode hottest = nodes.network.hottest();
  if (temp_degc(hottest) > kRunaway_degc)
    return fail(runaway(fmt::format("{}, towards {:.0f} degC", name_of(hottest), temp_degc(hottest))));
  update_state();
  return {};
}

void Plant::Impl::step(const PlantInput& input, double dt_s) {
  set(input);
  ThermalNetwork& network = nodes.network;
  if (!loops) {
    couple();
    network.step(dt_s);
    room_air_j += network.taken_j(nodes.room_air);
    update_state();
    return;
  }
  if (loops->technology.step(input, dt_s)) set_flow();
  if (loops->valves.travel(loops->technology, temp_degc(nodes.supply), temp_degc(nodes.ret),
                           temp_degc(nodes.primary_inlet), dt_s)) {
    must_couple = true;
    facility_flow_m3_per_s = loops->valves.total_flow_m3_per_s(loops->technology);
  }
  network.set_boundary(nodes.primary_inlet, loops->facility.inlet_degc(demand, facility_flow_m3_per_s, dt_s));
  couple();
  network.step(dt_s);
  double back_j = network.taken_j(nodes.primary_inlet) + network.taken_j(nodes.primary_outlet);
  (cooling.air == AirPath::kCrah ? room_air_j : back_j) += network.taken_j(nodes.room_air);
  loops->facility.take_back(back_j, facility_flow_m3_per_s, dt_s);
  update_state();
}

// Air handlers have fans, and a chiller of their own unless their coils are in the facility water; rear doors have
// fans.
void Plant::Impl::update_air_cooling() {
  const FacilityType& type = cooling.facility;
  const Sourced& fans = cooling.air == AirPath::kRearDoor ? type.rear_door_fan_power_share : type.crah_fan_power_share;
  state.air_cooling_power_w = fans.value * state.air_heat_w;
  if (cooling.air == AirPath::kCrah && type.room_chiller)
    state.air_cooling_power_w +=
        state.air_heat_w / chiller_cop(*type.room_chiller, type.room_air_supply_degc.value, demand.dry_bulb_degc);
}

void Plant::Impl::update_state() {
  for (std::size_t i = 0; i < nodes.gpus.size(); ++i) state.gpu_junction_degc[i] = temp_degc(nodes.gpus[i].die);
  state.air_heat_w = nodes.network.heat_into_w(nodes.room_air);
  update_air_cooling();
  state.facility_power_w = state.air_cooling_power_w;
  if (!loops) return;
  update_loop_state();
  update_facility_power();
}

void Plant::Impl::update_loop_state() {
  const TechnologyLoop& loop = loops->technology;
  double rack_flow_m3_per_s = 0;
  for (std::size_t i = 0; i < nodes.racks.size(); ++i) {
    state.rack_inlet_degc[i] = temp_degc(nodes.supply);
    state.rack_return_degc[i] = temp_degc(nodes.racks[i].coolant);
    state.rack_flow_m3_per_s[i] = loop.rack_flow_m3_per_s(i);
    rack_flow_m3_per_s += nodes.racks[i].count * state.rack_flow_m3_per_s[i];
  }
  state.tcs_supply_degc = temp_degc(nodes.supply);
  state.tcs_return_degc = temp_degc(nodes.ret);
  state.tcs_flow_m3_per_s = loop.total_flow_m3_per_s();
  const double unbalanced =
      loop.total_flow_m3_per_s() > 0 ? std::abs(rack_flow_m3_per_s / loop.total_flow_m3_per_s() - 1) : 0;
  state.coolant_residual = std::max(unbalanced, loops->facility.coolant_residual());
  state.facility_supply_degc = temp_degc(nodes.primary_inlet);
  state.facility_return_degc = back_degc();
  state.facility_flow_m3_per_s = facility_flow_m3_per_s;
  state.cdu_valve = loops->valves.opening();
  state.cdu_heat_w = exchanged_w();
  const double lift_k = temp_degc(nodes.ret) - temp_degc(nodes.primary_inlet);
  for (std::size_t i = 0; i < state.heat_of_cdu_w.size(); ++i) {
    const CduNodes& cdu = nodes.cdus[loop.class_of_cdu(i)];
    state.heat_of_cdu_w[i] = cdu.exchange_w_per_k * lift_k / cdu.count;
  }
}

// Of a given supply nobody knows the equipment: its fans count as if the dry coolers of the entry gave it, at full
// speed and in proportion to the heat.
void Plant::Impl::update_facility_power() {
  const FacilityType& type = cooling.facility;
  const FacilityLoop& facility = loops->facility;
  const Rejection& rejection = facility.rejection();
  const bool is_given = !std::isnan(demand.supply_degc);
  state.fan_power_w = is_given ? type.fan_power_share.value * std::max(facility.rejected_w(facility_flow_m3_per_s), 0.0)
                               : rejection.fan_power_w;
  state.chiller_power_w = is_given ? 0 : rejection.chiller_power_w;
  state.water_kg_per_s = is_given ? kNoData : rejection.water_kg_per_s;
  // Pumps hold the pressure over the CDUs' valves: power ~ flow.
  const double rated_flow = cooling.cdus * cooling.cdu.primary_rated_flow_m3_per_s.value;
  state.facility_pump_power_w =
      type.pump_power_share.value * cooling.facility_rated_heat_w * facility_flow_m3_per_s / rated_flow;
  state.facility_power_w += state.facility_pump_power_w + state.fan_power_w + state.chiller_power_w;
}

Plant::Plant() = default;
Plant::Plant(Plant&&) noexcept = default;
Plant& Plant::operator=(Plant&&) noexcept = default;
Plant::~Plant() = default;

Result<Plant> Plant::create(const Plan& plan, const Model& model) {
  if (Errors errors = missing_cooling_values(plan); !errors.empty()) return fail(std::move(errors));
  HeatExchanger exchanger;
  if (plan.site.rack_type.liquid_cooled) {
    const CduType& cdu = plan.cooling.cdu;
    const auto sized = HeatExchanger::from_rating(
        cdu.heat_rating_w.value, cdu.approach_k.value,
        heat_rate_w_per_k(plan.cooling.secondary_coolant, cdu.secondary_rated_flow_m3_per_s.value),
        heat_rate_w_per_k(plan.cooling.primary_coolant, cdu.primary_rated_flow_m3_per_s.value));
    if (!sized)
      return fail(ErrorCode::kBadInput, "no heat exchanger has the CDU's approach at its rated heat and flows");
    exchanger = *sized;
  }
  Plant plant;
  plant.impl_ = std::make_unique<Impl>(plan, model, exchanger);
  return plant;
}

Result<void> Plant::settle(const PlantInput& input) { return impl_->settle(input); }
void Plant::step(const PlantInput& input, double dt_s) { impl_->step(input, dt_s); }

std::string Plant::runs_away() const {
  const ThermalNode hottest = impl_->nodes.network.hottest();
  const double temp_degc = impl_->nodes.network.temp_degc(hottest);
  return temp_degc > kRunaway_degc ? fmt::format("{}: {:.0f} degC", impl_->name_of(hottest), temp_degc) : std::string();
}

const PlantState& Plant::state() const { return impl_->state; }
EnergyLedger Plant::ledger() const {
  EnergyLedger all = impl_->nodes.network.ledger();
  if (!impl_->loops) return all;
  all.out_j = impl_->room_air_j + impl_->loops->facility.ledger().out_j;
  all.stored_j += impl_->loops->facility.ledger().stored_j;
  return all;
}

int Plant::pumps() const { return static_cast<int>(impl_->state.pump_speed.size()); }

}  // namespace racktwin
