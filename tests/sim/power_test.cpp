#include "sim/power/power.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

Gpu gb200() {
  Gpu gpu;
  gpu.tdp_w = Sourced(1200);
  gpu.idle_w = Sourced(200);
  gpu.memory_bound_share = Sourced(0.7);
  gpu.communication_share = Sourced(0.45);
  gpu.leakage_share = Sourced(0.1);
  gpu.leakage_doubling_k = Sourced(35);
  gpu.fixed_voltage_share = Sourced(0.3);
  gpu.min_clock_ratio = Sourced(0.3);
  gpu.reference_junction_degc = Sourced(70);
  gpu.software_slowdown_degc = Sourced(87);
  gpu.hardware_slowdown_degc = Sourced(89);
  gpu.shutdown_degc = Sourced(92);
  return gpu;
}

RackType nvl72() {
  RackType rack;
  rack.gpu = gb200();
  rack.cpu.tdp_w = Sourced(420);
  rack.cpu.idle_w = Sourced(50);
  rack.cpu.training_load = Sourced(0.5);
  rack.compute_trays = 18;
  rack.gpus_per_tray = 4;
  rack.cpus_per_tray = 2;
  rack.switch_trays = 9;
  rack.compute_tray_other_w = Sourced(1027);
  rack.switch_tray_w = Sourced(1240);
  rack.shelves = 8;
  rack.shelf_psus = 6;
  rack.psu_rating_w = Sourced(5500);
  rack.shelf_efficiency.x = {0.1, 0.2, 0.5, 1.0};
  rack.shelf_efficiency.y = {0.94, 0.965, 0.975, 0.967};
  return rack;
}

const GpuActivity kTensor{1, 0, 0};

TEST_CASE("a GPU at the reference temperature draws its tdp in tensor work and its idle power at rest") {
  CHECK(gpu_power_w(gb200(), kTensor, 1, 70) == Approx(1200));
  CHECK(gpu_power_w(gb200(), {}, 1, 70) == Approx(200));
}

TEST_CASE("memory and communication draw their shares whatever the clock") {
  CHECK(gpu_power_w(gb200(), {0, 1, 0}, 0.5, 70) == Approx(200 + 0.7 * 1000));
  CHECK(gpu_power_w(gb200(), {0, 0, 1}, 0.5, 70) == Approx(200 + 0.45 * 1000));
  CHECK(gpu_power_w(gb200(), {0.5, 0.25, 0.2}, 1, 70) == Approx(200 + 500 + 175 + 90));
}

TEST_CASE("dynamic power follows the clock and the square of the voltage") {
  const Gpu gpu = gb200();  // at half the clock the voltage is 0.3 + 0.7 / 2
  CHECK(gpu_power_w(gpu, kTensor, 0.5, 70) == Approx(200 + 1000 * 0.5 * 0.65 * 0.65));
  CHECK(gpu_power_w(gpu, {0, 0, 0, 1}, 0.5, 70) == Approx(200));  // no waiting power is known: as idle
  Gpu hopper = gpu;
  hopper.waiting_w = Sourced(260);
  CHECK(gpu_power_w(hopper, {0.5, 0, 0, 0.5}, 1, 70) == Approx(200 + 500 + 30));
}

TEST_CASE("a board at its power limit draws the tdp whatever the mix, while the highest clock would need more") {
  Gpu gpu = gb200();
  const GpuActivity mix{0.7, 0.2, 0};
  CHECK(gpu_limited_power_w(gpu, mix, 1, 70) == Approx(200 + 700 + 140));  // no boost is known
  // Moments of tensor work with communication beside it need more and are held; the others do not make up for it.
  CHECK(gpu_limited_power_w(gpu, {0.8, 0, 0.5, 0, 0.5}, 1, 70) == Approx(0.8 * 1200 + 0.2 * 200));
  CHECK(gpu_limited_power_w(gpu, {0.8, 0, 0.1, 0, 0}, 1, 70) == Approx(0.8 * 1200 + 0.1 * (200 + 450) + 0.1 * 200));
  gpu.boost_clock_ratio = Sourced(1.3);
  CHECK(gpu_limited_power_w(gpu, mix, 1, 70) == 1200);
  CHECK(gpu_limited_power_w(gpu, mix, 0.97, 87) == 1200);  // only the power limit holds this clock,
  CHECK(gpu_limited_power_w(gpu, mix, 0.9, 70) < 1040);    // and here something else does
  const double little_w = gpu_limited_power_w(gpu, {0.1, 0, 0}, 1, 70);
  CHECK(little_w == Approx(200 + 100 * 1.3 * 1.21 * 1.21));
}

TEST_CASE("leakage doubles over its doubling temperature") {
  CHECK(gpu_power_w(gb200(), kTensor, 1, 105) - 1200 == Approx(120));
  CHECK(gpu_power_w(gb200(), kTensor, 1, 35) - 1200 == Approx(-60));
}

TEST_CASE("the power-limited clock is the highest that keeps tensor work within the tdp") {
  const Gpu gpu = gb200();
  for (double junction_degc = 40; junction_degc <= 110; junction_degc += 1) {
    const double clock = power_limited_clock(gpu, junction_degc);
    CHECK(clock <= 1);
    CHECK(gpu_power_w(gpu, kTensor, clock, junction_degc) <= 1200 * (1 + 1e-9));
    if (clock < 1) CHECK(gpu_power_w(gpu, kTensor, clock, junction_degc) == Approx(1200).epsilon(1e-6));
  }
  CHECK(power_limited_clock(gpu, 70) == 1);
  CHECK(power_limited_clock(gpu, 30) == 1);
  CHECK(power_limited_clock(gpu, 82) == Approx(0.987).margin(0.0006));
  CHECK(power_limited_clock(gpu, 87) == Approx(0.980).margin(0.0006));
  CHECK(power_limited_clock(gpu, 400) == Approx(0.3));  // leakage alone is beyond the tdp
}

// At rest at a temperature.
SeenJunction at_degc(double degc) { return {degc, degc, degc}; }

// A GPU whose junction goes with a lag of 10 s to what its clock makes of it, looked at once a second.
struct HeldGpu {
  double junction_degc = 60, mean_degc = 60, seen_degc = 60;
  SetClock clock{};
  double highest_degc = 0;
  int second = 0;

  void run(double seconds, double at_full_clock_degc, double per_clock_k, double swing_k = 0) {
    const Gpu gpu = gb200();
    for (const double end = second + seconds; second < end; ++second) {
      const double goal_degc = at_full_clock_degc - per_clock_k * (1 - clock.ratio) + swing_k * std::sin(2.7 * second);
      junction_degc += (goal_degc - junction_degc) * (1 - std::exp(-0.1));
      mean_degc = mean_junction_degc(mean_degc, junction_degc, 1);
      clock = thermal_clock(gpu, clock, {junction_degc, mean_degc, seen_degc}, {1}, 1);
      seen_degc = mean_degc;
      highest_degc = std::max(highest_degc, junction_degc);
    }
  }
};

TEST_CASE("a GPU slows down by how much too warm it is and becomes, and comes back by a percent per second at most") {
  const Gpu gpu = gb200();
  REQUIRE(held_junction_degc(gpu) == 86);
  CHECK(thermal_clock(gpu, {1.0}, at_degc(85.9), {1}, 1).ratio == Approx(1.0));
  CHECK(thermal_clock(gpu, {0.9}, at_degc(80), {1}, 1).ratio == Approx(0.91));
  CHECK(thermal_clock(gpu, {0.9}, at_degc(80), {1}, 5).ratio == Approx(0.95));
  const SetClock held{0.9, ClockReason::kSoftwareThermal};
  CHECK(thermal_clock(gpu, held, at_degc(86), {1}, 1).ratio == Approx(0.9));
  CHECK(thermal_clock(gpu, held, at_degc(87), {1}, 1).ratio == Approx(0.898));
  CHECK(thermal_clock(gpu, held, at_degc(85), {1}, 1).ratio == Approx(0.902));
  CHECK(thermal_clock(gpu, held, {87, 86.1, 86}, {1}, 1).ratio == Approx(0.9 - 0.03 * 0.1 - 0.002 * 0.1));
  // What rises below where it is held loses nothing before it is there.
  CHECK(thermal_clock(gpu, {1.0}, {85.9, 85.9, 80}, {1}, 1).ratio == Approx(1.0));
  CHECK(thermal_clock(gpu, {1.0}, {86.1, 86.1, 80}, {1}, 1).ratio == Approx(1 - 0.032 * 0.1));
}

TEST_CASE("a clock that temperature sets rests where its junction is held, wherever it came from") {
  for (const double per_clock_k : {40.0, 50.0, 100.0}) {
    CAPTURE(per_clock_k);
    const double needed = 1 - 6 / per_clock_k;  // at 92 degC with full clock
    HeldGpu from_above, from_below;
    from_above.run(600, 92, per_clock_k);
    from_below.run(300, 100, per_clock_k);
    from_below.run(600, 92, per_clock_k);
    for (const HeldGpu* gpu : {&from_above, &from_below}) {
      CHECK(gpu->clock.ratio == Approx(needed).margin(1e-4));
      CHECK(gpu->junction_degc == Approx(86).margin(1e-2));
      CHECK(gpu->clock.reason == ClockReason::kSoftwareThermal);
    }
    CHECK(from_above.highest_degc < 88.9);  // short of the hardware's slowdown
  }
}

TEST_CASE("swings of the iteration move a held clock little, and not on the mean") {
  HeldGpu still, swinging;
  still.run(600, 92, 50);
  swinging.run(600, 92, 50, 5);
  double sum = 0;
  for (int i = 0; i < 300; ++i) {
    swinging.run(1, 92, 50, 5);
    CHECK(swinging.clock.ratio == Approx(still.clock.ratio).margin(0.01));
    sum += swinging.clock.ratio;
  }
  CHECK(sum / 300 == Approx(still.clock.ratio).margin(0.001));
}

TEST_CASE("a mean junction goes by the time that passes, however often it is looked at") {
  double often = 80;
  for (int i = 0; i < 20; ++i) often = mean_junction_degc(often, 86, 0.05);
  CHECK(often == Approx(mean_junction_degc(80, 86, 1)));
  CHECK(mean_junction_degc(80, 86, 3) == Approx(86 - 6 / std::exp(1.0)));
}

TEST_CASE("a GPU that has shut down draws nothing, however hot it is") {
  CHECK(gpu_power_w(gb200(), {1, 0.5, 0.5}, 0, 95) == 0);
  CHECK(gpu_power_w(gb200(), {}, 0.5, 95) > gb200().idle_w.value);
}

TEST_CASE("a hot GPU halves its clock and one at its shutdown temperature stays off") {
  const Gpu gpu = gb200();
  CHECK(thermal_clock(gpu, {1.0}, at_degc(89.5), {1}, 1).ratio == Approx(0.5));
  CHECK(thermal_clock(gpu, {0.5}, at_degc(89.5), {1}, 1).ratio == Approx(0.3));
  CHECK(thermal_clock(gpu, {0.5}, at_degc(92), {1}, 1).ratio == 0);
  CHECK(thermal_clock(gpu, {0}, at_degc(40), {1}, 1).ratio == 0);
}

TEST_CASE("a limit is kept, even below the lowest throttled clock") {
  CHECK(thermal_clock(gb200(), {1.0}, at_degc(60), {0.57}, 1).ratio == Approx(0.57));
  CHECK(thermal_clock(gb200(), {1.0}, at_degc(60), {0.2}, 1).ratio == Approx(0.2));
}

TEST_CASE("a clock has the reason that set it") {
  const Gpu gpu = gb200();
  const auto reason = [&](SetClock clock, double junction_degc, SetClock limit) {
    return thermal_clock(gpu, clock, at_degc(junction_degc), limit, 1).reason;
  };
  const SetClock free{1, ClockReason::kNone}, capped{0.97, ClockReason::kPowerCap},
      limited{0.5, ClockReason::kClockLimit};
  CHECK(allowed_clock(1, 1).reason == ClockReason::kNone);
  CHECK(allowed_clock(0.97, 1).reason == ClockReason::kPowerCap);
  CHECK(allowed_clock(0.97, 0.97).reason == ClockReason::kPowerCap);  // both hold it: the power limit is first
  CHECK(allowed_clock(0.97, 0.5).reason == ClockReason::kClockLimit);
  CHECK(allowed_clock(1, 0.5).ratio == 0.5);
  CHECK(reason(free, 60, free) == ClockReason::kNone);
  CHECK(reason(free, 60, capped) == ClockReason::kPowerCap);
  CHECK(reason(free, 60, limited) == ClockReason::kClockLimit);
  CHECK(reason(capped, 87.1, capped) == ClockReason::kSoftwareThermal);
  CHECK(reason(limited, 87.1, limited) == ClockReason::kSoftwareThermal);  // it goes further down
  CHECK(reason(free, 87.1, limited) == ClockReason::kClockLimit);          // the limit is lower than temperature's step
  CHECK(reason(free, 89.5, free) == ClockReason::kHardwareThermal);
  CHECK(reason(free, 92, free) == ClockReason::kShutDown);
  CHECK(reason({0, ClockReason::kShutDown}, 40, free) == ClockReason::kShutDown);
}

TEST_CASE("a clock that comes back keeps the reason that brought it down until it is back") {
  const Gpu gpu = gb200();
  for (const ClockReason cause :
       {ClockReason::kSoftwareThermal, ClockReason::kHardwareThermal, ClockReason::kClockLimit}) {
    SetClock clock = thermal_clock(gpu, {0.9, cause}, at_degc(86), {1}, 1);
    CHECK(clock.ratio == Approx(0.9));
    CHECK(clock.reason == cause);
    for (int second = 0; second < 9; ++second) {
      CHECK(clock.reason == cause);
      clock = thermal_clock(gpu, clock, at_degc(80), {0.99, ClockReason::kPowerCap}, 1);
    }
    CHECK(clock.ratio == Approx(0.99));
    CHECK(clock.reason == ClockReason::kPowerCap);
  }
}

TEST_CASE("a CPU trains at its share of the range between idle and tdp") {
  CHECK(cpu_power_w(nvl72().cpu, true) == Approx(235));
  CHECK(cpu_power_w(nvl72().cpu, false) == Approx(50));
}

TEST_CASE("a full NVL72 closes at 131.2 kW DC and 134.5 kW AC") {
  const RackType rack = nvl72();
  const double gpu_w = gpu_power_w(rack.gpu, kTensor, 1, 70);
  const double cpu_w = 420;
  const double dc_w =
      rack.gpus() * gpu_w + 36 * cpu_w + 18 * rack.compute_tray_other_w.value + 9 * rack.switch_tray_w.value;
  CHECK(dc_w == Approx(131.2e3).epsilon(0.001));
  CHECK(rack_ac_w(rack, dc_w) == Approx(134.5e3).epsilon(0.001));
}

TEST_CASE("losses of the feed add up and the UPS is read at its load") {
  FeedType feed;
  feed.busway_efficiency = Sourced(0.99);
  feed.transformer_no_load_loss = Sourced(0.001);
  feed.transformer_load_loss = Sourced(0.008);
  feed.ups_efficiency.x = {0.25, 0.5, 0.75, 1.0};
  feed.ups_efficiency.y = {0.970, 0.973, 0.970, 0.964};
  const double half_w = 0.5e6 / 0.973, full_w = 1e6 / 0.964;
  CHECK(feed_ac_w(feed, {0.5 * 0.99 * 1e6}, 1e6, 1e6) == Approx(half_w + 1000 + 0.008e6 * half_w * half_w / 1e12));
  CHECK(feed_ac_w(feed, {1.0 * 0.99 * 1e6}, 1e6, 1e6) == Approx(full_w + 1000 + 0.008e6 * full_w * full_w / 1e12));
  CHECK(feed_ac_w(feed, {1.0 * 0.99 * 1e6}, 1e6, 2e6) == Approx(full_w + 2000 + 0.016e6 * full_w * full_w / 4e12));
  CHECK(feed_ac_w(feed, {0}, 1e6, 1e6) == Approx(1000));  // the transformer's core
  // Cooling does not pass the busways; past the UPS nothing is lost in it.
  CHECK(feed_ac_w(feed, {0.25 * 0.99 * 1e6, 0.25e6}, 1e6, 1e6) ==
        Approx(feed_ac_w(feed, {0.5 * 0.99 * 1e6}, 1e6, 1e6)));
  CHECK(feed_ac_w(feed, {0.5 * 0.99 * 1e6, 0, true}, 1e6, 1e6) == Approx(500e3 + 1000 + 0.008e6 * 0.25));
}

}  // namespace
}  // namespace racktwin
