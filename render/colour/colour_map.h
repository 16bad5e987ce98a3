// Colours and colour maps of every picture, legend, plot and page. Thread rule: pure functions.
#pragma once

#include <array>
#include <cstdint>

namespace racktwin {

// 8-bit sRGB.
struct Rgba {
  std::uint8_t r = 0, g = 0, b = 0, a = 255;
  friend bool operator==(Rgba x, Rgba y) { return x.r == y.r && x.g == y.g && x.b == y.b && x.a == y.a; }
  friend bool operator!=(Rgba x, Rgba y) { return !(x == y); }
};

// Sequential maps, 256 entries each, interpolated in sRGB. Source: BIDS/colormap (viridis, inferno; CC0) and
// Nunez et al. 2018, PLoS ONE 13(7) e0199239 (cividis).
enum class ColourMap : std::uint8_t { kViridis, kInferno, kCividis };

// share: 0..1, clamped. NaN is a bug.
Rgba colour_at(ColourMap map, double share);

// Contrast ratio of two opaque colours, 1..21. Source: WCAG 2.1, "contrast ratio" and "relative luminance".
double contrast_ratio(Rgba one, Rgba other);

// Everything that is not data.
struct Theme {
  Rgba background, floor, floor_line, shadow;  // the hall
  Rgba body, body_dark, metal;                 // racks, what is behind a front, shelves and switches
  Rgba supply, return_;                        // pipes that carry no value in a layer
  Rgba tray;                                   // the same for cable trays
  Rgba no_data, no_data_hatch;                 // NaN
  Rgba text, text_weak, plate, plate_border;   // labels: text on a plate
  Rgba accent, warning, selection;             // what is under way, what is wrong with the run, what is selected
  Rgba alarm;                                  // above a limit, or stopped: none of the colour maps comes near it
};
const Theme& light_theme();
const Theme& dark_theme();

}  // namespace racktwin
