#include "render/plot/scatter.h"

#include "render/plot/trace.h"
#include "render/text/font.h"
#include "render/text/value_text.h"
#include "sim/check.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr std::size_t kManyMarks = 600;  // more are drawn smaller
constexpr std::uint8_t kBandAlpha = 40;

// A symbol, a gap, the text.
float label_width(const std::string& text, float line_px) { return about_px(text, line_px) + 1.5F * line_px; }

std::vector<FigureLabel> labels_of(const Figure& figure) {
  std::vector<FigureLabel> labels;
  for (const FigureSeries& series : figure.series)
    if (!series.name.empty()) labels.push_back({series.colour, 0, 0, series.name, series.symbol});
  for (auto ratio = figure.ratios.rbegin(); ratio != figure.ratios.rend(); ++ratio)
    labels.push_back(
        {ratio->colour, 0, 0, ratio->name, ratio->low < ratio->high ? FigureSymbol::kBand : FigureSymbol::kLine});
  return labels;
}

void add_ratio(const FigureRatio& ratio, const PlotArea& area, FigureLayout& layout) {
  // Straight in both kinds of axes, so two points do; a linear axis may begin at zero.
  std::vector<float> x, low, high;
  for (const double at : {area.x_low, area.x_high}) {
    x.push_back(area.px_of_x(at));
    low.push_back(area.px_of_y(ratio.low * at));
    high.push_back(area.px_of_y(ratio.high * at));
  }
  if (ratio.low < ratio.high) {
    const Rgba pale = {ratio.colour.r, ratio.colour.g, ratio.colour.b, kBandAlpha};
    layout.bands.push_back({pale, std::move(x), std::move(low), std::move(high)});
  } else {
    layout.strokes.push_back({ratio.colour, std::move(x), std::move(low)});
  }
}

void add_marks(const FigureSeries& series, const PlotArea& area, FigureLayout& layout) {
  RT_CHECK_EQ(series.x.size(), series.y.size());
  FigureMarks marks = {series.colour, series.symbol, {}, {}};
  for (std::size_t i = 0; i < series.x.size(); ++i) {
    const bool is_shown = std::isfinite(series.x[i]) && std::isfinite(series.y[i]) &&
                          (!area.is_logarithmic || (series.x[i] > 0 && series.y[i] > 0));
    if (!is_shown) continue;
    marks.x.push_back(area.px_of_x(series.x[i]));
    marks.y.push_back(area.px_of_y(series.y[i]));
  }
  if (!marks.x.empty()) layout.marks.push_back(std::move(marks));
}

}  // namespace

float about_px(const std::string& text, float line_px) {
  return 0.48F * line_px * static_cast<float>(decode_utf8(text).size());
}

FigureLayout layout_scatter(const Figure& figure, float x, float y, float width, float height, float line_px) {
  const bool is_logarithmic = figure.axes == FigureAxes::kLogScatter;
  RT_CHECK(figure.x_low < figure.x_high && figure.y_low < figure.y_high);
  RT_CHECK(!is_logarithmic || (figure.x_low > 0 && figure.y_low > 0));
  FigureLayout layout;
  layout.line_px = line_px;
  layout.cursor_px = std::numeric_limits<float>::quiet_NaN();
  layout.y_low = figure.y_low;
  layout.y_high = figure.y_high;

  const int most = std::clamp(static_cast<int>(height / (3 * line_px)), 3, 10);
  const auto ticks = [&](double low, double high) {
    if (is_logarithmic) return log_ticks(low, high, most);
    std::vector<double> nice = nice_ticks(low, high, most);
    std::erase_if(nice, [&](double tick) { return tick < low || tick > high; });
    return nice;
  };
  const std::vector<double> y_ticks = ticks(figure.y_low, figure.y_high), x_ticks = ticks(figure.x_low, figure.x_high);
  const std::vector<std::string> y_texts = plain_tick_texts(y_ticks), x_texts = plain_tick_texts(x_ticks);
  float tick_width = 0;
  for (const std::string& text : y_texts) tick_width = std::max(tick_width, about_px(text, line_px));
  layout.labels = labels_of(figure);
  float labels_width = 0;
  for (const FigureLabel& label : layout.labels)
    labels_width = std::max(labels_width, label_width(label.text, line_px));

  layout.left = x + tick_width + 0.6F * line_px;
  layout.top = y + (figure.title.empty() ? 0.6F : 1.7F) * line_px + (figure.y_title.empty() ? 0 : 1.3F * line_px);
  const float below = 1.7F + (figure.x_title.empty() ? 0 : 1.4F) + (figure.note.empty() ? 0 : 1.8F);
  const float room = x + width - layout.left - labels_width - 1.5F * line_px;
  const float side = std::max(1.0F, std::min(room, y + height - below * line_px - layout.top));
  layout.right = layout.left + side;
  layout.bottom = layout.top + side;

  const PlotArea area = {layout.left,   layout.top,   layout.right,  layout.bottom, figure.x_low,
                         figure.x_high, figure.y_low, figure.y_high, is_logarithmic};
  for (std::size_t i = 0; i < y_ticks.size(); ++i) layout.y_ticks.push_back({area.px_of_y(y_ticks[i]), y_texts[i]});
  for (std::size_t i = 0; i < x_ticks.size(); ++i) layout.x_ticks.push_back({area.px_of_x(x_ticks[i]), x_texts[i]});
  for (const FigureRatio& ratio : figure.ratios) add_ratio(ratio, area, layout);
  std::size_t n_mark = 0;
  for (const FigureSeries& series : figure.series) {
    add_marks(series, area, layout);
    n_mark += series.x.size();
  }
  layout.mark_px = (n_mark > kManyMarks ? 0.17F : 0.26F) * line_px;

  for (std::size_t i = 0; i < layout.labels.size(); ++i) {
    layout.labels[i].x = layout.right + 1.5F * line_px;
    layout.labels[i].y = layout.top + (0.5F + 1.35F * static_cast<float>(i)) * line_px;
  }
  if (!figure.y_title.empty())
    layout.texts.push_back({x, layout.top - 1.1F * line_px, FigureAlign::kLeft, figure.y_title});
  if (!figure.x_title.empty())
    layout.texts.push_back(
        {(layout.left + layout.right) / 2, layout.bottom + 2.3F * line_px, FigureAlign::kMiddle, figure.x_title});
  if (!figure.note.empty()) layout.texts.push_back({x, y + height - 0.6F * line_px, FigureAlign::kLeft, figure.note});
  return layout;
}

}  // namespace racktwin
