#include "sim/power/waveform.h"

#include "sim/check.h"

#include <unsupported/Eigen/FFT>

#include <algorithm>
#include <cmath>
#include <complex>
#include <numeric>

namespace racktwin {
namespace {

constexpr double kMainsCycle_s = 0.02;  // at 50 Hz

bool is_smooth(std::size_t n) {
  for (const std::size_t factor : {2U, 3U, 5U})
    while (n % factor == 0) n /= factor;
  return n == 1;
}

}  // namespace

std::size_t waveform_samples(double period_s, double step_s) {
  RT_CHECK(period_s > 0 && step_s > 0);
  auto n = static_cast<std::size_t>(std::ceil(period_s / step_s - 1e-9));
  for (n = std::max<std::size_t>(n, 1); !is_smooth(n);) ++n;
  return n;
}

Waveform lagged(const Waveform& load, double time_constant_s) {
  if (!(time_constant_s > 0)) return load;
  const double x = load.step_s() / time_constant_s;
  const double kept = std::exp(-x), taken = -std::expm1(-x);
  // From `input` at the start of a period to that at its end is an affine map; its fixed point is the steady state.
  double shift = 0;
  for (const double w : load.power_w) shift = kept * shift + taken * w;
  double input = shift / -std::expm1(-load.period_s / time_constant_s);
  Waveform out = load;
  for (double& w : out.power_w) {
    input = kept * input + taken * w;
    w = input;
  }
  return out;
}

double lag_of_storage_s(double energy_j, double low_w, double high_w) {
  RT_CHECK(high_w > low_w);
  return energy_j / (high_w - low_w);
}

Waveform moving_mean(const Waveform& waveform, double window_s) {
  const std::vector<double>& w = waveform.power_w;
  const auto n = w.size();
  const auto window = std::min(n, static_cast<std::size_t>(std::max(1LL, std::llround(window_s / waveform.step_s()))));
  Waveform out = waveform;
  double sum = std::accumulate(w.end() - static_cast<std::ptrdiff_t>(window), w.end(), 0.0);
  for (std::size_t i = 0; i < n; ++i) {
    sum += w[i] - w[(i + n - window) % n];
    out.power_w[i] = sum / static_cast<double>(window);
  }
  return out;
}

WaveformFacts facts_of(const Waveform& waveform, double window_s) {
  const std::vector<double>& all = waveform.power_w;
  const auto n = all.size();
  WaveformFacts facts;
  facts.mean_w = std::accumulate(all.begin(), all.end(), 0.0) / static_cast<double>(n);
  const auto [low, high] = std::minmax_element(all.begin(), all.end());
  facts.low_w = *low;
  facts.high_w = *high;
  const std::vector<double> w = moving_mean(waveform, kMainsCycle_s).power_w;
  // A window of no whole number of samples ends between two of them.
  const double window = std::max(window_s / waveform.step_s(), 1.0), time_s = window * waveform.step_s();
  const auto whole = static_cast<std::size_t>(window);
  const double part = window - static_cast<double>(whole);
  for (std::size_t i = 0; i < n; ++i) {
    const double end = (1 - part) * w[(i + whole) % n] + part * w[(i + whole + 1) % n];
    const double slope = (end - w[i]) / time_s;
    facts.rise_w_per_s = std::max(facts.rise_w_per_s, slope);
    facts.fall_w_per_s = std::max(facts.fall_w_per_s, -slope);
  }
  return facts;
}

std::vector<SpectralLine> spectrum_of(const Waveform& waveform, double highest_hz) {
  Eigen::FFT<double> fft;
  fft.SetFlag(Eigen::FFT<double>::HalfSpectrum);
  std::vector<std::complex<double>> bins;
  fft.fwd(bins, waveform.power_w);
  const auto n = waveform.power_w.size();
  std::vector<SpectralLine> lines;
  for (std::size_t k = 1; k < bins.size(); ++k) {
    const double hz = static_cast<double>(k) / waveform.period_s;
    if (hz > highest_hz) break;
    const bool is_highest = 2 * k == n;  // of an even number of samples: it stands for itself alone
    lines.push_back({hz, (is_highest ? 1 : 2) * std::abs(bins[k]) / static_cast<double>(n)});
  }
  return lines;
}

double band_rms_w(const std::vector<SpectralLine>& spectrum, double low_hz, double high_hz) {
  double sum = 0;
  for (const SpectralLine& line : spectrum)
    if (line.hz >= low_hz && line.hz <= high_hz) sum += line.amplitude_w * line.amplitude_w / 2;
  return std::sqrt(sum);
}

}  // namespace racktwin
