#include "render/plot/figure.h"

#include "render/plot/scatter.h"
#include "render/plot/trace.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kFarthestLimit = 1.5;  // times the data's range: a limit beyond would flatten the data
constexpr double kLeastRange = 0.01;    // of the value: less is noise that must not fill the figure
constexpr std::size_t kMostLabelsBeside = 6;
constexpr float kLabelShare = 0.3F;           // of the width, that labels beside the lines may take
constexpr float kUsualTick_lines = 6;         // wide, in lines of text: "1040 L/min", and the gaps beside it
constexpr std::size_t kValueCharacters = 10;  // room for values at the cursor: the figure stands still as it moves

double shown_x_high(const Figure& figure) { return figure.x_high > figure.x_low ? figure.x_high : figure.x_low + 1; }

// ---- range of y

Extent data_extent(const Figure& figure) {
  Extent extent;
  for (const FigureSeries& series : figure.series) {
    const Extent of_one = extent_of(series, figure.x_low, shown_x_high(figure));
    extent.add(of_one.low);
    extent.add(of_one.high);
  }
  if (!extent.is_empty()) return extent;
  for (const FigureLimit& limit : figure.limits) extent.add(limit.y);
  return extent;
}

// Data and limits near them, with room above for the text of a limit that is highest; never of no height. `text`: share
// of the height.
Extent shown_extent(const Figure& figure, double text) {
  Extent data = data_extent(figure);
  if (data.is_empty()) return {0, 1};
  const double missing = kLeastRange * std::max(std::abs(data.low), std::abs(data.high)) - (data.high - data.low);
  if (missing > 0) {
    const bool is_share = figure.unit == "1" && data.high <= 1;  // of which there is no more than all
    data.low = data.low >= 0 ? std::max(data.low - missing / 2, 0.0) : data.low - missing / 2;
    data.high = is_share ? std::min(data.high + missing / 2, 1.0) : data.high + missing / 2;
  }
  if (data.low == data.high) data.high = data.low + 1;
  Extent shown = data;
  for (const FigureLimit& limit : figure.limits) {
    const double beyond = std::max(limit.y - data.high, data.low - limit.y);
    if (beyond > kFarthestLimit * (data.high - data.low)) continue;
    const double high = std::max(limit.y, data.high), with_text = limit.y + text * (high - data.low);
    shown.add(limit.y);
    if (with_text > high) shown.add(with_text);
  }
  return shown;
}

// Ticks, and the range widened to them where the figure leaves it open.
std::vector<double> choose_y_range(const Figure& figure, int most, double text, FigureLayout& layout) {
  const Extent shown = shown_extent(figure, text);
  const double low = std::isnan(figure.y_low) ? shown.low : figure.y_low;
  const double high = std::max(std::isnan(figure.y_high) ? shown.high : figure.y_high, std::nextafter(low, HUGE_VAL));
  const double range = high - low, slack = 1e-9 * range;
  std::vector<double> ticks = nice_ticks(low - range, high + range, 3 * most);
  const auto first = std::upper_bound(ticks.begin(), ticks.end(), low + slack) - 1;
  const auto last = std::lower_bound(ticks.begin(), ticks.end(), high - slack);
  layout.y_low = std::isnan(figure.y_low) ? *first : low;
  layout.y_high = std::isnan(figure.y_high) ? *last : high;
  std::erase_if(ticks, [&](double tick) { return tick < layout.y_low - slack || tick > layout.y_high + slack; });
  return ticks;
}

// ---- labels

std::vector<std::size_t> labelled_series(const Figure& figure) {
  std::vector<std::size_t> indices;
  for (std::size_t i = 0; i < figure.series.size(); ++i) {
    const bool is_told_by_title = figure.series.size() == 1 && figure.series[i].name == figure.title;
    if (!figure.series[i].name.empty() && !is_told_by_title) indices.push_back(i);
  }
  return indices;
}

float label_width(const Figure& figure, std::size_t index, float line_px) {
  const std::size_t value_characters = std::isnan(figure.cursor_x) ? 0 : kValueCharacters;
  return about_px(figure.series[index].name + std::string(value_characters, ' '), line_px) + 1.5F * line_px;
}

FigureLabel label_of(const Figure& figure, const FigureLayout& layout, std::size_t index) {
  const FigureSeries& series = figure.series[index];
  std::string text = series.name;
  if (!std::isnan(figure.cursor_x)) text += "  " + layout.cursor_values[index];
  return {series.colour, 0, 0, std::move(text), FigureSymbol::kLine};
}

// Above the plotting area, as many rows as it takes. Returns the height.
float place_labels_above(const Figure& figure, const std::vector<std::size_t>& indices, float y, float right,
                         FigureLayout& layout) {
  const float row_px = 1.3F * layout.line_px;
  float pen_x = layout.left, pen_y = y + row_px / 2;
  for (const std::size_t index : indices) {
    const float width = label_width(figure, index, layout.line_px);
    if (pen_x > layout.left && pen_x + width > right) {
      pen_x = layout.left;
      pen_y += row_px;
    }
    layout.labels.push_back(label_of(figure, layout, index));
    layout.labels.back().x = pen_x;
    layout.labels.back().y = pen_y;
    pen_x += width + layout.line_px;
  }
  return indices.empty() ? 0 : pen_y + row_px / 2 - y;
}

// Right of the lines' ends, moved apart where they would overlap.
void place_labels_beside(const Figure& figure, const std::vector<std::size_t>& indices, const PlotArea& area,
                         FigureLayout& layout) {
  for (const std::size_t index : indices) {
    const double last = last_value(figure.series[index], area.x_low, area.x_high);
    layout.labels.push_back(label_of(figure, layout, index));
    layout.labels.back().x = area.right + 0.4F * layout.line_px;
    layout.labels.back().y = std::isnan(last) ? area.bottom : std::clamp(area.px_of_y(last), area.top, area.bottom);
  }
  std::vector<FigureLabel>& labels = layout.labels;
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  const float apart = 1.15F * layout.line_px;
  for (std::size_t i = 1; i < labels.size(); ++i) labels[i].y = std::max(labels[i].y, labels[i - 1].y + apart);
  float lowest = area.bottom;
  for (std::size_t i = labels.size(); i-- > 0; lowest -= apart) labels[i].y = std::min(labels[i].y, lowest);
}

// ---- what else there is

void place_cursor(const Figure& figure, FigureLayout& layout) {
  layout.cursor_px = std::numeric_limits<float>::quiet_NaN();
  if (std::isnan(figure.cursor_x)) return;
  for (const FigureSeries& series : figure.series) {
    layout.cursor_values.push_back(
        value_text(value_at(series, figure.cursor_x), figure.unit, 4));  // as fine as an axis
  }
}

// Texts stand above their lines, moved down where they would overlap what is above.
void place_limits(const Figure& figure, const PlotArea& area, FigureLayout& layout) {
  const float line_px = layout.line_px;
  float highest = area.top + 0.7F * line_px, lowest = area.bottom - 0.7F * line_px;  // free rows
  for (const FigureLimit& limit : figure.limits) {
    const std::string text = fmt::format("{} {}", limit.name, value_text(limit.y, figure.unit));
    if (limit.y > area.y_high) {
      layout.limits_outside.push_back({highest, text + " (above)"});
      highest += line_px;
    } else if (limit.y < area.y_low) {
      layout.limits_outside.push_back({lowest, text + " (below)"});
      lowest -= line_px;
    } else {
      layout.limits.push_back({area.px_of_y(limit.y), 0, text});
    }
  }
  std::stable_sort(layout.limits.begin(), layout.limits.end(),
                   [](const auto& a, const auto& b) { return a.px < b.px; });
  for (FigureLimitLine& limit : layout.limits) {
    const float above = limit.px - 0.7F * line_px, below = limit.px + 0.7F * line_px;
    limit.text_px = above >= highest ? above : std::max(below, highest);
    highest = limit.text_px + line_px;
  }
}

// Figures of one width that stand beside each other have the same ticks of time, as long as y's are not wider than
// usual.
void place_ticks(const PlotArea& area, float width, const std::vector<double>& y_ticks,
                 const std::vector<std::string>& y_texts, FigureLayout& layout) {
  for (std::size_t i = 0; i < y_ticks.size(); ++i) layout.y_ticks.push_back({area.px_of_y(y_ticks[i]), y_texts[i]});
  const float room = std::min(area.right - area.left, width - kUsualTick_lines * layout.line_px);
  const int most = std::max(2, static_cast<int>(room / (5 * layout.line_px)));
  const std::vector<double> x_ticks = time_ticks(area.x_low, area.x_high, most);
  const std::vector<std::string> x_texts = time_tick_texts(x_ticks);
  for (std::size_t i = 0; i < x_ticks.size(); ++i) layout.x_ticks.push_back({area.px_of_x(x_ticks[i]), x_texts[i]});
}

}  // namespace

FigureLayout layout_figure(const Figure& figure, float x, float y, float width, float height, float line_px) {
  if (figure.axes != FigureAxes::kTime) return layout_scatter(figure, x, y, width, height, line_px);
  FigureLayout layout;
  layout.line_px = line_px;
  place_cursor(figure, layout);
  const int most_y_ticks = std::clamp(static_cast<int>(height / (2.5F * line_px)), 3, 7);
  const std::vector<double> y_ticks = choose_y_range(figure, most_y_ticks, 1.4 * line_px / height, layout);
  const std::vector<std::string> y_texts = tick_texts(y_ticks, figure.unit);

  float tick_width = 0;
  for (const std::string& text : y_texts) tick_width = std::max(tick_width, about_px(text, line_px));
  layout.left = x + tick_width + 0.6F * line_px;
  const std::vector<std::size_t> labelled = labelled_series(figure);
  float beside_width = 0;
  for (const std::size_t index : labelled) beside_width = std::max(beside_width, label_width(figure, index, line_px));
  const bool is_beside = labelled.size() <= kMostLabelsBeside && beside_width <= kLabelShare * width;
  layout.right = std::max(layout.left + 1, x + width - std::max(is_beside ? beside_width : 0, line_px));
  layout.top = y + (figure.title.empty() ? 0.6F : 1.7F) * line_px;
  if (!is_beside) layout.top += place_labels_above(figure, labelled, layout.top - 0.2F * line_px, x + width, layout);
  layout.bottom = std::max(layout.top + 1, y + height - 1.7F * line_px);

  const PlotArea area = {layout.left,          layout.top,   layout.right,  layout.bottom, figure.x_low,
                         shown_x_high(figure), layout.y_low, layout.y_high, false};
  place_ticks(area, width, y_ticks, y_texts, layout);
  place_limits(figure, area, layout);
  for (const FigureSeries& series : figure.series) add_trace(series, area, layout);
  if (is_beside) place_labels_beside(figure, labelled, area, layout);
  if (figure.cursor_x >= area.x_low && figure.cursor_x <= area.x_high) layout.cursor_px = area.px_of_x(figure.cursor_x);
  return layout;
}

double x_at(const Figure& figure, const FigureLayout& layout, float px) {
  const double share = (px - layout.left) / (layout.right - layout.left);
  return figure.x_low + share * (shown_x_high(figure) - figure.x_low);
}

}  // namespace racktwin
