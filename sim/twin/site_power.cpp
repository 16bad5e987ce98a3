#include "sim/twin/site_power.h"

#include "sim/power/power.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace racktwin {
namespace {

double gpu_within_limit_w(const Gpu& gpu, const GpuActivity& activity, double clock, double junction_degc) {
  const double junction = std::isnan(junction_degc) ? gpu.reference_junction_degc.value : junction_degc;
  return gpu_limited_power_w(gpu, activity, clock, junction);
}

double or_nothing(const Sourced& value) { return std::isnan(value.value) ? 0 : value.value; }

}  // namespace

SitePower::SitePower(const Plan& plan, const Model& model)
    : plan_(plan),
      rack_(plan.site.rack_type),
      model_(model),
      gpu_w_(model.gpu_classes.size()),
      activity_(model.gpu_classes.size()),
      trays_(model.tray_classes.size()),
      racks_(model.rack_classes.size()),
      shelves_(model.rack_classes.size(), plan.site.rack_type.shelves) {
  list_trays();
  for (const auto& gpus : model.gpu_classes)
    rack_of_gpu_class_.push_back(model.class_of_rack[model.rack_of_gpu(gpus.first)]);
  for (const UnitClass& tray : model.tray_classes)
    rack_of_tray_class_.push_back(model.class_of_rack[tray.first / static_cast<std::uint32_t>(model.trays_per_rack)]);
}

void SitePower::list_trays() {
  const auto trays = static_cast<std::uint32_t>(model_.trays_per_rack);
  for (const UnitClass& rack : model_.rack_classes) {
    std::map<std::uint32_t, int> counts;
    for (std::uint32_t t = rack.first * trays; t < (rack.first + 1) * trays; ++t) ++counts[model_.class_of_tray[t]];
    trays_of_rack_.emplace_back(counts.begin(), counts.end());
  }
  const auto gpus = static_cast<std::uint32_t>(model_.gpus_per_tray);
  for (const UnitClass& tray : model_.tray_classes) {
    std::map<std::uint32_t, int> counts;
    for (std::uint32_t g = tray.first * gpus; g < (tray.first + 1) * gpus; ++g) ++counts[model_.class_of_gpu[g]];
    gpus_of_tray_.emplace_back(counts.begin(), counts.end());
    bool works = false;
    for (const auto& [c, n] : counts) works = works || model_.gpu_classes[c].stage >= 0;
    tray_works_.push_back(works);
  }
}

void SitePower::update(const PhaseWindow& window, const std::vector<double>& clocks,
                       const std::vector<double>& junction_degc) {
  for (std::uint32_t c = 0; c < gpu_w_.size(); ++c) {
    const bool works = window.profile != nullptr && model_.gpu_classes[c].stage >= 0;
    activity_[c] = works ? window.profile->activity[c].mean(window.from, window.to) : GpuActivity{};
    gpu_w_[c] =
        has_power(rack_of_gpu_class_[c]) ? gpu_within_limit_w(rack_.gpu, activity_[c], clocks[c], junction_degc[c]) : 0;
  }
  for (std::uint32_t t = 0; t < trays_.size(); ++t) {
    const bool works = tray_works_[t] && window.profile != nullptr;
    UnitPower& tray = trays_[t] = {};
    if (!has_power(rack_of_tray_class_[t])) continue;
    for (const auto& [c, n] : gpus_of_tray_[t]) tray.gpu_w += n * gpu_w_[c];
    tray.cpu_w = rack_.cpus_per_tray * cpu_power_w(rack_.cpu, works);
    tray.other_w = works ? rack_.compute_tray_other_w.value : rack_.compute_tray_other_idle_w.value;
  }
  for (std::uint32_t r = 0; r < racks_.size(); ++r) {
    UnitPower& rack = racks_[r] = {};
    if (!has_power(r)) continue;
    double communication = 0;
    for (const auto& [t, n] : trays_of_rack_[r]) {
      rack.gpu_w += n * trays_[t].gpu_w;
      rack.cpu_w += n * trays_[t].cpu_w;
      rack.other_w += n * trays_[t].other_w;
      for (const auto& [c, gpus] : gpus_of_tray_[t]) communication += n * gpus * activity_[c].communication;
    }
    // Switch trays draw between idle and full with the share of time that their GPUs move data.
    if (rack_.switch_trays > 0) {
      const double idle_w = rack_.switch_tray_idle_w.value, full_w = rack_.switch_tray_w.value;
      rack.switch_w = rack_.switch_trays * (idle_w + (full_w - idle_w) * communication / model_.gpus_per_rack);
    }
    rack.ac_w = rack_ac_of(r, rack.dc_w());
  }
}

void SitePower::update_with_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                                   const std::vector<double>& junction_degc) {
  update(window, clocks, junction_degc);
  find_swings(window, clocks, junction_degc);
}

void SitePower::find_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                            const std::vector<double>& junction_degc) {
  swings_.clear();
  const int bins = window.profile != nullptr ? window.profile->activity.front().bins() : 1;
  const int from = static_cast<int>(window.from * bins);
  const int to = window.profile != nullptr ? std::min(static_cast<int>(window.to * bins), from + bins - 1) : from;
  for (int b = from; b <= to; ++b) {
    std::vector<double> row = gpu_w_;
    for (std::uint32_t c = 0; c < row.size() && window.profile != nullptr; ++c)
      if (model_.gpu_classes[c].stage >= 0 && has_power(rack_of_gpu_class_[c]))
        row[c] = gpu_within_limit_w(rack_.gpu, window.profile->activity[c].bin(b % bins), clocks[c], junction_degc[c]);
    swings_.push_back(std::move(row));
  }
}

double SitePower::rack_ac_at(std::uint32_t rack_class, const std::vector<double>& gpu_power_w) const {
  double dc_w = racks_[rack_class].dc_w() - racks_[rack_class].gpu_w;
  for (const auto& [t, trays] : trays_of_rack_[rack_class])
    for (const auto& [c, gpus] : gpus_of_tray_[t]) dc_w += trays * gpus * gpu_power_w[c];
  return rack_ac_of(rack_class, dc_w);
}

// The shelves that work share the load: each has that of a rack with as many times the load and all of its shelves.
double SitePower::rack_ac_of(std::uint32_t rack_class, double dc_w) const {
  if (!has_power(rack_class)) return 0;
  const double share = static_cast<double>(shelves_[rack_class]) / rack_.shelves;
  return share * rack_ac_w(rack_, dc_w / share);
}

double SitePower::fabric_w() const {
  if (std::none_of(shelves_.begin(), shelves_.end(), [](int shelves) { return shelves > 0; })) return 0;
  const FabricType& fabric = plan_.site.fabric;
  const double switches = model_.leaves + model_.spines + model_.cores;
  return switches * or_nothing(fabric.switch_power_w) + 2.0 * model_.fabric.links * or_nothing(fabric.optics_power_w);
}

double SitePower::usable_shelf_w(std::uint32_t rack_class) const {
  const int redundant = rack_.shelves * (rack_.shelf_psus - rack_.shelf_redundant_psus);
  return std::min(redundant, shelves_[rack_class] * rack_.shelf_psus) * rack_.psu_rating_w.value;
}

}  // namespace racktwin
