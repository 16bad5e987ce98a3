// A plot as data, and its layout: series over time with limits, a cursor and axes; or points of one quantity against
// another. Two back ends draw it: the window (app/ui) and svg.h.
// Thread rule: pure functions.
#pragma once

#include "render/colour/colour_map.h"

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {

enum class FigureSymbol : std::uint8_t { kLine, kCircle, kDiamond, kBand };

struct FigureSeries {
  std::string name;
  Rgba colour;
  std::vector<double> x, y;                   // (n_point) NaN in y: a gap, never bridged
  std::vector<double> low, high;              // (n_point) or empty: a band around y
  FigureSymbol symbol = FigureSymbol::kLine;  // in a scatter plot: of its points
};

struct FigureLimit {
  std::string name;  // "feed rating"
  double y = 0;
};

// All that lies between y = low x and y = high x, or the line if both are equal.
struct FigureRatio {
  std::string name;  // "within 10 %"
  Rgba colour;       // pale, of an area
  double low = 1, high = 1;
};

// Over time, y linear; or a scatter plot of a quantity against another of the same kind: both axes are alike, their
// range is given, and the series are points in any order.
enum class FigureAxes : std::uint8_t { kTime, kScatter, kLogScatter };

struct Figure {
  std::string title;  // "Site power"
  std::string unit;   // of y, as in a metric row: "W"
  FigureAxes axes = FigureAxes::kTime;
  double x_low = 0, x_high = 1;  // [s] shown; a second if high is not above low
  // y shown; NaN: from the data shown, and limits within 1.5 times its range, widened to nice numbers
  double y_low = std::numeric_limits<double>::quiet_NaN(), y_high = std::numeric_limits<double>::quiet_NaN();
  std::vector<FigureSeries> series;
  std::vector<FigureLimit> limits;
  double cursor_x = std::numeric_limits<double>::quiet_NaN();  // shared time cursor
  // Of scatter plots only:
  std::string x_title, y_title;     // with unit, "measured [s]"; ticks have none
  std::string note;                 // a line under the figure: where it comes from
  std::vector<FigureRatio> ratios;  // the widest first
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
struct FigureMarks {  // the points of a series
  Rgba colour;
  FigureSymbol symbol = FigureSymbol::kCircle;
  std::vector<float> x, y;
};
struct FigureLabel {   // the name of a series, and its value at the cursor
  Rgba colour;         // of a symbol, up to one line_px long, that stands before the text
  float x = 0, y = 0;  // left end of the symbol, middle of the line
  std::string text;
  FigureSymbol symbol = FigureSymbol::kLine;
};
enum class FigureAlign : std::uint8_t { kLeft, kMiddle };
struct FigureText {
  float x = 0, y = 0;  // of the left end or the middle, middle of the line
  FigureAlign align = FigureAlign::kLeft;
  std::string text;
};
struct FigureLayout {
  float left = 0, top = 0, right = 0, bottom = 0;  // of the plotting area
  float line_px = 0;                               // as given
  double y_low = 0, y_high = 1;
  std::vector<FigureTick> x_ticks, y_ticks;  // with units
  std::vector<FigureBand> bands;
  std::vector<FigureStroke> strokes;  // lowest and highest point per pixel column and series
  std::vector<FigureMarks> marks;
  float mark_px = 0;  // radius of a circle; a diamond is a third wider
  std::vector<FigureLimitLine> limits;
  std::vector<FigureTick> limits_outside;  // "feed rating 2.4 MW (above)": too far from the data; a text, as above
  // Right of where each line ends if there is room, else in rows above the plotting area; none for a lone series that
  // is named as the title or not at all.
  std::vector<FigureLabel> labels;
  std::vector<FigureText> texts;           // titles of axes and the note
  float cursor_px = 0;                     // NaN: none
  std::vector<std::string> cursor_values;  // (n_series) of the last sample at or before the cursor, with unit
};

// line_px: height of a line of tick text. A title takes a line and a half at the top. Times ascend in every series. The
// plotting area of a scatter plot is a square, labels stand right of it.
FigureLayout layout_figure(const Figure& figure, float x, float y, float width, float height, float line_px);
// Seconds at a pixel.
double x_at(const Figure& figure, const FigureLayout& layout, float px);

}  // namespace racktwin
