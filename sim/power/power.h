// Electrical power: what chips draw from what they do, and what the chain from tray to feed adds.
//
// DC is inside the rack, AC from the shelf's input on. Thread rule: pure functions.
#pragma once

#include "sim/catalog/hardware.h"
#include "sim/plan/plan.h"
#include "sim/power/clock_reason.h"

namespace racktwin {

// Share of the time that a GPU spends on each kind of work; the rest is idle. Communication beside compute counts in
// both, so the sum may exceed 1: tensor + memory + (communication - beside) + waiting does not, and beside is at most
// communication and at most tensor + memory.
struct GpuActivity {
  double tensor = 0;         // tensor and vector units, bound by the clock
  double memory = 0;         // bound by HBM
  double communication = 0;  // moving data over NVLink or the NIC
  double waiting = 0;        // a job is loaded, and this GPU waits for others: none of the above
  double beside = 0;         // of communication, what is beside compute
};

// P = idle + (waiting_w - idle) waiting + leak(T) - leak(T_ref)
//     + (tdp - idle) (tensor f (v + (1 - v) f)^2 + memory_share memory + communication_share communication)
//   leak(T) = leakage_share tdp 2^((T - T_ref) / doubling); v + (1 - v) f: voltage at clock f over that at clock 1
// so that pure tensor work at clock 1 and the reference junction temperature draws the tdp. [W]
// A GPU that has shut down (clock 0) draws nothing.
// source: dynamic power ~ f V^2 with an exponential leakage law (Rabaey, Digital Integrated Circuits, ch. 5).
double gpu_power_w(const Gpu& gpu, const GpuActivity& activity, double clock, double junction_degc);

// What a GPU draws whose board keeps it at the tdp. Clock 1 is what pure tensor work sustains; where the power limit
// alone holds the clock, work that needs less leaves room for a higher one, up to boost_clock_ratio. So a mix of work
// draws the tdp too, as long as it would at the highest clock. What the steps take is measured with that in it. Where
// nothing is left to boost, each moment draws what its work does, at most the tdp.
double gpu_limited_power_w(const Gpu& gpu, const GpuActivity& activity, double clock, double junction_degc);

// The same at one clock and junction for many activities.
class GpuPowerLaw {
 public:
  GpuPowerLaw(const Gpu& gpu, double clock, double junction_degc);
  double at_w(const GpuActivity& a) const {
    if (!may_boost_) return over_moments_w(a, 0);
    const double w = rest_w_ + tensor_w_ * a.tensor + memory_w_ * a.memory + communication_w_ * a.communication +
                     waiting_w_ * a.waiting;
    return w < most_w_ ? w : most_w_;
  }
  // What it takes to keep the power at a floor at every moment.
  double burnt_w(const GpuActivity& a, double floor_w) const {
    return over_moments_w(a, floor_w) - over_moments_w(a, 0);
  }

 private:
  // The mean of what moments draw, each at least floor_w and at most the tdp: tensor work and memory-bound work, with
  // and without communication beside it, communication alone, waiting and idleness.
  double over_moments_w(const GpuActivity& a, double floor_w) const {
    const auto kept_w = [&](double w) { return w < floor_w ? floor_w : w < most_w_ ? w : most_w_; };
    const double busy = a.tensor + a.memory, alone = a.communication - a.beside;
    const double beside = busy > 0 ? a.beside / busy : 0;  // of the compute's time
    const auto busy_w = [&](double work_w) {
      return (1 - beside) * kept_w(rest_w_ + work_w) + beside * kept_w(rest_w_ + work_w + communication_w_);
    };
    return a.tensor * busy_w(tensor_w_) + a.memory * busy_w(memory_w_) + alone * kept_w(rest_w_ + communication_w_) +
           a.waiting * kept_w(rest_w_ + waiting_w_) + (1 - busy - alone - a.waiting) * kept_w(rest_w_);
  }

  bool may_boost_ = false;
  double rest_w_ = 0, tensor_w_ = 0, memory_w_ = 0, communication_w_ = 0, waiting_w_ = 0, most_w_ = 0;
};

// The highest clock at which tensor work keeps the GPU within its tdp at this junction temperature, between
// min_clock_ratio and 1: the measured efficiency is at the power limit at T_ref; gains of colder silicon are not
// claimed. The mean of a clock that goes between the steps of the hardware, as all clocks here.
double power_limited_clock(const Gpu& gpu, double junction_degc);

// The highest clock, at least min_clock_ratio, at which tensor work draws no more than limit_w.
double clock_within_power(const Gpu& gpu, double limit_w, double junction_degc);

// What the thermal controller knows of a junction: now, and its mean at this and at its last look.
struct SeenJunction {
  double degc = 0, mean_degc = 0, mean_before_degc = 0;
};
// The mean dt_s later, of a junction that has been at junction_degc: a first-order lag of 3 s, as a driver's sensor
// that does not follow the swings of a training step (assumed).
double mean_junction_degc(double mean_degc, double junction_degc, double dt_s);

// Where the thermal controller holds a mean junction: a little below software_slowdown, such that the swings within a
// training step do not cross it. Assumed: drivers do not publish theirs.
double held_junction_degc(const Gpu& gpu);

// The lower of what the power limit allows and what an event does; where both allow the same, the power limit's.
SetClock allowed_clock(double power_limited, double event_limit);

// Thermal controller: the clock after dt_s, proportional to what a mean junction is above held_junction_degc, and
// integral:
//   clock -= kProportional (excess - excess before) + kIntegral (mean - held) dt_s,  excess = max(0, mean - held)
// and up by no more than a percent a second. So a clock rests where its junction is held, or at `limit`, wherever it
// came from, and the pauses of a training step hardly raise it. Above hardware_slowdown it is halved at once; at
// shutdown it is 0, and stays so. Between min_clock_ratio and `limit` (which wins, and is the reason where the clock
// has reached it). A clock that comes back keeps the reason that brought it down. Gains and rates are assumed.
SetClock thermal_clock(const Gpu& gpu, SetClock clock, const SeenJunction& junction, SetClock limit, double dt_s);

double cpu_power_w(const Cpu& cpu, bool is_training);

// Loss of the rack's power shelves at a DC load, load shared by all PSUs. [W] -> AC [W]
double rack_ac_w(const RackType& rack, double rack_dc_w);

// What hangs on a UPS: the busways to the racks, and cooling beside them. A UPS that its feed goes past loses nothing.
struct UpsLoad {
  double racks_w = 0, cooling_w = 0;
  bool is_past_ups = false;
};
// At the UPS's output. [W]
double ups_output_w(const FeedType& feed, const UpsLoad& load);
// AC at the feed, through busway, UPS and transformer. Both ratings > 0, at their outputs. [W]
//   P_transformer = P_0 + P_k (S / S_rated)^2, at a power factor of 1
// source: no-load and load loss of a transformer (IEEE Std C57.91, by way of pvlib, transformer.simple_efficiency).
double feed_ac_w(const FeedType& feed, const UpsLoad& load, double ups_rated_w, double transformer_rated_w);

}  // namespace racktwin
