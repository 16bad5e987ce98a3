#include "sim/power/waveform.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace racktwin {
namespace {

Waveform square(double low_w, double high_w, double period_s, std::size_t samples) {
  Waveform w{period_s, std::vector<double>(samples, low_w)};
  std::fill_n(w.power_w.begin(), samples / 2, high_w);
  return w;
}

double mean(const Waveform& w) {
  return std::accumulate(w.power_w.begin(), w.power_w.end(), 0.0) / static_cast<double>(w.power_w.size());
}

TEST_CASE("a waveform has samples of at most the step asked for, in a number that factors into 2, 3 and 5") {
  CHECK(waveform_samples(1.0, 1e-3) == 1000);
  CHECK(waveform_samples(18.911, 1e-3) == 19200);  // 18,911 is prime
  CHECK(waveform_samples(1e-4, 1e-3) == 1);
}

TEST_CASE("storage with a lag gives the periodic answer of a first-order system to a square wave") {
  // Steady state between two levels: each half starts at P -+ D tanh(T_half / 2 tau), D half the swing.
  const double tau_s = 0.2;
  const Waveform out = lagged(square(1000, 3000, 1.0, 2000), tau_s);
  const double highest = 2000 + 1000 * std::tanh(0.5 / (2 * tau_s));
  const auto [low, high] = std::minmax_element(out.power_w.begin(), out.power_w.end());
  CHECK(*high == Approx(highest).epsilon(1e-3));  // a mean over half a millisecond
  CHECK(*low == Approx(4000 - highest).epsilon(1e-3));
  CHECK(mean(out) == Approx(2000).epsilon(1e-12));
}

TEST_CASE("a store that is sized for a swing never gives more energy than it holds") {
  const Waveform load = square(20e3, 130e3, 0.8, 8000);
  const double tau_s = lag_of_storage_s(4680, 20e3, 130e3);
  CHECK(tau_s == Approx(4680 / 110e3));
  const Waveform in = lagged(load, tau_s);
  double stored_j = 0, low_j = 0, high_j = 0;
  for (std::size_t i = 0; i < load.power_w.size(); ++i) {
    const double before_w = in.power_w[(i + in.power_w.size() - 1) % in.power_w.size()];
    stored_j += ((before_w + in.power_w[i]) / 2 - load.power_w[i]) * load.step_s();
    low_j = std::min(low_j, stored_j);
    high_j = std::max(high_j, stored_j);
  }
  CHECK(std::abs(stored_j) < 1e-6);  // nothing is made or lost in a period
  CHECK(high_j - low_j <= 4680 + 1e-6);
  CHECK(high_j - low_j == Approx(4680).epsilon(1e-3));  // slow enough to use all of it
}

TEST_CASE("half the step changes what comes out of the store by next to nothing") {
  const double coarse = facts_of(lagged(square(1, 2, 1.0, 1000), 0.016), 0.1).high_w;
  const double fine = facts_of(lagged(square(1, 2, 1.0, 2000), 0.016), 0.1).high_w;
  CHECK(coarse == Approx(fine).epsilon(1e-6));
}

TEST_CASE("without a lag the input is the load") {
  const Waveform load = square(1, 2, 1.0, 10);
  CHECK(lagged(load, 0).power_w == load.power_w);
}

TEST_CASE("the steepest change is taken over a window, across the end of the period too") {
  const WaveformFacts facts = facts_of(square(100, 300, 1.0, 1000), 0.1);
  CHECK(facts.mean_w == Approx(200));
  CHECK(facts.low_w == 100);
  CHECK(facts.high_w == 300);
  CHECK(facts.rise_w_per_s == Approx(2000));  // from the last sample to the first
  CHECK(facts.fall_w_per_s == Approx(2000));
  // Of means over a mains cycle of 20 ms: a step takes one to show.
  CHECK(facts_of(square(100, 300, 1.0, 1000), 1e-9).rise_w_per_s == Approx(200 / 20e-3));
  Waveform spike = square(100, 100, 1.0, 1000);
  spike.power_w[500] = 300;
  CHECK(facts_of(spike, 0.1).rise_w_per_s == Approx(200 / 20.0 / 0.1));
}

TEST_CASE("the lines of a sine and of a square wave are those of the textbook") {
  Waveform sine{0.5, std::vector<double>(600)};
  for (std::size_t i = 0; i < 600; ++i)
    sine.power_w[i] = 7 + 3 * std::sin(2 * std::numbers::pi * 4 * static_cast<double>(i) / 600);
  const auto lines = spectrum_of(sine, 20);
  REQUIRE(lines.size() == 10);  // 2, 4, ... 20 Hz
  CHECK(lines[3].hz == Approx(8));
  CHECK(lines[3].amplitude_w == Approx(3));
  CHECK(lines[0].amplitude_w < 1e-9);
  CHECK(band_rms_w(lines, 0.1, 20) == Approx(3 / std::sqrt(2)));
  CHECK(band_rms_w(lines, 10, 20) < 1e-9);

  const auto odd = spectrum_of(square(0, 2, 1.0, 6000), 5);
  REQUIRE(odd.size() == 5);
  CHECK(odd[0].amplitude_w == Approx(4 / std::numbers::pi).epsilon(1e-4));  // of a square wave between -1 and 1
  CHECK(odd[2].amplitude_w == Approx(4 / (3 * std::numbers::pi)).epsilon(1e-4));
  CHECK(odd[1].amplitude_w < 1e-9);
}

TEST_CASE("the spectrum holds all the power that varies") {
  const Waveform w = lagged(square(10, 50, 0.3, 480), 0.01);
  double variance = 0;
  for (const double p : w.power_w) variance += (p - mean(w)) * (p - mean(w)) / 480;
  CHECK(band_rms_w(spectrum_of(w, 1e9), 0, 1e9) == Approx(std::sqrt(variance)));
}

}  // namespace
}  // namespace racktwin
