#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

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
      CHECK(swatch_at(history, scene, path).colour == colour_at(spec.map, (value - spec.low) / (spec.high - spec.low)));
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
      CHECK(scene.swatches[front.summary].colour == colour_at(spec.map, (value - spec.low) / (spec.high - spec.low)));
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

TEST_CASE("A large site of few classes needs few swatches") {
  HandMade site;
  site.rows = 50;
  site.racks_per_row = 40;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 4; };
  const RunHistory history = hand_made_history(site);
  Scene scene;
  build_place(history, 0, layer_spec(history, Layer::kPower), scene);
  CHECK(scene.fronts.size() == 2000);
  CHECK(scene.swatch_sources.size() == 7 + 5);  // neutral; four classes and their mean
  CHECK(scene.cell_swatches.size() == 7);       // one look: four GPUs, a switch tray, a shelf, the rest
}

}  // namespace
}  // namespace racktwin
