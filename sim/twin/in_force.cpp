#include "sim/twin/in_force.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

namespace racktwin {
namespace {

std::size_t pump_index(const Plan& plan, const std::string& path) {
  const std::vector<std::string> paths = pump_paths(plan);
  const auto found = std::find(paths.begin(), paths.end(), path);
  RT_CHECK(found != paths.end());
  return static_cast<std::size_t>(found - paths.begin());
}

// Of a whole rack: its loop. Of a tray or GPU: the channels of its GPU plates.
void narrow(const Model& model, GpuRange range, double share, PlantInput& boundary) {
  if (range.end - range.begin == static_cast<std::uint32_t>(model.gpus_per_rack)) {
    boundary.rack_opening[model.class_of_rack[model.rack_of_gpu(range.begin)]] *= share;
    return;
  }
  std::vector<bool> is_done(model.gpu_classes.size());
  for (std::uint32_t g = range.begin; g < range.end; ++g) {
    const std::uint32_t c = model.class_of_gpu[g];
    if (!is_done[c]) boundary.gpu_flow_area[c] *= share;
    is_done[c] = true;
  }
}

void lower(const Plan& plan, const Model& model, const std::string& path, double to, std::vector<double>& limits) {
  const GpuRange range = gpus_at(plan, path);
  for (std::uint32_t g = range.begin; g < range.end; ++g) {
    double& limit = limits[model.class_of_gpu[g]];
    limit = std::min(limit, to);
  }
}

// Of two feeds the first carries the odd shelves of every rack, the second the even ones.
void set_supply(const Plan& plan, const Model& model, const LostSupply& lost, InForce& now) {
  const RackType& rack = plan.site.rack_type;
  now.live_feeds = 0;
  now.lost_feeds = lost.feeds;
  for (int f = 0; f < plan.power.feeds; ++f) now.live_feeds += lost.feeds[static_cast<std::size_t>(f)] ? 0 : 1;
  now.shelves.assign(model.rack_classes.size(), 0);
  // Breakers tell rows apart: no class has racks in several of them then.
  std::vector<std::size_t> row_of(model.rack_classes.size());
  const std::vector<RowRacks> rows = racks_of_rows(plan, model);
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (const auto& [rack_class, count] : rows[row]) row_of[rack_class] = row;
  for (std::uint32_t r = 0; r < now.shelves.size(); ++r)
    for (int shelf = 1; shelf <= rack.shelves; ++shelf) {
      const auto feed = static_cast<std::size_t>((shelf - 1) % plan.power.feeds);
      const bool has_failed =
          std::find(lost.shelves.begin(), lost.shelves.end(), std::pair{r, shelf}) != lost.shelves.end();
      now.shelves[r] += lost.feeds[feed] || has_failed || lost.has_lost_busway(row_of[r], feed) ? 0 : 1;
    }
}

std::pair<std::uint32_t, int> shelf_at(const Plan& plan, const Model& model, const std::string& path) {
  const GpuRange gpus = gpus_at(plan, path);
  return {model.class_of_rack[model.rack_of_gpu(gpus.begin)],
          power_shelf_number(plan.site.rack_type, path.substr(path.rfind('/') + 1))};
}

}  // namespace

bool LostSupply::has_lost_busway(std::size_t row, std::size_t feed) const {
  return std::find(busways.begin(), busways.end(), std::pair{row, feed}) != busways.end();
}

std::vector<RowRacks> racks_of_rows(const Plan& plan, const Model& model) {
  std::vector<RowRacks> rows;
  std::string row;
  for (std::uint32_t r = 0; r < plan.site.racks.size(); ++r) {
    const std::string& path = plan.site.racks[r].path;
    if (std::string of = path.substr(0, path.rfind('/')); of != row || rows.empty()) {
      rows.emplace_back();
      row = std::move(of);
    }
    ++rows.back()[model.class_of_rack[r]];
  }
  return rows;
}

InForce in_force(const Plan& plan, const Model& model, const std::vector<const Event*>& events,
                 const LostSupply& tripped, PlantInput& boundary) {
  InForce now;
  now.clock_limit.assign(model.gpu_classes.size(), 1.0);
  now.gpu_limit_w.assign(model.gpu_classes.size(), plan.site.rack_type.gpu.tdp_w.value);
  boundary.facility_supply_degc = plan.cooling.facility_supply_degc;
  std::fill(boundary.pump_speed.begin(), boundary.pump_speed.end(), plan.cooling.pump_speed);
  boundary.has_free_cooling = boundary.has_chiller = true;
  boundary.rack_opening.assign(model.rack_classes.size(), 1.0);
  boundary.gpu_flow_area.assign(model.gpu_classes.size(), 1.0);
  boundary.is_cdu_isolated.assign(static_cast<std::size_t>(plan.cooling.cdus), false);
  LostSupply lost = tripped;
  std::vector<std::string> failed;
  for (const Event* event : events) {
    const double value = event->value;
    const std::string& path = event->path;
    switch (event->kind) {
      case EventKind::kFacilitySupply:
        boundary.facility_supply_degc = value;
        break;
      case EventKind::kPumpSpeed:
        boundary.pump_speed[pump_index(plan, path)] = value;
        break;
      case EventKind::kRackValve:
      case EventKind::kFlowArea:
        narrow(model, gpus_at(plan, path), value, boundary);
        break;
      case EventKind::kCduIsolation:
        for (int c = 0; c < plan.cooling.cdus; ++c)
          if (path == cdu_path(plan, c)) boundary.is_cdu_isolated[static_cast<std::size_t>(c)] = value == 0;
        break;
      case EventKind::kDryBulb:
        now.dry_bulb_degc = value;
        break;
      case EventKind::kDryBulbRise:
        now.dry_bulb_rise_k = value;
        break;
      case EventKind::kFreeCooling:
        boundary.has_free_cooling = value > 0;
        break;
      case EventKind::kChiller:
        boundary.has_chiller = value > 0;
        break;
      case EventKind::kGpuPowerLimit:
        lower(plan, model, path, value, now.gpu_limit_w);
        break;
      case EventKind::kClockLimit:  // as clocks are: profiles go by it
        lower(plan, model, path, std::floor(value * 100 + 1e-9) / 100, now.clock_limit);
        break;
      case EventKind::kPowerCap:
      case EventKind::kCurtail:
        break;  // see power_caps.h
      case EventKind::kShelf:
        if (value == 0) lost.shelves.push_back(shelf_at(plan, model, path));
        break;
      case EventKind::kFeed:
        if (value == 0) lost.feeds[path == feed_path(plan, 0) ? 0 : 1] = true;
        break;
      case EventKind::kUtility:
        now.has_utility = value > 0;
        break;
      case EventKind::kFailure:
        if (value == 0) failed.push_back(path);
        break;
    }
  }
  now.network = network_share(plan.site, model, failed);
  set_supply(plan, model, lost, now);
  return now;
}

void set_outdoor(const Plan& plan, const InForce& now, double time_s, PlantInput& boundary) {
  Outdoor outdoor = plan.weather.at(time_s);
  if (!std::isnan(now.dry_bulb_degc)) outdoor.dry_bulb_degc = now.dry_bulb_degc;
  outdoor.dry_bulb_degc += now.dry_bulb_rise_k;
  if (outdoor.dry_bulb_degc == boundary.dry_bulb_degc && plan.weather.is_constant()) return;
  boundary.dry_bulb_degc = outdoor.dry_bulb_degc;
  boundary.wet_bulb_degc = wet_bulb_degc(outdoor.dry_bulb_degc, outdoor.dew_point_degc);
}

}  // namespace racktwin
