// Which limits the values of a frame cross, and where. Thread rule: pure functions.
#pragma once

#include "sim/recording/run_history.h"

#include <vector>

namespace racktwin {

// Whether a recorded value lies above a limit: compared as frames are recorded, so that a value at its limit is not.
bool is_above(double value, double limit);

// Units of a metric whose highest value within the frame's interval lies above a bound.
struct UnitsAbove {
  int count = 0;
  ComponentId first = {};  // of them, in the order of paths
  double value = 0;        // of the first
  double highest = 0;
};
UnitsAbove units_above(const RunHistory& history, const Frame& frame, const MetricRow& metric, double bound);

struct CrossedLimit {
  const MetricRow* metric = nullptr;
  const LimitRow* limit = nullptr;
  UnitsAbove units = {};
};

// In order of the metrics; of several limits of a metric the highest that is crossed.
std::vector<CrossedLimit> crossed_limits(const RunHistory& history, const Frame& frame);

// A limit with its metric.
struct MetricLimit {
  const MetricRow* metric = nullptr;
  const LimitRow* limit = nullptr;
};
// The limits that anything in a frame is above, found without a look at what holds it: mostly none.
std::vector<MetricLimit> limits_above(const RunHistory& history, const Frame& frame);
// Of several limits of a metric, one after another, the highest.
std::vector<MetricLimit> highest_of_each_metric(const std::vector<MetricLimit>& limits);
// Whether a thing, or something in it, is above one of these limits, of the metrics of a kind of component.
bool is_above_any(const RunHistory& history, const Frame& frame, const std::vector<MetricLimit>& limits, UnitKind kind,
                  ComponentId id);

}  // namespace racktwin
