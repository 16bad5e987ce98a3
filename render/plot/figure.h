// A plot as data: series over time with limits, a cursor and axes, and its layout. The window (app/ui) draws it.
// Thread rule: pure functions.
#pragma once

#include "render/colour/colour_map.h"

#include <limits>
#include <string>
#include <vector>

namespace racktwin {

struct FigureSeries {
  std::string name;
  Rgba colour;
  std::vector<double> x, y;       // (n_point) NaN in y: a gap, never bridged
  std::vector<double> low, high;  // (n_point) or empty: a band around y
};

struct FigureLimit {
  std::string name;  // "feed rating"
  double y = 0;
};

struct Figure {
  std::string title;             // "Site power"
  std::string unit;              // of y, as in a metric row: "W"
  double x_low = 0, x_high = 1;  // [s] shown; a second if high is not above low
  // y shown; NaN: from the data shown, and limits within 1.5 times its range, widened to nice numbers
  double y_low = std::numeric_limits<double>::quiet_NaN(), y_high = std::numeric_limits<double>::quiet_NaN();
  std::vector<FigureSeries> series;
  std::vector<FigureLimit> limits;
  double cursor_x = std::numeric_limits<double>::quiet_NaN();  // shared time cursor
};

// A figure placed in a rectangle [px, y down]: what back ends draw, in this order, strokes and bands clipped to the
// plotting area. Texts stand at most about a line's height outside it, but for labels right of it.
struct FigureTick {
  float px = 0;
  std::string text;
};
struct FigureLimitLine {
  float px = 0;       // of the line
  float text_px = 0;  // middle of its text, which ends at the right
  std::string text;   // name and value
};
struct FigureBand {  // filled between low and high
  Rgba colour;
  std::vector<float> x, low, high;
};
struct FigureStroke {  // a polyline of two points or more, without gaps
  Rgba colour;
  std::vector<float> x, y;
};
struct FigureLabel {   // the name of a series, and its value at the cursor
  Rgba colour;         // of a dash, one line_px long, that stands before the text
  float x = 0, y = 0;  // left end of the dash, middle of the line
  std::string text;
};
struct FigureLayout {
  float left = 0, top = 0, right = 0, bottom = 0;  // of the plotting area
  float line_px = 0;                               // as given
  double y_low = 0, y_high = 1;
  std::vector<FigureTick> x_ticks, y_ticks;  // with units
  std::vector<FigureBand> bands;
  std::vector<FigureStroke> strokes;  // lowest and highest point per pixel column and series
  std::vector<FigureLimitLine> limits;
  std::vector<FigureTick> limits_outside;  // "feed rating 2.4 MW (above)": too far from the data; a text, as above
  // Right of where each line ends if there is room, else in rows above the plotting area; none for a lone series that
  // is named as the title or not at all.
  std::vector<FigureLabel> labels;
  float cursor_px = 0;                     // NaN: none
  std::vector<std::string> cursor_values;  // (n_series) of the last sample at or before the cursor, with unit
};

// line_px: height of a line of tick text. A title takes a line and a half at the top. Times ascend in every series.
FigureLayout layout_figure(const Figure& figure, float x, float y, float width, float height, float line_px);
// Seconds at a pixel.
double x_at(const Figure& figure, const FigureLayout& layout, float px);

}  // namespace racktwin
