// The time axis that plots and timeline share. Thread rule: pure functions.
#pragma once

#include "app/ui/state.h"

#include <algorithm>

namespace racktwin {

struct TimeAxis {
  float left = 0, width = 1;  // [px]
  double until_s = 1;         // from 0
  float px(double time_s) const { return left + static_cast<float>(time_s / until_s) * width; }
  double time_s(float at_px) const { return std::clamp<double>((at_px - left) / width, 0, 1) * until_s; }
};

}  // namespace racktwin
