#include "sim/quantity.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace racktwin {
namespace {

double parsed(std::string_view text, Dimension dimension) {
  const auto value = parse_quantity(text, dimension);
  if (!value) FAIL(value.error());
  return *value;
}

std::string refusal(std::string_view text, Dimension dimension) {
  const auto value = parse_quantity(text, dimension);
  return value ? "accepted" : value.error();
}

std::vector<Dimension> all_dimensions() {
  std::vector<Dimension> all;
  for (int i = 0; i <= static_cast<int>(kLastDimension); ++i) all.push_back(static_cast<Dimension>(i));
  return all;
}

}  // namespace

TEST_CASE("every unit converts to the base unit of its dimension") {
  struct Case {
    std::string text;
    Dimension dimension;
    double value;
  };
  const std::vector<Case> cases{
      {"0.85", Dimension::kNone, 0.85},
      {"85 %", Dimension::kNone, 0.85},
      {"1200 W", Dimension::kPower, 1200},
      {"132 kW", Dimension::kPower, 132e3},
      {"1.5 MW", Dimension::kPower, 1.5e6},
      {"1 GW", Dimension::kPower, 1e9},
      {"2 J", Dimension::kEnergy, 2},
      {"2 kJ", Dimension::kEnergy, 2e3},
      {"2 MJ", Dimension::kEnergy, 2e6},
      {"2 Wh", Dimension::kEnergy, 7200},
      {"2 kWh", Dimension::kEnergy, 7.2e6},
      {"2 MWh", Dimension::kEnergy, 7.2e9},
      {"2 GWh", Dimension::kEnergy, 7.2e12},
      {"19.3 s", Dimension::kTime, 19.3},
      {"19.3 ms", Dimension::kTime, 0.0193},
      {"5 us", Dimension::kTime, 5e-6},
      {"7 ns", Dimension::kTime, 7e-9},
      {"3 min", Dimension::kTime, 180},
      {"2 h", Dimension::kTime, 7200},
      {"1 d", Dimension::kTime, 86400},
      {"25 degC", Dimension::kTemperature, 25},
      {"-40 degC", Dimension::kTemperature, -40},
      {"273.15 K", Dimension::kTemperature, 0},
      {"10 K", Dimension::kTemperatureDelta, 10},
      {"10 mK", Dimension::kTemperatureDelta, 0.01},
      {"3 B", Dimension::kBytes, 3},
      {"3 kB", Dimension::kBytes, 3e3},
      {"3 MB", Dimension::kBytes, 3e6},
      {"192 GB", Dimension::kBytes, 192e9},
      {"3 TB", Dimension::kBytes, 3e12},
      {"3 PB", Dimension::kBytes, 3e15},
      {"1 KiB", Dimension::kBytes, 1024},
      {"1 MiB", Dimension::kBytes, 1048576},
      {"1 GiB", Dimension::kBytes, 1073741824},
      {"1 TiB", Dimension::kBytes, 1099511627776},
      {"3 B/s", Dimension::kBandwidth, 3},
      {"3 kB/s", Dimension::kBandwidth, 3e3},
      {"3 MB/s", Dimension::kBandwidth, 3e6},
      {"900 GB/s", Dimension::kBandwidth, 900e9},
      {"1.8 TB/s", Dimension::kBandwidth, 1.8e12},
      {"1 PB/s", Dimension::kBandwidth, 1e15},
      {"8 bit/s", Dimension::kBandwidth, 1},
      {"8 kbit/s", Dimension::kBandwidth, 1e3},
      {"8 Mbit/s", Dimension::kBandwidth, 1e6},
      {"400 Gbit/s", Dimension::kBandwidth, 50e9},
      {"8 Tbit/s", Dimension::kBandwidth, 1e12},
      {"8 Mb/s", Dimension::kBandwidth, 1e6},
      {"400 Gb/s", Dimension::kBandwidth, 50e9},
      {"8 Tb/s", Dimension::kBandwidth, 1e12},
      {"4 FLOP/s", Dimension::kFlops, 4},
      {"4 GFLOP/s", Dimension::kFlops, 4e9},
      {"4 TFLOP/s", Dimension::kFlops, 4e12},
      {"2.5 PFLOP/s", Dimension::kFlops, 2.5e15},
      {"4 EFLOP/s", Dimension::kFlops, 4e18},
      {"0.5 m3/s", Dimension::kVolumeFlow, 0.5},
      {"130 L/min", Dimension::kVolumeFlow, 130.0 / 60000},
      {"2 L/s", Dimension::kVolumeFlow, 0.002},
      {"36 m3/h", Dimension::kVolumeFlow, 0.01},
      {"2.1 kg/s", Dimension::kMassFlow, 2.1},
      {"2 m3", Dimension::kVolume, 2},
      {"40 L", Dimension::kVolume, 0.04},
      {"7 Pa", Dimension::kPressure, 7},
      {"250 kPa", Dimension::kPressure, 250e3},
      {"2.5 bar", Dimension::kPressure, 250e3},
      {"1 psi", Dimension::kPressure, 6894.757293168},
      {"1 MPa", Dimension::kPressure, 1e6},
      {"2 m", Dimension::kLength, 2},
      {"600 mm", Dimension::kLength, 0.6},
      {"60 cm", Dimension::kLength, 0.6},
      {"1360 kg", Dimension::kMass, 1360},
      {"250 g", Dimension::kMass, 0.25},
      {"1.36 t", Dimension::kMass, 1360},
      {"0.03 K/W", Dimension::kThermalResistance, 0.03},
      {"800 J/K", Dimension::kHeatCapacity, 800},
      {"12 kJ/K", Dimension::kHeatCapacity, 12e3},
      {"3900 J/(kg K)", Dimension::kSpecificHeat, 3900},
      {"3.9 kJ/(kg K)", Dimension::kSpecificHeat, 3900},
      {"1020 kg/m3", Dimension::kDensity, 1020},
      {"0.0018 Pa s", Dimension::kViscosity, 0.0018},
      {"1.8 mPa s", Dimension::kViscosity, 0.0018},
      {"40 W/K", Dimension::kConductance, 40},
      {"40 kW/K", Dimension::kConductance, 40e3},
      {"54 V", Dimension::kVoltage, 54},
      {"13.8 kV", Dimension::kVoltage, 13800},
      {"1800 A", Dimension::kCurrent, 1800},
      {"20 USD", Dimension::kMoney, 20},
      {"20 kUSD", Dimension::kMoney, 20e3},
      {"3 MUSD", Dimension::kMoney, 3e6},
      {"50 Hz", Dimension::kFrequency, 50},
      {"5 kHz", Dimension::kFrequency, 5e3},
      {"1965 MHz", Dimension::kFrequency, 1965e6},
      {"1.965 GHz", Dimension::kFrequency, 1.965e9},
  };
  for (const Case& c : cases) {
    INFO(c.text);
    CHECK(parsed(c.text, c.dimension) == Approx(c.value).epsilon(1e-15).margin(1e-12 * std::abs(c.value)));
  }
}

TEST_CASE("white space and signs around a quantity do not matter") {
  CHECK(parsed("132kW", Dimension::kPower) == 132e3);
  CHECK(parsed("  132\t kW ", Dimension::kPower) == 132e3);
  CHECK(parsed("+5 K", Dimension::kTemperatureDelta) == 5);
  CHECK(parsed("-5 K", Dimension::kTemperatureDelta) == -5);
  CHECK(parsed("1.32e2 kW", Dimension::kPower) == 132e3);
  CHECK(parsed("19.3 ms", Dimension::kTime) == 0.0193);
}

TEST_CASE("a quantity without a unit is refused where a unit belongs") {
  CHECK(refusal("132", Dimension::kPower) == "no unit on \"132\"");
  CHECK(refusal(" 132 ", Dimension::kTime) == "no unit on \"132\"");
}

TEST_CASE("an unknown unit is named, with the unit that differs only in case") {
  CHECK(refusal("132 kv", Dimension::kPower) == "unknown unit \"kv\" for power");
  CHECK(refusal("132 kw", Dimension::kPower) == "unknown unit \"kw\" for power, did you mean \"kW\"?");
  CHECK(refusal("9 gb/s", Dimension::kBandwidth) ==
        "unknown unit \"gb/s\" for bandwidth, did you mean \"GB/s\" or \"Gb/s\"?");
  CHECK(refusal("132 kW x", Dimension::kPower) == "unknown unit \"kW x\" for power");
  CHECK(refusal("5 %%", Dimension::kNone) == "unknown unit \"%%\" for ratio");
}

TEST_CASE("a unit of another dimension is refused with both names") {
  CHECK(refusal("132 kW", Dimension::kTemperature) == "\"kW\" is a power, not a temperature");
  CHECK(refusal("5 degC", Dimension::kTemperatureDelta) == "\"degC\" is a temperature, not a temperature difference");
  CHECK(refusal("5 kWh", Dimension::kPower) == "\"kWh\" is an energy, not a power");
  CHECK(refusal("5 kW", Dimension::kEnergy) == "\"kW\" is a power, not an energy");
  CHECK(refusal("5 kW", Dimension::kNone) == "\"kW\" is a power, not a ratio");
}

TEST_CASE("what is no finite number is refused") {
  CHECK(refusal("", Dimension::kPower) == "no number in \"\"");
  CHECK(refusal("kW", Dimension::kPower) == "no number in \"kW\"");
  CHECK(refusal("+-5 kW", Dimension::kPower) == "no number in \"+-5 kW\"");
  CHECK(refusal("+", Dimension::kPower) == "no number in \"+\"");
  CHECK(refusal("inf W", Dimension::kPower) == "\"inf W\" is not a finite number");
  CHECK(refusal("nan W", Dimension::kPower) == "\"nan W\" is not a finite number");
  CHECK(refusal("-inf", Dimension::kNone) == "\"-inf\" is not a finite number");
  CHECK(refusal("1,5 kW", Dimension::kPower) == "cannot read the number in \"1,5 kW\"");
  CHECK(refusal("1_000 W", Dimension::kPower) == "cannot read the number in \"1_000 W\"");
  CHECK(refusal("132 000 W", Dimension::kPower) == "cannot read the number in \"132 000 W\"");
  CHECK(refusal("1.2.3 kW", Dimension::kPower) == "cannot read the number in \"1.2.3 kW\"");
  CHECK(refusal("1e400 W", Dimension::kPower) == "the number in \"1e400 W\" is too large or too small");
  CHECK(refusal("1e305 GW", Dimension::kPower) == "the number in \"1e305 GW\" is too large or too small");
}

TEST_CASE("a quantity is written in a fitting unit") {
  CHECK(format_quantity(132e3, Dimension::kPower) == "132 kW");
  CHECK(format_quantity(1e9, Dimension::kPower) == "1 GW");
  CHECK(format_quantity(13.8, Dimension::kTime, 4, Zeros::kKeep) == "13.80 s");
  CHECK(format_quantity(982e3, Dimension::kPower, 4, Zeros::kKeep) == "982.0 kW");
  CHECK(format_quantity(0.5, Dimension::kPower) == "0.5 W");
  CHECK(format_quantity(-1234.56, Dimension::kPower) == "-1.235 kW");
  CHECK(format_quantity(0, Dimension::kPower) == "0 W");
  CHECK(format_quantity(-0.0, Dimension::kTime) == "0 s");
  CHECK(format_quantity(19.3, Dimension::kTime) == "19.3 s");
  CHECK(format_quantity(0.0193, Dimension::kTime) == "19.3 ms");
  CHECK(format_quantity(90, Dimension::kTime) == "90 s");
  CHECK(format_quantity(150, Dimension::kTime) == "2.5 min");
  CHECK(format_quantity(86400, Dimension::kTime) == "24 h");
  CHECK(format_quantity(192e9, Dimension::kBytes) == "192 GB");
  CHECK(format_quantity(900e9, Dimension::kBandwidth) == "900 GB/s");
  CHECK(format_quantity(2.5e15, Dimension::kFlops) == "2.5 PFLOP/s");
  CHECK(format_quantity(130.0 / 60000, Dimension::kVolumeFlow) == "130 L/min");
  CHECK(format_quantity(250e3, Dimension::kPressure) == "250 kPa");
  CHECK(format_quantity(1e6, Dimension::kPressure) == "10 bar");
  CHECK(format_quantity(7.2e6, Dimension::kEnergy) == "2 kWh");
  CHECK(format_quantity(-12.5, Dimension::kTemperature) == "-12.5 degC");
  CHECK(format_quantity(0.031, Dimension::kThermalResistance) == "0.031 K/W");
  CHECK(format_quantity(0.85, Dimension::kNone) == "0.85");
  CHECK(format_quantity(132456, Dimension::kPower, 3) == "132 kW");
  CHECK(format_quantity(1.23456789e9, Dimension::kMoney) == "1235 MUSD");
}

TEST_CASE("a value that rounds up to the next unit is written in it") {
  CHECK(format_quantity(999.99, Dimension::kPower) == "1 kW");
  CHECK(format_quantity(999.94, Dimension::kPower) == "999.9 W");
}

TEST_CASE("values that are no data or extreme can be written") {
  CHECK(format_quantity(std::nan(""), Dimension::kPower) == "-");
  CHECK(format_quantity(std::numeric_limits<double>::infinity(), Dimension::kPower) == "inf GW");
  CHECK(format_quantity(1e300, Dimension::kPower) == "1e+291 GW");
  CHECK(format_quantity(1e-300, Dimension::kTime) == "1e-291 ns");
  CHECK(format_quantity(std::numeric_limits<double>::max(), Dimension::kVolumeFlow).size() > 0);
  CHECK(format_quantity(123456e15, Dimension::kBytes) == "123500 PB");
}

TEST_CASE("what is written reads back as the same value") {
  for (const Dimension dimension : all_dimensions()) {
    for (double value = 3.25e-7; value < 1e15; value *= 17) {
      const std::string text = format_quantity(value, dimension, 12);
      INFO(text);
      CHECK(parsed(text, dimension) == Approx(value).epsilon(1e-11));
    }
  }
}

TEST_CASE("every dimension has a word, an example that parses and a base unit of size one") {
  for (const Dimension dimension : all_dimensions()) {
    INFO(dimension_word(dimension));
    CHECK_FALSE(dimension_word(dimension).empty());
    CHECK(parsed(dimension_example(dimension), dimension) > 0);
    if (dimension != Dimension::kNone) {
      CHECK(parsed("1 " + std::string(base_unit(dimension)), dimension) == 1);
    }
  }
  CHECK(base_unit(Dimension::kNone) == "1");
  CHECK(with_article(Dimension::kEnergy) == "an energy");
  CHECK(with_article(Dimension::kPower) == "a power");
}

}  // namespace racktwin
