#include "render/plot/figure.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

Figure scatter(FigureAxes axes, double low, double high) {
  Figure figure;
  figure.title = "Step time";
  figure.axes = axes;
  figure.x_low = figure.y_low = low;
  figure.x_high = figure.y_high = high;
  figure.x_title = "measured [s]";
  figure.y_title = "predicted [s]";
  figure.note = "from a table";
  figure.ratios = {{"within 20 %", {80, 80, 80, 255}, 0.8, 1.2}, {"equal", {80, 80, 80, 255}, 1, 1}};
  FigureSeries series;
  series.name = "a source";
  series.symbol = FigureSymbol::kCircle;
  series.x = {10, 1, 5};  // in any order
  series.y = {10, 2, 4};
  figure.series.push_back(series);
  return figure;
}

FigureLayout placed(const Figure& figure) { return layout_figure(figure, 10, 20, 700, 400, 15); }

}  // namespace

TEST_CASE("points of a scatter plot are where they are, in a square") {
  for (const FigureAxes axes : {FigureAxes::kScatter, FigureAxes::kLogScatter}) {
    const FigureLayout layout = placed(scatter(axes, 1, 100));
    CHECK(layout.right - layout.left == Approx(layout.bottom - layout.top));
    REQUIRE(layout.marks.size() == 1);
    REQUIRE(layout.marks[0].x.size() == 3);
    const double share = axes == FigureAxes::kLogScatter ? 0.5 : 9.0 / 99;
    CHECK((layout.marks[0].x[0] - layout.left) / (layout.right - layout.left) == Approx(share));
    CHECK((layout.bottom - layout.marks[0].y[0]) / (layout.bottom - layout.top) == Approx(share));
    CHECK(layout.marks[0].x[1] == Approx(layout.left));
  }
}

TEST_CASE("the line of equals runs from corner to corner, and bands lie around it") {
  const FigureLayout layout = placed(scatter(FigureAxes::kLogScatter, 1, 100));
  REQUIRE(layout.strokes.size() == 1);
  CHECK(layout.strokes[0].x.front() == Approx(layout.left));
  CHECK(layout.strokes[0].y.front() == Approx(layout.bottom));
  CHECK(layout.strokes[0].x.back() == Approx(layout.right));
  CHECK(layout.strokes[0].y.back() == Approx(layout.top));
  REQUIRE(layout.bands.size() == 1);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(layout.bands[0].low[i] > layout.strokes[0].y[i]);  // y grows downwards
    CHECK(layout.bands[0].high[i] < layout.strokes[0].y[i]);
  }
}

TEST_CASE("what an axis cannot show is left out of a scatter plot") {
  Figure figure = scatter(FigureAxes::kLogScatter, 1, 100);
  figure.series[0].x = {0, std::nan(""), 10, -1};
  figure.series[0].y = {1, 1, HUGE_VAL, 5};
  CHECK(placed(figure).marks.empty());
}

TEST_CASE("texts of a scatter plot do not meet each other or the plotting area") {
  const FigureLayout layout = placed(scatter(FigureAxes::kLogScatter, 1, 1000));
  REQUIRE(layout.labels.size() == 3);  // the source, the band, the line
  CHECK(layout.labels[0].symbol == FigureSymbol::kCircle);
  CHECK(layout.labels[1].symbol == FigureSymbol::kLine);
  CHECK(layout.labels[2].symbol == FigureSymbol::kBand);
  for (std::size_t i = 0; i < layout.labels.size(); ++i) {
    CHECK(layout.labels[i].x > layout.right);
    if (i > 0) CHECK(layout.labels[i].y - layout.labels[i - 1].y >= layout.line_px);
  }
  REQUIRE(layout.texts.size() == 3);
  CHECK(layout.texts[0].text == "predicted [s]");
  CHECK(layout.texts[0].y < layout.top - layout.line_px / 2);
  CHECK(layout.texts[1].y > layout.bottom + 1.9F * layout.line_px);  // under the ticks
  CHECK(layout.texts[2].y > layout.texts[1].y + layout.line_px);
  CHECK(layout.texts[2].y < 20 + 400);
  CHECK_FALSE(layout.x_ticks.empty());
  CHECK(layout.x_ticks.back().text == "1,000");
}

}  // namespace racktwin
