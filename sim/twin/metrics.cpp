#include "sim/twin/metrics.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {

const std::vector<MetricRow>& metric_rows() {
  constexpr double kAuto = std::numeric_limits<double>::quiet_NaN();
  using K = UnitKind;
  static const std::vector<MetricRow> kRows = [] {
    std::vector<MetricRow> rows = {
        {0, "gpu_power", K::kGpu, "W", "electrical power of one GPU package", "gpu_power_w", 0, kAuto},
        {0, "gpu_junction", K::kGpu, "degC", "junction temperature", "Plant::step", 20, 90},
        {0, "gpu_clock", K::kGpu, "1", "clock over the sustained clock of the measured efficiencies", "limit_clocks", 0,
         1},
        {0, "gpu_compute", K::kGpu, "1", "share of time computing (clock- or memory-bound)", "solve_iteration", 0, 1},
        {0, "gpu_communication", K::kGpu, "1", "share of time moving data", "solve_iteration", 0, 1},
        {0, "tray_power", K::kTray, "W", "compute tray, DC", "step_power", 0, kAuto},
        {0, "rack_power", K::kRack, "W", "rack at the input of its power shelves, AC", "rack_ac_w", 0, kAuto},
        {0, "rack_shelf_load", K::kRack, "1", "DC power over the rating of the PSUs that redundancy leaves",
         "step_power", 0, 1},
        {0, "rack_inlet", K::kRack, "degC", "coolant into the rack", "Plant::step", 15, 65},
        {0, "rack_return", K::kRack, "degC", "coolant out of the rack", "Plant::step", 15, 65},
        {0, "rack_flow", K::kRack, "L/min", "coolant through the rack", "Plant::step", 0, kAuto},
        {0, "site_power", K::kSite, "W", "all of the site at the feed, AC", "feed_ac_w", 0, kAuto},
        {0, "it_power", K::kSite, "W", "racks and fabric switches, AC", "step_power", 0, kAuto},
        {0, "step_time", K::kSite, "s", "time of one training step at the present clocks", "solve_iteration", 0, kAuto},
        {0, "tokens_per_s", K::kSite, "1/s", "tokens trained", "solve_iteration", 0, kAuto},
        {0, "throttled", K::kSite, "1", "share of working GPUs held back by temperature", "limit_clocks", 0, 1},
        {0, "tcs_supply", K::kSite, "degC", "technology loop, supply", "Plant::step", 15, 65},
        {0, "tcs_return", K::kSite, "degC", "technology loop, return", "Plant::step", 15, 65},
        {0, "tcs_flow", K::kSite, "L/min", "technology loop, flow", "Plant::step", 0, kAuto},
        {0, "facility_supply", K::kSite, "degC", "facility water, supply", "Plant::step", 15, 65},
        {0, "facility_return", K::kSite, "degC", "facility water, return", "Plant::step", 15, 65},
        {0, "cdu_heat", K::kSite, "W", "heat through the CDUs", "Plant::step", 0, kAuto},
        {0, "air_heat", K::kSite, "W", "heat to room air", "Plant::step", 0, kAuto},
        {0, "pump_power", K::kSite, "W", "pumps of the CDUs", "Plant::step", 0, kAuto},
        {0, "cooling_power", K::kSite, "W", "CDU pumps, facility pumps and all fans", "Plant::step", 0, kAuto},
    };
    RT_CHECK_EQ(rows.size(), std::size_t{kMetrics});
    for (int i = 0; i < kMetrics; ++i) rows[static_cast<std::size_t>(i)].id = i;
    return rows;
  }();
  return kRows;
}

FrameBuilder::FrameBuilder(std::size_t gpus, std::size_t trays, std::size_t racks) {
  for (std::size_t m = 0; m < kMetrics; ++m) {
    const UnitKind kind = metric_rows()[m].kind;
    cells_[m].resize(kind == UnitKind::kGpu    ? gpus
                     : kind == UnitKind::kTray ? trays
                     : kind == UnitKind::kRack ? racks
                                               : 1);
  }
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
