// The weather outside the hall over the time of a run: constant, a parametric climate, or a year of an EPW file.
//
// Days and hours count from the beginning of the year, in local standard time. Thread rule: immutable once parsed.
#pragma once

#include "sim/result.h"

#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

struct Outdoor {
  double dry_bulb_degc = 0;
  double dew_point_degc = std::numeric_limits<double>::quiet_NaN();  // NaN: the scenario says nothing of humidity
};

// Two cosines around a mean. Swings are from the lowest to the highest.
struct Climate {
  double mean_degc = 0;
  double yearly_swing_k = 0;  // of the mean of a day
  double daily_swing_k = 0;
  double hottest_day = 200;  // 1 is January 1
  double hottest_hour = 15;  // of the day
  double mean_dew_point_degc = std::numeric_limits<double>::quiet_NaN();
  double dew_point_yearly_swing_k = 0;
};

// Hourly values of a weather file, linear between them; the year repeats.
struct WeatherYear {
  std::string file, place;
  std::vector<double> dry_bulb_degc, dew_point_degc;  // (n_hour) at the end of each hour
};

struct Weather {
  Outdoor constant;
  std::optional<Climate> climate;
  std::shared_ptr<const WeatherYear> year;
  double start_s = 0;  // of the run, in the year

  bool is_constant() const { return !climate && !year; }
  // The dew point is never above the dry bulb.
  Outdoor at(double time_s) const;
};

// Reads an EnergyPlus weather file of hourly records: 8760 or 8784 rows in order, without gaps. Errors: kBadInput with
// line and column for each row that is wrong, at most ten.
// source: EnergyPlus, Auxiliary Programs, "EnergyPlus Weather File (EPW) Data Dictionary".
Result<WeatherYear> read_epw(const std::string& path);

// Saturation pressure over water [Pa]. source: Magnus form with the constants of Alduchov and Eskridge, Improved Magnus
// form approximation of saturation vapor pressure, J. Appl. Meteor. 35 (1996), eq. 21.
double saturation_pressure_pa(double temp_degc);
// Wet bulb of air with that dew point at sea level. source: psychrometer equation e = e_s(T_w) - A p (T - T_w), A =
// 6.53e-4 (1 + 9.44e-4 T_w) / K, WMO Guide to Meteorological Instruments (WMO-No. 8), annex 4.B.
double wet_bulb_degc(double dry_bulb_degc, double dew_point_degc);
double dew_point_degc(double dry_bulb_degc, double wet_bulb_degc);  // its inverse

}  // namespace racktwin
