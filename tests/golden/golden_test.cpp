// Pictures of a pattern on the example site against pictures that a person has looked at.
//
// Goldens are drawn with Mesa's software rasteriser (Debian 12: Mesa 22.3.6, LLVM 15) and compared on it only. The same
// picture comes out bit for bit with LP_NUM_THREADS 0, 1, 2 and LP_NATIVE_VECTOR_WIDTH 128, 256 (without Mesa's shader
// cache, which does not tell the two apart and crashes); the tolerance leaves room for other processors: at most 0.04 %
// of the pixels may differ by more than 2 of 255.
// UPDATE_GOLDENS=1 replaces them: look at every one before committing it.
#include "render/gl/offscreen_context.h"
#include "render/gl/scene_renderer.h"
#include "render/scene/build_scene.h"
#include "render/scene/pick.h"
#include "sim/catalog/catalog.h"
#include "sim/model/model.h"
#include "sim/plan/parse_plan.h"
#include "sim/twin/components.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

constexpr double kTime_s = 60;
constexpr float kNoValue = std::numeric_limits<float>::quiet_NaN();

// Values over the example site that no change of the physics changes: a gradient over the 72 GPUs of each rack,
// brighter from rack to rack; GPUs 5 to 8 of the third rack have no data, and one above them is over its limit.
class Pattern {
 public:
  explicit Pattern(RecordingWriter& writer) : writer_(writer) {}

  void add(const char* name, UnitKind kind, const char* unit, double low, double high,
           const std::vector<float>& values) {
    const int id = static_cast<int>(metrics_.size());
    metrics_.push_back({id, name, kind, unit, "", "", low, high, "assumed", "a pattern"});
    values_.push_back({id, values, values, values, 0, 0});
  }
  // share (0..1) of the GPUs, on a scale
  void add_gpus(const char* name, const char* unit, double low, double high, double from, double to) {
    std::vector<float> values;
    for (int rack = 0; rack < 8; ++rack)
      for (int i = 0; i < 72; ++i) {
        const double share = (0.3 + 0.1 * rack) * (0.2 + 0.8 * i / 71);
        values.push_back(static_cast<float>(from + share * (to - from)));
      }
    for (int i = 5; i < 9; ++i) values[2 * 72 + static_cast<std::size_t>(i)] = kNoValue;
    values[2 * 72 + 20] = static_cast<float>(to * 1.1);
    add(name, UnitKind::kGpu, unit, low, high, values);
  }
  void finish() {
    REQUIRE(writer_.put_metrics(metrics_));
    REQUIRE(writer_.put_limits({{0, "TDP", 1200, "published", ""}, {1, "software slowdown", 87, "assumed", ""}}));
    REQUIRE(writer_.append_frame(0, kTime_s, values_));
  }

 private:
  RecordingWriter& writer_;
  std::vector<MetricRow> metrics_;
  std::vector<FrameRow> values_;
};

std::vector<std::uint32_t> each_its_own_class(std::uint32_t count) {
  std::vector<std::uint32_t> classes(count);
  std::iota(classes.begin(), classes.end(), 0);
  return classes;
}

std::vector<float> ramp(int count, double from, double to) {
  std::vector<float> values;
  for (int i = 0; i < count; ++i) values.push_back(static_cast<float>(from + (to - from) * i / std::max(1, count - 1)));
  return values;
}

// The components of the example site with the pattern on them.
void write_example(const std::string& file) {
  const Catalog catalog(RACKTWIN_SOURCE_DIRECTORY "/racks");
  const Result<Plan> plan = load_plan(catalog.directory() + "/scenarios/gb200-su-llama405b.toml", {}, catalog);
  REQUIRE(plan);
  const Result<Model> model = build_model(*plan);
  REQUIRE(model);
  Result<RecordingWriter> writer = RecordingWriter::create(file, true);
  REQUIRE(writer);
  REQUIRE(writer->put_run({{"title", "A pattern on the example site"},
                           {"version", "0.0.0 (golden)"},
                           {"scenario", "golden"},
                           {"scenario_hash", "0123456789abcdef"},
                           {"duration_s", "600"}}));
  REQUIRE(writer->put_components(component_rows(*plan, *model)));
  REQUIRE(writer->put_epoch(0, 0));
  const int leaves = model->leaves;
  REQUIRE(writer->put_membership(0, UnitKind::kGpu, each_its_own_class(576)));
  REQUIRE(writer->put_membership(0, UnitKind::kTray, each_its_own_class(144)));
  REQUIRE(writer->put_membership(0, UnitKind::kRack, each_its_own_class(8)));
  REQUIRE(writer->put_membership(0, UnitKind::kPump, each_its_own_class(2)));
  REQUIRE(writer->put_membership(0, UnitKind::kLeaf, each_its_own_class(static_cast<std::uint32_t>(leaves))));
  Pattern pattern(*writer);
  pattern.add_gpus("gpu_power", "W", 0, 1200, 100, 1200);
  pattern.add_gpus("gpu_junction", "degC", 20, 90, 25, 87);
  pattern.add_gpus("gpu_compute", "1", 0, 1, 0, 0.95);
  pattern.add_gpus("gpu_clock", "1", 0.5, 1, 0.5, 1);
  pattern.add("tray_power", UnitKind::kTray, "W", 0, std::nan(""), ramp(144, 1000, 6600));
  pattern.add("rack_power", UnitKind::kRack, "W", 0, std::nan(""), ramp(8, 90000, 132000));
  pattern.add("rack_inlet", UnitKind::kRack, "degC", 15, 65, ramp(8, 40, 41));
  pattern.add("rack_return", UnitKind::kRack, "degC", 15, 65, ramp(8, 50, 64));
  pattern.add("rack_network", UnitKind::kRack, "1", 0, 1, ramp(8, 0, 1));
  pattern.add("leaf_network", UnitKind::kLeaf, "1", 0, 1, ramp(leaves, 0.2, 1));
  pattern.add("pump_speed", UnitKind::kPump, "1", 0, 1, {0.75F, 0});
  pattern.add("pump_flow", UnitKind::kPump, "L/min", 0, std::nan(""), {602, 0});
  pattern.add("spine_network", UnitKind::kSite, "1", 0, 1, {0.1F});
  pattern.add("tcs_supply", UnitKind::kSite, "degC", 15, 65, {40.4F});
  pattern.add("tcs_return", UnitKind::kSite, "degC", 15, 65, {57.4F});
  pattern.add("facility_supply", UnitKind::kSite, "degC", 15, 65, {36});
  pattern.add("facility_return", UnitKind::kSite, "degC", 15, 65, {kNoValue});
  pattern.add("cdu_heat", UnitKind::kSite, "W", 0, std::nan(""), {714000});
  pattern.finish();
  REQUIRE(writer->append_event({30, "hall/cdu-1/pump-2", "pump tripped", "test"}));
  REQUIRE(writer->close());
}

const RunHistory& example_history() {
  static const std::optional<RunHistory> history = [] {
    const fs::path folder = fs::temp_directory_path() / fmt::format("racktwin-golden-{}", getpid());
    fs::create_directories(folder);
    const std::string file = (folder / "golden.racktwin").string();  // its name is part of the picture
    write_example(file);
    Result<RunHistory> opened = RunHistory::open(file);
    REQUIRE(opened);
    std::error_code ignored;
    fs::remove_all(folder, ignored);  // what is open stays readable
    return std::optional<RunHistory>(std::move(*opened));
  }();
  return *history;
}

struct Drawer {
  OffscreenContext context;
  std::unique_ptr<FontBook> fonts = std::make_unique<FontBook>();
  SceneRenderer renderer;

  static std::unique_ptr<Drawer> create() {
    Result<OffscreenContext> context = OffscreenContext::create();
    if (!context) return nullptr;
    auto fonts = std::make_unique<FontBook>();
    Result<SceneRenderer> renderer = SceneRenderer::create(*fonts);
    REQUIRE(renderer);
    return std::unique_ptr<Drawer>(new Drawer{std::move(*context), std::move(fonts), std::move(*renderer)});
  }
  bool is_software() const { return context.info().renderer.find("llvmpipe") != std::string::npos; }
};

struct Shot {
  SceneView view;
  Scene scene;
  Image image;
};

Shot shoot(Drawer& drawer, Layer layer, const std::string& camera, bool is_dark) {
  const RunHistory& history = example_history();
  Shot shot;
  shot.view.layer = layer;
  shot.view.viewport = {0, 0, 1280, 720};
  shot.view.is_dark = is_dark;
  const Result<Camera> named =
      named_camera(history.site(), camera, shot.view.viewport, free_part(shot.view.viewport, 1, true));
  REQUIRE(named);
  shot.view.camera = *named;
  shot.scene = build_scene(history, history.frame(kTime_s), shot.view, *drawer.fonts);
  Result<Image> image = drawer.renderer.picture(shot.scene, shot.view.camera, 1280, 720);
  REQUIRE(image);
  shot.image = std::move(*image);
  return shot;
}

int channel_difference(const std::uint8_t* a, const std::uint8_t* b) {
  return std::max({std::abs(a[0] - b[0]), std::abs(a[1] - b[1]), std::abs(a[2] - b[2])});
}

// Differences in red on the faded golden.
Image difference_image(const Image& golden, const Image& now) {
  Image out = golden;
  for (int y = 0; y < golden.height; ++y)
    for (int x = 0; x < golden.width; ++x) {
      std::uint8_t* pixel = out.pixels.data() + (out.at(x, y) - out.pixels.data());
      const bool differs = channel_difference(golden.at(x, y), now.at(x, y)) > 2;
      for (int c = 0; c < 3; ++c)
        pixel[c] = static_cast<std::uint8_t>(differs ? (c == 0 ? 255 : 0) : 192 + pixel[c] / 4);
    }
  return out;
}

void compare_with_golden(const Image& image, const std::string& name, const std::string& renderer) {
  const std::string golden_file = fmt::format("{}/tests/golden/{}.png", RACKTWIN_SOURCE_DIRECTORY, name);
  if (std::getenv("UPDATE_GOLDENS") != nullptr) {
    REQUIRE(write_png(golden_file, image, {}, true));
    return;
  }
  INFO(name << " on " << renderer);
  const Result<Image> golden = read_png(golden_file);
  REQUIRE(golden);
  REQUIRE(golden->width == image.width);
  REQUIRE(golden->height == image.height);
  int different = 0;
  for (int y = 0; y < image.height; ++y)
    for (int x = 0; x < image.width; ++x) different += channel_difference(golden->at(x, y), image.at(x, y)) > 2 ? 1 : 0;
  const int allowed = std::max(10, image.width * image.height * 4 / 10000);
  if (different > allowed) {
    CHECK(write_png(name + ".new.png", image, {}, true));
    CHECK(write_png(name + ".diff.png", difference_image(*golden, image), {}, true));
  }
  INFO("see " << name << ".new.png and " << name << ".diff.png in " << fs::current_path());
  CHECK(different <= allowed);
}

std::unique_ptr<Drawer> software_drawer() {
  auto drawer = Drawer::create();
  if (drawer && drawer->is_software()) return drawer;
  fmt::print("[skipped] {}\n", drawer ? "not the software rasteriser: " + drawer->context.info().renderer
                                      : "no OpenGL without a display");
  return nullptr;
}

TEST_CASE("pictures of the example site look as they did") {
  const auto drawer = software_drawer();
  if (!drawer) return;
  for (const Layer layer : kLayers)
    for (const char* camera : {"overview", "rack:hall/row-a/rack-03"}) {
      const std::string name = fmt::format("{}-{}", layer_word(layer), camera[0] == 'o' ? "overview" : "rack");
      compare_with_golden(shoot(*drawer, layer, camera, false).image, name, drawer->context.info().renderer);
    }
  compare_with_golden(shoot(*drawer, Layer::kTemperature, "plan", false).image, "temperature-plan",
                      drawer->context.info().renderer);
  compare_with_golden(shoot(*drawer, Layer::kUtilization, "row", true).image, "utilization-row-dark",
                      drawer->context.info().renderer);
}

TEST_CASE("every GPU that a picture shows has the colour of its value, on any renderer") {
  const auto drawer = Drawer::create();
  if (!drawer) {
    fmt::print("[skipped] no OpenGL without a display\n");
    return;
  }
  const RunHistory& history = example_history();
  const SiteMap& site = history.site();
  const Frame frame = *history.frame(kTime_s);
  for (const Layer layer : kLayers) {
    const Shot shot = shoot(*drawer, layer, "rack:hall/row-a/rack-03", false);
    const LayerSpec spec = layer_spec(history, layer);
    REQUIRE(spec.gpu != nullptr);
    const int rack = site.find("hall/row-a/rack-03")->component;
    int seen = 0;
    for (const RackPartPlace& part : site.rack_types()[0].parts) {
      if (part.kind != "gpu") continue;
      const ComponentId id{rack, part.id};
      const Place place = site.place(id);
      const glm::vec3 middle(place.x_m + place.width_m / 2, place.y_m, place.z_m + place.height_m / 2);
      const Projected at = project(shot.view.camera, shot.view.viewport, middle);
      if (pick(shot.scene, shot.view.camera, shot.view.viewport, at.px) != id) continue;  // under a label
      const double value = history.reading(frame, *spec.gpu, id).mean;
      if (std::isnan(value)) continue;  // hatched
      const Rgba expected = colour_of(spec, light_theme(), spec.gpu->id, value);
      const std::uint8_t* pixel = shot.image.at(static_cast<int>(at.px.x), static_cast<int>(at.px.y));
      INFO(site.path(id) << " in layer " << layer_word(layer));
      CHECK(std::abs(pixel[0] - expected.r) <= 2);
      CHECK(std::abs(pixel[1] - expected.g) <= 2);
      CHECK(std::abs(pixel[2] - expected.b) <= 2);
      ++seen;
    }
    CHECK(seen == 68);
  }
}

}  // namespace
}  // namespace racktwin
