// Watches values against their limits and says when one is crossed. Thread rule: one thread per watch.
#pragma once

#include "sim/quantity.h"
#include "sim/recording/recording.h"

#include <limits>
#include <string>
#include <vector>

namespace racktwin {

// One value with its limit. Crossing back counts once the value is `hysteresis` below.
class LimitWatch {
 public:
  LimitWatch(std::string path, std::string name, double limit, double hysteresis, Dimension dimension)
      : path_(std::move(path)), name_(std::move(name)), limit_(limit), hysteresis_(hysteresis), dimension_(dimension) {}

  // Appends an event if the value crosses the limit, either way. A limit of NaN is never crossed.
  void watch(double time_s, double value, std::vector<EventRow>& events);

  double limit() const { return limit_; }
  double highest() const { return highest_; }  // NaN before the first value
  bool was_crossed() const { return crossed_; }
  const std::string& name() const { return name_; }

 private:
  std::string path_, name_;
  double limit_, hysteresis_;
  Dimension dimension_;
  double highest_ = std::numeric_limits<double>::quiet_NaN();
  bool above_ = false, crossed_ = false;
};

}  // namespace racktwin
