#include "sim/power/smoothing.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <numeric>

namespace racktwin {
namespace {

const Gpu& gpu() {
  static const Gpu gpu = small_job().site.rack_type.gpu;  // GB200: 1200 W, idle 200 W
  return gpu;
}
GpuPowerLaw law() { return {gpu(), 1, gpu().reference_junction_degc.value}; }

// 6 s of tensor work at 1200 W, 4 s of nothing at 200 W, in 100 bins.
std::vector<GpuActivity> square() {
  std::vector<GpuActivity> work(100);
  for (std::size_t i = 0; i < 60; ++i) work[i].tensor = 1;
  return work;
}

Waveform drawn_by(const std::vector<GpuActivity>& work, const PowerSmoothing& smoothing, double period_s = 10) {
  return smoothed(law(), work, period_s, smoothing, gpu().tdp_w.value);
}

double mean_w(const Waveform& w) {
  return std::accumulate(w.power_w.begin(), w.power_w.end(), 0.0) / static_cast<double>(w.power_w.size());
}

TEST_CASE("smoothing that is off changes nothing") {
  const PowerSmoothing off;
  CHECK_FALSE(off.is_on());
  const Waveform drawn = drawn_by(square(), off);
  CHECK(drawn.power_w[30] == Approx(1200));
  CHECK(drawn.power_w[80] == Approx(200));
}

TEST_CASE("a floor holds for the hysteresis and no longer") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.5;
  smoothing.ramp_down_hysteresis_s = 100;
  const Waveform held = drawn_by(square(), smoothing);
  CHECK(held.power_w[30] == Approx(1200));
  CHECK(*std::min_element(held.power_w.begin(), held.power_w.end()) == Approx(600));
  CHECK(mean_w(held) == Approx(0.6 * 1200 + 0.4 * 600));
  smoothing.ramp_down_hysteresis_s = 1;
  const Waveform brief = drawn_by(square(), smoothing);
  CHECK(brief.power_w[60] == Approx(600));  // within the box it falls at once
  CHECK(brief.power_w[69] == Approx(600));  // the tenth bin without work: 1 s
  CHECK(brief.power_w[70] == Approx(200));  // without a ramp the floor goes at once
}

TEST_CASE("after the hysteresis the floor goes down the ramp, and what it burns is paid for") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.5;
  smoothing.ramp_down_hysteresis_s = 1;
  smoothing.ramp_down_w_per_s = 200;  // 400 W in 2 s
  const Waveform drawn = drawn_by(square(), smoothing);
  CHECK(drawn.power_w[69] == Approx(600));
  CHECK(drawn.power_w[75] == Approx(600 - 6 * 20));
  CHECK(drawn.power_w[95] == Approx(200));
  // 400 W for 1 s, then a triangle over 2 s; a bin holds its value at its end.
  CHECK(mean_w(drawn) - (0.6 * 1200 + 0.4 * 200) == Approx((400 * 1 + 0.5 * 400 * 2) / 10.0).epsilon(0.06));
}

TEST_CASE("work that returns to a closed box rises no faster than the ramp; an open box does not hold it") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.5;
  smoothing.ramp_up_w_per_s = 350;
  smoothing.ramp_down_hysteresis_s = 10;
  CHECK(drawn_by(square(), smoothing).power_w[0] == Approx(1200));
  smoothing.ramp_down_hysteresis_s = 1;
  const Waveform drawn = drawn_by(square(), smoothing);
  CHECK(drawn.power_w[0] == Approx(235));
  CHECK(drawn.power_w[10] == Approx(200 + 11 * 35));
  CHECK(drawn.power_w[40] == Approx(1200));
}

TEST_CASE("gaps within a bin are filled as gaps of their own are") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.5;
  smoothing.ramp_down_hysteresis_s = 1;
  std::vector<GpuActivity> fine(1000), coarse(10);  // a millisecond of work, one without
  for (std::size_t i = 0; i < fine.size(); i += 2) fine[i].tensor = 1;
  for (GpuActivity& each : coarse) each.tensor = 0.5;
  CHECK(mean_w(drawn_by(fine, smoothing, 1)) == Approx(0.5 * 1200 + 0.5 * 600));
  CHECK(mean_w(drawn_by(coarse, smoothing, 1)) == Approx(0.5 * 1200 + 0.5 * 600));
}

TEST_CASE("communication beside work needs no filling, alone it does") {
  const double alone_w = law().at_w({0, 0, 1, 0});
  REQUIRE(alone_w < 800);
  CHECK(law().burnt_w({0, 0, 1, 0}, 800) == Approx(800 - alone_w));
  CHECK(law().burnt_w({1, 0, 1, 0, 1}, 800) == 0);
  CHECK(law().burnt_w({0.5, 0, 0.5, 0}, 800) == Approx(0.5 * (800 - alone_w)));
  CHECK(law().burnt_w({0.5, 0, 0.5, 0.5, 0.5}, 800) == Approx(0.5 * (800 - law().at_w({0, 0, 0, 1}))));  // beside it
}

TEST_CASE("the clock that a ramp leaves follows from the work that it holds back") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.6;
  const auto clock_at = [&](double ramp) {
    smoothing.ramp_up_w_per_s = ramp * gpu().tdp_w.value;
    return clock_within_ramp(gpu(), square(), drawn_by(square(), smoothing), 1, gpu().reference_junction_degc.value);
  };
  CHECK(clock_at(1e6) == Approx(1));  // nothing held back
  CHECK(clock_at(0.5) < clock_at(2));
  CHECK(clock_at(2) < 1);
  CHECK(clock_at(0.5) > gpu().min_clock_ratio.value);
}

TEST_CASE("a job that stops leaves its power at the floor, then down the ramp to what is needed") {
  PowerSmoothing smoothing;
  smoothing.floor = 0.6;
  smoothing.ramp_down_hysteresis_s = 5;
  smoothing.ramp_down_w_per_s = 100;
  const auto after = [&](double s) { return smoothed_stop_w(smoothing, 1000, 150, s); };
  CHECK(after(0) == 600);
  CHECK(after(5) == Approx(600));
  CHECK(after(7) == Approx(400));
  CHECK(after(60) == 150);
  CHECK(smoothed_stop_w(PowerSmoothing(), 1000, 150, 1) == 150);
}

}  // namespace
}  // namespace racktwin
