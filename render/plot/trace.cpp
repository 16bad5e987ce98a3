#include "render/plot/trace.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

struct Sample {
  double x = 0, y = kNone, low = kNone, high = kNone;
};

// The samples between two times, and what the lines to the samples outside have at those times.
class Window {
 public:
  Window(const FigureSeries& series, double x_low, double x_high) : series_(series), x_low_(x_low), x_high_(x_high) {
    const std::vector<double>& x = series.x;
    RT_CHECK_EQ(x.size(), series.y.size());
    RT_CHECK(series.low.size() == series.high.size() && (series.low.empty() || series.low.size() == x.size()));
    const auto after_low = std::upper_bound(x.begin(), x.end(), x_low);
    const auto at_high = std::lower_bound(after_low, x.end(), x_high);
    first_ = static_cast<std::size_t>(after_low - x.begin()) - (after_low == x.begin() ? 0 : 1);
    last_ = static_cast<std::size_t>(at_high - x.begin()) + (at_high == x.end() ? 0 : 1);
  }

  template <class Visit>
  void for_each(Visit visit) const {
    for (std::size_t i = first_; i < last_; ++i) visit(at(i));
  }

 private:
  Sample at(std::size_t i) const {
    if (series_.x[i] < x_low_) return i + 1 < series_.x.size() ? between(i, i + 1, x_low_) : Sample{x_low_};
    if (series_.x[i] > x_high_) return i > 0 ? between(i - 1, i, x_high_) : Sample{x_high_};
    return own(i);
  }
  Sample own(std::size_t i) const {
    if (series_.low.empty()) return {series_.x[i], series_.y[i]};
    return {series_.x[i], series_.y[i], series_.low[i], series_.high[i]};
  }
  Sample between(std::size_t i, std::size_t j, double x) const {
    const Sample a = own(i), b = own(j);
    const double part = (x - a.x) / (b.x - a.x);
    return {x, a.y + part * (b.y - a.y), a.low + part * (b.low - a.low), a.high + part * (b.high - a.high)};
  }

  const FigureSeries& series_;
  double x_low_, x_high_;
  std::size_t first_ = 0, last_ = 0;
};

struct Point {
  float x = 0, y = 0;
};

// What falls into one column of pixels.
struct Column {
  int number = 0;
  bool follows_gap = true;
  Point lowest, highest;
  bool lowest_is_first = true;
  Extent band;
};

std::vector<Column> columns_of(const FigureSeries& series, const PlotArea& area) {
  std::vector<Column> columns;
  bool is_after_gap = true;
  Window(series, area.x_low, area.x_high).for_each([&](const Sample& sample) {
    if (!std::isfinite(sample.y)) {
      is_after_gap = true;
      return;
    }
    const Point point = {area.px_of_x(sample.x), area.px_of_y(sample.y)};
    const int number = static_cast<int>(point.x - area.left);
    // A second gap within a column would not be seen.
    const bool is_same = !columns.empty() && columns.back().number == number;
    if (!is_same || (is_after_gap && !columns.back().follows_gap)) {
      columns.push_back({number, is_after_gap, point, point, true, {}});
    }
    Column& column = columns.back();
    if (point.y > column.lowest.y) {
      column.lowest = point;
      column.lowest_is_first = false;
    }
    if (point.y < column.highest.y) {
      column.highest = point;
      column.lowest_is_first = true;
    }
    column.band.add(sample.low);
    column.band.add(sample.high);
    is_after_gap = false;
  });
  return columns;
}

void add_strokes(const std::vector<Column>& columns, Rgba colour, std::vector<FigureStroke>& strokes) {
  const auto widen_lone_point = [&] {
    if (strokes.empty() || strokes.back().x.size() != 1) return;
    FigureStroke& dot = strokes.back();
    dot.x = {dot.x[0] - 1, dot.x[0] + 1};
    dot.y.push_back(dot.y[0]);
  };
  for (const Column& column : columns) {
    if (column.follows_gap) {
      widen_lone_point();
      strokes.push_back({colour, {}, {}});
    }
    FigureStroke& stroke = strokes.back();
    const Point first = column.lowest_is_first ? column.lowest : column.highest;
    const Point second = column.lowest_is_first ? column.highest : column.lowest;
    stroke.x.push_back(first.x);
    stroke.y.push_back(first.y);
    if (first.x == second.x && first.y == second.y) continue;
    stroke.x.push_back(second.x);
    stroke.y.push_back(second.y);
  }
  widen_lone_point();
}

void add_bands(const std::vector<Column>& columns, Rgba colour, const PlotArea& area, std::vector<FigureBand>& bands) {
  bool is_open = false;
  for (const Column& column : columns) {
    is_open = is_open && !column.follows_gap && !column.band.is_empty();
    if (column.band.is_empty()) continue;
    if (!is_open) bands.push_back({colour, {}, {}, {}});
    is_open = true;
    bands.back().x.push_back((column.lowest.x + column.highest.x) / 2);
    bands.back().low.push_back(area.px_of_y(column.band.low));
    bands.back().high.push_back(area.px_of_y(column.band.high));
  }
}

}  // namespace

void Extent::add(double value) {
  if (!std::isfinite(value)) return;
  low = std::min(low, value);
  high = std::max(high, value);
}

Extent extent_of(const FigureSeries& series, double x_low, double x_high) {
  Extent extent;
  Window(series, x_low, x_high).for_each([&](const Sample& sample) {
    extent.add(sample.y);
    extent.add(sample.low);
    extent.add(sample.high);
  });
  return extent;
}

void add_trace(const FigureSeries& series, const PlotArea& area, FigureLayout& layout) {
  constexpr std::uint8_t kBandAlpha = 48;
  const std::vector<Column> columns = columns_of(series, area);
  const Rgba pale = {series.colour.r, series.colour.g, series.colour.b, kBandAlpha};
  add_bands(columns, pale, area, layout.bands);
  add_strokes(columns, series.colour, layout.strokes);
}

double last_value(const FigureSeries& series, double x_low, double x_high) {
  double last = kNone;
  Window(series, x_low, x_high).for_each([&](const Sample& sample) {
    if (std::isfinite(sample.y)) last = sample.y;
  });
  return last;
}

double value_at(const FigureSeries& series, double x) {
  const auto after = std::upper_bound(series.x.begin(), series.x.end(), x);
  return after == series.x.begin() ? kNone : series.y[static_cast<std::size_t>(after - series.x.begin()) - 1];
}

}  // namespace racktwin
