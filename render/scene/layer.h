// The layers of a picture: which metric colours what, in which range. One metric at a time; one colour map and range
// per quantity, so that colours may be compared within a picture. Thread rule: pure functions.
#pragma once

#include "render/colour/colour_map.h"
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
  std::string explains;  // what else carries the scale: "coolant in the pipes; racks far away: mean of their GPUs"
  ColourMap map = ColourMap::kViridis;
  std::string unit;                 // of the scale: "W"
  double low = 0, high = 1;         // of the scale, fixed over the run
  const MetricRow* gpu = nullptr;   // colours GPU cells, and rack means
  const MetricRow* rack = nullptr;  // printed on a rack's label ("110 kW"); may be the GPU metric
  bool label_takes_high = false;    // the label gives the highest of the GPUs, not their mean
  std::vector<LimitRow> limits;     // that lie within the scale
};

// The range rests on the metric's own (low, high) and limits; where the recording leaves high open, a nice number at or
// above the highest limit, else the highest value of the frames recorded so far.
LayerSpec layer_spec(const RunHistory& history, Layer layer);

}  // namespace racktwin
