#include "render/plot/svg.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <sstream>

namespace racktwin {
namespace {

Figure sample() {
  Figure figure;
  figure.title = "Power of site & racks";
  figure.unit = "W";
  figure.x_high = 900;
  figure.limits = {{"feed rating", 1.35e6}, {"contract", 4e6}};
  figure.cursor_x = 613;
  for (const bool is_site : {true, false}) {
    FigureSeries series;
    series.name = is_site ? "site" : "racks <IT>";
    series.colour = is_site ? light_theme().accent : Rgba{0, 158, 115, 255};
    for (int i = 0; i <= 30; ++i) {  // a triangle with a gap
      const double y = i == 14 ? std::nan("") : (is_site ? 1.14e6 : 1.02e6) + 5e3 * std::abs(i % 12 - 6);
      series.x.push_back(30 * i);
      series.y.push_back(y);
      series.low.push_back(y - 2e4);
      series.high.push_back(y + 3e4);
    }
    figure.series.push_back(series);
  }
  return figure;
}

}  // namespace

TEST_CASE("a figure as SVG is the one that was looked at") {
  const std::string path = RACKTWIN_SOURCE_DIRECTORY "/tests/render/plot/golden/power.svg";
  const std::string svg = figure_svg(sample(), 640, 260, light_theme());
  if (std::getenv("UPDATE_GOLDENS") != nullptr) std::ofstream(path) << svg;
  std::ostringstream golden;
  golden << std::ifstream(path).rdbuf();
  CHECK(svg == golden.str());
}

TEST_CASE("a scatter plot as SVG has a symbol for every point, a legend, titles and its note") {
  Figure figure;
  figure.title = "Step time";
  figure.axes = FigureAxes::kLogScatter;
  figure.x_low = figure.y_low = 1;
  figure.x_high = figure.y_high = 100;
  figure.x_title = "measured [s]";
  figure.y_title = "predicted [s]";
  figure.note = "racktwin 1.2.3";
  figure.ratios = {{"within 10 %", {86, 97, 109, 255}, 0.9, 1.1}, {"equal", {86, 97, 109, 255}, 1, 1}};
  for (const FigureSymbol symbol : {FigureSymbol::kCircle, FigureSymbol::kDiamond}) {
    FigureSeries series;
    series.name = symbol == FigureSymbol::kCircle ? "calibrate" : "test";
    series.symbol = symbol;
    series.colour = light_theme().accent;
    series.x = {2, 3, 50};
    series.y = {2, 4, 40};
    figure.series.push_back(series);
  }
  const std::string svg = figure_svg(figure, 800, 500, light_theme());
  const auto count = [&](const std::string& text) {
    std::size_t n = 0;
    for (std::size_t at = svg.find(text); at != std::string::npos; at = svg.find(text, at + 1)) ++n;
    return n;
  };
  CHECK(count("<circle") == 3 + 1);  // and one in the legend
  for (const char* text : {">measured [s]<", ">predicted [s]<", ">racktwin 1.2.3<", ">calibrate<", ">test<", ">equal<",
                           ">within 10 %<", "<title>Step time</title>"}) {
    INFO(text);
    CHECK(count(text) == 1);
  }
  CHECK(count(">100<") == 2);             // one an axis
  CHECK(count("font-size=\"12\"") == 1);  // nothing is smaller
  CHECK(count("nan") == 0);
  CHECK(contrast_ratio(light_theme().text_weak, light_theme().plate) >= 4.5);
  CHECK(contrast_ratio(light_theme().text, light_theme().plate) >= 4.5);
}

TEST_CASE("an SVG figure escapes what XML would take for markup") {
  Figure figure = sample();
  figure.title = "a<b>&\"c\"\x01";
  const std::string svg = figure_svg(figure, 640, 260, light_theme());
  CHECK(svg.find("a&lt;b&gt;&amp;&quot;c&quot; <") != std::string::npos);
  CHECK(svg.find("racks &lt;IT&gt;") != std::string::npos);
  CHECK(svg.find('\x01') == std::string::npos);
}

TEST_CASE("an SVG figure holds no number that is none and refers to nothing outside") {
  Figure figure = sample();
  figure.series[0].y.assign(figure.series[0].y.size(), std::nan(""));
  for (const auto& [width, height] : {std::pair(640, 260), std::pair(80, 40)}) {
    const std::string svg = figure_svg(figure, width, height, dark_theme());
    CHECK(svg.find("nan") == std::string::npos);
    CHECK(svg.find("inf") == std::string::npos);
    CHECK(svg.find("href") == std::string::npos);
  }
}

}  // namespace racktwin
