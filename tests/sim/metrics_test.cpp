#include "sim/twin/metrics.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <optional>
#include <set>
#include <string>

namespace racktwin {
namespace {

const FrameRow& row(const std::vector<FrameRow>& rows, Metric metric) { return rows[static_cast<std::size_t>(metric)]; }

TEST_CASE("every metric has a name, a unit, a description and the function that computes it") {
  std::set<std::string> names;
  const auto rows = metric_rows(flagship({}), test_calibration());
  REQUIRE(rows.size() == kMetrics);
  for (int i = 0; i < kMetrics; ++i) {
    const MetricRow& m = rows[static_cast<std::size_t>(i)];
    CAPTURE(m.name);
    CHECK(m.id == i);
    CHECK(names.insert(m.name).second);
    CHECK_FALSE(m.unit.empty());
    CHECK_FALSE(m.description.empty());
    CHECK_FALSE(m.computed_by.empty());
    CHECK_FALSE(m.low > m.high);
    CHECK(m.evidence.empty() ==
          (m.name == "facility_supply" || m.name == "dry_bulb" || m.name == "wet_bulb"));  // which the scenario sets
    CHECK_FALSE(m.source.empty());
  }
  const auto name = [&](Metric metric) { return rows[static_cast<std::size_t>(metric)].name; };
  CHECK(name(Metric::kGpuPower) == "gpu_power");
  CHECK(name(Metric::kRackFlow) == "rack_flow");
  CHECK(name(Metric::kRackNetwork) == "rack_network");
  CHECK(name(Metric::kPumpSpeed) == "pump_speed");
  CHECK(name(Metric::kPumpFlow) == "pump_flow");
  CHECK(name(Metric::kLeafNetwork) == "leaf_network");
  CHECK(name(Metric::kSitePower) == "site_power");
  CHECK(name(Metric::kSpineNetwork) == "spine_network");
  CHECK(name(Metric::kCoolingPower) == "cooling_power");
}

TEST_CASE("the range of power and clock is that of the site's GPU") {
  Plan plan = flagship({});
  plan.site.rack_type.gpu.tdp_w = Sourced(700);
  plan.site.rack_type.gpu.min_clock_ratio = Sourced(0.67);
  auto rows = metric_rows(plan, test_calibration());
  CHECK(rows[static_cast<std::size_t>(Metric::kGpuPower)].high == 700);
  CHECK(rows[static_cast<std::size_t>(Metric::kGpuClock)].low == Approx(0.6));
  CHECK(rows[static_cast<std::size_t>(Metric::kGpuClock)].high == 1);
  plan.site.rack_type.gpu.tdp_w = Sourced();
  plan.site.rack_type.gpu.min_clock_ratio = Sourced();
  rows = metric_rows(plan, test_calibration());
  CHECK(std::isnan(rows[static_cast<std::size_t>(Metric::kGpuPower)].high));
  CHECK(rows[static_cast<std::size_t>(Metric::kGpuClock)].low == 0.5);
}

TEST_CASE("a metric names the weakest input that it rests on") {
  Plan plan = flagship({});
  const auto row = [&](Metric metric) {
    return metric_rows(plan, test_calibration())[static_cast<std::size_t>(metric)];
  };
  CHECK(row(Metric::kGpuJunction).evidence == "assumed");
  CHECK(row(Metric::kGpuJunction).source == "junction-to-case resistance (engineering-estimate)");
  CHECK(row(Metric::kRackPower).source == "GPU power while communicating (engineering-estimate)");
  CHECK(row(Metric::kStepTime).source == "switch latency (general-knowledge)");
}

TEST_CASE("what somebody sets names who does, and no modelled input") {
  const auto row = [&](const Plan& plan, Metric metric, const std::vector<Event>& by_operator = {}) {
    return metric_rows(plan, test_calibration(), by_operator)[static_cast<std::size_t>(metric)];
  };
  const auto event_of = [](EventKind kind) {
    Event event;
    event.kind = kind;
    return event;
  };
  Plan plan = flagship({});
  plan.name = "hall";
  plan.events.clear();
  CHECK(row(plan, Metric::kFacilitySupply).source == "set by scenario hall");
  const MetricRow held = row(plan, Metric::kPumpSpeed);  // as fast as the flow of the set-point takes
  CHECK(held.source == row(plan, Metric::kPumpFlow).source);
  plan.cooling.pump_speed = 0.75;
  CHECK(row(plan, Metric::kPumpSpeed).source == "set by scenario hall");
  CHECK(row(plan, Metric::kPumpSpeed).evidence.empty());

  SECTION("an operator is named from his first event on") {
    const std::vector<Event> by_operator = {event_of(EventKind::kFacilitySupply)};
    CHECK(row(plan, Metric::kFacilitySupply, by_operator).source == "set by scenario hall and operator");
    CHECK(row(plan, Metric::kPumpSpeed, by_operator).source == "set by scenario hall");
  }
  SECTION("a pump that follows a new command does so with a lag") {
    plan.events.push_back(event_of(EventKind::kPumpSpeed));
    CHECK_THAT(row(plan, Metric::kPumpSpeed).source,
               Catch::StartsWith("lag behind scenario hall") && Catch::Contains("run-") && Catch::Contains(" time ("));
    CHECK_FALSE(row(plan, Metric::kPumpSpeed).evidence.empty());
  }
  SECTION("what the dry cooler gives rests on the dry cooler, as far as nobody sets it") {
    plan.cooling.facility_supply_degc = std::numeric_limits<double>::quiet_NaN();
    const MetricRow modelled = row(plan, Metric::kFacilitySupply);
    CHECK(modelled.evidence == "assumed");
    CHECK_THAT(modelled.source, !Catch::Contains("scenario"));
    plan.events.push_back(event_of(EventKind::kFacilitySupply));
    const MetricRow in_part = row(plan, Metric::kFacilitySupply);
    CHECK(in_part.evidence == "assumed");
    CHECK(in_part.source == "until scenario hall sets it: " + modelled.source);
  }
}

TEST_CASE("limits carry the values of the site with their evidence, and none that does not apply") {
  const auto limit = [](const Plan& plan, Metric metric, const std::string& name) -> std::optional<LimitRow> {
    for (const LimitRow& row : limit_rows(plan))
      if (row.metric == static_cast<int>(metric) && row.name == name) return row;
    return std::nullopt;
  };
  const Plan liquid = flagship({"cooling.cdus=2"});
  REQUIRE(limit(liquid, Metric::kGpuPower, "TDP"));
  CHECK(limit(liquid, Metric::kGpuPower, "TDP")->value == 1200);
  CHECK(limit(liquid, Metric::kGpuPower, "TDP")->evidence == "published");
  CHECK(limit(liquid, Metric::kGpuPower, "TDP")->source == "nvidia-dps-devices");
  CHECK(limit(liquid, Metric::kGpuJunction, "software slowdown")->value == 87);
  CHECK(limit(liquid, Metric::kGpuJunction, "hardware slowdown")->value == 89);
  CHECK(limit(liquid, Metric::kGpuJunction, "shutdown")->value == 92);
  CHECK(limit(liquid, Metric::kRackPower, "rating of the rack")->value == 132e3);
  CHECK(limit(liquid, Metric::kRackShelfLoad, "load with redundancy")->value == 1);
  CHECK(limit(liquid, Metric::kRackInlet, "coolant in")->value == 45);
  CHECK(limit(liquid, Metric::kRackReturn, "coolant out")->value == 65);
  CHECK(limit(liquid, Metric::kSitePower, "rating of the feed")->value == 1.25e6);
  CHECK(limit(liquid, Metric::kSitePower, "rating of the feed")->evidence.empty());
  CHECK(limit(liquid, Metric::kSitePower, "rating of the feed")->source == "scenario");
  CHECK(limit(liquid, Metric::kCduHeat, "rating of the CDUs")->value == 2 * 1368e3);
  const Plan air = small_job({"site.rack=hgx-h100", "event=[]", "workload.gpus_per_domain=8", "workload.pp=1",
                              "workload.vp=1", "workload.dp=16"});
  CHECK(limit(air, Metric::kGpuPower, "TDP"));
  for (const Metric metric : {Metric::kRackInlet, Metric::kRackReturn, Metric::kCduHeat})
    for (const LimitRow& row : limit_rows(air)) CHECK(row.metric != static_cast<int>(metric));
}

TEST_CASE("a frame holds the time-weighted mean, the lowest and the highest") {
  FrameBuilder frame({2, 1, 1, 1, 1});
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
  FrameBuilder frame({1, 1, 1, 0, 3});
  frame.add(Metric::kGpuPower, 0, 7, 1);
  frame.add(Metric::kGpuJunction, 0, std::numeric_limits<double>::quiet_NaN(), 1);
  const auto first = frame.take();
  CHECK(row(first, Metric::kPumpSpeed).mean.empty());
  CHECK(row(first, Metric::kLeafNetwork).mean.size() == 3);
  CHECK(row(first, Metric::kGpuPower).mean[0] == 7);
  CHECK(std::isnan(row(first, Metric::kGpuJunction).mean[0]));
  CHECK(std::isnan(row(first, Metric::kSitePower).mean[0]));
  const auto second = frame.take();
  CHECK(std::isnan(row(second, Metric::kGpuPower).mean[0]));
}

}  // namespace
}  // namespace racktwin
