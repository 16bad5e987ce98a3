#include "render/scene/layer.h"

#include "sim/check.h"
#include "sim/recording/crossed_limits.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace racktwin {
namespace {

// The next round number: steps of a tenth of the leading digit's place up to 2, of a half above.
double round_up(double value) {
  if (!(value > 0)) return 1;
  const double place = std::pow(10, std::floor(std::log10(value)));
  const double step = value < 2 * place ? place / 10 : place / 2;
  return std::ceil(value / step - 1e-9) * step;
}

double highest_value(const RunHistory& history, const MetricRow& metric) {
  constexpr double kAlways = std::numeric_limits<double>::infinity();
  const auto site = history.site().placed("site");
  double highest = 0;
  if (!site.empty())
    for (const double high : history.series(metric, {site.front().component, -1}, -kAlways, kAlways).high)
      highest = std::fmax(highest, high);
  return highest;
}

// Limits with a value, the lowest first.
std::vector<LimitRow> limits_of(const RunHistory& history, const MetricRow& metric) {
  std::vector<LimitRow> limits;
  for (const LimitRow& limit : history.limits())
    if (limit.metric == metric.id && std::isfinite(limit.value)) limits.push_back(limit);
  std::sort(limits.begin(), limits.end(), [](const LimitRow& a, const LimitRow& b) { return a.value < b.value; });
  return limits;
}

void set_range(const RunHistory& history, LayerSpec& spec) {
  const MetricRow& metric = *spec.gpu;
  spec.unit = metric.unit;
  spec.limits = limits_of(history, metric);
  spec.low = std::isfinite(metric.low) ? metric.low : 0;
  spec.high = std::isfinite(metric.high) ? metric.high
              : spec.limits.empty()      ? round_up(highest_value(history, metric))
                                         : round_up(spec.limits.back().value);
  if (!(spec.high > spec.low)) spec.high = spec.low + 1;
}

// Coolant has the scale of the GPUs.
void widen_for(const RunHistory& history, std::string_view name, LayerSpec& spec) {
  const MetricRow* metric = history.metric(name);
  if (metric == nullptr) return;
  const bool is_first = spec.unit.empty();
  spec.unit = metric->unit;
  spec.low = is_first ? metric->low : std::fmin(spec.low, metric->low);
  spec.high = is_first ? metric->high : std::fmax(spec.high, metric->high);
}

void add_coolant_limits(const RunHistory& history, LayerSpec& spec) {
  for (const char* name : {"rack_inlet", "rack_return"})
    if (const MetricRow* metric = history.metric(name))
      for (const LimitRow& limit : limits_of(history, *metric)) spec.limits.push_back(limit);
}

}  // namespace

std::string_view layer_word(Layer layer) {
  switch (layer) {
    case Layer::kPower:
      return "power";
    case Layer::kTemperature:
      return "temperature";
    case Layer::kUtilization:
      return "utilization";
    case Layer::kClock:
      return "clock";
  }
  RT_CHECK(false);
}

std::optional<Layer> layer_of(std::string_view word) {
  for (const Layer layer : kLayers)
    if (layer_word(layer) == word) return layer;
  return std::nullopt;
}

double alarm_above(const LayerSpec& layer, int metric) {
  double lowest = std::numeric_limits<double>::quiet_NaN();
  for (const LimitRow& limit : layer.limits)
    if (limit.metric == metric) lowest = std::fmin(lowest, limit.value);
  return lowest;
}

Rgba colour_of(const LayerSpec& layer, const Theme& theme, int metric, double value) {
  if (is_above(value, alarm_above(layer, metric))) return theme.alarm;
  return colour_at(layer.map, (value - layer.low) / (layer.high - layer.low));
}

LayerSpec layer_spec(const RunHistory& history, Layer layer) {
  LayerSpec spec;
  spec.layer = layer;
  switch (layer) {
    case Layer::kPower:
      spec.title = "GPU power";
      spec.explains = "Tops of racks, and racks far away: mean of their GPUs. Labels: power of the whole rack";
      spec.explains += history.site().placed("row").size() > 1 ? " or row." : ".";
      spec.map = ColourMap::kInferno;
      spec.gpu = history.metric("gpu_power");
      spec.rack = history.metric("rack_power");
      break;
    case Layer::kTemperature:
      spec.title = "Temperature";
      spec.explains = "GPUs: junction. Labels, tops of racks and racks far away: the hottest.";
      if (!history.site().placed("cdu").empty()) spec.explains += " Pipes: coolant and facility water.";
      spec.map = ColourMap::kInferno;
      spec.gpu = spec.rack = history.metric("gpu_junction");
      spec.summary = Statistic::kHighest;
      break;
    case Layer::kUtilization:
      spec.title = "GPU utilization";
      spec.explains =
          "GPUs: share of time computing. Labels, tops of racks and racks far away: their mean. Cable trays and "
          "switches: "
          "share of their bandwidth in use.";
      spec.gpu = spec.rack = history.metric("gpu_compute");
      break;
    case Layer::kClock:
      spec.title = "GPU clock";
      spec.explains =
          "Share of the sustained clock. Labels, tops of racks and racks far away: mean of the GPUs with data.";
      spec.gpu = spec.rack = history.metric("gpu_clock");
      break;
  }
  if (spec.gpu != nullptr) set_range(history, spec);
  if (layer == Layer::kTemperature)
    for (const char* name : {"rack_inlet", "rack_return", "tcs_supply", "facility_supply"})
      if (!history.site().placed("cdu").empty()) widen_for(history, name, spec);
  if (layer == Layer::kTemperature) add_coolant_limits(history, spec);
  std::erase_if(spec.limits, [&](const LimitRow& l) { return l.value < spec.low || l.value > spec.high; });
  return spec;
}

}  // namespace racktwin
