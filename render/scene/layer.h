// The layers of a picture: which metric colours what, in which range. One metric at a time; one colour map and range
// per quantity, so that colours may be compared within a picture. Thread rule: pure functions.
#pragma once

#include "render/scene/scene.h"
#include "sim/recording/run_history.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

enum class Layer : std::uint8_t { kPower, kTemperature, kUtilization, kClock };
inline constexpr Layer kLayers[] = {Layer::kPower, Layer::kTemperature, Layer::kUtilization, Layer::kClock};
std::string_view layer_word(Layer layer);  // "power"
std::optional<Layer> layer_of(std::string_view word);

// What a layer shows of a run. Metrics that the run did not record are nullptr: what they would colour has no data.
struct LayerSpec {
  Layer layer = Layer::kPower;
  std::string title;     // "GPU power"
  std::string explains;  // what else carries the scale, and what stands for a rack as a whole
  ColourMap map = ColourMap::kViridis;
  std::string unit;                 // of the scale: "W"
  double low = 0, high = 1;         // of the scale, fixed over the run
  const MetricRow* gpu = nullptr;   // colours GPU cells, and racks as a whole
  const MetricRow* rack = nullptr;  // printed on a rack's label ("110 kW"); may be the GPU metric
  // What stands for the GPUs of a rack (tray, row): in labels, on its top, and on its front far away.
  Statistic summary = Statistic::kMean;
  std::vector<LimitRow> limits;  // that lie within the scale
};

// From where on values of a metric have the colour of the alarm: its lowest limit within the scale; NaN: nowhere.
double alarm_above(const LayerSpec& layer, int metric);
// The colour of a value of a metric on the layer's scale, in the legend as in the picture.
Rgba colour_of(const LayerSpec& layer, const Theme& theme, int metric, double value);

// The range rests on the metric's own (low, high) and limits; where the recording leaves high open, a nice number at or
// above the highest limit, else the highest value of the frames recorded so far.
LayerSpec layer_spec(const RunHistory& history, Layer layer);

}  // namespace racktwin
