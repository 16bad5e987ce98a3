// Power over one iteration that repeats, at a millisecond: what storage makes of it, and what a feeder sees in it.
//
// A waveform is one period in equal steps; after the last sample comes the first. Thread rule: pure functions.
#pragma once

#include <cstddef>
#include <vector>

namespace racktwin {

struct Waveform {
  double period_s = 0;
  std::vector<double> power_w;  // (n_sample) means over equal parts of the period; of lagged(), values at their ends
  double step_s() const { return period_s / static_cast<double>(power_w.size()); }
};

// The least number of samples of at most step_s that a fast Fourier transform likes: its prime factors are 2, 3 and 5.
std::size_t waveform_samples(double period_s, double step_s);

// What flows into a store that takes its input from the load with a first-order lag: T dP_in/dt = P_load - P_in, in
// periodic steady state, exact for a load that is constant within a sample. As it is at the end of each sample: lows
// and peaks are met, and the mean over the period is that of the load. What is stored is E = E_0 - T (P_in - P_in0),
// which swings by T times the swing of the input. A lag of 0: the load itself.
Waveform lagged(const Waveform& load, double time_constant_s);

// The longest lag that a store can keep whatever the load does between `low` and `high`: energy / (high - low).
double lag_of_storage_s(double energy_j, double low_w, double high_w);

// Trailing means over window_s, rounded to whole samples, at least one.
Waveform moving_mean(const Waveform& waveform, double window_s);

struct WaveformFacts {
  double mean_w = 0, low_w = 0, high_w = 0;
  double rise_w_per_s = 0, fall_w_per_s = 0;  // steepest change over `window_s`, both >= 0
};
// Changes are those of the mean over a mains cycle of 20 ms: within one, the power of a feeder has no meaning.
// window_s is at least one sample; means between samples are linear.
// Power quality is measured over whole cycles too (IEC 61000-4-30; not read).
WaveformFacts facts_of(const Waveform& waveform, double window_s);

// One line of the spectrum: power_w = mean + sum over lines of amplitude cos(2 pi f t + ...).
struct SpectralLine {
  double hz = 0, amplitude_w = 0;
};
// The harmonics of the iteration up to `highest_hz`, ascending: a steady job has nothing between them.
// source: discrete Fourier transform over one period (Oppenheim & Schafer, Discrete-Time Signal Processing, ch. 8).
std::vector<SpectralLine> spectrum_of(const Waveform& waveform, double highest_hz);
// Root mean square of what the lines in [low_hz, high_hz] make up. [W]
double band_rms_w(const std::vector<SpectralLine>& spectrum, double low_hz, double high_hz);

}  // namespace racktwin
