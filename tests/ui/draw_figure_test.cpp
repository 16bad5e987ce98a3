// A scatter plot in the window's back end.
#include "app/ui/draw_figure.h"

#include "app/window/offscreen_window.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <cstdlib>

namespace racktwin {
namespace {

Rgba pixel(const Image& image, float x, float y) {
  const std::uint8_t* p = image.at(static_cast<int>(x), static_cast<int>(y));
  return {p[0], p[1], p[2], 255};
}

bool is_near(Rgba a, Rgba b) {
  return std::abs(a.r - b.r) <= 2 && std::abs(a.g - b.g) <= 2 && std::abs(a.b - b.b) <= 2;
}

}  // namespace

TEST_CASE("the window draws points, bands and the legend of a scatter plot") {
  const auto window = OffscreenWindow::open(900, 520, 1);
  if (!window) {
    fmt::print("[skipped] {}\n", window.error().front().message);
    return;
  }
  Figure figure;
  figure.title = "Step time";
  figure.axes = FigureAxes::kLogScatter;
  figure.x_low = figure.y_low = 1;
  figure.x_high = figure.y_high = 100;
  figure.x_title = "measured [s]";
  figure.y_title = "predicted [s]";
  figure.ratios = {{"within 20 %", {0, 0, 0, 90}, 0.8, 1.2}};
  for (const FigureSymbol symbol : {FigureSymbol::kCircle, FigureSymbol::kDiamond}) {
    FigureSeries series;
    series.name = symbol == FigureSymbol::kCircle ? "calibrate" : "test";
    series.symbol = symbol;
    series.colour = symbol == FigureSymbol::kCircle ? Rgba{0, 114, 178, 255} : Rgba{213, 94, 0, 255};
    series.x = {2, symbol == FigureSymbol::kCircle ? 20.0 : 60.0};
    series.y = {20, 5};
    figure.series.push_back(series);
  }
  FigureLayout layout;
  for (int frame = 0; frame < 2; ++frame) {
    (*window)->begin_frame();
    layout = draw_figure(figure, {20, 20, 860, 480}, false);
    (*window)->end_frame();
  }
  const Image image = (*window)->picture();
  REQUIRE(layout.marks.size() == 2);
  CHECK(is_near(pixel(image, layout.marks[0].x[1], layout.marks[0].y[1]), figure.series[0].colour));
  CHECK(is_near(pixel(image, layout.marks[1].x[1], layout.marks[1].y[1]), figure.series[1].colour));
  // Within the band, and away from it.
  const float middle_x = (layout.left + layout.right) / 2 + 3, middle_y = (layout.top + layout.bottom) / 2 + 1;
  CHECK_FALSE(is_near(pixel(image, middle_x, middle_y), pixel(image, middle_x, middle_y - 60)));
  REQUIRE(layout.labels.size() == 3);
  CHECK(is_near(pixel(image, layout.labels[1].x + 0.4F * layout.line_px, layout.labels[1].y), figure.series[1].colour));
}

}  // namespace racktwin
