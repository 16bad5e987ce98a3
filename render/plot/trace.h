// A series cut to the times that are shown and thinned out to pixel columns. Thread rule: pure functions.
#pragma once

#include "render/plot/figure.h"

#include <cmath>

namespace racktwin {

// From data to pixels.
struct PlotArea {
  float left = 0, top = 0, right = 0, bottom = 0;
  double x_low = 0, x_high = 1, y_low = 0, y_high = 1;
  bool is_logarithmic = false;  // both axes
  float px_of_x(double x) const { return left + share(x, x_low, x_high) * (right - left); }
  float px_of_y(double y) const { return bottom - share(y, y_low, y_high) * (bottom - top); }

 private:
  float share(double value, double low, double high) const {
    return static_cast<float>(is_logarithmic ? std::log(value / low) / std::log(high / low)
                                             : (value - low) / (high - low));
  }
};

struct Extent {
  double low = std::numeric_limits<double>::infinity(), high = -low;  // of nothing
  bool is_empty() const { return low > high; }
  void add(double value);  // what is not finite adds nothing
};

// Of what is shown, bands included.
Extent extent_of(const FigureSeries& series, double x_low, double x_high);

// Appends to bands and strokes. Per column of pixels the lowest and the highest point are kept, in the order in which
// they stand; a lone sample between gaps becomes a dash two pixels wide.
void add_trace(const FigureSeries& series, const PlotArea& area, FigureLayout& layout);

// The last value shown. NaN: none.
double last_value(const FigureSeries& series, double x_low, double x_high);
// The value of the last sample at or before x. NaN: none.
double value_at(const FigureSeries& series, double x);

}  // namespace racktwin
