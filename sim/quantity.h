// Physical quantities at the text boundary: "132 kW" <-> 132000.0 [W].
//
// Inside the simulator values are SI doubles with the unit in the name (power_w, flow_kg_per_s, temp_degc). Text (TOML,
// command line, CSV headings, legends) goes through the one unit table in quantity.cpp. Thread rule: pure functions.
#pragma once

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace racktwin {

// What a value measures. The comment is the base unit in which values are held.
enum class Dimension {
  kNone,               // 1 (also "%")
  kPower,              // W
  kEnergy,             // J
  kTime,               // s
  kTemperature,        // degC (a point on the scale)
  kTemperatureDelta,   // K (a difference)
  kBytes,              // B
  kBandwidth,          // B/s
  kFlops,              // FLOP/s
  kVolumeFlow,         // m3/s
  kMassFlow,           // kg/s
  kVolume,             // m3
  kPressure,           // Pa
  kLength,             // m
  kMass,               // kg
  kThermalResistance,  // K/W
  kHeatCapacity,       // J/K
  kSpecificHeat,       // J/(kg K)
  kDensity,            // kg/m3
  kViscosity,          // Pa s
  kConductance,        // W/K
  kVoltage,            // V
  kCurrent,            // A
  kMoney,              // USD
  kFrequency,          // Hz
  kPowerRate,          // W/s
};
inline constexpr Dimension kLastDimension = Dimension::kPowerRate;

// The base unit as printed ("W", "degC", "1" for kNone).
std::string_view base_unit(Dimension dimension);

// A word for messages ("power", "temperature") and an example that parses ("132 kW", "25 degC").
std::string_view dimension_word(Dimension dimension);
std::string_view dimension_example(Dimension dimension);
// The word with its article: "a power", "an energy".
std::string with_article(Dimension dimension);

// "132 kW" -> 132000. A number, optional white space, a unit of the given dimension. For kNone a bare number or "%".
// On failure: a message without a location, e.g. `unknown unit "kv" for power`.
tl::expected<double, std::string> parse_quantity(std::string_view text, Dimension dimension);

// What becomes of zeros at the end of the decimals: inputs look as they were written ("132 kW"), results in a table
// have as many digits each ("132.0 kW").
enum class Zeros : std::uint8_t { kTrim, kKeep };

// For people: a value in a fitting unit, "19.3 s", "-" for NaN.
std::string format_quantity(double value, Dimension dimension, int significant = 4, Zeros zeros = Zeros::kTrim);

}  // namespace racktwin
