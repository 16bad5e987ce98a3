#include "sim/twin/plant_watch.h"

#include "sim/quantity.h"

#include <fmt/core.h>

#include <cmath>
#include <utility>

namespace racktwin {
namespace {

constexpr double kOffSetpoint = 0.02;  // of the set-point
constexpr double kPatience_s = 60;     // for pumps to run up, and controllers to settle

}  // namespace

void PlantWatch::look(double time_s, double dt_s, const Plant& plant, bool is_dark, RunTotals& totals,
                      std::vector<EventRow>& events) {
  time_s_ = time_s;
  events_ = &events;
  look_at_runaway(plant, totals);
  look_at_frost(plant.state(), totals);
  look_at_flow(dt_s, plant.state(), is_dark);
}

void PlantWatch::tell(std::string path, std::string what) {
  events_->push_back({time_s_, std::move(path), std::move(what), "limit"});
}

// Said once; the run goes on, with temperatures beyond what the equations hold for.
void PlantWatch::look_at_runaway(const Plant& plant, RunTotals& totals) {
  std::string what = plant.runs_away();
  const bool was_away = std::exchange(runs_away_, !what.empty());
  if (what.empty() || was_away) return;
  what = "the cooling runs away: " + what;
  if (totals.runaway.empty()) totals.runaway = what;
  tell(plan_.site.name, std::move(what));
}

// Said once. Water only: what else a loop may hold has no freezing point in the catalogue.
void PlantWatch::look_at_frost(const PlantState& state, RunTotals& totals) {
  const bool freezes = plan_.cooling.facility.coolant == "water" && state.facility_supply_degc < 0;
  if (!freezes || !totals.frost.empty()) return;
  totals.frost = "the facility water freezes";
  tell(facility_path(plan_), fmt::format("{}: {}; no set-point keeps it warm", totals.frost,
                                         format_quantity(state.facility_supply_degc, Dimension::kTemperature)));
}

// Too little: what pumps are left do not reach it. Too much: they cannot run any slower.
void PlantWatch::look_at_flow(double dt_s, const PlantState& state, bool is_dark) {
  const double setpoint = plan_.cooling.tcs_flow_m3_per_s, flow = state.tcs_flow_m3_per_s;
  if (!plan_.site.rack_type.liquid_cooled || std::isnan(setpoint) || is_dark) return;
  const bool is_off = std::abs(flow / setpoint - 1) > kOffSetpoint;
  off_s_ = is_off != is_off_ ? off_s_ + dt_s : 0;
  if (off_s_ < kPatience_s) return;
  off_s_ = 0;
  is_off_ = is_off;
  const auto text = [](double value) { return format_quantity(value, Dimension::kVolumeFlow); };
  tell(plan_.site.name,
       is_off ? fmt::format("the pumps do not hold their set-point: {}, {} asked for", text(flow), text(setpoint))
              : fmt::format("the pumps hold their set-point again: {}", text(flow)));
}

}  // namespace racktwin
