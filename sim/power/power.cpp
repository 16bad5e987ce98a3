#include "sim/power/power.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kRounding = 1e-12;  // of sums that are exact on paper
constexpr double kSameClock = 1e-9;
// Of the thermal controller; a GPU's clock moves its junction by about 50 K, within 10 s.
constexpr double kSensorLag_s = 3, kHeldBelow_k = 1;
constexpr double kProportional_per_k = 0.03, kIntegral_per_k_s = 0.002, kRise_per_s = 0.01;
constexpr double kFollows = 0.01;  // of a clock that follows the junction a control period later

// Leakage over that at the reference temperature. [W]
double extra_leakage_w(const Gpu& gpu, double junction_degc) {
  const double rise_k = junction_degc - gpu.reference_junction_degc.value;
  return gpu.leakage_share.value * gpu.tdp_w.value * (std::exp2(rise_k / gpu.leakage_doubling_k.value) - 1);
}

// Dynamic power at a clock over that at clock 1.
double dynamic_share(const Gpu& gpu, double clock) {
  const double fixed = gpu.fixed_voltage_share.value;
  const double voltage = fixed + (1 - fixed) * clock;
  return clock * voltage * voltage;
}

}  // namespace

double gpu_power_w(const Gpu& gpu, const GpuActivity& activity, double clock, double junction_degc) {
  if (clock <= 0) return 0;
  const double waiting_w = std::isnan(gpu.waiting_w.value) ? gpu.idle_w.value : gpu.waiting_w.value;
  const double active = activity.tensor * dynamic_share(gpu, clock) + activity.memory * gpu.memory_bound_share.value +
                        activity.communication * gpu.communication_share.value;
  return gpu.idle_w.value + (waiting_w - gpu.idle_w.value) * activity.waiting + extra_leakage_w(gpu, junction_degc) +
         (gpu.tdp_w.value - gpu.idle_w.value) * active;
}

double gpu_limited_power_w(const Gpu& gpu, const GpuActivity& activity, double clock, double junction_degc) {
  return GpuPowerLaw(gpu, clock, junction_degc).at_w(activity);
}

GpuPowerLaw::GpuPowerLaw(const Gpu& gpu, double clock, double junction_degc) {
  if (clock <= 0) return;
  may_boost_ = gpu.boost_clock_ratio.value > 1 && clock >= power_limited_clock(gpu, junction_degc) - kFollows;
  const double highest = may_boost_ ? gpu.boost_clock_ratio.value : clock;
  const auto power_w = [&](const GpuActivity& activity) { return gpu_power_w(gpu, activity, highest, junction_degc); };
  rest_w_ = power_w({});
  tensor_w_ = power_w({1, 0, 0, 0}) - rest_w_;
  memory_w_ = power_w({0, 1, 0, 0}) - rest_w_;
  communication_w_ = power_w({0, 0, 1, 0}) - rest_w_;
  waiting_w_ = power_w({0, 0, 0, 1}) - rest_w_;
  most_w_ = gpu.tdp_w.value;
}

double power_limited_clock(const Gpu& gpu, double junction_degc) {
  return clock_within_power(gpu, gpu.tdp_w.value, junction_degc);
}

double clock_within_power(const Gpu& gpu, double limit_w, double junction_degc) {
  const double dynamic_w = gpu.tdp_w.value - gpu.idle_w.value;
  const double share = (limit_w - gpu.idle_w.value - extra_leakage_w(gpu, junction_degc)) / dynamic_w;
  if (dynamic_share(gpu, 1) <= share * (1 + kRounding)) return 1;
  double low = gpu.min_clock_ratio.value, high = 1;
  while (high - low > kSameClock) {
    const double middle = (low + high) / 2;
    (dynamic_share(gpu, middle) <= share ? low : high) = middle;
  }
  return low;
}

SetClock allowed_clock(double power_limited, double event_limit) {
  if (event_limit < power_limited) return {event_limit, ClockReason::kClockLimit};
  return {power_limited, power_limited < 1 ? ClockReason::kPowerCap : ClockReason::kNone};
}

double mean_junction_degc(double mean_degc, double junction_degc, double dt_s) {
  return junction_degc + (mean_degc - junction_degc) * std::exp(-dt_s / kSensorLag_s);
}

double held_junction_degc(const Gpu& gpu) { return gpu.software_slowdown_degc.value - kHeldBelow_k; }

SetClock thermal_clock(const Gpu& gpu, SetClock clock, const SeenJunction& junction, SetClock limit, double dt_s) {
  if (clock.ratio <= 0 || junction.degc >= gpu.shutdown_degc.value) return {0, ClockReason::kShutDown};
  const double excess_k = junction.mean_degc - held_junction_degc(gpu),
               before_k = junction.mean_before_degc - held_junction_degc(gpu);
  const double move =
      -kProportional_per_k * (std::max(0.0, excess_k) - std::max(0.0, before_k)) - kIntegral_per_k_s * excess_k * dt_s;
  SetClock next{clock.ratio + std::min(move, kRise_per_s * dt_s), clock.reason};
  if (junction.degc > gpu.hardware_slowdown_degc.value) {
    next = {clock.ratio / 2, ClockReason::kHardwareThermal};
  } else if (excess_k > 0) {
    next.reason = ClockReason::kSoftwareThermal;
  }
  next.ratio = std::max(next.ratio, gpu.min_clock_ratio.value);
  return next.ratio < limit.ratio * (1 - kRounding) ? next : limit;
}

double cpu_power_w(const Cpu& cpu, bool is_training) {
  const double load = is_training ? cpu.training_load.value : 0;
  return cpu.idle_w.value + load * (cpu.tdp_w.value - cpu.idle_w.value);
}

double rack_ac_w(const RackType& rack, double rack_dc_w) {
  const double rated_w = rack.shelves * rack.shelf_psus * rack.psu_rating_w.value;
  return rack_dc_w / rack.shelf_efficiency.at(rack_dc_w / rated_w);
}

double ups_output_w(const FeedType& feed, const UpsLoad& load) {
  return load.racks_w / feed.busway_efficiency.value + load.cooling_w;
}

double feed_ac_w(const FeedType& feed, const UpsLoad& load, double ups_rated_w, double transformer_rated_w) {
  RT_CHECK(ups_rated_w > 0 && transformer_rated_w > 0);
  const double output_w = ups_output_w(feed, load);
  const double input_w = load.is_past_ups ? output_w : output_w / feed.ups_efficiency.at(output_w / ups_rated_w);
  const double share = input_w / transformer_rated_w;
  const double loss = feed.transformer_no_load_loss.value + feed.transformer_load_loss.value * share * share;
  return input_w + loss * transformer_rated_w;
}

}  // namespace racktwin
