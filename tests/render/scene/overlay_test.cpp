#include "render/scene/overlay_parts.h"
#include "render/text/value_text.h"
#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <set>

namespace racktwin {
namespace {

PxRect rect_of(const LabelBox& label) { return {label.px, label.px + label.size}; }

// What is asked of the labels of every picture.
void check_labels(const Composed& picture) {
  const Overlay& overlay = picture.scene.overlay;
  const Viewport& viewport = picture.view.viewport;
  const PxRect whole = {{0, 0}, {viewport.width, viewport.height}};
  REQUIRE(overlay.labels.size() >= 3);
  for (std::size_t i = 0; i < overlay.labels.size(); ++i) {
    const LabelBox& label = overlay.labels[i];
    INFO(label.text);
    CHECK(whole.contains(rect_of(label)));
    CHECK(label.size.x > 0);
    CHECK_FALSE(label.text.empty());
    CHECK(label.text_px >= 12 * picture.view.scale);
    CHECK(label.plate_colour.a == 255);
    CHECK(contrast_ratio(label.text_colour, label.plate_colour) >= 4.5);
    for (std::size_t j = 0; j < i; ++j) {
      INFO(overlay.labels[j].text);
      CHECK_FALSE(rect_of(label).overlaps(rect_of(overlay.labels[j])));
    }
  }
}

// Every text stands on a plate, in full, and can be read.
void check_texts(const Composed& picture, FontBook& fonts) {
  for (const OverlayText& text : picture.scene.overlay.texts) {
    INFO(text.text);
    CHECK(text.size_px >= 12 * picture.view.scale);
    const LineMetrics metrics = fonts.metrics(text.face, text.size_px);
    const float width = fonts.width_px(text.face, text.size_px, text.text);
    const PxRect rect = {text.px - glm::vec2(0, 0.75F * metrics.ascent), text.px + glm::vec2(width, 0)};
    const auto& labels = picture.scene.overlay.labels;
    const auto plate = std::find_if(labels.begin(), labels.end(),
                                    [&](const LabelBox& label) { return rect_of(label).contains(rect); });
    REQUIRE(plate != labels.end());
    CHECK(contrast_ratio(text.colour, plate->plate_colour) >= 4.5);
  }
}

void check_finite(const Scene& scene) {
  const auto all_finite = [](glm::vec2 a) { return std::isfinite(a.x) && std::isfinite(a.y); };
  for (const OverlayRect& rect : scene.overlay.rects) CHECK(all_finite(rect.px + rect.size));
  for (const OverlayLine& line : scene.overlay.lines) CHECK(all_finite(line.from + line.to));
  for (const OverlayText& text : scene.overlay.texts) CHECK(all_finite(text.px));
}

TEST_CASE("At every camera, layer, theme and size labels are apart, in the picture and readable") {
  FontBook fonts;
  for (const std::string& camera : example_cameras())
    for (const Layer layer : kLayers)
      for (const bool is_dark : {false, true})
        for (const Size size : kSizes) {
          INFO(camera << " " << layer_word(layer) << (is_dark ? " dark " : " light ") << size.width);
          const Composed picture =
              compose(example_history(), kExampleTime_s, layer, camera, size.width, size.height, is_dark);
          check_labels(picture);
          check_texts(picture, fonts);
          check_finite(picture.scene);
        }
}

TEST_CASE("The same holds for many rows, a single rack and a screen of twice the density") {
  FontBook fonts;
  HandMade many, one;
  many.rows = 20;
  many.racks_per_row = 16;
  many.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  one.racks_per_row = 1;
  one.has_cdu = one.has_network = false;
  for (const HandMade& site : {many, one}) {
    const RunHistory history = hand_made_history(site);
    for (const char* camera : {"overview", "plan", "row", "rack:hall/row-1/rack-01"})
      for (const float scale : {1.0F, 2.0F}) {
        INFO(camera << " " << site.rows << " " << scale);
        Composed picture = compose(history, 10, Layer::kPower, camera, 1280, 720);
        picture.view.scale = scale;
        build_overlay(history, history.frame(10), layer_spec(history, Layer::kPower), picture.view, fonts,
                      picture.scene);
        check_labels(picture);
        check_texts(picture, fonts);
      }
  }
}

const LabelBox* label_of(const Scene& scene, ComponentId id) {
  for (const LabelBox& label : scene.overlay.labels)
    if (label.id == id) return &label;
  return nullptr;
}

bool has_text(const Scene& scene, const std::string& text) {
  return std::any_of(scene.overlay.labels.begin(), scene.overlay.labels.end(),
                     [&](const LabelBox& label) { return label.text.find(text) != std::string::npos; });
}

TEST_CASE("Every rack is named with its value, as recorded") {
  const RunHistory& history = example_history();
  const auto frame = history.frame(kExampleTime_s);
  for (const char* camera : {"overview", "row"}) {
    const Scene scene = compose(history, kExampleTime_s, Layer::kPower, camera, 1920, 1080).scene;
    for (const PlacedRack& rack : history.site().racks()) {
      const ComponentId id = {rack.component, -1};
      const LabelBox* label = label_of(scene, id);
      REQUIRE(label != nullptr);
      const Reading power = history.reading(*frame, *history.metric("rack_power"), id);
      CHECK(label->text == history.site().name(id) + "\n" + value_text(power.mean, "W"));
    }
  }
  const Scene hot = compose(history, kExampleTime_s, Layer::kTemperature, "row", 1920, 1080).scene;
  const ComponentId rack = id_of(history, "hall/row-a/rack-04");
  const double highest = history.reading(*frame, *history.metric("gpu_junction"), rack).high;
  CHECK(label_of(hot, rack)->text == "rack-04\n" + value_text(highest, "degC"));
}

TEST_CASE("The label of a CDU gives its heat and temperatures, and says which pumps stand still") {
  const RunHistory& history = example_history();
  const ComponentId cdu = id_of(history, "hall/cdu-1"), pump = id_of(history, "hall/cdu-1/pump-2");
  const auto text_at = [&](double time_s) {
    const Scene scene = compose(history, time_s, Layer::kPower, "row", 1920, 1080).scene;
    REQUIRE(label_of(scene, cdu) != nullptr);
    return label_of(scene, cdu)->text;
  };
  const auto frame = history.frame(kExampleTime_s);
  const std::string heat = value_text(history.reading(*frame, *history.metric("cdu_heat"), cdu).mean, "W");
  CHECK(text_at(kExampleTime_s).find("cdu-1  " + heat + "\n") == 0);
  CHECK(text_at(kExampleTime_s).find("\npump-2 stopped") != std::string::npos);
  CHECK(text_at(60).find("stopped") == std::string::npos);

  Composed picture = compose(history, kExampleTime_s, Layer::kPower, "overview", 1920, 1080);
  picture.view.selected = pump;
  FontBook fonts;
  build_overlay(history, frame, layer_spec(history, Layer::kPower), picture.view, fonts, picture.scene);
  REQUIRE(label_of(picture.scene, pump) != nullptr);
  CHECK(label_of(picture.scene, pump)->text == "pump-2\n" + value_text(0, "L/min"));
}

TEST_CASE("The rack view names every tray, shelf and switch, compute trays with their values") {
  const RunHistory& history = example_history();
  const auto frame = history.frame(kExampleTime_s);
  const ComponentId rack = id_of(history, "hall/row-a/rack-03");
  for (const Size size : kSizes) {
    const Scene scene =
        compose(history, kExampleTime_s, Layer::kPower, "rack:hall/row-a/rack-03", size.width, size.height).scene;
    for (const RackPartPlace& part : history.site().rack_types()[0].parts) {
      if (part.parent >= 0) continue;
      const ComponentId id = {rack.component, part.id};
      const LabelBox* label = label_of(scene, id);
      INFO(part.name << " " << size.width);
      REQUIRE(label != nullptr);
      const double power_w = history.reading(*frame, *history.metric("tray_power"), id).mean;
      CHECK(label->text == (part.tray >= 0 ? part.name + "\n" + value_text(power_w, "W") : part.name));
    }
    CHECK(label_of(scene, rack) != nullptr);
  }
}

TEST_CASE("A picture says what, when, of what, and how well it is known") {
  const RunHistory& history = example_history();
  const Scene scene = compose(history, kExampleTime_s, Layer::kTemperature, "overview", 1920, 1080).scene;
  for (const char* text :
       {"Llama 3.1 405B on one GB200", "0:22:00 of 0:30:00", "last event 0:21:00: the pumps do not hold",
        "racktwin 0.0.0 (test)", "Evidence: assumed", "floor grid 1.2 m", "Temperature", "°C", "no data"})
    CHECK(has_text(scene, text));
  CHECK(has_text(scene, history.run_value("scenario_hash").substr(0, 8)));
  const Scene plan = compose(history, kExampleTime_s, Layer::kTemperature, "plan", 1920, 1080).scene;
  CHECK_FALSE(has_text(plan, "floor grid"));
  CHECK(has_text(plan, " m"));
}

TEST_CASE("Labels of what is above a limit or has stopped say so by their border, and the legend explains it") {
  const auto alarms = [](const HandMade& site, Layer layer) {
    const RunHistory history = hand_made_history(site);
    const Scene scene = compose(history, 10, layer, "overview", 1280, 720).scene;
    CHECK(has_text(scene, "above a limit; stopped"));
    std::vector<std::string> names;
    for (const LabelBox& label : scene.overlay.labels)
      if (label.is_alarm) names.push_back(history.site().name(label.id));
    std::sort(names.begin(), names.end());
    CHECK(has_text(scene, "TDP, 1") == (site.power_w[6] > 1000));
    CHECK(has_text(scene, "coolant in, 45\u00a0°C") == (site.coolant_degc > 45));
    const bool has_colour =
        std::any_of(scene.overlay.rects.begin(), scene.overlay.rects.end(), [](const OverlayRect& r) {
          return r.colour == light_theme().alarm && r.size.x > 30;  // wider than the legend's swatch
        });
    CHECK(has_colour == !names.empty());
    return names;
  };
  using Names = std::vector<std::string>;
  HandMade site;
  CHECK(alarms(site, Layer::kPower).empty());
  site.power_w[6] = 1100;
  CHECK(alarms(site, Layer::kPower) == Names{"rack-02"});
  CHECK(alarms(site, Layer::kUtilization) == Names{"rack-02"});
  site.pump_speed = 0;
  CHECK(alarms(site, Layer::kClock) == Names{"cdu-1", "rack-02"});
  site.coolant_degc = 50;
  CHECK(alarms(site, Layer::kTemperature) == Names{"cdu-1", "rack-01", "rack-02"});
}

TEST_CASE("A label that is selected and in alarm has both borders, and names the limit") {
  HandMade site;
  site.power_w[6] = 1100;
  const RunHistory history = hand_made_history(site);
  FontBook fonts;
  SceneView view = compose(history, 10, Layer::kPower, "overview", 1280, 720).view;
  view.selected = id_of(history, "hall/row-1/rack-02");
  const Scene scene = build_scene(history, history.frame(10), view, fonts);
  const LabelBox* label = label_of(scene, view.selected);
  REQUIRE(label != nullptr);
  CHECK(label->text.find("\nabove TDP, 1 kW") != std::string::npos);
  const auto has_border = [&](Rgba colour) {
    return std::any_of(scene.overlay.rects.begin(), scene.overlay.rects.end(), [&](const OverlayRect& r) {
      return r.colour == colour && r.px.x >= label->px.x && r.px.x < label->px.x + 4 && r.size.x > label->size.x - 8;
    });
  };
  CHECK(has_border(light_theme().alarm));
  CHECK(has_border(light_theme().selection));
}

TEST_CASE("The legend has ticks, limits and an arrow where values lie beyond it") {
  HandMade site;
  const RunHistory within = hand_made_history(site);
  const Composed picture = compose(within, 10, Layer::kPower, "overview", 1280, 720);
  for (const char* text : {"GPU power\nkW\n", "\n0.0\n", "\n0.2\n", "\n0.8\n", "\n1 kW  TDP"})
    CHECK(has_text(picture.scene, text));
  site.power_w[3] = 1500;
  const RunHistory beyond = hand_made_history(site);
  const Composed arrow = compose(beyond, 10, Layer::kPower, "overview", 1280, 720);
  CHECK(arrow.scene.overlay.lines.size() == picture.scene.overlay.lines.size() + 2);
}

TEST_CASE("A small picture has a narrow legend with unit, ends and limit; a high one has it above its subject") {
  FontBook fonts;
  const RunHistory& history = example_history();
  for (const Size size : {Size{320, 240}, Size{480, 360}, Size{600, 500}, Size{600, 1200}, Size{3000, 600}})
    for (const std::string& camera : example_cameras())
      for (const Layer layer : kLayers) {
        INFO(camera << " " << layer_word(layer) << " " << size.width << " x " << size.height);
        const Composed picture = compose(history, kExampleTime_s, layer, camera, size.width, size.height);
        check_labels(picture);
        check_texts(picture, fonts);
        CHECK_FALSE(has_text(picture.scene, "too small for a legend"));
        const PictureLayout layout = layout_of(picture.view.viewport, 1, true);
        CHECK((layout.legend == LegendForm::kFull) == (size.width == 3000 || size.height == 1200));
      }
  const Scene small = compose(history, kExampleTime_s, Layer::kTemperature, "overview", 320, 240).scene;
  CHECK(has_text(small, "°C\n87\n45\n65\n15"));
  const PictureLayout high = layout_of({0, 0, 600, 1200}, 1, true);
  CHECK(high.stage.low.y > high.column.high.y);
  CHECK(high.stage.size().x > 550);
}

TEST_CASE("Text grows with pictures that are larger than a screen") {
  CHECK(scale_for(320, 240) == 1);
  CHECK(scale_for(1920, 1080) == 1);
  CHECK(scale_for(3000, 600) == 1);
  CHECK(scale_for(2560, 1440) == 1.25F);
  CHECK(scale_for(3840, 2160) == 2);
}

TEST_CASE("A picture that has no room for a legend says so") {
  const Scene scene = compose(example_history(), kExampleTime_s, Layer::kPower, "overview", 800, 160).scene;
  CHECK(has_text(scene, "(too small for a legend)"));
}

TEST_CASE("What is selected has an outline, and its label comes first") {
  HandMade site;
  site.rows = 20;
  site.racks_per_row = 16;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  Composed picture = compose(history, 10, Layer::kPower, "overview", 1280, 720);
  const ComponentId rack = id_of(history, "hall/row-1/rack-07");
  FontBook fonts;
  picture.view.selected = rack;
  build_overlay(history, history.frame(10), layer_spec(history, Layer::kPower), picture.view, fonts, picture.scene);
  const std::vector<OverlayLine>& lines = picture.scene.overlay.lines;
  CHECK(std::count_if(lines.begin(), lines.end(), [](const OverlayLine& line) {
          return line.colour == light_theme().selection && line.width_px == 2;
        }) == 9);  // the edges of the three sides that are seen
  CHECK(label_of(picture.scene, rack) != nullptr);
  picture.view.selected = id_of(history, "hall/row-1/rack-07/compute-01/gpu-0");
  build_overlay(history, history.frame(10), layer_spec(history, Layer::kPower), picture.view, fonts, picture.scene);
  REQUIRE(label_of(picture.scene, picture.view.selected) != nullptr);
  CHECK(label_of(picture.scene, picture.view.selected)->text.substr(0, 17) == "compute-01/gpu-0\n");
}

// The picture of a window: no title, and some things chosen.
Composed in_window(const RunHistory& history, const std::string& camera, Size size, Layer layer,
                   const std::string& selected = "", const std::string& hovered = "") {
  static FontBook fonts;
  Composed picture = compose(history, kExampleTime_s, layer, camera, size.width, size.height);
  picture.view.has_title = false;
  const Viewport& viewport = picture.view.viewport;
  picture.view.camera = *named_camera(history.site(), camera, viewport, free_part(viewport, 1, false));
  if (!selected.empty()) picture.view.selected = id_of(history, selected);
  if (!hovered.empty()) picture.view.hovered = id_of(history, hovered);
  build_overlay(history, history.frame(kExampleTime_s), layer_spec(history, layer), picture.view, fonts, picture.scene);
  return picture;
}

TEST_CASE("The rack in focus is the one that is selected, else the one in the middle; in a row none steps back") {
  const RunHistory& history = example_history();
  const std::string front = "rack:hall/row-a/rack-03";
  const auto focus = [&](const std::string& camera, const std::string& selected) {
    return in_window(history, camera, {1000, 595}, Layer::kPower, selected).scene.focus;
  };
  const auto left_of = [&](const char* rack) {
    return static_cast<float>(history.site().place(id_of(history, rack)).x_m);
  };
  CHECK(focus(front, "").from_x == left_of("hall/row-a/rack-03"));
  CHECK(focus(front, "hall/row-a/rack-02").from_x == left_of("hall/row-a/rack-02"));
  CHECK(focus(front, "hall/row-a/rack-04/compute-05").from_x == left_of("hall/row-a/rack-04"));
  CHECK(focus(front, "hall/cdu-1").from_x == left_of("hall/row-a/rack-03"));
  CHECK(focus(front, "").strength > 0.5F);
  CHECK(focus("row", "hall/row-a/rack-02").strength == 0);
  CHECK(focus("overview", "hall/row-a/rack-02").strength == 0);
}

TEST_CASE("In the usual windows everything that stands in the example's hall has a label") {
  const RunHistory& history = example_history();
  for (const Size size : {Size{1000, 595}, Size{1000, 480}, Size{800, 520}, Size{800, 430}})
    for (const char* camera : {"overview", "plan", "row"})
      for (const Layer layer : kLayers) {
        const Composed picture = in_window(history, camera, size, layer);
        check_labels(picture);
        INFO(camera << " " << layer_word(layer) << " " << size.width << " x " << size.height);
        for (const PlacedRack& rack : history.site().racks()) CHECK(label_of(picture.scene, {rack.component, -1}));
        for (const char* kind : {"network-rack", "cdu", "facility"})
          CHECK(label_of(picture.scene, {history.site().placed(kind).front().component, -1}));
      }
}

TEST_CASE("Where racks are narrow their labels give number and value, in the legend's unit") {
  const RunHistory& history = example_history();
  const Scene scene = in_window(history, "overview", {420, 420}, Layer::kTemperature).scene;
  const ComponentId rack = id_of(history, "hall/row-a/rack-04");
  const auto frame = history.frame(kExampleTime_s);
  const std::string value = value_text(history.reading(*frame, *history.metric("gpu_junction"), rack).high, "degC");
  REQUIRE(label_of(scene, rack) != nullptr);
  CHECK(label_of(scene, rack)->text == "04\n" + value.substr(0, value.find(' ')));
}

TEST_CASE("The legend of power says what labels give: where there are several rows, that of these") {
  HandMade site;
  CHECK(layer_spec(hand_made_history(site), Layer::kPower).explains.find("power of the whole rack.") !=
        std::string::npos);
  site.rows = 2;
  CHECK(layer_spec(hand_made_history(site), Layer::kPower).explains.find("power of the whole rack or row.") !=
        std::string::npos);
}

TEST_CASE("The legend speaks of pipes only where there are some") {
  const auto explains = [](bool has_cdu) {
    HandMade site;
    site.has_cdu = has_cdu;
    return layer_spec(hand_made_history(site), Layer::kTemperature).explains;
  };
  CHECK(explains(true).find("Pipes") != std::string::npos);
  CHECK(explains(false).find("Pipes") == std::string::npos);
}

TEST_CASE("Where labels are of something else than the legend, the title says of what") {
  const RunHistory& history = example_history();
  CHECK(has_text(compose(history, kExampleTime_s, Layer::kPower, "row", 800, 600).scene,
                 "GPU power (labels: rack or tray power)"));
  CHECK_FALSE(has_text(compose(history, kExampleTime_s, Layer::kClock, "row", 800, 600).scene, "(labels:"));
}

TEST_CASE("What is selected has a label, wherever it stands and whatever hides it") {
  const RunHistory& history = example_history();
  for (const char* path : {"hall/row-a", "hall/row-a/rack-01", "hall/row-a/rack-08", "hall/row-a/rack-06/compute-07",
                           "hall/row-a/rack-06/compute-07/gpu-2", "hall/row-a/rack-06/switch-tray-03", "hall/cdu-1",
                           "hall/cdu-1/pump-2", "hall/facility", "hall/network-1", "hall/network-1/leaf-03"})
    for (const std::string& camera : example_cameras())
      for (const Size size : {Size{1000, 595}, Size{800, 430}, Size{480, 300}}) {
        INFO(path << " " << camera << " " << size.width);
        Composed picture = in_window(history, camera, size, Layer::kTemperature, path);
        check_labels(picture);
        CHECK(label_of(picture.scene, picture.view.selected) != nullptr);
        picture.view.camera.yaw += 3;  // from behind
        FontBook fonts;
        build_overlay(history, history.frame(kExampleTime_s), layer_spec(history, Layer::kTemperature), picture.view,
                      fonts, picture.scene);
        check_labels(picture);
        CHECK(label_of(picture.scene, picture.view.selected) != nullptr);
      }
}

TEST_CASE("What is out of the picture is named at its edge, and what the pointer is over is named, too") {
  const RunHistory& history = example_history();
  Composed picture = in_window(history, "rack:hall/row-a/rack-01", {1000, 595}, Layer::kPower, "hall/facility");
  CHECK(label_of(picture.scene, picture.view.selected) != nullptr);
  picture = in_window(history, "overview", {1000, 595}, Layer::kPower, "hall/row-a/rack-02", "hall/cdu-1/pump-1");
  CHECK(label_of(picture.scene, picture.view.selected) != nullptr);
  CHECK(label_of(picture.scene, picture.view.hovered) != nullptr);
}

TEST_CASE("Values in a column of trays have equally many decimals") {
  const Composed picture =
      compose(example_history(), kExampleTime_s, Layer::kUtilization, "rack:hall/row-a/rack-03", 1280, 720);
  std::set<std::size_t> decimals;
  for (const LabelBox& label : picture.scene.overlay.labels) {
    const std::size_t value = label.text.find('\n'), unit = label.text.find(" %");
    if (label.text.rfind("compute-", 0) != 0 || value == std::string::npos || unit == std::string::npos) continue;
    const std::size_t point = label.text.find('.', value);
    decimals.insert(point == std::string::npos ? 0 : unit - point - 1);
  }
  CHECK(decimals == std::set<std::size_t>{1});
}

TEST_CASE("Labels stand still while the pointer goes over racks") {
  const RunHistory& history = example_history();
  const auto plates = [&](const char* hovered) {
    std::vector<std::pair<float, float>> corners;
    const Composed picture = in_window(history, "overview", {1000, 595}, Layer::kTemperature, "", hovered);
    for (const LabelBox& label : picture.scene.overlay.labels) corners.emplace_back(label.px.x, label.px.y);
    return corners;
  };
  CHECK(plates("hall/row-a/rack-03") == plates(""));
  CHECK(plates("hall/row-a/rack-03/compute-01") == plates(""));
}

TEST_CASE("The label of a row takes no room from its racks") {
  HandMade site;
  site.rows = 3;
  site.racks_per_row = 8;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  const Scene scene = compose(history, 10, Layer::kPower, "row:hall/row-1", 1280, 720).scene;
  for (int i = 1; i <= 8; ++i) CHECK(label_of(scene, id_of(history, "hall/row-1/rack-0" + std::to_string(i))));
  CHECK(label_of(scene, id_of(history, "hall/row-1")));
}

TEST_CASE("Labels of many rows are alike, with values, and in a plan none lies on another row") {
  HandMade site;
  site.rows = 60;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  for (const char* camera : {"overview", "plan"}) {
    const Composed picture = compose(history, 10, Layer::kPower, camera, 1280, 720);
    std::vector<LabelBox> rows;
    for (const LabelBox& label : picture.scene.overlay.labels)
      if (history.site().kind(label.id) == "row") rows.push_back(label);
    INFO(camera);
    CHECK(rows.size() > 8);
    CHECK(rows.size() < 60);
    for (const LabelBox& label : rows) {
      INFO(label.text);
      CHECK(label.text.find("  ") != std::string::npos);
    }
    if (!picture.view.camera.is_orthographic) continue;
    for (const LabelBox& label : rows)
      for (const PlacedComponent& rack : history.site().placed("rack")) {
        const Place& place = rack.place;
        const glm::vec3 middle(place.x_m + place.width_m / 2, place.y_m + place.depth_m / 2,
                               place.z_m + place.height_m);
        const glm::vec2 px = project(picture.view.camera, picture.view.viewport, middle).px;
        CHECK_FALSE(rect_of(label).contains(PxRect{px, px}));
      }
  }
}

TEST_CASE("However one orbits a hall of several rows, labels are apart and what is selected has one") {
  HandMade site;
  site.rows = 6;
  site.racks_per_row = 14;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  const LayerSpec layer = layer_spec(history, Layer::kPower);
  FontBook fonts;
  Composed picture = compose(history, 10, Layer::kPower, "overview", 1280, 720);
  picture.view.has_title = false;
  picture.view.selected = id_of(history, "hall/row-4/rack-07");
  picture.view.hovered = id_of(history, "hall/cdu-1");
  Camera& camera = picture.view.camera;
  for (const bool is_orthographic : {false, true})
    for (float yaw = -3; yaw < 3.1F; yaw += 0.3F)
      for (const float pitch : {0.03F, 0.3F, 0.9F, 1.57F})
        for (const float distance : {2.0F, 9.0F, 25.0F, 80.0F}) {
          INFO(yaw << " " << pitch << " " << distance << " " << is_orthographic);
          camera.target = {8, 9, 1};
          camera.yaw = yaw;
          camera.pitch = pitch;
          camera.distance = distance;
          camera.fov_y = 0.6F;
          camera.is_orthographic = is_orthographic;
          build_overlay(history, history.frame(10), layer, picture.view, fonts, picture.scene);
          check_labels(picture);
          check_finite(picture.scene);
          CHECK(label_of(picture.scene, picture.view.selected) != nullptr);
          CHECK(label_of(picture.scene, picture.view.hovered) != nullptr);
        }
}

TEST_CASE("A window has no title block, and its legend stays in it") {
  const RunHistory& history = example_history();
  Composed picture = compose(history, 0, Layer::kPower, "overview", 640, 360);
  picture.view.has_title = false;
  FontBook fonts;
  build_overlay(history, history.frame(0), layer_spec(history, Layer::kPower), picture.view, fonts, picture.scene);
  check_labels(picture);
  CHECK_FALSE(has_text(picture.scene, "racktwin"));
  CHECK(has_text(picture.scene, "GPU power"));
}

TEST_CASE("The same inputs give the same scene") {
  const RunHistory& history = example_history();
  const Scene one = compose(history, kExampleTime_s, Layer::kPower, "overview", 1280, 720).scene;
  const Scene other = compose(history, kExampleTime_s, Layer::kPower, "overview", 1280, 720).scene;
  CHECK(one.place_version == other.place_version);
  REQUIRE(one.swatches.size() == other.swatches.size());
  for (std::size_t i = 0; i < one.swatches.size(); ++i) CHECK(one.swatches[i].colour == other.swatches[i].colour);
  REQUIRE(one.overlay.texts.size() == other.overlay.texts.size());
  for (std::size_t i = 0; i < one.overlay.texts.size(); ++i) {
    CHECK(one.overlay.texts[i].text == other.overlay.texts[i].text);
    CHECK(one.overlay.texts[i].px == other.overlay.texts[i].px);
  }
}

TEST_CASE("Before the first frame a picture says so") {
  const RunHistory& history = example_history();
  Composed picture = compose(history, 0, Layer::kPower, "overview", 1920, 1080);
  FontBook fonts;
  const Scene scene = build_scene(history, std::nullopt, picture.view, fonts);
  CHECK(has_text(scene, "nothing recorded yet"));
  CHECK(has_text(scene, "rack-01\n-"));
}

}  // namespace
}  // namespace racktwin
