// What the files that build a scene's overlay share. Thread rule: one thread per OverlayParts.
#pragma once

#include "render/scene/build_scene.h"
#include "render/scene/front_grid.h"
#include "sim/recording/crossed_limits.h"

#include <string>
#include <vector>

namespace racktwin {

// A rectangle [px], y down.
struct PxRect {
  glm::vec2 low{0, 0}, high{0, 0};
  glm::vec2 size() const { return high - low; }
  glm::vec2 middle() const { return (low + high) / 2.0F; }
  bool contains(const PxRect& other) const;
  bool overlaps(const PxRect& other) const;
};

// How much of a legend a picture has room for.
enum class LegendForm : std::uint8_t {
  kFull,  // title, ticks, limits by name, and what else the colours mean
  kBar,   // unit, ends and limits of the scale
  kNone,  // the title says so
};

// How a picture is divided. Empty rectangles: there is no such part.
struct PictureLayout {
  LegendForm legend = LegendForm::kFull;
  PxRect header, footer;  // title block and provenance
  PxRect column;          // legend, below it the scale
  PxRect stage;           // where labels may be
  PxRect subject;         // what cameras fit their subject into: the stage less the labels that stand below things
};
PictureLayout layout_of(const Viewport& viewport, float scale, bool has_title);

// Text sizes and lengths at scale 1 [px]. Nothing is smaller than 12.
inline constexpr float kTitle_px = 20, kText_px = 13, kSmall_px = 12;
inline constexpr float kPadX_px = 5, kPadY_px = 3;

struct TextLine {
  std::string text;
  FontFace face = FontFace::kRegular;
  float size_px = kText_px;  // at scale 1
  Rgba colour;
};

// Lines on one plate, centred.
struct Plate {
  std::vector<TextLine> lines;
  glm::vec2 size{0, 0};  // [px]
  ComponentId id;
};

struct OverlayParts {
  const RunHistory& history;
  const std::optional<Frame>& frame;
  const LayerSpec& layer;
  const SceneView& view;
  FontBook& fonts;
  Scene& scene;
  const Theme& theme;
  PictureLayout layout;
  Projector project_to;
  std::vector<MetricLimit> limits_above;  // that the frame's values are above

  const SiteMap& site() const { return history.site(); }
  float px(float at_scale_1) const { return at_scale_1 * view.scale; }

  float width_px(const TextLine& line) const;
  float line_px(const TextLine& line) const;  // height of a line
  // Cut off with an ellipsis where it is wider than there is room.
  TextLine shortened(TextLine line, float room_px) const;
  std::vector<std::string> wrapped(const TextLine& line, float room_px) const;

  void draw_text(const TextLine& line, float left, float top) const;
  void draw_rect(const PxRect& rect, Rgba colour) const;
  void draw_line(glm::vec2 from, glm::vec2 to, float width_at_scale_1, Rgba colour) const;
  // A plate with its border, wider and in the colour of the alarm where there is one, within it that of what is
  // selected, entered among the labels; the text is for the caller to draw.
  void draw_plate(const PxRect& rect, const TextLine& weakest, std::string text, ComponentId id) const;

  Plate plate_of(ComponentId id, std::vector<TextLine> lines) const;
  PxRect rect_at(const Plate& plate, glm::vec2 corner) const;
  bool is_free(const PxRect& rect) const;  // on the stage, and no other label is there
  void draw(const Plate& plate, const PxRect& rect) const;
};

void add_title_block(OverlayParts& parts);
void add_legend_and_scale(OverlayParts& parts);
// The trays of a rack that is seen from the front, in full. Returns the rack, if there is one.
ComponentId add_rack_table(OverlayParts& parts);
// Where something that can be selected stands: of what is seen on a front only there, of a row without a place its
// racks.
Place place_to_point_at(const SiteMap& site, ComponentId id);
// The outlines of what is selected and hovered.
void outline_chosen(OverlayParts& parts);
// Names and values of what stands in the hall; of `detailed` only, if it exists. What is selected comes first, and
// always has a label, unless it has one already; so does what stands in the hall and is hovered.
void add_labels(OverlayParts& parts, ComponentId detailed);

// A rack, or something in one, or a row is above one of these limits.
bool crosses(const OverlayParts& parts, ComponentId id, const std::vector<MetricLimit>& limits);
// Something of what a label names is above a limit or has stopped.
bool has_alarm(const OverlayParts& parts, ComponentId id);

// "65 °C": limits are round numbers, mostly.
std::string limit_text(double value, const std::string& unit);

// "5.6 kW" of a thing in the layer, as its label gives it: a GPU's own value, of several GPUs the layer's summary; "-"
// without data. `metric` may be nullptr.
std::string layer_value(const OverlayParts& parts, const MetricRow* metric, ComponentId id);
std::string value_of(const OverlayParts& parts, const char* metric, ComponentId id);

}  // namespace racktwin
