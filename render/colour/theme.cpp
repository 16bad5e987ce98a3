#include "render/colour/colour_map.h"

namespace racktwin {
namespace {

// 0xRRGGBB
constexpr Rgba rgb(std::uint32_t hex, std::uint8_t alpha = 255) {
  return {static_cast<std::uint8_t>(hex >> 16), static_cast<std::uint8_t>(hex >> 8), static_cast<std::uint8_t>(hex),
          alpha};
}

// Magenta, as weather maps have it beyond the end of their scale.
constexpr Rgba kAlarm = rgb(0xff1ac6);

}  // namespace

// Surfaces are cool greys, so that the only strong colours in a picture are data. Accent and warning are the blue and
// the orange of the Okabe-Ito set, which people with any kind of colour vision can tell apart (source:
// jfly.uni-koeln.de/color); selection is a blue that none of the colour maps has.
const Theme& light_theme() {
  static constexpr Theme kTheme = {
      .background = rgb(0xeceff3),
      .floor = rgb(0xf8f9fb),
      .floor_line = rgb(0xe3e7ec),
      .shadow = rgb(0x1c2733, 88),
      .body = rgb(0x3b424b),
      .body_dark = rgb(0x22272e),
      .metal = rgb(0x98a1ab),
      .supply = rgb(0x7d9fbd),
      .return_ = rgb(0xbd9584),
      .tray = rgb(0xb4bbc4),
      .no_data = rgb(0xdce0e5),
      .no_data_hatch = rgb(0xa7afb9),
      .text = rgb(0x161c23),
      .text_weak = rgb(0x56616d),
      .plate = rgb(0xffffff),
      .plate_border = rgb(0xcfd5dc),
      .accent = rgb(0x0072b2),
      .warning = rgb(0xd55e00),
      .selection = rgb(0x0a7cff),
      .alarm = kAlarm,
  };
  return kTheme;
}

const Theme& dark_theme() {
  static constexpr Theme kTheme = {
      .background = rgb(0x14181d),
      .floor = rgb(0x1d2228),
      .floor_line = rgb(0x303841),
      .shadow = rgb(0x000000, 120),
      .body = rgb(0x4a525c),
      .body_dark = rgb(0x0d1013),
      .metal = rgb(0x7c8590),
      .supply = rgb(0x5f84a6),
      .return_ = rgb(0xa67a68),
      .tray = rgb(0x5d6670),
      .no_data = rgb(0xb9bfc6),
      .no_data_hatch = rgb(0x7f8892),
      .text = rgb(0xe8ecf0),
      .text_weak = rgb(0x9aa5b1),
      .plate = rgb(0x1f252c),
      .plate_border = rgb(0x3a434d),
      .accent = rgb(0x56b4e9),
      .warning = rgb(0xe69f00),
      .selection = rgb(0x4da3ff),
      .alarm = kAlarm,
  };
  return kTheme;
}

}  // namespace racktwin
