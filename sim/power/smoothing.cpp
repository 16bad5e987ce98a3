#include "sim/power/smoothing.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kSlack_s = 1e-9;  // when sums of samples are compared
constexpr int kMostPeriods = 100;  // until the state at the end of a period is that at its start
constexpr double kOpen_w = std::numeric_limits<double>::infinity();

bool works(const GpuActivity& activity) { return activity.tensor + activity.memory + activity.communication > 0; }

}  // namespace

Waveform smoothed(const GpuPowerLaw& law, const std::vector<GpuActivity>& activity, double period_s,
                  const PowerSmoothing& smoothing, double tdp_w) {
  RT_CHECK(!activity.empty());
  Waveform drawn{period_s, std::vector<double>(activity.size())};
  const double dt = drawn.step_s(), floor_w = smoothing.floor * tdp_w;
  const double up_w = smoothing.ramp_up_w_per_s * dt, down_w = smoothing.ramp_down_w_per_s * dt;
  double bottom_w = floor_w, top_w = kOpen_w, without_s = 0;
  for (int period = 0; period < kMostPeriods; ++period) {
    const double bottom_before_w = bottom_w, top_before_w = top_w, without_before_s = without_s;
    for (std::size_t i = 0; i < activity.size(); ++i) {
      without_s = works(activity[i]) ? 0 : without_s + dt;
      const double load_w = law.at_w(activity[i]);
      if (without_s <= smoothing.ramp_down_hysteresis_s + kSlack_s) {
        bottom_w = floor_w;
        top_w = top_w + up_w >= tdp_w ? kOpen_w : top_w + up_w;
      } else {
        bottom_w = std::max(0.0, bottom_w - down_w);
        if (smoothing.limits_rise()) top_w = std::max(bottom_w, load_w);
      }
      drawn.power_w[i] = std::min(load_w + law.burnt_w(activity[i], bottom_w), top_w);
    }
    const bool is_steady = bottom_w == bottom_before_w && top_w == top_before_w;
    if (is_steady && std::abs(without_s - without_before_s) <= kSlack_s) break;
  }
  return drawn;
}

double smoothed_stop_w(const PowerSmoothing& smoothing, double tdp_w, double load_w, double stopped_s) {
  const double ramp_s = stopped_s - smoothing.ramp_down_hysteresis_s;
  const double down_w = ramp_s > 0 ? smoothing.ramp_down_w_per_s * ramp_s : 0;
  return std::max(load_w, smoothing.floor * tdp_w - down_w);
}

double clock_within_ramp(const Gpu& gpu, const std::vector<GpuActivity>& activity, const Waveform& drawn, double clock,
                         double junction_degc) {
  RT_CHECK(activity.size() == drawn.power_w.size());
  double work = 0, time = 0;
  for (std::size_t i = 0; i < activity.size(); ++i) {
    if (activity[i].tensor <= 0) continue;
    double low = gpu.min_clock_ratio.value, high = clock;
    if (gpu_limited_power_w(gpu, activity[i], clock, junction_degc) > drawn.power_w[i] * (1 + 1e-9))
      for (int step = 0; step < 20; ++step) {
        const double middle = (low + high) / 2;
        (gpu_power_w(gpu, activity[i], middle, junction_degc) > drawn.power_w[i] ? high : low) = middle;
      }
    work += activity[i].tensor;
    time += activity[i].tensor / std::max(high, gpu.min_clock_ratio.value);
  }
  return work > 0 ? work / time : clock;
}

}  // namespace racktwin
