#include "sim/twin/feeder_waveform.h"

#include "sim/check.h"
#include "sim/power/power.h"
#include "sim/power/power_supply.h"
#include "sim/power/waveform.h"
#include "sim/twin/site_power.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// Between all chips and trays at their limits and all of them idle, before the shelves. [W]
double design_swing_w(const RackType& rack) {
  const double gpu_w = rack.gpu.tdp_w.value - rack.gpu.idle_w.value;
  const double cpu_w = cpu_power_w(rack.cpu, true) - cpu_power_w(rack.cpu, false);
  const double other_w = rack.compute_tray_other_w.value - rack.compute_tray_other_idle_w.value;
  const double switch_w = rack.switch_trays > 0 ? rack.switch_tray_w.value - rack.switch_tray_idle_w.value : 0;
  return rack.gpus() * gpu_w + rack.compute_trays * (rack.cpus_per_tray * cpu_w + other_w) +
         rack.switch_trays * switch_w;
}

std::size_t highest(const std::vector<Waveform>& waveforms) {
  std::size_t best = 0;
  double peak = 0;
  for (std::size_t i = 0; i < waveforms.size(); ++i) {
    const double high = *std::max_element(waveforms[i].power_w.begin(), waveforms[i].power_w.end());
    if (high > peak) {
      peak = high;
      best = i;
    }
  }
  return best;
}

WaveformRow row_of(double time_s, const char* channel, const Waveform& w) {
  return {time_s, channel, "W", w.period_s, std::vector<float>(w.power_w.begin(), w.power_w.end())};
}

}  // namespace

double rack_input_lag_s(const RackType& rack) {
  double lag_s = std::isnan(rack.psu_input_lag_s.value) ? 0 : rack.psu_input_lag_s.value;
  const double swing_w = design_swing_w(rack);
  if (!std::isnan(rack.energy_storage_j.value) && swing_w > 0)
    lag_s += lag_of_storage_s(rack.energy_storage_j.value, 0, swing_w);
  return lag_s;
}

std::vector<WaveformRow> feeder_waveforms(const Plan& plan, const Model& model, double time_s, double step_s,
                                          const ActivityProfiles& activity, const std::vector<double>& clocks,
                                          const std::vector<double>& junction_degc, const PlantState& plant) {
  RT_CHECK(!activity.empty());
  const auto n = static_cast<std::size_t>(activity.front()->bins());
  const Waveform blank{step_s, std::vector<double>(n)};
  std::vector<Waveform> gpu(model.gpu_classes.size(), blank), dc(model.rack_classes.size(), blank), ac = dc;
  IterationProfile profile;
  profile.step_s = step_s;
  profile.activity = activity;
  SitePower power(plan, model);
  for (std::size_t i = 0; i < n; ++i) {
    const double phase = static_cast<double>(i), bins = static_cast<double>(n);
    power.update({&profile, phase / bins, (phase + 1) / bins}, clocks, junction_degc);
    for (std::size_t c = 0; c < gpu.size(); ++c) gpu[c].power_w[i] = power.gpu_w()[c];
    for (std::size_t r = 0; r < dc.size(); ++r) {
      dc[r].power_w[i] = power.racks()[r].dc_w();
      ac[r].power_w[i] = power.racks()[r].ac_w;
    }
  }
  const auto at_feed = [&] {
    Waveform feed{step_s, std::vector<double>(n, power.fabric_w())};
    for (std::size_t r = 0; r < ac.size(); ++r)
      for (std::size_t i = 0; i < n; ++i) feed.power_w[i] += model.rack_classes[r].count * ac[r].power_w[i];
    const LiveFeeds live{plan.power.feeds, plan.power.feeds};
    for (double& w : feed.power_w) w = site_ac_w(plan.power, live, site_load(plan.power, w, plant));
    return feed;
  };
  const Waveform load = at_feed();
  for (Waveform& rack : ac) rack = lagged(rack, rack_input_lag_s(plan.site.rack_type));
  const std::size_t rack = highest(ac);
  return {row_of(time_s, "site_power", at_feed()), row_of(time_s, "site_load", load),
          row_of(time_s, "rack_power", ac[rack]), row_of(time_s, "rack_dc_power", dc[rack]),
          row_of(time_s, "gpu_power", gpu[highest(gpu)])};
}

}  // namespace racktwin
