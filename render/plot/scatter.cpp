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
constexpr int kMostTicks = 10;
constexpr float kTickGap = 0.6F, kLabelGap = 1.5F;  // of a line, between texts below, and left of the labels

struct Ticks {
  std::vector<double> at;
  std::vector<std::string> texts;
};

Ticks ticks_of(double low, double high, int most, bool is_logarithmic) {
  Ticks ticks;
  ticks.at = is_logarithmic ? log_ticks(low, high, most) : nice_ticks(low, high, most);
  std::erase_if(ticks.at, [&](double tick) { return tick < low || tick > high; });
  ticks.texts = plain_tick_texts(ticks.at);
  return ticks;
}

// Whether the texts under the area stand clear of each other.
bool are_apart(const Ticks& ticks, const PlotArea& area, float line_px) {
  for (std::size_t i = 1; i < ticks.at.size(); ++i) {
    const float half = (about_px(ticks.texts[i - 1], line_px) + about_px(ticks.texts[i], line_px)) / 2;
    if (area.px_of_x(ticks.at[i]) - area.px_of_x(ticks.at[i - 1]) < half + kTickGap * line_px) return false;
  }
  return true;
}

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
    layout.bands.push_back({ratio.colour, std::move(x), std::move(low), std::move(high)});
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

float scatter_label_width(const std::string& text, float line_px) {
  return about_px(text, line_px) + 1.5F * line_px;  // a symbol, a gap, the text
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

  layout.labels = labels_of(figure);
  float labels_width = 0;
  for (const FigureLabel& label : layout.labels)
    labels_width = std::max(labels_width, scatter_label_width(label.text, line_px));
  layout.top = y + (figure.title.empty() ? 0.6F : 1.7F) * line_px + (figure.y_title.empty() ? 0 : 1.3F * line_px);
  const float below = 1.7F + (figure.x_title.empty() ? 0 : 1.4F) + (figure.note.empty() ? 0 : 1.8F);

  // As many ticks as fit below the square, which their texts make narrower.
  PlotArea area = {0, layout.top, 0, 0, figure.x_low, figure.x_high, figure.y_low, figure.y_high, is_logarithmic};
  Ticks x_ticks, y_ticks;
  for (int most = kMostTicks; most >= 2; --most) {
    x_ticks = ticks_of(figure.x_low, figure.x_high, most, is_logarithmic);
    y_ticks = ticks_of(figure.y_low, figure.y_high, most, is_logarithmic);
    float tick_width = 0;
    for (const std::string& text : y_ticks.texts) tick_width = std::max(tick_width, about_px(text, line_px));
    area.left = x + tick_width + 0.6F * line_px;
    const float room = x + width - area.left - labels_width - kLabelGap * line_px;
    const float side = std::max(1.0F, std::min(room, y + height - below * line_px - layout.top));
    area.right = area.left + side;
    area.bottom = area.top + side;
    if (are_apart(x_ticks, area, line_px)) break;
  }
  layout.left = area.left;
  layout.right = area.right;
  layout.bottom = area.bottom;
  for (std::size_t i = 0; i < y_ticks.at.size(); ++i)
    layout.y_ticks.push_back({area.px_of_y(y_ticks.at[i]), y_ticks.texts[i]});
  for (std::size_t i = 0; i < x_ticks.at.size(); ++i)
    layout.x_ticks.push_back({area.px_of_x(x_ticks.at[i]), x_ticks.texts[i]});
  for (const FigureRatio& ratio : figure.ratios) add_ratio(ratio, area, layout);
  std::size_t n_mark = 0;
  for (const FigureSeries& series : figure.series) {
    add_marks(series, area, layout);
    n_mark += series.x.size();
  }
  layout.mark_px = (n_mark > kManyMarks ? 0.17F : 0.26F) * line_px;

  for (std::size_t i = 0; i < layout.labels.size(); ++i) {
    layout.labels[i].x = layout.right + kLabelGap * line_px;
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
