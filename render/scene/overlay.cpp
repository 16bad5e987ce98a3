#include "render/scene/overlay_parts.h"
#include "render/text/value_text.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr float kMargin_px = 16, kHeader_px = 66, kLine_px = 18, kWideFooter_px = 1040;
constexpr float kLow_px = 400, kLowMargin_px = 8, kLowHeader_px = 44;  // pictures of less height save room
constexpr float kLabelsBelow_px = 68, kMostBelow = 0.2F;               // of the stage's height
constexpr glm::vec2 kFullLegend_px(204, 258), kBarLegend_px(84, 100);  // with the scale; the bar without
constexpr float kNarrow_px = 640;                                      // a narrower picture has a bar
constexpr float kTallLegend_px = 380;                                  // room for all of a full legend

// Of what header, footer and margins leave: a picture that is much higher than wide has its full legend above the
// subject, others to the right.
struct LegendRoom {
  LegendForm form = LegendForm::kNone;
  bool is_above = false;
};
LegendRoom legend_room(glm::vec2 inner, float width, float scale) {
  const bool is_tall = inner.y - (kTallLegend_px + kMargin_px) * scale >= inner.x;
  if (is_tall && inner.x >= kFullLegend_px.x * scale) return {LegendForm::kFull, true};
  if (width >= kNarrow_px * scale && inner.y >= kFullLegend_px.y * scale) return {LegendForm::kFull, false};
  const bool has_bar = glm::all(glm::greaterThanEqual(inner, glm::vec2(2, 1) * kBarLegend_px * scale));
  return {has_bar ? LegendForm::kBar : LegendForm::kNone, false};
}

}  // namespace

bool PxRect::contains(const PxRect& other) const {
  return other.low.x >= low.x && other.low.y >= low.y && other.high.x <= high.x && other.high.y <= high.y;
}

bool PxRect::overlaps(const PxRect& other) const {
  return other.low.x < high.x && low.x < other.high.x && other.low.y < high.y && low.y < other.high.y;
}

PictureLayout layout_of(const Viewport& viewport, float scale, bool has_title) {
  const glm::vec2 size(viewport.width, viewport.height);
  const bool is_low = size.y < kLow_px * scale;
  const float footer_lines = size.x < kWideFooter_px * scale && !is_low ? 2 : 1;
  const float top = has_title ? (is_low ? kLowHeader_px : kHeader_px) * scale : 0;
  const float bottom = size.y - (has_title ? (footer_lines * kLine_px + 10) * scale : 0);
  const float margin = (is_low ? kLowMargin_px : kMargin_px) * scale;
  PictureLayout layout;
  if (has_title) {
    layout.header = {{0, 0}, {size.x, top}};
    layout.footer = {{0, bottom}, size};
  }
  const PxRect inner = {{margin, top + margin}, {size.x - margin, bottom - margin}};
  const LegendRoom legend = legend_room(inner.size(), size.x, scale);
  layout.legend = legend.form;
  layout.stage = layout.column = inner;
  if (legend.form != LegendForm::kNone) {
    layout.column.low.x = inner.high.x - (legend.form == LegendForm::kFull ? kFullLegend_px : kBarLegend_px).x * scale;
    if (legend.is_above) {
      layout.column.high.y = inner.low.y + kTallLegend_px * scale;
      layout.stage.low.y = layout.column.high.y + margin;
    } else {
      layout.stage.high.x = layout.column.low.x - margin;
    }
  }
  layout.subject = layout.stage;
  layout.subject.high.y -= std::min(kLabelsBelow_px * scale, kMostBelow * layout.stage.size().y);
  return layout;
}

float scale_for(int width_px, int height_px) {
  const float ratio = std::min(static_cast<float>(width_px) / 1920, static_cast<float>(height_px) / 1080);
  return std::max(1.0F, std::floor(4 * ratio) / 4);  // in quarters: few sizes of text
}

Viewport free_part(const Viewport& viewport, float scale, bool has_title) {
  const PxRect free = layout_of(viewport, scale, has_title).subject;
  const glm::ivec2 low(glm::ceil(free.low)), size = glm::max(glm::ivec2(glm::floor(free.high)) - low, 1);
  return {viewport.x + low.x, viewport.y + low.y, size.x, size.y};
}

float OverlayParts::width_px(const TextLine& line) const {
  return fonts.width_px(line.face, px(line.size_px), line.text);
}

float OverlayParts::line_px(const TextLine& line) const {
  const LineMetrics metrics = fonts.metrics(line.face, px(line.size_px));
  return std::ceil(metrics.ascent + metrics.descent);
}

TextLine OverlayParts::shortened(TextLine line, float room_px) const {
  std::string kept = line.text;
  while (!kept.empty() && width_px(line) > room_px) {
    do kept.pop_back();
    while (!kept.empty() && (kept.back() & 0xC0) == 0x80);  // the rest of a UTF-8 character
    while (!kept.empty() && (kept.back() & 0xC0) == 0xC0) kept.pop_back();
    line.text = kept + "…";
  }
  return line;
}

std::vector<std::string> OverlayParts::wrapped(const TextLine& line, float room_px) const {
  std::vector<std::string> lines(1);
  for (std::size_t at = 0; at < line.text.size();) {
    const std::size_t end = std::min(line.text.find(' ', at), line.text.size());
    const std::string word = line.text.substr(at, end - at);
    TextLine longer = line;
    longer.text = lines.back().empty() ? word : lines.back() + " " + word;
    if (!lines.back().empty() && width_px(longer) > room_px) {
      lines.push_back(word);
    } else {
      lines.back() = longer.text;
    }
    at = end + 1;
  }
  return lines;
}

void OverlayParts::draw_text(const TextLine& line, float left, float top) const {
  const LineMetrics metrics = fonts.metrics(line.face, px(line.size_px));
  scene.overlay.texts.push_back(
      {{std::round(left), std::round(top + metrics.ascent)}, line.face, px(line.size_px), line.colour, line.text});
}

void OverlayParts::draw_rect(const PxRect& rect, Rgba colour) const {
  scene.overlay.rects.push_back({rect.low, rect.size(), colour, false});
}

void OverlayParts::draw_line(glm::vec2 from, glm::vec2 to, float width_at_scale_1, Rgba colour) const {
  scene.overlay.lines.push_back({from, to, px(width_at_scale_1), colour});
}

void OverlayParts::draw_plate(const PxRect& rect, const TextLine& weakest, std::string text, ComponentId id) const {
  const bool is_chosen = id.exists() && id == view.selected, is_alarm = has_alarm(*this, id);
  PxRect inner = rect;
  const auto border = [&](float width_at_scale_1, Rgba colour) {
    const float width = px(width_at_scale_1);
    scene.overlay.rects.push_back({inner.low, inner.size(), colour, false, width});
    inner = {inner.low + width, inner.high - width};
  };
  if (is_alarm) border(2, theme.alarm);
  if (is_chosen) border(1, theme.selection);
  if (!is_alarm && !is_chosen) border(1, theme.plate_border);
  draw_rect(inner, theme.plate);
  scene.overlay.labels.push_back(
      {rect.low, rect.size(), std::move(text), px(weakest.size_px), weakest.colour, theme.plate, id, is_alarm});
}

Plate OverlayParts::plate_of(ComponentId id, std::vector<TextLine> lines) const {
  Plate plate{std::move(lines), {0, 0}, id};
  for (const TextLine& line : plate.lines) {
    plate.size.x = std::max(plate.size.x, width_px(line));
    plate.size.y += line_px(line);
  }
  plate.size = glm::ceil(plate.size + 2.0F * glm::vec2(px(kPadX_px), px(kPadY_px)));
  return plate;
}

PxRect OverlayParts::rect_at(const Plate& plate, glm::vec2 corner) const {
  corner = glm::round(corner);
  return {corner, corner + plate.size};
}

bool OverlayParts::is_free(const PxRect& rect) const {
  if (!layout.stage.contains(rect)) return false;
  return std::none_of(scene.overlay.labels.begin(), scene.overlay.labels.end(), [&](const LabelBox& label) {
    return rect.overlaps({label.px, label.px + label.size});
  });
}

void OverlayParts::draw(const Plate& plate, const PxRect& rect) const {
  std::string text;
  TextLine weakest = plate.lines.front();
  for (const TextLine& line : plate.lines) {
    text += (text.empty() ? "" : "\n") + line.text;
    if (contrast_ratio(line.colour, theme.plate) < contrast_ratio(weakest.colour, theme.plate))
      weakest.colour = line.colour;
    weakest.size_px = std::min(weakest.size_px, line.size_px);
  }
  draw_plate(rect, weakest, std::move(text), plate.id);
  float top = rect.low.y + px(kPadY_px);
  for (const TextLine& line : plate.lines) {
    draw_text(line, rect.middle().x - width_px(line) / 2, top);
    top += line_px(line);
  }
}

bool crosses(const OverlayParts& parts, ComponentId id, const std::vector<MetricLimit>& limits) {
  if (!id.exists() || !parts.frame) return false;
  const auto crosses_of = [&](UnitKind kind) { return is_above_any(parts.history, *parts.frame, limits, kind, id); };
  const std::string_view kind = parts.site().kind(id);
  if (kind == "rack" || kind == "row") return crosses_of(UnitKind::kGpu) || crosses_of(UnitKind::kRack);
  return parts.site().part_of(id) != nullptr && crosses_of(UnitKind::kGpu);
}

bool has_alarm(const OverlayParts& parts, ComponentId id) {
  if (!id.exists() || !parts.frame) return false;
  if (crosses(parts, id, parts.limits_above)) return true;
  const auto has_stopped = [&](ComponentId pump) {
    const MetricRow* speed = parts.history.metric("pump_speed");
    return speed != nullptr && parts.history.reading(*parts.frame, *speed, pump).mean == 0;
  };
  const std::string_view kind = parts.site().kind(id);
  if (kind == "pump") return has_stopped(id);
  if (kind != "cdu") return false;
  const std::vector<int> pumps = parts.site().children(id.component);
  return std::any_of(pumps.begin(), pumps.end(), [&](int pump) { return has_stopped({pump, -1}); });
}

std::string limit_text(double value, const std::string& unit) {
  std::string text = value_text(value, unit);
  if (const std::size_t zero = text.find(".0 "); zero != std::string::npos) text.erase(zero, 2);
  return text;
}

std::string layer_value(const OverlayParts& parts, const MetricRow* metric, ComponentId id) {
  if (metric == nullptr || !parts.frame) return "-";
  const Reading reading = parts.history.reading(*parts.frame, *metric, id);
  const bool is_summary = metric == parts.layer.gpu && parts.site().kind(id) != "gpu";
  const bool takes_high = is_summary && parts.layer.summary == Statistic::kHighest;
  return value_text(takes_high ? reading.high : reading.mean, metric->unit);
}

std::string value_of(const OverlayParts& parts, const char* metric_name, ComponentId id) {
  const MetricRow* metric = parts.history.metric(metric_name);
  if (metric == nullptr || !parts.frame) return "-";
  return value_text(parts.history.reading(*parts.frame, *metric, id).mean, metric->unit);
}

void build_overlay(const RunHistory& history, const std::optional<Frame>& frame, const LayerSpec& layer,
                   const SceneView& view, FontBook& fonts, Scene& scene) {
  scene.overlay = {};
  scene.focus = {};
  OverlayParts parts{history,
                     frame,
                     layer,
                     view,
                     fonts,
                     scene,
                     view.is_dark ? dark_theme() : light_theme(),
                     layout_of(view.viewport, view.scale, view.has_title),
                     Projector(view.camera, view.viewport),
                     frame ? limits_above(history, *frame) : std::vector<MetricLimit>()};
  if (view.has_title) add_title_block(parts);
  add_legend_and_scale(parts);
  const ComponentId detailed = add_rack_table(parts);
  outline_chosen(parts);
  add_labels(parts, detailed);
}

Scene build_scene(const RunHistory& history, const std::optional<Frame>& frame, const SceneView& view,
                  FontBook& fonts) {
  Scene scene;
  const LayerSpec layer = layer_spec(history, view.layer);
  build_place(history, frame ? frame->epoch : 0, layer, scene);
  build_swatches(frame, layer, view.is_dark ? dark_theme() : light_theme(), scene);
  build_overlay(history, frame, layer, view, fonts, scene);
  return scene;
}

}  // namespace racktwin
