#include "render/colour/colour_map.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace racktwin {
namespace {

constexpr ColourMap kMaps[] = {ColourMap::kViridis, ColourMap::kInferno, ColourMap::kCividis};

std::string hex(Rgba colour) {
  char text[8];
  std::snprintf(text, sizeof text, "#%02x%02x%02x", colour.r, colour.g, colour.b);
  return text;
}

// In sRGB steps.
double distance(Rgba a, Rgba b) { return std::hypot(a.r - b.r, a.g - b.g, a.b - b.b); }

double nearest_of_maps(Rgba colour) {
  double nearest = 1e9;
  for (const ColourMap map : kMaps) {
    for (int i = 0; i < 256; ++i) {
      nearest = std::min(nearest, distance(colour_at(map, i / 255.0), colour));
    }
  }
  return nearest;
}

}  // namespace

TEST_CASE("colour maps have the entries that matplotlib has") {
  // source: matplotlib 3.6.3, colors.to_hex(colormaps[name](i)) for i = 0, 64, 255
  CHECK(hex(colour_at(ColourMap::kViridis, 0)) == "#440154");
  CHECK(hex(colour_at(ColourMap::kViridis, 64 / 255.0)) == "#3b528b");
  CHECK(hex(colour_at(ColourMap::kViridis, 1)) == "#fde725");
  CHECK(hex(colour_at(ColourMap::kInferno, 0)) == "#000004");
  CHECK(hex(colour_at(ColourMap::kInferno, 64 / 255.0)) == "#57106e");
  CHECK(hex(colour_at(ColourMap::kInferno, 1)) == "#fcffa4");
  CHECK(hex(colour_at(ColourMap::kCividis, 0)) == "#00224e");
  CHECK(hex(colour_at(ColourMap::kCividis, 64 / 255.0)) == "#434e6c");
  CHECK(hex(colour_at(ColourMap::kCividis, 1)) == "#fee838");
}

TEST_CASE("colours between two entries are interpolated, and shares beyond the ends take the ends") {
  const Rgba low = colour_at(ColourMap::kInferno, 100 / 255.0), high = colour_at(ColourMap::kInferno, 101 / 255.0);
  const Rgba middle = colour_at(ColourMap::kInferno, 100.5 / 255.0);
  CHECK(std::abs(middle.r - (low.r + high.r) / 2.0) <= 0.5);
  CHECK(std::abs(middle.g - (low.g + high.g) / 2.0) <= 0.5);
  CHECK(std::abs(middle.b - (low.b + high.b) / 2.0) <= 0.5);
  CHECK(colour_at(ColourMap::kInferno, -3) == colour_at(ColourMap::kInferno, 0));
  CHECK(colour_at(ColourMap::kInferno, 3) == colour_at(ColourMap::kInferno, 1));
}

TEST_CASE("brightness rises along every map, so that it also reads in grey") {
  for (const ColourMap map : kMaps) {
    double brightness = 0;
    for (int i = 0; i <= 16; ++i) {
      const double next = contrast_ratio(colour_at(map, i / 16.0), {0, 0, 0, 255});
      CHECK(next > brightness);
      brightness = next;
    }
  }
}

TEST_CASE("contrast is that of WCAG 2.1") {
  const Rgba black = {0, 0, 0, 255}, white = {255, 255, 255, 255};
  CHECK(contrast_ratio(black, white) == Approx(21));
  CHECK(contrast_ratio(white, black) == Approx(21));
  CHECK(contrast_ratio(white, white) == Approx(1));
  // The lightest grey that passes 4.5 on white, and pure red: figures that contrast checkers print.
  CHECK(contrast_ratio({0x76, 0x76, 0x76, 255}, white) == Approx(4.54).margin(0.005));
  CHECK(contrast_ratio({0x77, 0x77, 0x77, 255}, white) == Approx(4.48).margin(0.005));
  CHECK(contrast_ratio({255, 0, 0, 255}, white) == Approx(4.00).margin(0.005));
}

TEST_CASE("text is readable on plates and floors of both themes") {
  for (const Theme* theme : {&light_theme(), &dark_theme()}) {
    for (const Rgba ground : {theme->plate, theme->background, theme->floor}) {
      CHECK(contrast_ratio(theme->text, ground) >= 7);
      CHECK(contrast_ratio(theme->text_weak, ground) >= 4.5);
    }
    // source: WCAG 2.1, 1.4.11: graphics need 3:1
    CHECK(contrast_ratio(theme->accent, theme->plate) >= 3);
    CHECK(contrast_ratio(theme->warning, theme->plate) >= 3);
    CHECK(contrast_ratio(theme->selection, theme->floor) >= 3);
  }
}

TEST_CASE("the alarm looks like no value, nor like no data, the selection or the plates") {
  for (const Theme* theme : {&light_theme(), &dark_theme()}) {
    CHECK(nearest_of_maps(theme->alarm) > 100);
    for (const Rgba other :
         {theme->no_data, theme->selection, theme->plate, theme->supply, theme->return_, theme->metal})
      CHECK(distance(theme->alarm, other) > 100);
    CHECK(contrast_ratio(theme->alarm, theme->plate) >= 3);
    CHECK(contrast_ratio(theme->alarm, theme->body) >= 2);  // a pump on its CDU
  }
}

TEST_CASE("no data and the selection look like no value") {
  for (const Theme* theme : {&light_theme(), &dark_theme()}) {
    CHECK(nearest_of_maps(theme->no_data) > 60);
    CHECK(nearest_of_maps(theme->selection) > 100);
    CHECK(contrast_ratio(theme->no_data, theme->no_data_hatch) > 1.5);
  }
}

TEST_CASE("warning and selection differ for people without red or green cones") {
  // Both lose the difference of red and green and keep that of blue and yellow.
  for (const Theme* theme : {&light_theme(), &dark_theme()}) {
    const auto blue_over_yellow = [](Rgba c) { return c.b - (c.r + c.g) / 2.0; };
    CHECK(blue_over_yellow(theme->selection) > 60);
    CHECK(blue_over_yellow(theme->accent) > 60);
    CHECK(blue_over_yellow(theme->warning) < -60);
  }
}

}  // namespace racktwin
