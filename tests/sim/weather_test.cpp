#include "sim/plan/weather.h"

#include "tests/sim/folder.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

namespace racktwin {
namespace {

constexpr double kHour_s = 3600, kDay_s = 86400;

TEST_CASE("the wet bulb agrees with the psychrometric table and inverts") {
  // ASHRAE Fundamentals, psychrometric table at sea level: 30 degC and 50 % have a dew point of 18.4 degC and a wet
  // bulb of 22.0 degC.
  CHECK(wet_bulb_degc(30, 18.44) == Approx(22.0).margin(0.15));
  CHECK(saturation_pressure_pa(20) == Approx(2339).epsilon(0.005));
  CHECK(wet_bulb_degc(20, 20) == 20);
  CHECK(std::isnan(wet_bulb_degc(20, std::nan(""))));
  for (const double dry : {-10.0, 5.0, 25.0, 45.0})
    for (const double below : {0.5, 5.0, 20.0}) {
      const double wet = wet_bulb_degc(dry, dry - below);
      CHECK(wet < dry);
      CHECK(wet > dry - below);
      CHECK(dew_point_degc(dry, wet) == Approx(dry - below).margin(1e-6));
    }
}

TEST_CASE("a climate is hottest on its day and hour and swings as it says") {
  Weather weather;
  Climate climate;
  climate.mean_degc = 12;
  climate.yearly_swing_k = 20;
  climate.daily_swing_k = 8;
  climate.hottest_day = 200;
  climate.hottest_hour = 15;
  climate.mean_dew_point_degc = 40;  // above the dry bulb at times
  weather.climate = climate;
  double highest = -100, lowest = 100, sum = 0, at_s = 0;
  for (int h = 0; h < 8760; ++h) {
    const Outdoor now = weather.at(h * kHour_s);
    CHECK(now.dew_point_degc <= now.dry_bulb_degc);
    sum += now.dry_bulb_degc;
    if (now.dry_bulb_degc > highest) at_s = h * kHour_s;
    highest = std::max(highest, now.dry_bulb_degc);
    lowest = std::min(lowest, now.dry_bulb_degc);
  }
  CHECK(at_s == (199 * 24 + 15) * kHour_s);
  CHECK(highest == Approx(12 + 10 + 4).margin(0.01));
  CHECK(lowest == Approx(12 - 10 - 4).margin(0.01));
  CHECK(sum / 8760 == Approx(12).margin(1e-9));
  weather.start_s = 199 * kDay_s;  // July 19
  CHECK(weather.at(15 * kHour_s).dry_bulb_degc == highest);
}

// An EPW file of one year whose dry bulb is the number of its hour modulo 1000 over 50.
std::vector<std::string> epw_lines() {
  std::vector<std::string> lines = {"LOCATION,Town,-,LAND,TEST,000000,50,8,1,100",
                                    "DESIGN CONDITIONS,0",
                                    "TYPICAL/EXTREME PERIODS,0",
                                    "GROUND TEMPERATURES,0",
                                    "HOLIDAYS/DAYLIGHT SAVINGS,No,0,0,0",
                                    "COMMENTS 1,none",
                                    "COMMENTS 2,none",
                                    "DATA PERIODS,1,1,Data,Sunday,1/1,12/31"};
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  int n = 0;
  for (int month = 1; month <= 12; ++month)
    for (int day = 1; day <= kDays[month - 1]; ++day)
      for (int hour = 1; hour <= 24; ++hour, ++n)
        lines.push_back(fmt::format("2005,{},{},{},60,A7,{:.2f},{:.2f},70,101000", month, day, hour, n % 1000 / 50.0,
                                    n % 1000 / 50.0 - 3));
  return lines;
}

Result<WeatherYear> read(const std::vector<std::string>& lines) {
  const Folder folder;
  const std::string path = folder.file("town.epw");
  std::ofstream(path) << fmt::format("{}\r\n", fmt::join(lines, "\r\n"));
  return read_epw(path);
}

TEST_CASE("a weather file is read and interpolated between its hours, over the end of the year") {
  const auto year = read(epw_lines());
  REQUIRE(year);
  CHECK(year->place == "Town, LAND");
  REQUIRE(year->dry_bulb_degc.size() == 8760);
  Weather weather;
  weather.year = std::make_shared<const WeatherYear>(*year);
  CHECK(weather.at(10 * kHour_s).dry_bulb_degc == Approx(9 / 50.0));  // the tenth value is that of the tenth hour's end
  CHECK(weather.at(10.5 * kHour_s).dry_bulb_degc == Approx(9.5 / 50.0));
  CHECK(weather.at(10 * kHour_s).dew_point_degc == Approx(9 / 50.0 - 3));
  CHECK(weather.at(0).dry_bulb_degc == Approx(759 / 50.0));  // the last hour of the year before
  CHECK(weather.at(8760 * kHour_s + 10 * kHour_s).dry_bulb_degc == weather.at(10 * kHour_s).dry_bulb_degc);
}

TEST_CASE("what is wrong with a weather file is said with its line and column") {
  const auto refused = [](auto change) {
    std::vector<std::string> lines = epw_lines();
    change(lines);
    const auto year = read(lines);
    REQUIRE_FALSE(year);
    return year.error().front();
  };
  const Error gap = refused([](auto& lines) { lines.erase(lines.begin() + 8 + 100); });
  CHECK(gap.loc.line == 109);
  CHECK(gap.loc.column == 10);  // the hour
  CHECK(gap.message == "the weather has a gap: hour 6 follows hour 4");
  const Error lost_day = refused([](auto& lines) { lines.erase(lines.begin() + 8 + 48, lines.begin() + 8 + 72); });
  CHECK(lost_day.loc.line == 57);
  CHECK(lost_day.message == "the weather has a gap: day 1/4 follows 1/2 (month/day)");
  const Error missing = refused([](auto& lines) { lines[20] = "2005,1,1,13,60,A7,99.9,5,70,101000"; });
  CHECK(missing.loc.line == 21);
  CHECK(missing.loc.column == 19);
  CHECK(missing.message == "the dry bulb is missing");
  const Error text = refused([](auto& lines) { lines[20] = "2005,1,1,13,60,A7,warm,5,70,101000"; });
  CHECK(text.message == "the dry bulb \"warm\" is no number");
  const Error absurd = refused([](auto& lines) { lines[20] = "2005,1,1,13,60,A7,20,-80,70,101000"; });
  CHECK(absurd.message == "the dew point -80 degC is not plausible");
  const Error cut = refused([](auto& lines) { lines.resize(4000); });
  CHECK(cut.message == "the weather file has 3992 hours, a year has 8760 (8784 in a leap year)");
  const Error other = refused([](auto& lines) { lines[0] = "a,b,c"; });
  CHECK(other.message == "this is no EPW file: its line 1 must begin with LOCATION");
  const Error narrow = refused([](auto& lines) { lines[20] = "2005,1,1"; });
  CHECK(narrow.loc.line == 21);
}

}  // namespace
}  // namespace racktwin
