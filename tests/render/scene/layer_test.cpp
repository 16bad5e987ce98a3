#include "render/scene/layer.h"

#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

TEST_CASE("A layer is found by its word") {
  for (const Layer layer : kLayers) CHECK(layer_of(layer_word(layer)) == layer);
  CHECK(layer_of("heat") == std::nullopt);
}

TEST_CASE("The range of power ends at a round number above its highest limit") {
  const LayerSpec spec = layer_spec(example_history(), Layer::kPower);
  CHECK(spec.low == 0);
  CHECK(spec.high == 1200);
  CHECK(spec.unit == "W");
  CHECK(spec.rack->name == "rack_power");
  REQUIRE_FALSE(spec.limits.empty());
  CHECK(spec.limits[0].value == 1200);
}

TEST_CASE("Without a limit it ends above the highest value so far") {
  HandMade site;
  site.power_w = {10, 20, 30, 40, 50, 60, 70, 343};
  site.limits_w = {};
  const LayerSpec spec = layer_spec(hand_made_history(site), Layer::kPower);
  CHECK(spec.high == 350);
  CHECK(spec.limits.empty());
}

TEST_CASE("Coolant and GPUs share the scale of temperatures") {
  const LayerSpec spec = layer_spec(example_history(), Layer::kTemperature);
  CHECK(spec.low == 15);
  CHECK(spec.high == 90);
  CHECK(spec.summary == Statistic::kHighest);
  CHECK(spec.explains.find("the hottest") != std::string::npos);
  for (const Layer layer : {Layer::kPower, Layer::kUtilization, Layer::kClock})
    CHECK(layer_spec(example_history(), layer).summary == Statistic::kMean);
  for (const LimitRow& limit : spec.limits) CHECK(limit.value <= 90);
}

TEST_CASE("A layer whose metric was not recorded has a scale all the same") {
  HandMade site;
  site.has_power = false;
  const RunHistory history = hand_made_history(site);
  const LayerSpec power = layer_spec(history, Layer::kPower);
  CHECK(power.gpu == nullptr);
  CHECK(power.high > power.low);
  const LayerSpec temperature = layer_spec(history, Layer::kTemperature);
  CHECK(temperature.gpu == nullptr);
  CHECK(temperature.unit == "degC");
  CHECK(temperature.low == 15);
  CHECK(temperature.high == 65);
}

}  // namespace
}  // namespace racktwin
