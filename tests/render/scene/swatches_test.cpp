#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// The swatch of a GPU on the front of a rack.
Swatch swatch_at(const RunHistory& history, const Scene& scene, const std::string& path) {
  const ComponentId id = id_of(history, path);
  for (const FrontItem& front : scene.fronts) {
    if (front.id.component != id.component) continue;
    const FrontGrid& grid = scene.grids[front.grid];
    for (int cell = 0; cell < grid.cells(); ++cell)
      if (grid.part_of_cell[static_cast<std::size_t>(cell)] == id.part)
        return scene.swatches[scene.cell_swatches[front.first_swatch + static_cast<std::uint32_t>(cell)]];
  }
  FAIL(path << " is not drawn");
  return {};
}

TEST_CASE("The cell of a GPU has the colour of its recorded value") {
  const RunHistory history = hand_made_history({});
  const LayerSpec layer = layer_spec(history, Layer::kPower);
  REQUIRE(layer.low == 0);
  REQUIRE(layer.high == 1000);
  const Scene scene = compose(history, 10, Layer::kPower, "overview", 800, 600).scene;
  const auto of_share = [](double share) { return colour_at(ColourMap::kInferno, share); };
  CHECK(swatch_at(history, scene, "hall/row-1/rack-01/compute-01/gpu-0").colour == of_share(0.1));
  CHECK(swatch_at(history, scene, "hall/row-1/rack-01/compute-02/gpu-1").colour == of_share(0.4));
  CHECK(swatch_at(history, scene, "hall/row-1/rack-02/compute-02/gpu-1").colour == of_share(0.8));
  CHECK(swatch_at(history, scene, "hall/row-1/rack-02/compute-02/gpu-1").finish == Finish::kData);
  CHECK(scene.swatches[scene.fronts[0].summary].colour == of_share(0.25));
  CHECK(scene.swatches[scene.fronts[1].summary].colour == of_share(0.65));
  CHECK(swatch_at(history, scene, "hall/row-1/rack-01/switch-tray-01").finish == Finish::kShaded);
  CHECK(swatch_at(history, scene, "hall/row-1/rack-01/power-shelf-01").colour == light_theme().metal);
}

TEST_CASE("GPUs of the example have the colours of their readings in every layer") {
  const RunHistory& history = example_history();
  const auto frame = history.frame(kExampleTime_s);
  REQUIRE(frame);
  for (const Layer layer : kLayers) {
    const LayerSpec spec = layer_spec(history, layer);
    REQUIRE(spec.gpu != nullptr);
    const Scene scene = compose(history, kExampleTime_s, layer, "row", 800, 600).scene;
    for (const char* gpu : {"rack-01/compute-01/gpu-0", "rack-05/compute-18/gpu-3", "rack-08/compute-09/gpu-2"}) {
      const std::string path = std::string("hall/row-a/") + gpu;
      const double value = history.reading(*frame, *spec.gpu, id_of(history, path)).mean;
      if (std::isnan(value)) {  // an idle GPU has no clock
        CHECK(layer == Layer::kClock);
        CHECK(swatch_at(history, scene, path).finish == Finish::kNoData);
        continue;
      }
      CHECK(swatch_at(history, scene, path).colour == colour_of(spec, light_theme(), spec.gpu->id, value));
    }
  }
}

TEST_CASE("A rack's top has the colour of the value on its label") {
  const RunHistory& history = example_history();
  const auto frame = history.frame(kExampleTime_s);
  for (const Layer layer : kLayers) {
    const LayerSpec spec = layer_spec(history, layer);
    const Scene scene = compose(history, kExampleTime_s, layer, "row", 800, 600).scene;
    for (const FrontItem& front : scene.fronts) {
      const Reading reading = history.reading(*frame, *spec.gpu, front.id);
      const double value = layer == Layer::kTemperature ? reading.high : reading.mean;
      INFO(layer_word(layer) << " " << history.site().path(front.id));
      REQUIRE(reading.has_data());
      CHECK(scene.swatches[front.summary].colour == colour_of(spec, light_theme(), spec.gpu->id, value));
    }
  }
}

TEST_CASE("What has no value has no data") {
  HandMade site;
  site.power_w[0] = std::nanf("");
  const RunHistory one_missing = hand_made_history(site);
  const Scene scene = compose(one_missing, 10, Layer::kPower, "row", 800, 600).scene;
  CHECK(swatch_at(one_missing, scene, "hall/row-1/rack-01/compute-01/gpu-0").finish == Finish::kNoData);
  CHECK(swatch_at(one_missing, scene, "hall/row-1/rack-01/compute-01/gpu-1").finish == Finish::kData);
  CHECK(scene.swatches[scene.fronts[0].summary].colour == colour_at(ColourMap::kInferno, 0.3));  // of the other three

  site.has_power = false;
  const RunHistory no_metric = hand_made_history(site);
  const Scene without = compose(no_metric, 10, Layer::kPower, "row", 800, 600).scene;
  CHECK(swatch_at(no_metric, without, "hall/row-1/rack-01/compute-01/gpu-1").finish == Finish::kNoData);
  CHECK(without.swatches[without.fronts[0].summary].finish == Finish::kNoData);

  Scene unseen = scene;
  build_swatches(std::nullopt, layer_spec(one_missing, Layer::kPower), light_theme(), unseen);
  CHECK(swatch_at(one_missing, unseen, "hall/row-1/rack-01/compute-01/gpu-1").finish == Finish::kNoData);
}

TEST_CASE("Coolant pipes carry the temperature layer, cable trays the utilization layer") {
  const RunHistory history = hand_made_history({});
  const auto finish_of_drop = [&](Layer layer, bool is_supply) {
    const Scene scene = compose(history, 10, layer, "row", 800, 600).scene;
    const float middle = scene.fronts[0].corner.x + 0.5F;
    for (const TubeItem& tube : scene.tubes)
      if (tube.id == scene.fronts[0].id && (tube.from.x < middle) == is_supply) return scene.swatches[tube.swatch];
    FAIL("no drop");
    return Swatch{};
  };
  CHECK(finish_of_drop(Layer::kPower, true).colour == light_theme().supply);
  CHECK(finish_of_drop(Layer::kPower, false).colour == light_theme().return_);
  const LayerSpec spec = layer_spec(history, Layer::kTemperature);
  CHECK(finish_of_drop(Layer::kTemperature, true).finish == Finish::kData);
  CHECK(finish_of_drop(Layer::kTemperature, true).colour ==
        colour_at(spec.map, (30 - spec.low) / (spec.high - spec.low)));
  CHECK(finish_of_drop(Layer::kTemperature, false).finish == Finish::kNoData);  // rack_return was not recorded

  const Scene scene = compose(history, 10, Layer::kUtilization, "row", 800, 600).scene;
  const ComponentId row = id_of(history, "hall/row-1");
  const auto tray = std::find_if(scene.boxes.begin(), scene.boxes.end(), [&](const BoxItem& b) { return b.id == row; });
  REQUIRE(tray != scene.boxes.end());
  CHECK(scene.swatches[tray->swatch].colour == colour_at(ColourMap::kViridis, 0.5));
}

TEST_CASE("What is above its limit has the colour of the alarm, which no value has") {
  HandMade site;
  site.limits_w = {650};
  site.coolant_degc = 46;
  const RunHistory history = hand_made_history(site);
  const LayerSpec power = layer_spec(history, Layer::kPower);
  const Scene scene = compose(history, 10, Layer::kPower, "row", 800, 600).scene;
  CHECK(swatch_at(history, scene, "hall/row-1/rack-02/compute-02/gpu-0").colour == light_theme().alarm);
  CHECK(swatch_at(history, scene, "hall/row-1/rack-02/compute-02/gpu-0").finish == Finish::kData);
  CHECK(swatch_at(history, scene, "hall/row-1/rack-02/compute-01/gpu-1").colour ==
        colour_of(power, light_theme(), power.gpu->id, 600));
  CHECK(scene.swatches[scene.fronts[1].summary].colour != light_theme().alarm);  // their mean is below

  const LayerSpec temperature = layer_spec(history, Layer::kTemperature);
  const int coolant = history.metric("rack_inlet")->id;
  CHECK(alarm_above(temperature, coolant) == 45);
  CHECK(std::isnan(alarm_above(power, coolant)));
  CHECK(colour_of(temperature, light_theme(), coolant, 45) != light_theme().alarm);
  const Scene hot = compose(history, 10, Layer::kTemperature, "row", 800, 600).scene;
  const auto in_alarm = [&](const Scene& drawn) {
    return std::count_if(drawn.tubes.begin(), drawn.tubes.end(), [&](const TubeItem& tube) {
      return drawn.swatches[tube.swatch].colour == light_theme().alarm;
    });
  };
  CHECK(in_alarm(hot) == 2);  // the supply drops of both racks; what the loop's limit is nobody has said
  CHECK(in_alarm(scene) == 0);
  site.coolant_degc = 45;
  const RunHistory at_limit = hand_made_history(site);
  CHECK(in_alarm(compose(at_limit, 10, Layer::kTemperature, "row", 800, 600).scene) == 0);
}

TEST_CASE("A pump that has stopped has the colour of the alarm in every layer, one that runs is metal") {
  const auto swatch_of_pump = [](float speed, Layer layer) {
    HandMade site;
    site.pump_speed = speed;
    const RunHistory history = hand_made_history(site);
    const Scene scene = compose(history, 10, layer, "row", 800, 600).scene;
    const ComponentId pump = id_of(history, "hall/cdu-1/pump-1");
    for (const BoxItem& box : scene.boxes)
      if (box.id == pump) return scene.swatches[box.swatch];
    FAIL("no pump");
    return Swatch{};
  };
  for (const Layer layer : kLayers) {
    CHECK(swatch_of_pump(0, layer).colour == light_theme().alarm);
    CHECK(swatch_of_pump(0, layer).finish == Finish::kData);
    for (const float speed : {0.01F, 1.0F}) {
      CHECK(swatch_of_pump(speed, layer).colour == light_theme().metal);
      CHECK(swatch_of_pump(speed, layer).finish == Finish::kShaded);
    }
  }
  CHECK(swatch_of_pump(std::nanf(""), Layer::kPower).finish == Finish::kNoData);
}

TEST_CASE("A large site of few classes needs few swatches") {
  HandMade site;
  site.rows = 50;
  site.racks_per_row = 40;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 4; };
  const RunHistory history = hand_made_history(site);
  Scene scene;
  build_place(history, 0, layer_spec(history, Layer::kPower), scene);
  CHECK(scene.fronts.size() == 2000);
  CHECK(scene.swatch_sources.size() == 7 + 5 + 1);  // neutral; four classes and their mean; a pump
  CHECK(scene.cell_swatches.size() == 7);           // one look: four GPUs, a switch tray, a shelf, the rest
}

}  // namespace
}  // namespace racktwin
