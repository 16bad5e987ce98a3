#include "app/ui/draw_figure.h"

#include "app/ui/style.h"
#include "app/ui/widgets.h"

#include <cmath>

namespace racktwin {
namespace {

void draw_ticks(const FigureLayout& layout, const UiColours& colours, ImDrawList& list) {
  const float line = ImGui::GetFontSize();
  for (const FigureTick& tick : layout.y_ticks) {
    list.AddLine({layout.left, tick.px}, {layout.right, tick.px}, im_colour(colours.line));
    const float width = ImGui::CalcTextSize(tick.text.c_str()).x;
    list.AddText({layout.left - width - 0.4F * line, tick.px - line / 2}, im_colour(colours.text_weak),
                 tick.text.c_str());
  }
  for (const FigureTick& tick : layout.x_ticks) {
    const float width = ImGui::CalcTextSize(tick.text.c_str()).x;
    list.AddText({tick.px - width / 2, layout.bottom + 0.45F * line}, im_colour(colours.text_weak), tick.text.c_str());
  }
}

void draw_band(const FigureBand& band, ImDrawList& list) {
  const ImDrawListFlags flags = list.Flags;
  list.Flags &= ~ImDrawListFlags_AntiAliasedFill;  // soft edges between the pieces would show as stripes
  for (std::size_t i = 1; i < band.x.size(); ++i)
    list.AddQuadFilled({band.x[i - 1], band.high[i - 1]}, {band.x[i], band.high[i]}, {band.x[i], band.low[i]},
                       {band.x[i - 1], band.low[i - 1]}, im_colour(band.colour));
  list.Flags = flags;
}

void draw_stroke(const FigureStroke& stroke, float width, ImDrawList& list) {
  std::vector<ImVec2> points;
  for (std::size_t i = 0; i < stroke.x.size(); ++i) points.push_back({stroke.x[i], stroke.y[i]});
  list.AddPolyline(points.data(), static_cast<int>(points.size()), im_colour(stroke.colour), ImDrawFlags_None, width);
}

void draw_symbol(FigureSymbol symbol, float x, float y, float radius, ImU32 colour, ImDrawList& list) {
  if (symbol == FigureSymbol::kCircle) {
    list.AddCircleFilled({x, y}, radius, colour);
  } else {
    list.AddNgonFilled({x, y}, 1.33F * radius, colour, 4);
  }
}

// Points of scatter plots, the names of their series, and the titles of axes.
void draw_scatter(const FigureLayout& layout, const UiColours& colours, ImDrawList& list) {
  const float line = ImGui::GetFontSize();
  for (const FigureMarks& marks : layout.marks)
    for (std::size_t i = 0; i < marks.x.size(); ++i)
      draw_symbol(marks.symbol, marks.x[i], marks.y[i], layout.mark_px, im_colour(marks.colour), list);
  for (const FigureLabel& label : layout.labels) {
    if (label.symbol == FigureSymbol::kLine || label.symbol == FigureSymbol::kBand) {
      const float half = label.symbol == FigureSymbol::kLine ? 0.08F * line : 0.3F * line;
      list.AddRectFilled({label.x, label.y - half}, {label.x + 0.8F * line, label.y + half}, im_colour(label.colour));
    } else {
      draw_symbol(label.symbol, label.x + 0.4F * line, label.y, 0.26F * line, im_colour(label.colour), list);
    }
    list.AddText({label.x + 1.1F * line, label.y - line / 2}, im_colour(colours.text), label.text.c_str());
  }
  for (const FigureText& text : layout.texts) {
    const float width = text.align == FigureAlign::kMiddle ? ImGui::CalcTextSize(text.text.c_str()).x : 0;
    list.AddText({text.x - width / 2, text.y - line / 2}, im_colour(colours.text_weak), text.text.c_str());
  }
}

// A text whose middle is at (right end, y).
void draw_text_left_of(float right, float middle_y, Rgba colour, const std::string& text, ImDrawList& list) {
  const float width = ImGui::CalcTextSize(text.c_str()).x;
  list.AddText({right - width, middle_y - ImGui::GetFontSize() / 2}, im_colour(colour), text.c_str());
}

// A limit's text without its name, where it would be wider than the plot.
std::string fitted_limit(const Figure& figure, const FigureLayout& layout, const std::string& text) {
  if (ImGui::CalcTextSize(text.c_str()).x <= layout.right - layout.left) return text;
  for (const FigureLimit& limit : figure.limits)
    if (text.rfind(limit.name + " ", 0) == 0) return text.substr(limit.name.size() + 1);
  return text;
}

void draw_limits(const Figure& figure, const FigureLayout& layout, const UiColours& colours, ImDrawList& list) {
  const float dash = 0.5F * ImGui::GetFontSize();
  for (const FigureLimitLine& limit : layout.limits) {
    for (float x = layout.left; x < layout.right; x += 2 * dash)
      list.AddLine({x, limit.px}, {std::min(x + dash, layout.right), limit.px}, im_colour(colours.warning), 1.5F);
    draw_text_left_of(layout.right, limit.text_px, colours.warning, fitted_limit(figure, layout, limit.text), list);
  }
  for (const FigureTick& limit : layout.limits_outside)
    draw_text_left_of(layout.right, limit.px, colours.text_weak, fitted_limit(figure, layout, limit.text), list);
}

// Title to the left, value at the cursor to the right.
void draw_heading(const Figure& figure, const FigureLayout& layout, const Zone& zone, const UiColours& colours,
                  ImDrawList& list) {
  const std::string value = layout.cursor_values.empty() ? std::string() : layout.cursor_values.front();
  ImGui::PushFont(semibold_font());
  const float width = ImGui::CalcTextSize(value.c_str()).x;
  list.AddText({zone.right() - width, zone.y}, im_colour(colours.text), value.c_str());
  ImGui::PopFont();
  list.AddText({zone.x, zone.y}, im_colour(colours.text_weak),
               fitted_text(figure.title, zone.width - width - ImGui::GetFontSize()).c_str());
}

}  // namespace

FigureLayout draw_figure(const Figure& figure, const Zone& zone, bool is_dark) {
  const UiColours& colours = ui_colours(is_dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  ImGui::PushFont(small_font());
  const float title = 0.3F * ImGui::GetFontSize();  // that it is higher than a line of ticks
  const FigureLayout layout =
      layout_figure(figure, zone.x, zone.y + title, zone.width, zone.height - title, ImGui::GetFontSize());
  const float overhang = ImGui::GetFontSize();  // of half a tick text at the right end
  list.PushClipRect({zone.x, zone.y}, {zone.right() + overhang, zone.bottom()}, false);
  draw_ticks(layout, colours, list);
  list.PushClipRect({layout.left, layout.top - 1}, {layout.right, layout.bottom + 1}, true);
  for (const FigureBand& band : layout.bands) draw_band(band, list);
  for (const FigureStroke& stroke : layout.strokes) draw_stroke(stroke, 0.11F * ImGui::GetFontSize(), list);
  list.PopClipRect();
  if (figure.axes != FigureAxes::kTime) draw_scatter(layout, colours, list);
  draw_limits(figure, layout, colours, list);
  if (!std::isnan(layout.cursor_px))
    list.AddLine({layout.cursor_px, layout.top}, {layout.cursor_px, layout.bottom}, im_colour(colours.text_weak));
  ImGui::PopFont();
  draw_heading(figure, layout, zone, colours, list);
  list.PopClipRect();
  return layout;
}

}  // namespace racktwin
