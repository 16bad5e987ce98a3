#include "sim/twin/power_brake.h"

#include "sim/power/power.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kMargin = 0.005;  // a clock goes up only where it leaves this share of the rating

double most_dc_w(const RackType& rack) {
  return rack.gpus() * rack.gpu.tdp_w.value + rack.switch_trays * rack.switch_tray_w.value +
         rack.compute_trays * (rack.cpus_per_tray * cpu_power_w(rack.cpu, true) + rack.compute_tray_other_w.value);
}

}  // namespace

PowerBrake::PowerBrake(const Plan& plan, const Model& model)
    : plan_(plan),
      model_(model),
      racks_(named_racks(plan, model)),
      power_(plan, model),
      most_dc_w_(most_dc_w(plan.site.rack_type)),
      ratio_(model.rack_classes.size(), 1.0),
      down_with_(model.rack_classes.size()) {
  for (const auto& gpus : model.gpu_classes)
    rack_of_gpu_class_.push_back(model.class_of_rack[model.rack_of_gpu(gpus.first)]);
}

bool PowerBrake::is_needed(const RackSupply& supply) const {
  for (std::size_t r = 0; r < ratio_.size(); ++r) {
    const double rating_w = supply.psus[r] * plan_.site.rack_type.psu_rating_w.value;
    if (ratio_[r] < 1 || down_with_[r] > 0 || (supply.psus[r] > 0 && rating_w < most_dc_w_)) return true;
  }
  return false;
}

bool PowerBrake::control(double time_s, const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                         std::vector<EventRow>& events) {
  power_.set_supply(now.supply);
  std::vector<double> limit_w;
  for (std::uint32_t r = 0; r < ratio_.size(); ++r) limit_w.push_back(power_.rated_ac_w(r));
  const std::vector<double> peak_w = peaks_w(now, allowed, ratio_);
  std::vector<std::uint32_t> over, begun;
  for (std::uint32_t r = 0; r < ratio_.size(); ++r) {
    if (peak_w[r] <= limit_w[r]) continue;
    over.push_back(r);
    if (ratio_[r] == 1) begun.push_back(r);
  }
  release(now, allowed, limit_w);
  if (over.empty()) return false;
  const std::vector<double> braked_w = brake(now, allowed, limit_w, over);
  std::vector<std::uint32_t> failed;
  for (const std::uint32_t r : over)
    if (braked_w[r] > limit_w[r]) failed.push_back(r);
  const auto tell = [&](const std::vector<std::uint32_t>& classes, const std::vector<double>& power_w,
                        const char* what) {
    if (classes.empty()) return;
    events.push_back(event_of_classes(racks_, classes, power_w, limit_w[classes.front()], Dimension::kPower, what));
    events.back().time_s = time_s;
    events.back().metric = "rack_power";
  };
  tell(begun, peak_w, "PSUs that are left are beyond their rating, and brake the GPUs");
  tell(failed, braked_w, "PSUs that are left cannot carry the rack at the lowest clock, and it goes down");
  for (const std::uint32_t r : failed) {
    down_with_[r] = now.supply.psus[r];
    ratio_[r] = 1;
  }
  return !failed.empty();
}

std::vector<bool> PowerBrake::would_go_down(const PowerCaps::Conditions& now) {
  std::vector<bool> down(ratio_.size());
  const auto can_be_short = [&](int psus) {
    return psus > 0 && psus * plan_.site.rack_type.psu_rating_w.value < most_dc_w_;
  };
  if (std::none_of(now.supply.psus.begin(), now.supply.psus.end(), can_be_short)) return down;
  power_.set_supply(now.supply);
  const std::vector<double> lowest(ratio_.size(), plan_.site.rack_type.gpu.min_clock_ratio.value);
  const std::vector<double> peak_w = peaks_w(now, std::vector<double>(now.clocks.size(), 1.0), lowest);
  for (std::uint32_t r = 0; r < lowest.size(); ++r) down[r] = peak_w[r] > power_.rated_ac_w(r);
  return down;
}

std::vector<double> PowerBrake::peaks_w(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                                        const std::vector<double>& ratio) {
  std::vector<double> clocks = now.clocks;
  for (std::size_t c = 0; c < clocks.size(); ++c)
    if (clocks[c] > 0) clocks[c] = std::min(allowed[c], ratio[rack_of_gpu_class_[c]]);
  power_.update_with_swings({now.profile, 0, 1}, clocks, now.junction_degc);
  return power_.extremes().rack_high_w;
}

// All racks at once: at given clocks none depends on another.
std::vector<double> PowerBrake::brake(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                                      const std::vector<double>& limit_w, const std::vector<std::uint32_t>& over) {
  const int least = static_cast<int>(std::ceil(plan_.site.rack_type.gpu.min_clock_ratio.value * 100 - 1e-9));
  std::vector<int> low(over.size(), least), high;
  for (const std::uint32_t r : over) high.push_back(static_cast<int>(std::lround(ratio_[r] * 100)));
  while (true) {
    bool is_done = true;
    for (std::size_t i = 0; i < over.size(); ++i) {
      ratio_[over[i]] = (low[i] + high[i] + 1) / 2 / 100.0;
      is_done = is_done && low[i] >= high[i];
    }
    const std::vector<double> peak_w = peaks_w(now, allowed, ratio_);
    if (is_done) return peak_w;
    for (std::size_t i = 0; i < over.size(); ++i) {
      if (low[i] >= high[i]) continue;
      const int middle = (low[i] + high[i] + 1) / 2;
      if (peak_w[over[i]] <= limit_w[over[i]])
        low[i] = middle;
      else
        high[i] = middle - 1;
    }
  }
}

void PowerBrake::release(const PowerCaps::Conditions& now, const std::vector<double>& allowed,
                         const std::vector<double>& limit_w) {
  std::vector<double> next = ratio_;
  for (double& ratio : next) ratio = std::min(1.0, std::round(ratio * 100 + 1) / 100);
  if (next == ratio_) return;
  const std::vector<double> peak_w = peaks_w(now, allowed, next);
  for (std::size_t r = 0; r < ratio_.size(); ++r)
    if (peak_w[r] <= (1 - kMargin) * limit_w[r]) ratio_[r] = next[r];
}

void PowerBrake::apply(RackSupply& supply) {
  for (std::size_t r = 0; r < down_with_.size(); ++r) {
    if (supply.psus[r] > down_with_[r]) down_with_[r] = 0;
    if (down_with_[r] > 0) supply.psus[r] = 0;
  }
}

}  // namespace racktwin
