#include "sim/recording/crossed_limits.h"

#include "tests/sim/folder.h"
#include "tests/sim/hand_made_site.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// Junctions of three classes of GPUs, coolant of two classes of racks.
RunHistory history_of(const Folder& folder, const std::vector<float>& junction, const std::vector<float>& coolant) {
  const std::string path = folder.file("run.racktwin");
  RecordingWriter writer = value_of(RecordingWriter::create(path, true));
  require_ok(writer.put_components(hand_made_site()));
  require_ok(writer.put_metrics({{0, "gpu_junction", UnitKind::kGpu, "degC", "", "", 20, 90, "", ""},
                                 {1, "rack_return", UnitKind::kRack, "degC", "", "", 15, 65, "", ""},
                                 {2, "gpu_power", UnitKind::kGpu, "W", "", "", 0, 100, "", ""}}));
  require_ok(writer.put_limits({{0, "shutdown", 92, "", ""},
                                {0, "software slowdown", 87, "", ""},
                                {1, "coolant out", 65.1, "", ""},
                                {2, "TDP", std::nan(""), "", ""}}));
  require_ok(writer.put_epoch(0, 0));
  require_ok(writer.put_membership(0, UnitKind::kGpu, {0, 0, 0, 1, 1, 1, 1, 1, 0, 0, 0, 0, 2, 2, 2, 2}));
  require_ok(writer.put_membership(0, UnitKind::kRack, {0, 0, 1, 1}));
  require_ok(writer.append_frame(0, 10, {{0, junction, junction, junction}, {1, coolant, coolant, coolant}}));
  require_ok(writer.close());
  return value_of(RunHistory::open(path));
}

TEST_CASE("a crossed limit names the first unit above it, how many there are, and the highest value") {
  const Folder folder;
  const RunHistory history = history_of(folder, {80, 88, 91}, {60, 66});
  const auto crossed = crossed_limits(history, *history.frame(10));
  REQUIRE(crossed.size() == 2);
  CHECK(crossed[0].metric->name == "gpu_junction");
  CHECK(crossed[0].limit->name == "software slowdown");
  CHECK(crossed[0].units.count == 9);
  CHECK(history.site().path(crossed[0].units.first) == "hall/row-a/rack-01/compute-02/gpu-1");
  CHECK(crossed[0].units.value == 88);
  CHECK(crossed[0].units.highest == 91);
  CHECK(crossed[1].limit->name == "coolant out");
  CHECK(history.site().path(crossed[1].units.first) == "hall/row-b/rack-01");
  CHECK(crossed[1].units.count == 2);
}

TEST_CASE("of several limits the highest that is crossed counts, and a value at its limit is not above it") {
  const Folder folder;
  const RunHistory hot = history_of(folder, {80, 88, 93}, {60, 65.1F});
  const auto crossed = crossed_limits(hot, *hot.frame(10));
  REQUIRE(crossed.size() == 1);
  CHECK(crossed[0].limit->name == "shutdown");
  CHECK(crossed[0].units.count == 4);
  const RunHistory cool = history_of(folder, {87, kNoValue, 20}, {kNoValue, kNoValue});
  CHECK(crossed_limits(cool, *cool.frame(10)).empty());
}

TEST_CASE("a thing crosses a limit if something in it does") {
  const Folder folder;
  const RunHistory history = history_of(folder, {80, 88, 80}, {60, 66});
  const Frame frame = *history.frame(10);
  const auto crosses = [&](UnitKind kind, const char* path) {
    return is_above_any(history, frame, limits_above(history, frame), kind, *history.site().find(path));
  };
  CHECK(crosses(UnitKind::kGpu, "hall/row-a/rack-01"));
  CHECK(crosses(UnitKind::kGpu, "hall/row-a/rack-01/compute-02"));
  CHECK_FALSE(crosses(UnitKind::kGpu, "hall/row-a/rack-01/compute-01"));
  CHECK_FALSE(crosses(UnitKind::kGpu, "hall/row-b"));
  CHECK(crosses(UnitKind::kRack, "hall/row-b"));
  CHECK_FALSE(crosses(UnitKind::kRack, "hall/row-a"));
}

}  // namespace
}  // namespace racktwin
