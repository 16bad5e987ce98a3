#include "sim/recording/crossed_limits.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

const std::vector<float>* highest_of(const Frame& frame, const MetricRow& metric) {
  const auto index = static_cast<std::size_t>(metric.id);
  return index < frame.values.size() ? &frame.values[index].high : nullptr;
}

bool has_class_above(const Frame& frame, const MetricRow& metric, double bound) {
  const std::vector<float>* high = highest_of(frame, metric);
  return high != nullptr &&
         std::any_of(high->begin(), high->end(), [&](float value) { return is_above(value, bound); });
}

}  // namespace

bool is_above(double value, double limit) { return static_cast<float>(value) > static_cast<float>(limit); }

UnitsAbove units_above(const RunHistory& history, const Frame& frame, const MetricRow& metric, double bound) {
  UnitsAbove above;
  if (!has_class_above(frame, metric, bound)) return above;
  const std::vector<float>& high = *highest_of(frame, metric);
  const std::vector<std::uint32_t>& classes = history.membership(frame.epoch, metric.kind);
  above.highest = bound;
  for (std::size_t unit = 0; unit < classes.size(); ++unit) {
    const double value = classes[unit] < high.size() ? static_cast<double>(high[classes[unit]]) : std::nan("");
    if (!is_above(value, bound)) continue;
    if (above.count++ == 0) {
      above.first = history.site().unit(metric.kind, static_cast<std::uint32_t>(unit));
      above.value = value;
    }
    above.highest = std::max(above.highest, value);
  }
  return above;
}

std::vector<MetricLimit> limits_above(const RunHistory& history, const Frame& frame) {
  std::vector<MetricLimit> found;
  for (const MetricRow& metric : history.metrics())
    for (const LimitRow& limit : history.limits())
      if (limit.metric == metric.id && has_class_above(frame, metric, limit.value)) found.push_back({&metric, &limit});
  return found;
}

std::vector<MetricLimit> highest_of_each_metric(const std::vector<MetricLimit>& limits) {
  std::vector<MetricLimit> highest;
  for (const MetricLimit& l : limits) {
    const bool is_same = !highest.empty() && highest.back().metric == l.metric;
    if (is_same && l.limit->value <= highest.back().limit->value) continue;
    if (is_same) highest.pop_back();
    highest.push_back(l);
  }
  return highest;
}

bool is_above_any(const RunHistory& history, const Frame& frame, const std::vector<MetricLimit>& limits, UnitKind kind,
                  ComponentId id) {
  return std::any_of(limits.begin(), limits.end(), [&](const MetricLimit& l) {
    return l.metric->kind == kind && is_above(history.reading(frame, *l.metric, id).high, l.limit->value);
  });
}

std::vector<CrossedLimit> crossed_limits(const RunHistory& history, const Frame& frame) {
  std::vector<CrossedLimit> all;
  for (const MetricLimit& l : highest_of_each_metric(limits_above(history, frame)))
    all.push_back({l.metric, l.limit, units_above(history, frame, *l.metric, l.limit->value)});
  return all;
}

}  // namespace racktwin
