#include "sim/twin/metrics.h"

#include "sim/twin/grounds.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kAuto = std::numeric_limits<double>::quiet_NaN();

// A row of the table as far as it is the same in every run.
struct Definition {
  const char* name;
  UnitKind kind;
  const char* unit;
  const char* description;
  const char* computed_by;
  double low, high;
  Ground Grounds::*ground;
};

using K = UnitKind;
using G = Grounds;

// clang-format off
constexpr std::array<Definition, kMetrics> kDefinitions = {{
    {"gpu_power", K::kGpu, "W", "electrical power of one GPU package", "gpu_power_w", 0, kAuto, &G::power},
    {"gpu_junction", K::kGpu, "degC", "junction temperature", "Plant::step", 20, 90, &G::cooling},
    {"gpu_clock", K::kGpu, "1", "clock over the sustained clock of the measured efficiencies; idle GPUs: no data", "limit_clocks", 0.5, 1, &G::cooling},
    {"gpu_compute", K::kGpu, "1", "share of time computing (clock- or memory-bound)", "solve_iteration", 0, 1, &G::step},
    {"gpu_communication", K::kGpu, "1", "share of time moving data", "solve_iteration", 0, 1, &G::step},
    {"clock_reason_idle", K::kGpu, "1", "share of time in which no rank of the job ran on the GPU (GpuIdle)", "limit_clocks", 0, 1, &G::step},
    {"clock_reason_limit", K::kGpu, "1", "share of time in which an event of the scenario or the operator set the clock (ApplicationsClocksSetting)", "limit_clocks", 0, 1, &G::cooling},
    {"clock_reason_power_cap", K::kGpu, "1", "share of time in which the power limit set the clock (SwPowerCap)", "limit_clocks", 0, 1, &G::cooling},
    {"clock_reason_sw_thermal", K::kGpu, "1", "share of time in which the thermal controller set the clock (SwThermalSlowdown)", "limit_clocks", 0, 1, &G::cooling},
    {"clock_reason_hw_thermal", K::kGpu, "1", "share of time in which the clock was halved at once by temperature (HwThermalSlowdown)", "limit_clocks", 0, 1, &G::cooling},
    {"clock_reason_shut_down", K::kGpu, "1", "share of time in which the GPU was shut down by temperature", "limit_clocks", 0, 1, &G::cooling},
    {"tray_power", K::kTray, "W", "compute tray, DC, mean of a step of the plant", "step_power", 0, kAuto, &G::power},
    {"rack_power", K::kRack, "W", "rack at the input of its power shelves, AC", "rack_ac_w", 0, kAuto, &G::ac},
    {"rack_shelf_load", K::kRack, "1", "DC power over the rating of the PSUs that redundancy leaves, mean of a step of the plant", "step_power", 0, 1, &G::power},
    {"rack_inlet", K::kRack, "degC", "coolant into the rack", "Plant::step", 15, 65, &G::coolant},
    {"rack_return", K::kRack, "degC", "coolant out of the rack", "Plant::step", 15, 65, &G::coolant},
    {"rack_flow", K::kRack, "L/min", "coolant through the rack", "Plant::step", 0, kAuto, &G::flow},
    {"rack_network", K::kRack, "1", "use of the rack's NICs over a training step, busier direction", "network_load", 0, 1, &G::step},
    {"rack_power_cap", K::kRack, "W", "lowest cap of the rack itself in force, ramps included; none: no data", "PowerCaps", 0, kAuto, &G::ac},
    {"pump_speed", K::kPump, "1", "speed of a CDU pump over its rated speed", "Plant::step", 0, 1, &G::pump_speed},
    {"pump_flow", K::kPump, "L/min", "coolant through a CDU pump", "Plant::step", 0, kAuto, &G::flow},
    {"leaf_network", K::kLeaf, "1", "use of a leaf's ports to the NICs, or to the spines if that is more, over a training step, busier direction", "network_load", 0, 1, &G::step},
    {"site_power", K::kSite, "W", "all of the site at the feed, AC", "feed_ac_w", 0, kAuto, &G::ac},
    {"it_power", K::kSite, "W", "racks and fabric switches, AC", "step_power", 0, kAuto, &G::ac},
    {"step_time", K::kSite, "s", "time of one training step at the present clocks", "solve_iteration", 0, kAuto, &G::step},
    {"tokens_per_s", K::kSite, "1/s", "tokens trained", "solve_iteration", 0, kAuto, &G::step},
    {"throttled", K::kSite, "1", "share of working GPUs held back by temperature", "limit_clocks", 0, 1, &G::cooling},
    {"spine_network", K::kSite, "1", "use of all links between leaves and spines over a training step, busier direction", "network_load", 0, 1, &G::step},
    {"tcs_supply", K::kSite, "degC", "technology loop, supply", "Plant::step", 15, 65, &G::coolant},
    {"tcs_return", K::kSite, "degC", "technology loop, return", "Plant::step", 15, 65, &G::coolant},
    {"tcs_flow", K::kSite, "L/min", "technology loop, flow", "Plant::step", 0, kAuto, &G::flow},
    {"facility_supply", K::kSite, "degC", "facility water, supply", "Plant::step", 15, 65, &G::facility_supply},
    {"facility_return", K::kSite, "degC", "facility water, return", "Plant::step", 15, 65, &G::coolant},
    {"cdu_heat", K::kSite, "W", "heat through the CDUs", "Plant::step", 0, kAuto, &G::coolant},
    {"air_heat", K::kSite, "W", "heat to room air", "Plant::step", 0, kAuto, &G::coolant},
    {"pump_power", K::kSite, "W", "pumps of the CDUs", "Plant::step", 0, kAuto, &G::flow},
    {"cooling_power", K::kSite, "W", "CDU pumps, facility pumps, all fans, chiller", "Plant::step", 0, kAuto, &G::facility},
    {"fan_power", K::kSite, "W", "fans of dry coolers or towers", "reject_heat", 0, kAuto, &G::facility},
    {"chiller_power", K::kSite, "W", "compressors of the chiller", "reject_heat", 0, kAuto, &G::facility},
    {"water_use", K::kSite, "L/min", "make-up water of wet towers: evaporation and blow-down; a given supply: no data", "reject_heat", 0, kAuto, &G::facility},
    {"facility_flow", K::kSite, "L/min", "facility water through all CDUs", "Plant::step", 0, kAuto, &G::coolant},
    {"cdu_valve", K::kSite, "1", "opening of the CDUs' control valves in the facility water", "Plant::step", 0, 1, &G::coolant},
    {"dry_bulb", K::kSite, "degC", "outside air, dry bulb", "Weather::at", -20, 45, &G::weather},
    {"wet_bulb", K::kSite, "degC", "outside air, wet bulb", "wet_bulb_degc", -20, 45, &G::weather},
    {"air_cooling_power", K::kSite, "W", "what cools the room's air: fans, and the chiller of air handlers that have their own", "Plant::step", 0, kAuto, &G::facility},
    {"site_power_cap", K::kSite, "W", "lowest cap or curtailment of the site in force, ramps included; none: no data", "PowerCaps", 0, kAuto, &G::ac},
    {"ups_charge", K::kSite, "1", "charge of the batteries of a UPS; without batteries: no data", "PowerSupply::step", 0, 1, &G::ac},
}};
// clang-format on

std::size_t count_of(UnitKind kind, const ClassCounts& classes) {
  switch (kind) {
    case UnitKind::kGpu:
      return classes.gpus;
    case UnitKind::kTray:
      return classes.trays;
    case UnitKind::kRack:
      return classes.racks;
    case UnitKind::kPump:
      return classes.pumps;
    case UnitKind::kLeaf:
      return classes.leaves;
    case UnitKind::kSite:
      return 1;
  }
  return 0;
}

}  // namespace

std::vector<MetricRow> metric_rows(const Plan& plan, const Calibration& calibration,
                                   const std::vector<Event>& by_operator) {
  const Grounds grounds = grounds_of(plan, calibration, by_operator);
  std::vector<MetricRow> rows;
  for (const Definition& d : kDefinitions) {
    const Ground& ground = grounds.*d.ground;
    rows.push_back({static_cast<int>(rows.size()), d.name, d.kind, d.unit, d.description, d.computed_by, d.low, d.high,
                    evidence_of(ground), source_of(ground)});
  }
  const Gpu& gpu = plan.site.rack_type.gpu;
  rows[static_cast<std::size_t>(Metric::kGpuPower)].high = gpu.tdp_w.value;
  if (gpu.min_clock_ratio.value > 0)
    rows[static_cast<std::size_t>(Metric::kGpuClock)].low = std::floor(10 * gpu.min_clock_ratio.value) / 10;
  return rows;
}

std::vector<LimitRow> limit_rows(const Plan& plan) {
  const RackType& rack = plan.site.rack_type;
  std::vector<LimitRow> rows;
  const auto add = [&](Metric metric, const char* name, double value, const Sourced& ground) {
    rows.push_back({static_cast<int>(metric), name, value, std::string(evidence_word(ground.evidence)), ground.from});
  };
  const auto add_value = [&](Metric metric, const char* name, const Sourced& value) {
    add(metric, name, value.value, value);
  };
  add_value(Metric::kGpuPower, "TDP", rack.gpu.tdp_w);
  add_value(Metric::kGpuJunction, "software slowdown", rack.gpu.software_slowdown_degc);
  add_value(Metric::kGpuJunction, "hardware slowdown", rack.gpu.hardware_slowdown_degc);
  add_value(Metric::kGpuJunction, "shutdown", rack.gpu.shutdown_degc);
  add_value(Metric::kRackPower, "rating of the rack", rack.rack_rating_w);
  add(Metric::kRackShelfLoad, "load with redundancy", 1, rack.psu_rating_w);
  rows.push_back(
      {static_cast<int>(Metric::kSitePower), "rating of the feed", plan.power.feed_rating_w, "", "scenario"});
  if (!rack.liquid_cooled) return rows;
  add_value(Metric::kRackInlet, "coolant in", rack.max_inlet_degc);
  add_value(Metric::kRackReturn, "coolant out", rack.max_return_degc);
  const CoolingPlan& cooling = plan.cooling;
  add(Metric::kCduHeat, "rating of the CDUs", cooling.cdus * cooling.cdu.heat_rating_w.value,
      cooling.cdu.heat_rating_w);
  return rows;
}

FrameBuilder::FrameBuilder(const ClassCounts& classes) {
  for (std::size_t m = 0; m < kMetrics; ++m) cells_[m].resize(count_of(kDefinitions[m].kind, classes));
}

void FrameBuilder::add(Metric metric, std::size_t unit_class, double mean, double low, double high, double dt_s) {
  Cell& cell = cells_[static_cast<std::size_t>(metric)][unit_class];
  if (std::isnan(mean)) return;
  cell.low = cell.time_s > 0 ? std::min(cell.low, low) : low;
  cell.high = cell.time_s > 0 ? std::max(cell.high, high) : high;
  cell.sum += mean * dt_s;
  cell.time_s += dt_s;
}

std::vector<FrameRow> FrameBuilder::take() {
  constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();
  std::vector<FrameRow> rows(kMetrics);
  for (std::size_t m = 0; m < kMetrics; ++m) {
    rows[m].metric = static_cast<int>(m);
    for (Cell& cell : cells_[m]) {
      const bool has_data = cell.time_s > 0;
      rows[m].mean.push_back(has_data ? static_cast<float>(cell.sum / cell.time_s) : kNoValue);
      rows[m].low.push_back(has_data ? static_cast<float>(cell.low) : kNoValue);
      rows[m].high.push_back(has_data ? static_cast<float>(cell.high) : kNoValue);
      cell = Cell{};
    }
  }
  return rows;
}

}  // namespace racktwin
