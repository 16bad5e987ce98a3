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

// The PSUs of a shelf that work.
int psus_of_shelf(const RackType& rack, const LostSupply& lost, std::uint32_t rack_class, int shelf) {
  const auto has_lost = [&](ShelfPart part) {
    const std::pair of{rack_class, part};
    return std::find(lost.shelf_parts.begin(), lost.shelf_parts.end(), of) != lost.shelf_parts.end();
  };
  int psus = 0;
  for (int psu = 1; psu <= rack.shelf_psus && !has_lost({shelf, 0}); ++psu) psus += has_lost({shelf, psu}) ? 0 : 1;
  return psus;
}

// Of two feeds the first carries the odd shelves of every rack, the second the even ones.
void set_supply(const Plan& plan, const Model& model, LostSupply lost, InForce& now) {
  const RackType& rack = plan.site.rack_type;
  now.live = {0, 0};
  for (std::size_t f = 0; f < static_cast<std::size_t>(plan.power.feeds); ++f) {
    // Nothing leads past a rectifier, and past a UPS there is nothing without a source.
    const bool has_way_past = !plan.power.feed.carries_dc && !lost.on_batteries;
    lost.feeds[f] = lost.feeds[f] || (lost.ups[f] && !has_way_past);
    now.live.feeds += lost.feeds[f] ? 0 : 1;
    now.live.ups += lost.feeds[f] || lost.ups[f] ? 0 : 1;
  }
  now.lost_feeds = lost.feeds;
  now.lost_ups = lost.ups;
  // Breakers tell rows apart: no class has racks in several of them then.
  std::vector<std::size_t> row_of(model.rack_classes.size());
  const std::vector<RowRacks> rows = racks_of_rows(plan, model);
  for (std::size_t row = 0; row < rows.size(); ++row)
    for (const auto& [rack_class, count] : rows[row]) row_of[rack_class] = row;
  for (std::size_t row = 0; row < rows.size(); ++row) {
    int live = 0;
    for (std::size_t f = 0; f < static_cast<std::size_t>(plan.power.feeds); ++f)
      live += lost.feeds[f] || lost.has_lost_busway(row, f) ? 0 : 1;
    now.live_busways.push_back(live);
  }
  for (std::uint32_t r = 0; r < now.supply.psus.size(); ++r) {
    int psus = 0;
    for (int shelf = 1; shelf <= rack.shelves; ++shelf) {
      const auto feed = static_cast<std::size_t>((shelf - 1) % plan.power.feeds);
      if (!lost.feeds[feed] && !lost.has_lost_busway(row_of[r], feed)) psus += psus_of_shelf(rack, lost, r, shelf);
    }
    now.supply.psus[r] = std::min(now.supply.psus[r], psus);
  }
}

std::pair<std::uint32_t, ShelfPart> shelf_part_at(const Plan& plan, const Model& model, const std::string& path) {
  const std::uint32_t rack = model.rack_of_gpu(gpus_at(plan, path).begin);
  const std::string inside = path.substr(plan.site.racks[rack].path.size() + 1);
  return {model.class_of_rack[rack], shelf_part(plan.site.rack_type, inside)};
}

// What leaks is shut off from the coolant, and has no power.
void isolate(const Model& model, GpuRange range, PlantInput& boundary, InForce& now) {
  narrow(model, range, 0, boundary);
  for (std::uint32_t g = range.begin; g < range.end; ++g) now.supply.is_off[model.class_of_gpu[g]] = true;
  if (range.end - range.begin == static_cast<std::uint32_t>(model.gpus_per_rack))
    now.supply.psus[model.class_of_rack[model.rack_of_gpu(range.begin)]] = 0;
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
  now.supply = full_supply(plan, model);
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
      case EventKind::kClockLimit:
        lower(plan, model, path, value, now.clock_limit);
        break;
      case EventKind::kPowerCap:
      case EventKind::kCurtail:
        break;  // see power_caps.h
      case EventKind::kLeak:
        if (value == 0) isolate(model, gpus_at(plan, path), boundary, now);
        break;
      case EventKind::kShelf:
      case EventKind::kPsu:
        if (value == 0) lost.shelf_parts.push_back(shelf_part_at(plan, model, path));
        break;
      case EventKind::kFeed:
        if (value == 0) lost.feeds[path == feed_path(plan, 0) ? 0 : 1] = true;
        break;
      case EventKind::kUps:
        if (value == 0) lost.ups[path == ups_path(plan, 0) ? 0 : 1] = true;
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
