#include "sim/quantity.h"

#include "sim/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <system_error>

namespace racktwin {
namespace {

struct DimensionInfo {
  std::string_view word;
  std::string_view base;
  std::string_view example;
};

// In the order of Dimension.
constexpr std::array kDimensions{
    DimensionInfo{"ratio", "1", "85 %"},
    DimensionInfo{"power", "W", "132 kW"},
    DimensionInfo{"energy", "J", "5 kWh"},
    DimensionInfo{"time", "s", "19.3 s"},
    DimensionInfo{"temperature", "degC", "25 degC"},
    DimensionInfo{"temperature difference", "K", "10 K"},
    DimensionInfo{"data size", "B", "192 GB"},
    DimensionInfo{"bandwidth", "B/s", "900 GB/s"},
    DimensionInfo{"compute rate", "FLOP/s", "2.5 PFLOP/s"},
    DimensionInfo{"volume flow", "m3/s", "130 L/min"},
    DimensionInfo{"mass flow", "kg/s", "2.1 kg/s"},
    DimensionInfo{"volume", "m3", "40 L"},
    DimensionInfo{"pressure", "Pa", "250 kPa"},
    DimensionInfo{"length", "m", "600 mm"},
    DimensionInfo{"mass", "kg", "1360 kg"},
    DimensionInfo{"thermal resistance", "K/W", "0.03 K/W"},
    DimensionInfo{"heat capacity", "J/K", "12 kJ/K"},
    DimensionInfo{"specific heat", "J/(kg K)", "3900 J/(kg K)"},
    DimensionInfo{"density", "kg/m3", "1020 kg/m3"},
    DimensionInfo{"viscosity", "Pa s", "1.8 mPa s"},
    DimensionInfo{"thermal conductance", "W/K", "40 kW/K"},
    DimensionInfo{"voltage", "V", "54 V"},
    DimensionInfo{"current", "A", "1800 A"},
    DimensionInfo{"cost", "USD", "3 MUSD"},
    DimensionInfo{"frequency", "Hz", "50 Hz"},
    DimensionInfo{"power rate", "W/s", "500 W/s"},
};
static_assert(kDimensions.size() == static_cast<std::size_t>(kLastDimension) + 1);

const DimensionInfo& info(Dimension dimension) { return kDimensions[static_cast<std::size_t>(dimension)]; }

// value in the base unit = number * factor / divisor + offset. Two integers instead of one inexact factor, so that
// "19.3 ms" is rounded once. format_quantity uses a unit from `shown_from` of it on; 0: only read, never written.
struct Unit {
  Dimension dimension;
  std::string_view name;
  double factor;
  double divisor;
  double shown_from;
  double offset = 0;
};

using D = Dimension;

// Within a dimension, the units that are written stand in ascending order.
constexpr Unit kUnits[] = {
    {D::kNone, "", 1, 1, 1},
    {D::kNone, "%", 1, 100, 0},

    {D::kPower, "W", 1, 1, 1},
    {D::kPower, "kW", 1e3, 1, 1},
    {D::kPower, "MW", 1e6, 1, 1},
    {D::kPower, "GW", 1e9, 1, 1},

    {D::kEnergy, "J", 1, 1, 1},
    {D::kEnergy, "kJ", 1e3, 1, 1},
    {D::kEnergy, "MJ", 1e6, 1, 1},
    {D::kEnergy, "Wh", 3600, 1, 0},
    {D::kEnergy, "kWh", 3.6e6, 1, 1},
    {D::kEnergy, "MWh", 3.6e9, 1, 1},
    {D::kEnergy, "GWh", 3.6e12, 1, 1},

    {D::kTime, "ns", 1, 1e9, 1},
    {D::kTime, "us", 1, 1e6, 1},
    {D::kTime, "ms", 1, 1e3, 1},
    {D::kTime, "s", 1, 1, 1},
    {D::kTime, "min", 60, 1, 2},
    {D::kTime, "h", 3600, 1, 1},
    {D::kTime, "d", 86400, 1, 0},

    {D::kTemperature, "degC", 1, 1, 1},
    {D::kTemperature, "K", 1, 1, 0, -273.15},

    {D::kTemperatureDelta, "mK", 1, 1e3, 0},
    {D::kTemperatureDelta, "K", 1, 1, 1},

    {D::kBytes, "B", 1, 1, 1},
    {D::kBytes, "kB", 1e3, 1, 1},
    {D::kBytes, "MB", 1e6, 1, 1},
    {D::kBytes, "GB", 1e9, 1, 1},
    {D::kBytes, "TB", 1e12, 1, 1},
    {D::kBytes, "PB", 1e15, 1, 1},
    {D::kBytes, "KiB", 1024.0, 1, 0},
    {D::kBytes, "MiB", 1048576.0, 1, 0},
    {D::kBytes, "GiB", 1073741824.0, 1, 0},
    {D::kBytes, "TiB", 1099511627776.0, 1, 0},

    {D::kBandwidth, "B/s", 1, 1, 1},
    {D::kBandwidth, "kB/s", 1e3, 1, 1},
    {D::kBandwidth, "MB/s", 1e6, 1, 1},
    {D::kBandwidth, "GB/s", 1e9, 1, 1},
    {D::kBandwidth, "TB/s", 1e12, 1, 1},
    {D::kBandwidth, "PB/s", 1e15, 1, 1},
    {D::kBandwidth, "bit/s", 1, 8, 0},
    {D::kBandwidth, "kbit/s", 1e3, 8, 0},
    {D::kBandwidth, "Mbit/s", 1e6, 8, 0},
    {D::kBandwidth, "Gbit/s", 1e9, 8, 0},
    {D::kBandwidth, "Tbit/s", 1e12, 8, 0},
    {D::kBandwidth, "Mb/s", 1e6, 8, 0},
    {D::kBandwidth, "Gb/s", 1e9, 8, 0},
    {D::kBandwidth, "Tb/s", 1e12, 8, 0},

    {D::kFlops, "FLOP/s", 1, 1, 1},
    {D::kFlops, "GFLOP/s", 1e9, 1, 1},
    {D::kFlops, "TFLOP/s", 1e12, 1, 1},
    {D::kFlops, "PFLOP/s", 1e15, 1, 1},
    {D::kFlops, "EFLOP/s", 1e18, 1, 1},

    {D::kVolumeFlow, "L/min", 1, 60000, 1},
    {D::kVolumeFlow, "L/s", 1, 1e3, 0},
    {D::kVolumeFlow, "m3/h", 1, 3600, 0},
    {D::kVolumeFlow, "m3/s", 1, 1, 0},

    {D::kMassFlow, "kg/s", 1, 1, 1},

    {D::kVolume, "L", 1, 1e3, 1},
    {D::kVolume, "m3", 1, 1, 1},

    {D::kPressure, "Pa", 1, 1, 1},
    {D::kPressure, "kPa", 1e3, 1, 1},
    {D::kPressure, "bar", 1e5, 1, 10},
    {D::kPressure, "MPa", 1e6, 1, 0},
    {D::kPressure, "psi", 6894.757293168, 1, 0},

    {D::kLength, "mm", 1, 1e3, 1},
    {D::kLength, "cm", 1, 1e2, 0},
    {D::kLength, "m", 1, 1, 1},

    {D::kMass, "g", 1, 1e3, 1},
    {D::kMass, "kg", 1, 1, 1},
    {D::kMass, "t", 1e3, 1, 10},

    {D::kThermalResistance, "K/W", 1, 1, 1},

    {D::kHeatCapacity, "J/K", 1, 1, 1},
    {D::kHeatCapacity, "kJ/K", 1e3, 1, 1},

    {D::kSpecificHeat, "J/(kg K)", 1, 1, 1},
    {D::kSpecificHeat, "kJ/(kg K)", 1e3, 1, 0},

    {D::kDensity, "kg/m3", 1, 1, 1},

    {D::kViscosity, "mPa s", 1, 1e3, 1},
    {D::kViscosity, "Pa s", 1, 1, 1},

    {D::kConductance, "W/K", 1, 1, 1},
    {D::kConductance, "kW/K", 1e3, 1, 1},

    {D::kVoltage, "V", 1, 1, 1},
    {D::kVoltage, "kV", 1e3, 1, 1},

    {D::kCurrent, "A", 1, 1, 1},

    {D::kMoney, "USD", 1, 1, 1},
    {D::kMoney, "kUSD", 1e3, 1, 1},
    {D::kMoney, "MUSD", 1e6, 1, 1},

    {D::kFrequency, "Hz", 1, 1, 1},
    {D::kFrequency, "kHz", 1e3, 1, 1},
    {D::kFrequency, "MHz", 1e6, 1, 1},
    {D::kFrequency, "GHz", 1e9, 1, 1},

    {D::kPowerRate, "W/s", 1, 1, 1},
    {D::kPowerRate, "kW/s", 1e3, 1, 1},
    {D::kPowerRate, "MW/s", 1e6, 1, 1},
};

const Unit* find_unit(std::string_view name, Dimension dimension) {
  const auto* const it = std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& unit) {
    return unit.dimension == dimension && unit.name == name;
  });
  return it == std::end(kUnits) ? nullptr : it;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

// Why `name` is no unit of `dimension`.
std::string explain_unit(std::string_view name, Dimension dimension) {
  const auto* const other =
      std::find_if(std::begin(kUnits), std::end(kUnits), [&](const Unit& u) { return u.name == name; });
  if (other != std::end(kUnits)) {
    return fmt::format("\"{}\" is {}, not {}", name, with_article(other->dimension), with_article(dimension));
  }
  std::string meant;
  for (const Unit& unit : kUnits) {
    if (unit.dimension != dimension || !equal_ignoring_case(unit.name, name)) continue;
    meant += fmt::format("{}\"{}\"", meant.empty() ? ", did you mean " : " or ", unit.name);
  }
  return fmt::format("unknown unit \"{}\" for {}{}", name, info(dimension).word, meant.empty() ? "" : meant + "?");
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

// `value` with so many significant digits, without an exponent where that is readable.
std::string format_number(double value, int significant, Zeros zeros) {
  const double magnitude = std::abs(value);
  if (value == 0) return "0";
  if (magnitude >= 1e15 || magnitude < 1e-6) return fmt::format("{:.{}g}", value, significant);
  const int decimals = significant - 1 - static_cast<int>(std::floor(std::log10(magnitude)));
  std::string text = fmt::format("{:.{}f}", value, std::max(decimals, 0));
  if (zeros == Zeros::kTrim && text.find('.') != std::string::npos) {
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.') text.pop_back();
  }
  return text;
}

double round_to(double value, int significant) {
  double rounded = 0;
  const std::string text = fmt::format("{:.{}e}", value, significant - 1);
  std::from_chars(text.data(), text.data() + text.size(), rounded);
  return rounded;
}

}  // namespace

std::string_view base_unit(Dimension dimension) { return info(dimension).base; }

std::string_view dimension_word(Dimension dimension) { return info(dimension).word; }

std::string_view dimension_example(Dimension dimension) { return info(dimension).example; }

std::string with_article(Dimension dimension) {
  return fmt::format("{} {}", dimension == Dimension::kEnergy ? "an" : "a", info(dimension).word);
}

tl::expected<double, std::string> parse_quantity(std::string_view text, Dimension dimension) {
  const std::string_view trimmed = trim(text);
  std::string_view rest = trimmed;
  if (rest.size() > 1 && rest[0] == '+' && rest[1] != '-') rest.remove_prefix(1);
  double number = 0;
  const auto [end, status] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (status == std::errc::invalid_argument) {
    return tl::unexpected(fmt::format("no number in \"{}\"", trimmed));
  }
  rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
  if (status == std::errc::result_out_of_range) {
    return tl::unexpected(fmt::format("the number in \"{}\" is too large or too small", trimmed));
  }
  if (!std::isfinite(number)) return tl::unexpected(fmt::format("\"{}\" is not a finite number", trimmed));
  const std::string_view name = trim(rest);
  if (!name.empty() && std::string_view("0123456789.,_'+-").find(name[0]) != std::string_view::npos) {
    return tl::unexpected(fmt::format("cannot read the number in \"{}\"", trimmed));
  }
  const Unit* unit = find_unit(name, dimension);
  if (unit == nullptr && name.empty()) return tl::unexpected(fmt::format("no unit on \"{}\"", trimmed));
  if (unit == nullptr) return tl::unexpected(explain_unit(name, dimension));
  const double value = number * unit->factor / unit->divisor + unit->offset;
  if (!std::isfinite(value))
    return tl::unexpected(fmt::format("the number in \"{}\" is too large or too small", trimmed));
  return value;
}

std::string format_quantity(double value, Dimension dimension, int significant, Zeros zeros) {
  RT_CHECK(significant >= 1);
  if (std::isnan(value)) return "-";
  const Unit* chosen = nullptr;
  double number = value;
  for (const Unit& unit : kUnits) {
    if (unit.dimension != dimension || unit.shown_from == 0) continue;
    const double in_unit = value == 0 ? 0 : round_to(value / unit.factor * unit.divisor, significant);
    const bool is_base = unit.name == info(dimension).base;
    if (chosen == nullptr || std::abs(in_unit) >= unit.shown_from || (value == 0 && is_base)) {
      chosen = &unit;
      number = in_unit;
    }
  }
  RT_CHECK(chosen != nullptr);
  std::string text = format_number(number, significant, zeros);
  return chosen->name.empty() ? text : fmt::format("{} {}", text, chosen->name);
}

}  // namespace racktwin
