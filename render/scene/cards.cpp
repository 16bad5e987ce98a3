// What stands at the edges of a picture: title block, provenance, legend and scale.
#include "render/scene/overlay_parts.h"
#include "render/text/value_text.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr float kCardPad_px = 12, kBarWidth_px = 16, kGap_px = 8;
constexpr float kLeastBar_px = 60, kBelowBar_px = 74;  // "no data", the alarm and the card's edge
constexpr float kColour_px = 3;                        // of the bar: no step is seen
constexpr float kTallestBarLegend_px = 220;
constexpr float kScaleCard_px = 50;                     // with the gap above it
constexpr float kBarPad_px = 8, kBarLegendBar_px = 12;  // of the legend that is only a bar

std::string without_directory(const std::string& path) { return path.substr(path.find_last_of('/') + 1); }

// What happened last, before the end of the frame's interval: "last event 0:10:00: facility supply set to 40 °C
// (hall/facility)".
std::string last_event(const OverlayParts& parts, double time_s) {
  std::string text;
  for (const EventRow& event : parts.history.events())
    if (event.time_s < time_s)
      text = fmt::format("last event {}: {} ({})", time_text(event.time_s), event.what, event.path);
  for (std::size_t at = text.find("degC"); at != std::string::npos; at = text.find("degC")) text.replace(at, 4, "°C");
  return text;
}

std::string state_line(const OverlayParts& parts) {
  const bool has_legend = parts.layout.legend != LegendForm::kNone;
  std::string layer = parts.layer.title + (has_legend ? "" : " (too small for a legend)");
  if (parts.layer.rack != parts.layer.gpu) layer += " (labels: rack or tray power)";
  if (!parts.frame) return layer + "  ·  nothing recorded yet";
  std::string text = fmt::format("{}  ·  {}", layer, time_text(parts.frame->time_s));
  const double duration_s = parts.history.duration_s();
  if (std::isfinite(duration_s)) text += " of " + time_text(duration_s);
  const std::string event = last_event(parts, parts.frame->time_s);
  return event.empty() ? text : text + "  ·  " + event;
}

std::string provenance(const OverlayParts& parts) {
  const RunHistory& history = parts.history;
  std::string text =
      fmt::format("racktwin {}  ·  {} {}  ·  {}", history.run_value("version"), history.run_value("scenario"),
                  history.run_value("scenario_hash").substr(0, 8), without_directory(history.path()));
  const MetricRow* metric = parts.layer.gpu;
  if (metric != nullptr && !metric->evidence.empty())
    text += fmt::format("  ·  Evidence: {}{}", metric->evidence,
                        metric->source.empty() ? "" : fmt::format(", {}", metric->source));
  return text;
}

// A share of the scale, 0 at the bottom of the bar.
float share_of(const LayerSpec& layer, double value) {
  return static_cast<float>((value - layer.low) / (layer.high - layer.low));
}

// Lowest and highest GPU of the frame; NaN: no data.
struct Extremes {
  double low = std::nan(""), high = std::nan("");
};
Extremes extremes_of(const OverlayParts& parts) {
  Extremes found;
  if (!parts.frame || parts.layer.gpu == nullptr) return found;
  const auto metric = static_cast<std::size_t>(parts.layer.gpu->id);
  if (metric >= parts.frame->values.size()) return found;
  for (const float value : parts.frame->values[metric].mean) {
    found.low = std::fmin(found.low, static_cast<double>(value));
    found.high = std::fmax(found.high, static_cast<double>(value));
  }
  return found;
}

// Writes the legend from the top of the column down.
class Legend {
 public:
  explicit Legend(OverlayParts& parts) : parts_(parts), layer_(parts.layer), theme_(parts.theme) {}

  void draw() {
    if (parts_.layout.legend == LegendForm::kFull) draw_full();
    if (parts_.layout.legend == LegendForm::kBar) draw_only_bar();
  }

 private:
  void draw_full() {
    const PxRect& column = parts_.layout.column;
    bottom_ = column.high.y - parts_.px(kScaleCard_px);
    left_ = column.low.x + parts_.px(kCardPad_px);
    right_ = column.high.x - parts_.px(kCardPad_px);
    const std::size_t plate = parts_.scene.overlay.rects.size();
    parts_.draw_plate(column, small(""), "", {});  // its size follows
    top_ = column.low.y + parts_.px(kCardPad_px);
    draw_title();
    draw_bar();
    draw_no_data();
    draw_alarm();
    if (!parts_.limits_above.empty()) draw_crossed();
    if (!layer_.explains.empty()) draw_text(small(layer_.explains));
    close(plate, top_ + parts_.px(kCardPad_px));
  }

  // The unit, the bar, its ends and limits; "no data" if there is room.
  void draw_only_bar() {
    const PxRect& column = parts_.layout.column;
    const float pad = parts_.px(kBarPad_px), row = parts_.line_px(small(""));
    const float height = std::min(column.size().y, parts_.px(kTallestBarLegend_px));
    left_ = column.low.x + pad;
    right_ = column.high.x - pad;
    const std::size_t plate = parts_.scene.overlay.rects.size();
    parts_.draw_plate(column, small(""), "", {});
    const std::vector<std::string> ends = scale_texts({layer_.low, layer_.high});
    const std::size_t space = ends.front().find(' ');
    top_ = column.low.y + parts_.px(4);
    write(
        {space == std::string::npos ? "" : ends.front().substr(space + 1), FontFace::kSemiBold, kSmall_px, theme_.text},
        left_, top_);
    top_ += 1.5F * row;
    const bool has_no_data = height > parts_.px(150);
    const float below = 0.5F * row + (has_no_data ? 2 * (row + pad) : 0) + parts_.px(4);
    bar_ = {{left_, std::round(top_)},
            {left_ + parts_.px(kBarLegendBar_px), std::round(column.low.y + height - below)}};
    draw_colours();
    for (const LimitRow& limit : layer_.limits)
      if (draw_bar_mark(limit.value, FontFace::kSemiBold)) draw_limit_line(std::round(y_of(limit.value)));
    for (const double end : {layer_.high, layer_.low}) (void)draw_bar_mark(end, FontFace::kRegular);
    draw_arrows();
    if (has_no_data) {
      top_ = bar_.high.y + 0.5F * row + pad;
      draw_no_data();
      draw_alarm();
    }
    close(plate, column.low.y + height);
  }

  // As on an axis: all in the unit of the largest.
  std::vector<std::string> scale_texts(const std::vector<double>& values) const {
    return tick_texts(values, layer_.unit);
  }

  bool draw_bar_mark(double value, FontFace face) {
    const std::string text = scale_texts({layer_.low, value, layer_.high})[1];
    return draw_mark(value, text.substr(0, text.find(' ')), theme_.text, face, 4);
  }

  TextLine small(std::string text) const { return {std::move(text), FontFace::kRegular, kSmall_px, theme_.text_weak}; }

  void write(const TextLine& line, float left, float top) {
    parts_.draw_text(line, left, top);
    text_ += (text_.empty() ? "" : "\n") + line.text;
  }

  void draw_title() {
    ticks_ = nice_ticks(layer_.low, layer_.high, 6);
    tick_texts_ = tick_texts(ticks_, layer_.unit);
    const std::size_t space = tick_texts_.empty() ? std::string::npos : tick_texts_.front().find(' ');
    const TextLine unit = small(space == std::string::npos ? "" : tick_texts_.front().substr(space + 1));
    TextLine title = {layer_.title, FontFace::kSemiBold, kText_px, theme_.text};
    title = parts_.shortened(title, right_ - left_ - parts_.width_px(unit) - parts_.px(kGap_px));
    write(title, left_, top_);
    write(unit, right_ - parts_.width_px(unit), top_);
    top_ += parts_.line_px(title) + parts_.px(2 * kGap_px);
  }

  float y_of(double value) const { return bar_.high.y - share_of(layer_, value) * bar_.size().y; }

  void draw_bar() {
    const float room = bottom_ - top_ - parts_.px(kBelowBar_px);
    const float height = std::clamp(0.7F * room, parts_.px(kLeastBar_px), parts_.px(240));
    bar_ = {{left_, std::round(top_)}, {left_ + parts_.px(kBarWidth_px), std::round(top_ + height)}};
    draw_colours();
    draw_limits();
    for (std::size_t i = 0; i < ticks_.size(); ++i) draw_tick(ticks_[i], tick_texts_[i]);
    draw_arrows();
    top_ = bar_.high.y + parts_.px(2 * kGap_px);
  }

  void draw_colours() {
    const float height = bar_.size().y;
    for (float from = 0; from < height; from += kColour_px) {
      const float to = std::min(from + kColour_px, height);
      const double share = 1 - (from + to) / (2 * height);
      const double value = layer_.low + share * (layer_.high - layer_.low);
      parts_.draw_rect({{bar_.low.x, bar_.low.y + from}, {bar_.high.x, bar_.low.y + to}},
                       colour_of(layer_, theme_, layer_.gpu == nullptr ? -1 : layer_.gpu->id, value));
    }
  }

  void draw_arrows() {
    const Extremes shown = extremes_of(parts_);
    if (shown.high > layer_.high) draw_arrow(bar_.low.y, -1);
    if (shown.low < layer_.low) draw_arrow(bar_.high.y, 1);
  }

  // A mark beside the bar and its text; false if another text is there already.
  bool draw_mark(double value, const std::string& text, Rgba colour, FontFace face, float out_px) {
    const float y = std::round(y_of(value)), begin = bar_.high.x + parts_.px(out_px + 4);
    TextLine line = {text, face, kSmall_px, colour};
    line = parts_.shortened(line, right_ - begin);
    const float height = parts_.line_px(line);
    for (const float taken : taken_)
      if (std::abs(taken - y) < height) return false;
    taken_.push_back(y);
    parts_.draw_line({bar_.high.x, y}, {bar_.high.x + parts_.px(out_px), y}, 1, colour);
    write(line, begin, y - height / 2);
    return true;
  }

  void draw_tick(double value, const std::string& text) {
    draw_mark(value, text.substr(0, text.find(' ')), theme_.text, FontFace::kRegular, 4);
  }

  // Limits come first: a tick gives way to them.
  void draw_limits() {
    for (const LimitRow& limit : layer_.limits) {
      const float y = std::round(y_of(limit.value));
      const std::string text = limit_text(limit.value, layer_.unit) + "  " + limit.name;
      if (draw_mark(limit.value, text, theme_.text, FontFace::kSemiBold, 4)) draw_limit_line(y);
    }
  }

  void draw_limit_line(float y) {
    parts_.draw_line({bar_.low.x - parts_.px(4), y}, {bar_.high.x + parts_.px(4), y}, 2, theme_.text);
  }

  // Values lie beyond this end of the bar.
  void draw_arrow(float end, float direction) {
    const float x = bar_.middle().x, half = parts_.px(5), tip = end + direction * parts_.px(9);
    const float foot = end + direction * parts_.px(3);
    parts_.draw_line({x - half, foot}, {x, tip}, 2, theme_.warning);
    parts_.draw_line({x, tip}, {x + half, foot}, 2, theme_.warning);
  }

  void draw_no_data() { draw_swatch("no data", theme_.no_data, true); }
  void draw_alarm() {
    const bool is_narrow = parts_.layout.legend == LegendForm::kBar;
    draw_swatch(is_narrow ? "alarm" : "above a limit; stopped", theme_.alarm, false);
  }

  void draw_swatch(const char* text, Rgba colour, bool is_hatched) {
    const PxRect swatch = {{left_, top_}, {left_ + parts_.px(kBarWidth_px), top_ + parts_.px(12)}};
    parts_.scene.overlay.rects.push_back({swatch.low, swatch.size(), colour, is_hatched});
    const TextLine line = small(text);
    write(line, swatch.high.x + parts_.px(kGap_px), swatch.middle().y - parts_.line_px(line) / 2);
    top_ = swatch.high.y + parts_.px(kGap_px + 2);
  }

  // "now above TDP, 1.2 kW; software slowdown, 87 °C"
  void draw_crossed() {
    constexpr std::string_view kUnbroken = "\u00a0";
    std::string list;
    for (const MetricLimit& l : highest_of_each_metric(parts_.limits_above)) {
      std::string value = limit_text(l.limit->value, l.metric->unit);
      if (const std::size_t space = value.find(' '); space != std::string::npos) value.replace(space, 1, kUnbroken);
      list += fmt::format("{}{}, {}", list.empty() ? "now above " : "; ", l.limit->name, value);
    }
    draw_text({list, FontFace::kSemiBold, kSmall_px, theme_.text});
    top_ += parts_.px(kGap_px);
  }

  // Left out where there is no room.
  void draw_text(const TextLine& whole) {
    const std::vector<std::string> lines = parts_.wrapped(whole, right_ - left_);
    const float height = static_cast<float>(lines.size()) * parts_.line_px(whole);
    if (top_ + height + parts_.px(kCardPad_px) > bottom_) return;
    for (const std::string& text : lines) {
      write({text, whole.face, whole.size_px, whole.colour}, left_, top_);
      top_ += parts_.line_px(whole);
    }
  }

  // The plate was drawn before its height was known.
  void close(std::size_t plate, float bottom) {
    Overlay& overlay = parts_.scene.overlay;
    overlay.labels.back().size.y = bottom - overlay.labels.back().px.y;
    overlay.labels.back().text = text_;
    overlay.rects[plate].size.y = bottom - overlay.rects[plate].px.y;
    overlay.rects[plate + 1].size.y = bottom - parts_.px(1) - overlay.rects[plate + 1].px.y;
  }

  OverlayParts& parts_;
  const LayerSpec& layer_;
  const Theme& theme_;
  float left_ = 0, right_ = 0, top_ = 0, bottom_ = 0;
  PxRect bar_;
  std::vector<double> ticks_;
  std::vector<std::string> tick_texts_;
  std::vector<float> taken_;
  std::string text_;
};

// The longest round length whose bar fits: metres and its pixels.
std::pair<double, float> scale_bar(const OverlayParts& parts, float room_px) {
  const Camera& camera = parts.view.camera;
  const float view_m = 2 * camera.distance * std::tan(camera.fov_y / 2);
  const float px_per_m = static_cast<float>(parts.view.viewport.height) / view_m;
  double metres = std::pow(10, std::floor(std::log10(room_px / px_per_m)));
  for (const double step : {5.0, 2.0})
    if (metres * step * px_per_m <= room_px) return {metres * step, static_cast<float>(metres * step) * px_per_m};
  return {metres, static_cast<float>(metres) * px_per_m};
}

// The legend comes first.
bool overlaps_a_label(const OverlayParts& parts, const PxRect& rect) {
  const std::vector<LabelBox>& labels = parts.scene.overlay.labels;
  return std::any_of(labels.begin(), labels.end(), [&](const LabelBox& label) {
    return rect.overlaps({label.px, label.px + label.size});
  });
}

void add_scale(OverlayParts& parts) {
  const PxRect& column = parts.layout.column;
  if (parts.layout.legend == LegendForm::kNone) return;
  const bool is_narrow = parts.layout.legend == LegendForm::kBar;
  const TextLine style = {"", FontFace::kRegular, kSmall_px, parts.theme.text_weak};
  const float pad = parts.px(is_narrow ? kBarPad_px : kCardPad_px), left = column.low.x + pad;
  const bool is_true_to_scale = parts.view.camera.is_orthographic;
  std::vector<std::string> lines;
  float bar_px = 0;
  if (is_true_to_scale) {
    const auto [metres, length_px] = scale_bar(parts, column.size().x - 2 * pad);
    lines = {fmt::format("{:g} m", metres)};
    bar_px = length_px;
  } else {
    const std::string grid = fmt::format("{:g} m", std::round(parts.scene.floor_grid_m * 100) / 100);
    lines = is_narrow ? std::vector<std::string>{"floor grid", grid} : std::vector<std::string>{"floor grid " + grid};
  }
  const float text_px = parts.line_px(style) * static_cast<float>(lines.size());
  const PxRect card = {{column.low.x, column.high.y - std::round(text_px + parts.px(is_true_to_scale ? 24 : 14))},
                       column.high};
  if (!column.contains(card) || overlaps_a_label(parts, card)) return;
  parts.draw_plate(card, style, fmt::format("{}", fmt::join(lines, " ")), {});
  for (std::size_t i = 0; i < lines.size(); ++i)
    parts.draw_text({lines[i], style.face, style.size_px, style.colour}, left,
                    card.low.y + parts.px(7) + static_cast<float>(i) * parts.line_px(style));
  if (!is_true_to_scale) return;
  const float y = card.high.y - parts.px(10), tick = parts.px(3);
  parts.draw_line({left, y}, {left + bar_px, y}, 2, parts.theme.text);
  for (const float x : {left, left + bar_px}) parts.draw_line({x, y - tick}, {x, y + tick}, 1, parts.theme.text);
}

void draw_band(OverlayParts& parts, const PxRect& band, float edge_y, const TextLine& weakest, std::string text) {
  parts.draw_rect(band, parts.theme.plate);
  parts.draw_line({band.low.x, edge_y}, {band.high.x, edge_y}, 1, parts.theme.plate_border);
  parts.scene.overlay.labels.push_back(
      {band.low, band.size(), std::move(text), parts.px(weakest.size_px), weakest.colour, parts.theme.plate, {}});
}

}  // namespace

void add_title_block(OverlayParts& parts) {
  const PxRect &header = parts.layout.header, &footer = parts.layout.footer;
  const float left = header.high.x - parts.layout.column.high.x;  // the margin
  const float room = header.size().x - 2 * left;
  TextLine title = {parts.history.run_value("title"), FontFace::kSemiBold,
                    std::min(kTitle_px, 0.34F * header.size().y / parts.view.scale), parts.theme.text};
  if (title.text.empty()) title.text = parts.history.run_value("scenario");
  while (parts.width_px(title) > room && title.size_px > 14) title.size_px -= 1;
  title = parts.shortened(title, room);
  TextLine state = {state_line(parts), FontFace::kRegular, kText_px, parts.theme.text_weak};
  state = parts.shortened(state, room);
  draw_band(parts, header, header.high.y, state, title.text + "\n" + state.text);
  parts.draw_text(title, left, header.size().y / 3 - parts.line_px(title) / 2);
  parts.draw_text(state, left, 0.7F * header.size().y - parts.line_px(state) / 2);

  TextLine line = {provenance(parts), FontFace::kRegular, kSmall_px, parts.theme.text_weak};
  draw_band(parts, footer, footer.low.y, line, line.text);
  std::vector<std::string> lines = parts.wrapped(line, room);
  const auto fits = static_cast<std::size_t>(footer.size().y / parts.px(18));
  float top = footer.low.y + parts.px(6);
  for (std::size_t i = 0; i < std::min(fits, lines.size()); ++i) {
    const auto last = i + 1 < fits ? lines.begin() + static_cast<std::ptrdiff_t>(i) + 1 : lines.end();
    line.text = fmt::format("{}", fmt::join(lines.begin() + static_cast<std::ptrdiff_t>(i), last, " "));
    parts.draw_text(parts.shortened(line, room), left, top);
    top += parts.px(18);
  }
}

void add_legend_and_scale(OverlayParts& parts) {
  Legend(parts).draw();
  add_scale(parts);
}

}  // namespace racktwin
