// What a run records: the table of metrics, and the accumulator that turns steps into frames.
//
// A frame holds mean, lowest and highest over its interval. Thread rule: one thread per FrameBuilder.
#pragma once

#include "sim/recording/recording.h"

#include <array>
#include <cstdint>
#include <vector>

namespace racktwin {

enum class Metric : std::uint8_t {
  // per GPU class
  kGpuPower,
  kGpuJunction,
  kGpuClock,
  kGpuCompute,
  kGpuCommunication,
  // per tray class
  kTrayPower,
  // per rack class
  kRackPower,
  kRackShelfLoad,
  kRackInlet,
  kRackReturn,
  kRackFlow,
  // site
  kSitePower,
  kItPower,
  kStepTime,
  kTokens,
  kThrottled,
  kTcsSupply,
  kTcsReturn,
  kTcsFlow,
  kFacilitySupply,
  kFacilityReturn,
  kCduHeat,
  kAirHeat,
  kPumpPower,
  kCoolingPower,
};
inline constexpr int kMetrics = 25;

// In order of Metric; the id of a row is its index.
const std::vector<MetricRow>& metric_rows();

class FrameBuilder {
 public:
  // How many classes each kind of unit has.
  FrameBuilder(std::size_t gpus, std::size_t trays, std::size_t racks);
  void add(Metric metric, std::size_t unit_class, double value, double dt_s) {
    add(metric, unit_class, value, value, value, dt_s);
  }
  void add(Metric metric, std::size_t unit_class, double mean, double low, double high, double dt_s);
  // What was added since the last take(), a row for every metric.
  std::vector<FrameRow> take();

 private:
  struct Cell {
    double sum = 0, time_s = 0, low = 0, high = 0;
  };
  std::array<std::vector<Cell>, kMetrics> cells_;
};

}  // namespace racktwin
