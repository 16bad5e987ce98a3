#include "sim/twin/site_power.h"

#include "sim/power/power.h"
#include "sim/power/smoothing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <tuple>

namespace racktwin {
namespace {

// A junction without data counts at the reference temperature.
double or_reference(const Gpu& gpu, double junction_degc) {
  return std::isnan(junction_degc) ? gpu.reference_junction_degc.value : junction_degc;
}

GpuPowerLaw power_law(const Gpu& gpu, double clock, double junction_degc) {
  return {gpu, clock, or_reference(gpu, junction_degc)};
}

void add_to(std::vector<double>& sum, double times, const std::vector<double>& row) {
  for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += times * row[i];
}

// A smoothed waveform is worked out anew once the junction has changed by more: leakage changes it by half a per mille.
constexpr double kSameJunction_k = 0.05;

std::vector<GpuActivity> bins_of(const ActivityProfile& activity) {
  std::vector<GpuActivity> bins;
  for (int b = 0; b < activity.bins(); ++b) bins.push_back(activity.bin(b));
  return bins;
}

double or_nothing(const Sourced& value) { return std::isnan(value.value) ? 0 : value.value; }

}  // namespace

RackSupply full_supply(const Plan& plan, const Model& model) {
  const RackType& rack = plan.site.rack_type;
  return {std::vector<int>(model.rack_classes.size(), rack.shelves * rack.shelf_psus),
          std::vector<bool>(model.gpu_classes.size())};
}

bool has_power(const Model& model, const RackSupply& supply, std::uint32_t gpu_class) {
  const std::uint32_t rack_class = model.class_of_rack[model.rack_of_gpu(model.gpu_classes[gpu_class].first)];
  return supply.psus[rack_class] > 0 && !supply.is_off[gpu_class];
}

SiteLoad site_load(const PowerPlan& power, double it_w, const PlantState& plant) {
  double backed_w = 0;
  if (!std::isnan(power.ride_through_s)) {
    backed_w += power.ups_carries_pumps ? plant.pump_power_w : 0;
    backed_w += power.ups_carries_facility ? plant.fan_power_w + plant.chiller_power_w : 0;
  }
  return {it_w, backed_w, plant.pump_power_w + plant.facility_power_w - backed_w};
}

SitePower::SitePower(const Plan& plan, const Model& model)
    : plan_(plan),
      rack_(plan.site.rack_type),
      model_(model),
      gpus_of_rack_(model.gpu_classes.size()),
      gpu_w_(model.gpu_classes.size()),
      activity_(model.gpu_classes.size()),
      trays_(model.tray_classes.size()),
      racks_(model.rack_classes.size()),
      supply_(full_supply(plan, model)),
      swing_of_class_(model.gpu_classes.size()),
      smoothed_(plan.power.smoothing.is_on() ? model.gpu_classes.size() : 0),
      has_worked_(smoothed_.size()) {
  list_trays();
  for (const auto& gpus : model.gpu_classes)
    rack_of_gpu_class_.push_back(model.class_of_rack[model.rack_of_gpu(gpus.first)]);
  for (const auto& trays : trays_of_rack_)
    for (const auto& [t, n] : trays)
      for (const auto& [c, gpus] : gpus_of_tray_[t]) gpus_of_rack_[c] += n * gpus;
  extremes_.gpu_low_w = extremes_.gpu_high_w = gpu_w_;
  extremes_.rack_low_w.resize(racks_.size());
  extremes_.rack_high_w.resize(racks_.size());
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
  burnt_w_ = 0;
  for (std::uint32_t c = 0; c < gpu_w_.size(); ++c) {
    const bool works = window.profile != nullptr && model_.gpu_classes[c].stage >= 0;
    activity_[c] = works ? window.profile->activity[c]->mean(window.from, window.to) : GpuActivity{};
    gpu_w_[c] = gpu_has_power(c) ? gpu_mean_w(window, c, clocks[c], junction_degc[c]) : 0;
  }
  for (std::uint32_t t = 0; t < trays_.size(); ++t) {
    const bool works = tray_works_[t] && window.profile != nullptr;
    UnitPower& tray = trays_[t] = {};
    if (!gpu_has_power(gpus_of_tray_[t].front().first)) continue;
    for (const auto& [c, n] : gpus_of_tray_[t]) tray.gpu_w += n * gpu_w_[c];
    tray.cpu_w = rack_.cpus_per_tray * cpu_power_w(rack_.cpu, works);
    tray.other_w = works ? rack_.compute_tray_other_w.value : rack_.compute_tray_other_idle_w.value;
  }
  for (std::uint32_t r = 0; r < racks_.size(); ++r) {
    UnitPower& rack = racks_[r] = {};
    if (!rack_has_power(r)) continue;
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

double SitePower::gpu_mean_w(const PhaseWindow& window, std::uint32_t c, double clock, double junction_degc) {
  const double load_w = power_law(rack_.gpu, clock, junction_degc).at_w(activity_[c]);
  if (smoothed_.empty() || model_.gpu_classes[c].stage < 0 || clock <= 0) return load_w;
  double power_w = load_w;
  if (window.profile != nullptr) {
    const Smoothed& smoothed = smoothed_at(*window.profile, c, clock, junction_degc);
    power_w = smoothed.mean_w(window.from, window.to);
    has_worked_[c] = true;
  } else if (has_worked_[c]) {
    power_w = smoothed_stop_w(plan_.power.smoothing, rack_.gpu.tdp_w.value, load_w, window.stopped_s);
  }
  burnt_w_ += model_.gpu_classes[c].count * std::max(0.0, power_w - load_w);
  return power_w;
}

double SitePower::Smoothed::mean_w(double from, double to) const {
  const auto bins = static_cast<double>(power_w.size());
  const auto integral = [&](double phase) {
    const double whole = std::floor(phase), at = (phase - whole) * bins;
    const auto bin = std::min(static_cast<std::size_t>(at), power_w.size() - 1);
    return whole * up_to_j.back() + up_to_j[bin] + (at - static_cast<double>(bin)) * power_w[bin];
  };
  const double length = (to - from) * bins;
  if (length <= 0)
    return power_w[std::min(static_cast<std::size_t>((from - std::floor(from)) * bins), power_w.size() - 1)];
  return (integral(to) - integral(from)) / length;
}

const SitePower::Smoothed& SitePower::smoothed_at(const IterationProfile& profile, std::uint32_t c, double clock,
                                                  double junction_degc) {
  Smoothed& known = smoothed_[c];
  const bool is_same_heat =
      std::isnan(junction_degc) || std::abs(known.junction_degc - junction_degc) <= kSameJunction_k;
  if (known.profile == &profile && known.clock == clock && is_same_heat) return known;
  const Waveform drawn = smoothed(power_law(rack_.gpu, clock, junction_degc), bins_of(*profile.activity[c]),
                                  profile.step_s, plan_.power.smoothing, rack_.gpu.tdp_w.value);
  known = {&profile, clock, junction_degc, drawn.power_w, {0}};
  for (const double w : known.power_w) known.up_to_j.push_back(known.up_to_j.back() + w);
  return known;
}

double SitePower::clock_within_ramp(const IterationProfile& profile, std::uint32_t c, double clock,
                                    double junction_degc) const {
  if (!plan_.power.smoothing.limits_rise() || model_.gpu_classes[c].stage < 0) return clock;
  const std::vector<GpuActivity> bins = bins_of(*profile.activity[c]);
  const Waveform drawn = smoothed(power_law(rack_.gpu, clock, junction_degc), bins, profile.step_s,
                                  plan_.power.smoothing, rack_.gpu.tdp_w.value);
  return racktwin::clock_within_ramp(rack_.gpu, bins, drawn, clock, or_reference(rack_.gpu, junction_degc));
}

void SitePower::update_with_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                                   const std::vector<double>& junction_degc) {
  update(window, clocks, junction_degc);
  find_swings(window, clocks, junction_degc);
}

// Most classes draw what others draw, and most racks are a mixture of these as others are: each is worked out once.
void SitePower::find_swings(const PhaseWindow& window, const std::vector<double>& clocks,
                            const std::vector<double>& junction_degc) {
  const int bins = window.profile != nullptr ? window.profile->activity.front()->bins() : 1;
  const int from = static_cast<int>(window.from * bins);
  const int to = window.profile != nullptr ? std::min(static_cast<int>(window.to * bins), from + bins - 1) : from;
  const auto count = static_cast<std::size_t>(to - from + 1);
  // By what a GPU does, its clock and junction; one that does nothing by its power.
  std::map<std::tuple<const ActivityProfile*, double, double>, std::uint32_t> rows;
  std::vector<double> gpus;                                          // (n_row) that draw it
  std::vector<std::pair<double, double>> low_high_w;                 // (n_row)
  std::vector<std::map<std::uint32_t, int>> in_rack(racks_.size());  // of one rack: GPUs by row
  swings_.clear();
  for (std::uint32_t c = 0; c < gpu_w_.size(); ++c) {
    const bool works = window.profile != nullptr && model_.gpu_classes[c].stage >= 0 && gpu_has_power(c);
    const ActivityProfile* does = works ? window.profile->activity[c].get() : nullptr;
    const double junction = works ? or_reference(rack_.gpu, junction_degc[c]) : 0;
    const auto next = static_cast<std::uint32_t>(swings_.size());
    const auto [row, is_new] = rows.try_emplace({does, works ? clocks[c] : gpu_w_[c], junction}, next);
    if (is_new) {
      swings_.emplace_back(count, gpu_w_[c]);
      if (works) draw_bins(*window.profile, c, from, clocks[c], junction, swings_.back());
      const auto [low, high] = std::minmax_element(swings_.back().begin(), swings_.back().end());
      low_high_w.emplace_back(*low, *high);
      gpus.push_back(0);
    }
    const std::uint32_t r = swing_of_class_[c] = row->second;
    gpus[r] += model_.gpu_classes[c].count;
    in_rack[rack_of_gpu_class_[c]][r] += gpus_of_rack_[c];
    std::tie(extremes_.gpu_low_w[c], extremes_.gpu_high_w[c]) = low_high_w[r];
  }
  std::vector<double> total_w(count);
  for (std::size_t r = 0; r < swings_.size(); ++r) add_to(total_w, gpus[r], swings_[r]);
  std::map<std::map<std::uint32_t, int>, std::vector<double>> mixtures;
  std::vector<const std::vector<double>*> rack_w;  // (n_rack_class) GPUs of one rack
  for (const auto& mixture : in_rack) {
    const auto [found, is_new] = mixtures.try_emplace(mixture, count);
    rack_w.push_back(&found->second);
    for (const auto& [r, n] : mixture)
      if (is_new) add_to(found->second, n, swings_[r]);
  }
  find_extremes(total_w, rack_w);
}

void SitePower::draw_bins(const IterationProfile& profile, std::uint32_t c, int from, double clock,
                          double junction_degc, std::vector<double>& row) {
  const ActivityProfile& activity = *profile.activity[c];
  const auto bins = static_cast<std::size_t>(activity.bins()), first = static_cast<std::size_t>(from) % bins;
  const std::size_t before_end = std::min(row.size(), bins - first);
  if (!smoothed_.empty() && clock > 0) {
    const std::vector<double>& drawn_w = smoothed_at(profile, c, clock, junction_degc).power_w;
    for (std::size_t b = 0; b < row.size(); ++b) row[b] = drawn_w[b < before_end ? first + b : b - before_end];
    return;
  }
  const GpuPowerLaw law = power_law(rack_.gpu, clock, junction_degc);
  const double *tensor = activity.up_to(ActivityProfile::kTensor), *memory = activity.up_to(ActivityProfile::kMemory),
               *communication = activity.up_to(ActivityProfile::kCommunication),
               *waiting = activity.up_to(ActivityProfile::kWaiting), *beside = activity.up_to(ActivityProfile::kBeside);
  const auto draw = [&](double* out, std::size_t bin, std::size_t count) {
    for (std::size_t i = 0, b = bin; i < count; ++i, ++b)
      out[i] = law.at_w({tensor[b + 1] - tensor[b], memory[b + 1] - memory[b], communication[b + 1] - communication[b],
                         waiting[b + 1] - waiting[b], beside[b + 1] - beside[b]});
  };
  draw(row.data(), first, before_end);
  draw(row.data() + before_end, 0, row.size() - before_end);
}

// AC rises with DC, so a rack's AC is highest where its DC is; that of the site is taken where its GPUs draw most.
void SitePower::find_extremes(const std::vector<double>& total_w,
                              const std::vector<const std::vector<double>*>& rack_w) {
  Extremes& e = extremes_;
  const auto [least, most] = std::minmax_element(total_w.begin(), total_w.end());
  const std::ptrdiff_t lowest = least - total_w.begin(), highest = most - total_w.begin();
  e.it_low_w = e.it_high_w = fabric_w();
  for (std::uint32_t r = 0; r < racks_.size(); ++r) {
    const double others_w = racks_[r].dc_w() - racks_[r].gpu_w;
    const double count = model_.rack_classes[r].count;
    const auto [low, high] = std::minmax_element(rack_w[r]->begin(), rack_w[r]->end());
    e.rack_low_w[r] = rack_ac_of(r, others_w + *low);
    e.rack_high_w[r] = rack_ac_of(r, others_w + *high);
    e.it_low_w += count * rack_ac_of(r, others_w + (*rack_w[r])[static_cast<std::size_t>(lowest)]);
    e.it_high_w += count * rack_ac_of(r, others_w + (*rack_w[r])[static_cast<std::size_t>(highest)]);
  }
}

// The PSUs that work share the load: each has that of a rack with as many times the load and all of its PSUs.
double SitePower::rack_ac_of(std::uint32_t rack_class, double dc_w) const {
  if (!rack_has_power(rack_class)) return 0;
  const double share = static_cast<double>(supply_.psus[rack_class]) / (rack_.shelves * rack_.shelf_psus);
  return share * rack_ac_w(rack_, dc_w / share);
}

double SitePower::fabric_w() const {
  if (std::none_of(supply_.psus.begin(), supply_.psus.end(), [](int psus) { return psus > 0; })) return 0;
  const FabricType& fabric = plan_.site.fabric;
  const double switches = model_.leaves + model_.spines + model_.cores;
  return switches * or_nothing(fabric.switch_power_w) + 2.0 * model_.fabric.links * or_nothing(fabric.optics_power_w);
}

double SitePower::usable_shelf_w(std::uint32_t rack_class) const {
  const int redundant = rack_.shelves * (rack_.shelf_psus - rack_.shelf_redundant_psus);
  return std::min(redundant, supply_.psus[rack_class]) * rack_.psu_rating_w.value;
}

double SitePower::rated_ac_w(std::uint32_t rack_class) const {
  return rack_ac_of(rack_class, supply_.psus[rack_class] * rack_.psu_rating_w.value);
}

}  // namespace racktwin
