#include "sim/twin/metrics.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <set>

namespace racktwin {
namespace {

const FrameRow& row(const std::vector<FrameRow>& rows, Metric metric) { return rows[static_cast<std::size_t>(metric)]; }

TEST_CASE("every metric has a name, a unit, a description and the function that computes it") {
  std::set<std::string> names;
  REQUIRE(metric_rows().size() == kMetrics);
  for (int i = 0; i < kMetrics; ++i) {
    const MetricRow& m = metric_rows()[static_cast<std::size_t>(i)];
    CAPTURE(m.name);
    CHECK(m.id == i);
    CHECK(names.insert(m.name).second);
    CHECK_FALSE(m.unit.empty());
    CHECK_FALSE(m.description.empty());
    CHECK_FALSE(m.computed_by.empty());
    CHECK_FALSE(m.low > m.high);
  }
  CHECK(metric_rows()[static_cast<std::size_t>(Metric::kGpuPower)].name == "gpu_power");
  CHECK(metric_rows()[static_cast<std::size_t>(Metric::kRackFlow)].name == "rack_flow");
  CHECK(metric_rows()[static_cast<std::size_t>(Metric::kSitePower)].name == "site_power");
  CHECK(metric_rows()[static_cast<std::size_t>(Metric::kCoolingPower)].name == "cooling_power");
}

TEST_CASE("a frame holds the time-weighted mean, the lowest and the highest") {
  FrameBuilder frame(2, 1, 1);
  frame.add(Metric::kGpuPower, 1, 100, 1);
  frame.add(Metric::kGpuPower, 1, 400, 3);
  frame.add(Metric::kRackPower, 0, 50, 10, 90, 2);
  frame.add(Metric::kRackPower, 0, 60, 40, 80, 2);
  const auto rows = frame.take();
  REQUIRE(rows.size() == kMetrics);
  const FrameRow& gpu = row(rows, Metric::kGpuPower);
  REQUIRE(gpu.mean.size() == 2);
  CHECK(gpu.mean[1] == Approx(325));
  CHECK(gpu.low[1] == 100);
  CHECK(gpu.high[1] == 400);
  const FrameRow& rack = row(rows, Metric::kRackPower);
  CHECK(rack.mean[0] == Approx(55));
  CHECK(rack.low[0] == 10);
  CHECK(rack.high[0] == 90);
}

TEST_CASE("what was not added has no data, and a frame starts anew") {
  FrameBuilder frame(1, 1, 1);
  frame.add(Metric::kGpuPower, 0, 7, 1);
  frame.add(Metric::kGpuJunction, 0, std::numeric_limits<double>::quiet_NaN(), 1);
  const auto first = frame.take();
  CHECK(row(first, Metric::kGpuPower).mean[0] == 7);
  CHECK(std::isnan(row(first, Metric::kGpuJunction).mean[0]));
  CHECK(std::isnan(row(first, Metric::kSitePower).mean[0]));
  const auto second = frame.take();
  CHECK(std::isnan(row(second, Metric::kGpuPower).mean[0]));
}

}  // namespace
}  // namespace racktwin
