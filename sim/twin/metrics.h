// What a run records: the tables of metrics and their limits, and the accumulator that turns steps into frames.
//
// A frame holds mean, lowest and highest over its interval. Thread rule: one thread per FrameBuilder.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"

#include <array>
#include <cstddef>
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
  kReasonIdle,  // as ClockReason
  kReasonLimit,
  kReasonPowerCap,
  kReasonSoftwareThermal,
  kReasonHardwareThermal,
  kReasonShutDown,
  // per tray class
  kTrayPower,
  // per rack class
  kRackPower,
  kRackShelfLoad,
  kRackInlet,
  kRackReturn,
  kRackFlow,
  kRackNetwork,
  kRackPowerCap,
  // per pump
  kPumpSpeed,
  kPumpFlow,
  // per leaf class
  kLeafNetwork,
  // site
  kSitePower,
  kItPower,
  kStepTime,
  kTokens,
  kThrottled,
  kSpineNetwork,
  kTcsSupply,
  kTcsReturn,
  kTcsFlow,
  kFacilitySupply,
  kFacilityReturn,
  kCduHeat,
  kAirHeat,
  kPumpPower,
  kCoolingPower,
  kFanPower,
  kChillerPower,
  kWaterUse,
  kFacilityFlow,
  kCduValve,
  kDryBulb,
  kWetBulb,
  kAirCoolingPower,
  kSitePowerCap,
  kUpsCharge,
};
inline constexpr int kMetrics = 47;

// In order of Metric; the id of a row is its index. `by_operator`: events of a live run, which may be what a value
// rests on.
std::vector<MetricRow> metric_rows(const Plan& plan, const Calibration& calibration,
                                   const std::vector<Event>& by_operator = {});

// What the metrics should keep to, as far as it applies to the site.
std::vector<LimitRow> limit_rows(const Plan& plan);

// How many classes a frame has of each kind of unit.
struct ClassCounts {
  std::size_t gpus = 0, trays = 0, racks = 0, pumps = 0, leaves = 0;
};

class FrameBuilder {
 public:
  explicit FrameBuilder(const ClassCounts& classes);
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
