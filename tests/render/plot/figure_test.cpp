#include "render/plot/figure.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>

namespace racktwin {
namespace {

constexpr float kLinePx = 15;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

FigureSeries series(std::vector<double> x, std::vector<double> y) {
  return {"", {}, std::move(x), std::move(y), {}, {}};
}

Figure figure(std::vector<FigureSeries> all, double x_low, double x_high) {
  Figure result;
  result.unit = "W";
  result.x_low = x_low;
  result.x_high = x_high;
  result.series = std::move(all);
  return result;
}

FigureLayout placed(const Figure& figure) { return layout_figure(figure, 10, 20, 600, 240, kLinePx); }

double y_at(const FigureLayout& layout, float px) {
  return layout.y_low + (layout.bottom - px) / (layout.bottom - layout.top) * (layout.y_high - layout.y_low);
}

std::vector<std::string> texts(const std::vector<FigureTick>& ticks) {
  std::vector<std::string> all;
  for (const FigureTick& tick : ticks) all.push_back(tick.text);
  return all;
}

// Deterministic, without a pattern that meets the pixels.
FigureSeries noise(int n) {
  FigureSeries result;
  std::uint32_t state = 7;
  for (int i = 0; i < n; ++i) {
    state = state * 1664525 + 1013904223;
    result.x.push_back(i);
    result.y.push_back((state >> 8) / 16777216.0);
  }
  return result;
}

}  // namespace

TEST_CASE("few samples are drawn where they are") {
  const Figure f = figure({series({0, 10, 20}, {100, 300, 200})}, 0, 20);
  const FigureLayout layout = placed(f);
  REQUIRE(layout.strokes.size() == 1);
  const FigureStroke& stroke = layout.strokes[0];
  REQUIRE(stroke.x.size() == 3);
  CHECK(stroke.x[0] == layout.left);
  CHECK(stroke.x[1] == Approx((layout.left + layout.right) / 2));
  CHECK(stroke.x[2] == layout.right);
  CHECK(y_at(layout, stroke.y[0]) == Approx(100));
  CHECK(y_at(layout, stroke.y[1]) == Approx(300));
  CHECK(y_at(layout, stroke.y[2]) == Approx(200));
}

TEST_CASE("thinning out keeps the lowest and highest sample of every pixel column") {
  const FigureSeries data = noise(50'000);
  const FigureLayout layout = placed(figure({data}, 0, 49'999));
  REQUIRE(layout.strokes.size() == 1);
  const FigureStroke& stroke = layout.strokes[0];

  std::map<int, std::pair<double, double>> expected;
  for (std::size_t i = 0; i < data.x.size(); ++i) {
    const float px = layout.left + static_cast<float>(data.x[i] / 49'999) * (layout.right - layout.left);
    auto [it, is_new] = expected.try_emplace(static_cast<int>(px - layout.left), data.y[i], data.y[i]);
    it->second = {std::min(it->second.first, data.y[i]), std::max(it->second.second, data.y[i])};
  }
  std::map<int, std::vector<double>> drawn;
  for (std::size_t i = 0; i < stroke.x.size(); ++i) {
    drawn[static_cast<int>(stroke.x[i] - layout.left)].push_back(y_at(layout, stroke.y[i]));
  }
  REQUIRE(drawn.size() == expected.size());
  for (auto& [column, values] : drawn) {
    REQUIRE(values.size() <= 2);
    CHECK(*std::min_element(values.begin(), values.end()) == Approx(expected[column].first).margin(1e-5));
    CHECK(*std::max_element(values.begin(), values.end()) == Approx(expected[column].second).margin(1e-5));
  }
  CHECK(std::is_sorted(stroke.x.begin(), stroke.x.end()));
}

TEST_CASE("a single peak among a million samples is drawn at its full height") {
  FigureSeries data;
  for (int i = 0; i < 1'000'000; ++i) {
    data.x.push_back(i);
    data.y.push_back(i == 654'321 ? 900 : 100);
  }
  const FigureLayout layout = placed(figure({data}, 0, 1e6));
  const FigureStroke& stroke = layout.strokes.at(0);
  const auto peak = std::min_element(stroke.y.begin(), stroke.y.end());
  CHECK(y_at(layout, *peak) == Approx(900).margin(0.01));
  CHECK(x_at(figure({}, 0, 1e6), layout, stroke.x[static_cast<std::size_t>(peak - stroke.y.begin())]) ==
        Approx(654'321).margin(100));
}

TEST_CASE("gaps are never bridged") {
  const FigureLayout layout = placed(figure({series({0, 1, 2, 3, 4, 5}, {1, 2, kNan, 3, 4, 5})}, 0, 5));
  REQUIRE(layout.strokes.size() == 2);
  CHECK(layout.strokes[0].x.size() == 2);
  CHECK(layout.strokes[1].x.size() == 3);
  const float width = layout.right - layout.left;
  CHECK(layout.strokes[0].x.back() == Approx(layout.left + width / 5));
  CHECK(layout.strokes[1].x.front() == Approx(layout.left + width * 3 / 5));
}

TEST_CASE("a lone sample between gaps is still seen") {
  const FigureLayout layout = placed(figure({series({0, 1, 2, 3, 4}, {1, kNan, 3, kNan, 5})}, 0, 4));
  REQUIRE(layout.strokes.size() == 3);
  for (const FigureStroke& stroke : layout.strokes) {
    REQUIRE(stroke.x.size() == 2);
    CHECK(stroke.x[1] - stroke.x[0] == Approx(2));
    CHECK(stroke.y[1] == stroke.y[0]);
  }
}

TEST_CASE("gaps narrower than a pixel do not multiply strokes") {
  FigureSeries data = noise(100'000);
  for (std::size_t i = 0; i < data.y.size(); i += 2) data.y[i] = kNan;
  const FigureLayout layout = placed(figure({data}, 0, 1e5));
  CHECK(static_cast<float>(layout.strokes.size()) <= layout.right - layout.left + 1);
}

TEST_CASE("a gap at the edge of what is shown stays a gap") {
  const FigureSeries data = series({0, 10, 20, 30}, {1, kNan, 2, 3});
  const FigureLayout layout = placed(figure({data}, 5, 25));
  REQUIRE(layout.strokes.size() == 1);
  CHECK(layout.strokes[0].x.front() == Approx((layout.left * 1 + layout.right * 3) / 4));
}

TEST_CASE("lines to samples outside the times shown are cut at the edge") {
  const FigureSeries data = series({0, 10, 20, 30}, {0, 100, 200, 300});
  const FigureLayout layout = placed(figure({data}, 5, 28));
  const FigureStroke& stroke = layout.strokes.at(0);
  REQUIRE(stroke.x.size() == 4);
  CHECK(stroke.x.front() == layout.left);
  CHECK(y_at(layout, stroke.y.front()) == Approx(50));
  CHECK(stroke.x.back() == layout.right);
  CHECK(y_at(layout, stroke.y.back()) == Approx(280));
  CHECK(layout.y_low == 50);  // of what is shown, not of all samples
  CHECK(layout.y_high == 300);

  const FigureLayout between = placed(figure({data}, 12, 14));
  REQUIRE(between.strokes.at(0).x.size() == 2);
  CHECK(y_at(between, between.strokes[0].y[0]) == Approx(120));
  CHECK(y_at(between, between.strokes[0].y[1]) == Approx(140));
}

TEST_CASE("a band spans lowest low to highest high, and breaks where it has no data") {
  FigureSeries data = series({0, 1, 2, 3}, {10, 20, kNan, 40});
  data.low = {5, 15, kNan, 35};
  data.high = {15, 25, kNan, 45};
  data.colour = {1, 2, 3, 255};
  const FigureLayout layout = placed(figure({data}, 0, 3));
  REQUIRE(layout.bands.size() == 2);
  CHECK(y_at(layout, layout.bands[0].low[1]) == Approx(15));
  CHECK(y_at(layout, layout.bands[0].high[1]) == Approx(25));
  CHECK(layout.bands[0].colour.a < 100);
  CHECK(layout.y_low <= 5);
  CHECK(layout.y_high >= 45);
}

TEST_CASE("the range of y is widened to ticks") {
  const FigureLayout layout = placed(figure({series({0, 1}, {1.02e6, 1.19e6})}, 0, 1));
  CHECK(layout.y_low == 1e6);
  CHECK(layout.y_high == 1.2e6);
  CHECK(texts(layout.y_ticks) == std::vector<std::string>{"1.00 MW", "1.05 MW", "1.10 MW", "1.15 MW", "1.20 MW"});
  CHECK(layout.y_ticks.front().px == layout.bottom);
  CHECK(layout.y_ticks.back().px == layout.top);
}

TEST_CASE("a range of y that is given is kept") {
  Figure f = figure({series({0, 1}, {0.2, 0.6})}, 0, 1);
  f.unit = "1";
  f.y_low = 0;
  f.y_high = 1;
  CHECK(texts(placed(f).y_ticks) == std::vector<std::string>{"0 %", "20 %", "40 %", "60 %", "80 %", "100 %"});
  f.y_high = 0.5;  // the back end cuts what is above
  const FigureLayout layout = placed(f);
  CHECK(layout.y_high == 0.5);
  CHECK(layout.strokes.at(0).y.at(1) < layout.top);
}

TEST_CASE("constant data do not fill the figure with rounding errors") {
  const FigureLayout constant = placed(figure({series({0, 1}, {100, 100 + 1e-9})}, 0, 1));
  CHECK(constant.y_high - constant.y_low >= 1);
  CHECK(constant.y_low < 100);
  CHECK(constant.y_high > 100);
  const FigureLayout zero = placed(figure({series({0, 1}, {0, 0})}, 0, 1));
  CHECK(zero.y_low == 0);
  CHECK(zero.y_high == 1);
}

TEST_CASE("a share that never was more than all has no axis beyond it") {
  Figure shares = figure({series({0, 10}, {1, 1})}, 0, 10);
  shares.unit = "1";
  CHECK(placed(shares).y_high == 1);
  CHECK(placed(shares).y_low < 1);
  shares.series[0].y = {0.998, 0.999};
  CHECK(placed(shares).y_high == 1);
  shares.series[0].y = {1, 1.02};  // an overload
  CHECK(placed(shares).y_high >= 1.02);
}

TEST_CASE("figures beside each other have the same ticks of time, however wide their values are") {
  const auto ticks = [](std::string unit, double value) {
    Figure one = figure({series({0, 2400}, {value, value})}, 0, 2400);
    one.unit = std::move(unit);
    return texts(layout_figure(one, 0, 0, 297.5F, 160, 13).x_ticks);
  };
  const std::vector<std::string> flow = ticks("L/min", 1040);
  CHECK(flow.size() >= 3);
  CHECK(ticks("s", 20) == flow);
  CHECK(ticks("W", 5e3) == flow);
}

TEST_CASE("a limit near the data is shown, one far away is named instead") {
  Figure f = figure({series({0, 1}, {1000, 2000})}, 0, 1);
  f.limits = {{"near", 3500}, {"far", 4501}, {"under", -600}, {"inside", 1500}};
  const FigureLayout layout = placed(f);
  REQUIRE(layout.limits.size() == 2);
  CHECK(layout.limits[0].text == "near 3.5 kW");
  CHECK(y_at(layout, layout.limits[0].px) == Approx(3500));
  CHECK(layout.limits[1].text == "inside 1.5 kW");
  CHECK(texts(layout.limits_outside) == std::vector<std::string>{"far 4.50 kW (above)", "under -600 W (below)"});
  CHECK(layout.y_high < 4501);
}

TEST_CASE("the text of the highest limit has room above it, where no data are") {
  Figure f = figure({series({0, 1, 2}, {50, 87.6, 82})}, 0, 2);
  CHECK(placed(f).y_high == 90);
  f.limits = {{"slowdown", 87}};
  const FigureLayout layout = placed(f);
  REQUIRE(layout.limits.size() == 1);
  CHECK(layout.limits[0].text_px < layout.limits[0].px);
  CHECK(layout.y_high > 90);
}

TEST_CASE("texts of limits do not overlap") {
  Figure f = figure({series({0, 1}, {1000, 2000})}, 0, 1);
  f.limits = {{"a", 2000}, {"b", 1990}, {"c", 1980}, {"far", 9000}};
  const FigureLayout layout = placed(f);
  REQUIRE(layout.limits.size() == 3);
  float above = layout.limits_outside.at(0).px;
  for (const FigureLimitLine& limit : layout.limits) {
    CHECK(limit.text_px - above >= Approx(kLinePx));
    above = limit.text_px;
  }
}

TEST_CASE("the cursor gives the last sample at or before it, not something between two") {
  Figure f = figure({series({0, 10, 20}, {1000, 2000, kNan}), series({5, 15}, {7, 8})}, 0, 20);
  const auto values = [&](double x) {
    f.cursor_x = x;
    return placed(f).cursor_values;
  };
  using Values = std::vector<std::string>;
  CHECK(values(0) == Values{"1 kW", "-"});
  CHECK(values(9.99) == Values{"1 kW", "7 W"});
  CHECK(values(10) == Values{"2 kW", "7 W"});
  CHECK(values(20) == Values{"-", "8 W"});
  const FigureLayout layout = placed(f);
  CHECK(layout.cursor_px == layout.right);
  CHECK(x_at(f, layout, layout.cursor_px) == Approx(20));
  CHECK(x_at(f, layout, layout.left) == 0);
  f.cursor_x = 21;
  CHECK(std::isnan(placed(f).cursor_px));
}

TEST_CASE("series are labelled where their lines end, without overlap") {
  Figure f =
      figure({series({0, 1}, {0, 10}), series({0, 1}, {9, 9.9}), series({0, 1}, {5, 0}), series({0}, {kNan})}, 0, 1);
  for (std::size_t i = 0; i < f.series.size(); ++i) f.series[i].name = std::string(1, static_cast<char>('a' + i));
  const FigureLayout layout = placed(f);
  REQUIRE(layout.labels.size() == 4);
  CHECK(layout.labels[0].text == "a");
  CHECK(layout.labels[1].text == "b");
  for (std::size_t i = 0; i < 4; ++i) {
    CHECK(layout.labels[i].x > layout.right);
    CHECK(layout.labels[i].y <= layout.bottom);
    if (i > 0) CHECK(layout.labels[i].y - layout.labels[i - 1].y >= Approx(kLinePx));
  }
}

TEST_CASE("names that find no room beside the lines stand above them") {
  Figure f = figure({series({0, 1}, {0, 10}), series({0, 1}, {9, 9.9})}, 0, 1);
  f.series[0].name = "coolant out of the racks of row a";
  f.series[1].name = "coolant out of the racks of row b";
  const FigureLayout layout = layout_figure(f, 0, 0, 300, 200, kLinePx);
  REQUIRE(layout.labels.size() == 2);
  CHECK(layout.labels[0].x == layout.left);
  CHECK(layout.labels[1].y > layout.labels[0].y);
  CHECK(layout.labels[1].y < layout.top);
}

TEST_CASE("a lone series named as the title has no label") {
  Figure f = figure({series({0, 1}, {0, 10})}, 0, 1);
  f.title = "Site power";
  f.series[0].name = "Site power";
  CHECK(placed(f).labels.empty());
  f.series[0].name = "site";
  CHECK(placed(f).labels.size() == 1);
}

TEST_CASE("no data, no time and no room are still a figure") {
  const FigureLayout empty = placed(figure({}, 0, 100));
  CHECK(empty.strokes.empty());
  CHECK(empty.y_ticks.size() >= 2);
  const FigureLayout gap = placed(figure({series({0, 1}, {kNan, INFINITY})}, 0, 1));
  CHECK(gap.strokes.empty());
  const FigureLayout instant = placed(figure({series({5}, {1})}, 5, 5));
  CHECK(instant.strokes.size() == 1);
  const FigureLayout tiny = layout_figure(figure({series({0, 1}, {1, 2})}, 0, 1), 0, 0, 3, 3, kLinePx);
  CHECK(tiny.right > tiny.left);
  CHECK(tiny.bottom > tiny.top);
}

}  // namespace racktwin
