#include "render/plot/svg.h"

#include "render/plot/scatter.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace racktwin {
namespace {

constexpr float kTextPx = 12, kLinePx = 15;
constexpr float kMarginPx = 14;
constexpr float kBaselinePx = 0.36F * kTextPx;  // below the middle of a line

constexpr const char* kEnd = R"( text-anchor="end")";
constexpr const char* kMiddle = R"( text-anchor="middle")";

// For text and attributes. Control characters are not allowed in XML at all.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '&') {
      result += "&amp;";
    } else if (c == '<') {
      result += "&lt;";
    } else if (c == '>') {
      result += "&gt;";
    } else if (c == '"') {
      result += "&quot;";
    } else {
      result += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
  }
  return result;
}

// To a tenth of a pixel.
std::string px(float value) {
  std::string text = fmt::format("{:.1f}", value);
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text == "-0" ? "0" : text;
}

std::string hex(Rgba colour) { return fmt::format("#{:02x}{:02x}{:02x}", colour.r, colour.g, colour.b); }

std::string point(char verb, float x, float y) { return fmt::format("{}{} {}", verb, px(x), px(y)); }

std::string line(float x1, float y1, float x2, float y2) {
  return fmt::format("<path d=\"{}{}\"/>\n", point('M', x1, y1), point('L', x2, y2));
}

std::string text(float x, float middle_y, std::string_view what, std::string_view more = "") {
  return fmt::format("<text x=\"{}\" y=\"{}\"{}>{}</text>\n", px(x), px(middle_y + kBaselinePx), more, escaped(what));
}

std::string grid(const FigureLayout& layout, const Theme& theme) {
  std::string svg = fmt::format("<g stroke=\"{}\" shape-rendering=\"crispEdges\">\n", hex(theme.floor_line));
  for (const FigureTick& tick : layout.y_ticks) svg += line(layout.left, tick.px, layout.right, tick.px);
  for (const FigureTick& tick : layout.x_ticks) svg += line(tick.px, layout.top, tick.px, layout.bottom);
  svg += fmt::format("</g>\n<g fill=\"{}\">\n", hex(theme.text_weak));
  for (const FigureTick& tick : layout.y_ticks) svg += text(layout.left - 0.4F * kLinePx, tick.px, tick.text, kEnd);
  for (const FigureTick& tick : layout.x_ticks) svg += text(tick.px, layout.bottom + kLinePx, tick.text, kMiddle);
  return svg + "</g>\n";
}

std::string data(const FigureLayout& layout) {
  std::string svg = fmt::format(
      "<clipPath id=\"area\"><rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"/></clipPath>\n"
      "<g clip-path=\"url(#area)\" stroke-width=\"1.75\" stroke-linejoin=\"round\" stroke-linecap=\"round\">\n",
      px(layout.left), px(layout.top - 1), px(layout.right - layout.left), px(layout.bottom - layout.top + 2));
  for (const FigureBand& band : layout.bands) {
    std::string path;
    for (std::size_t i = 0; i < band.x.size(); ++i) path += point(i == 0 ? 'M' : 'L', band.x[i], band.high[i]);
    for (std::size_t i = band.x.size(); i-- > 0;) path += point('L', band.x[i], band.low[i]);
    svg += fmt::format("<path d=\"{}Z\" fill=\"{}\" fill-opacity=\"{:.2f}\"/>\n", path, hex(band.colour),
                       band.colour.a / 255.0);
  }
  for (const FigureStroke& stroke : layout.strokes) {
    std::string path;
    for (std::size_t i = 0; i < stroke.x.size(); ++i) path += point(i == 0 ? 'M' : 'L', stroke.x[i], stroke.y[i]);
    svg += fmt::format("<path d=\"{}\" fill=\"none\" stroke=\"{}\"/>\n", path, hex(stroke.colour));
  }
  return svg + "</g>\n";
}

std::string symbol(FigureSymbol which, float x, float y, float radius) {
  if (which == FigureSymbol::kCircle)
    return fmt::format("<circle cx=\"{}\" cy=\"{}\" r=\"{}\"/>\n", px(x), px(y), px(radius));
  const float half = 1.33F * radius;
  return fmt::format("<path d=\"{}{}{}{}Z\"/>\n", point('M', x - half, y), point('L', x, y - half),
                     point('L', x + half, y), point('L', x, y + half));
}

// Circles are open where they lie on others, diamonds are full and have a rim of the background's colour.
std::string paint(FigureSymbol which, Rgba colour, const Theme& theme) {
  if (which == FigureSymbol::kCircle)
    return fmt::format("fill=\"{0}\" fill-opacity=\"0.35\" stroke=\"{0}\"", hex(colour));
  return fmt::format("fill=\"{}\" stroke=\"{}\"", hex(colour), hex(theme.plate));
}

std::string marks(const FigureLayout& layout, const Theme& theme) {
  std::string svg;
  for (const FigureMarks& series : layout.marks) {
    svg += fmt::format("<g {}>\n", paint(series.symbol, series.colour, theme));
    for (std::size_t i = 0; i < series.x.size(); ++i)
      svg += symbol(series.symbol, series.x[i], series.y[i], layout.mark_px);
    svg += "</g>\n";
  }
  return svg;
}

std::string texts(const FigureLayout& layout, const Theme& theme) {
  std::string svg;
  for (const FigureText& one : layout.texts)
    svg += text(one.x, one.y, one.text,
                fmt::format(" fill=\"{}\"{}", hex(theme.text_weak), one.align == FigureAlign::kMiddle ? kMiddle : ""));
  return svg;
}

std::string limits(const FigureLayout& layout, const Theme& theme) {
  if (layout.limits.empty() && layout.limits_outside.empty()) return {};
  std::string svg =
      fmt::format("<g stroke=\"{}\" stroke-width=\"1.25\" stroke-dasharray=\"6 4\">\n", hex(theme.warning));
  for (const FigureLimitLine& limit : layout.limits) svg += line(layout.left, limit.px, layout.right, limit.px);
  // A rim of the background's colour keeps the text readable on lines.
  svg += fmt::format("</g>\n<g fill=\"{}\" stroke=\"{}\" stroke-width=\"3\" paint-order=\"stroke\">\n", hex(theme.text),
                     hex(theme.plate));
  const float right = layout.right - 0.3F * kLinePx;
  for (const FigureLimitLine& limit : layout.limits) svg += text(right, limit.text_px, limit.text, kEnd);
  for (const FigureTick& limit : layout.limits_outside) svg += text(right, limit.px, limit.text, kEnd);
  return svg + "</g>\n";
}

std::string labels(const FigureLayout& layout, const Theme& theme) {
  std::string svg;
  for (const FigureLabel& label : layout.labels) {
    const float middle = label.x + 0.4F * kLinePx;
    if (label.symbol == FigureSymbol::kLine) {
      svg += fmt::format("<g stroke=\"{}\" stroke-width=\"2.5\">{}</g>\n", hex(label.colour),
                         line(label.x, label.y, label.x + 0.8F * kLinePx, label.y));
    } else if (label.symbol == FigureSymbol::kBand) {
      svg += fmt::format("<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\" fill-opacity=\"{:.2f}\"/>\n",
                         px(label.x), px(label.y - 0.3F * kLinePx), px(0.8F * kLinePx), px(0.6F * kLinePx),
                         hex(label.colour), label.colour.a / 255.0);
    } else {
      svg += fmt::format("<g {}>{}</g>\n", paint(label.symbol, label.colour, theme),
                         symbol(label.symbol, middle, label.y, 0.26F * kLinePx));
    }
    svg += text(label.x + 1.1F * kLinePx, label.y, label.text, fmt::format(" fill=\"{}\"", hex(theme.text)));
  }
  return svg;
}

// A line, and the time on the axis in front of what ticks are there.
std::string cursor(const Figure& figure, const FigureLayout& layout, const Theme& theme) {
  if (std::isnan(layout.cursor_px)) return {};
  const std::string time = time_text(figure.cursor_x);
  const float width = 0.6F * kTextPx * static_cast<float>(time.size() + 1);
  return fmt::format("<g stroke=\"{}\">{}</g>\n<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" fill=\"{}\"/>\n",
                     hex(theme.text), line(layout.cursor_px, layout.top, layout.cursor_px, layout.bottom),
                     px(layout.cursor_px - width / 2), px(layout.bottom + 0.4F * kLinePx), px(width),
                     px(1.2F * kLinePx), hex(theme.plate)) +
         text(layout.cursor_px, layout.bottom + kLinePx, time, fmt::format(" fill=\"{}\"{}", hex(theme.text), kMiddle));
}

}  // namespace

int scatter_svg_width(const Figure& figure, int height) {
  constexpr float kAmple = 10000;
  const FigureLayout layout =
      layout_figure(figure, kMarginPx, kMarginPx, kAmple, static_cast<float>(height) - 1.5F * kMarginPx, kLinePx);
  float right = layout.right;
  for (const FigureLabel& label : layout.labels)
    right = std::max(right, label.x + scatter_label_width(label.text, kLinePx));
  return static_cast<int>(std::ceil(right + kMarginPx));
}

std::string figure_svg(const Figure& figure, int width, int height, const Theme& theme) {
  const auto w = static_cast<float>(width), h = static_cast<float>(height);
  const FigureLayout layout =
      layout_figure(figure, kMarginPx, kMarginPx, w - 2 * kMarginPx, h - 1.5F * kMarginPx, kLinePx);
  std::string svg = fmt::format(
      "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" viewBox=\"0 0 {0} {1}\" role=\"img\" "
      "font-family=\"Inter, sans-serif\" font-size=\"{2}\" style=\"font-variant-numeric: tabular-nums\">\n"
      "<title>{3}</title>\n<rect width=\"{0}\" height=\"{1}\" fill=\"{4}\"/>\n",
      width, height, px(kTextPx), escaped(figure.title), hex(theme.plate));
  svg += text(kMarginPx, kMarginPx + 0.4F * kLinePx, figure.title,
              fmt::format(R"( font-size="14" font-weight="600" fill="{}")", hex(theme.text)));
  svg += grid(layout, theme) + data(layout) + marks(layout, theme) + texts(layout, theme) +
         cursor(figure, layout, theme) + limits(layout, theme);
  return svg + labels(layout, theme) + "</svg>\n";
}

}  // namespace racktwin
