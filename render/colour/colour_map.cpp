#include "render/colour/colour_map.h"

#include "render/colour/colour_tables.h"
#include "sim/check.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

using Table = std::array<Rgba, 256>;

constexpr std::uint8_t hex_digit(char c) { return static_cast<std::uint8_t>(c <= '9' ? c - '0' : c - 'a' + 10); }

constexpr std::uint8_t hex_byte(std::string_view text, std::size_t at) {
  return static_cast<std::uint8_t>(16 * hex_digit(text[at]) + hex_digit(text[at + 1]));
}

constexpr Table decode(std::string_view hex) {
  Table table;
  for (std::size_t i = 0; i < table.size(); ++i) {
    table[i] = {hex_byte(hex, 6 * i), hex_byte(hex, 6 * i + 2), hex_byte(hex, 6 * i + 4), 255};
  }
  return table;
}

// In the order of ColourMap.
constexpr std::array kTables = {decode(kViridis), decode(kInferno), decode(kCividis)};

std::uint8_t mixed(std::uint8_t from, std::uint8_t to, double part) {
  return static_cast<std::uint8_t>(std::lround(from + part * (to - from)));
}

// source: WCAG 2.1, "relative luminance"
double linear(std::uint8_t channel) {
  const double c = channel / 255.0;
  return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4);
}

double relative_luminance(Rgba colour) {
  return 0.2126 * linear(colour.r) + 0.7152 * linear(colour.g) + 0.0722 * linear(colour.b);
}

}  // namespace

Rgba colour_at(ColourMap map, double share) {
  RT_CHECK(!std::isnan(share));
  const Table& table = kTables[static_cast<std::size_t>(map)];
  const double at = std::clamp(share, 0.0, 1.0) * static_cast<double>(table.size() - 1);
  const auto index = std::min(static_cast<std::size_t>(at), table.size() - 2);
  const double part = at - static_cast<double>(index);
  const Rgba from = table[index], to = table[index + 1];
  return {mixed(from.r, to.r, part), mixed(from.g, to.g, part), mixed(from.b, to.b, part), 255};
}

double contrast_ratio(Rgba one, Rgba other) {
  const auto [dark, light] = std::minmax({relative_luminance(one), relative_luminance(other)});
  return (light + 0.05) / (dark + 0.05);
}

}  // namespace racktwin
