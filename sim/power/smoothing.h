// Power smoothing of a GPU: a box around its power while its job runs.
//
// The bottom is the floor, at every moment: what work does not draw of it is burnt. Once a GPU has had no work for the
// hysteresis, the bottom goes down at the ramp down and, if there is a ramp up, the top closes on what is drawn; when
// work returns, the top rises at the ramp up. Within an open box power moves freely. That work, and not its power,
// opens the box is this model's reading. source: NVML API reference, Power Smoothing (settings and units); Choukse et
// al., Power Stabilization for AI Training Datacenters, arXiv 2508.14318, and its slides (bounding box, ramps,
// hysteresis). Thread rule: pure functions.
#pragma once

#include "sim/plan/plan.h"
#include "sim/power/power.h"
#include "sim/power/waveform.h"

#include <vector>

namespace racktwin {

// What a GPU draws over an iteration of period_s that repeats, in periodic steady state; activity (n_bin): what it
// does. Where the top holds it back, it draws less than its work would.
Waveform smoothed(const GpuPowerLaw& law, const std::vector<GpuActivity>& activity, double period_s,
                  const PowerSmoothing& smoothing, double tdp_w);

// What a GPU draws once its job has stood still for stopped_s; `load_w`: what it needs now.
double smoothed_stop_w(const PowerSmoothing& smoothing, double tdp_w, double load_w, double stopped_s);

// The clock that, kept all the time, takes tensor work as long as `clock` does while the ramp up holds it back:
// harmonic over the work, 1 / f = mean of 1 / f(t), f(t) the clock at which the power keeps below the ramp. `activity`
// (n_bin): what the GPU does; `drawn`: the smoothed power of the same bins.
double clock_within_ramp(const Gpu& gpu, const std::vector<GpuActivity>& activity, const Waveform& drawn, double clock,
                         double junction_degc);

}  // namespace racktwin
