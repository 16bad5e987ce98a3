#include "sim/plan/weather.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <string_view>

namespace racktwin {
namespace {

constexpr double kPi = 3.14159265358979323846;
constexpr double kHour_s = 3600, kDay_s = 86400, kYear_d = 365;
constexpr double kSeaLevel_pa = 101325;
constexpr std::size_t kMostErrors = 10;

double cosine(double time, double period, double peak) { return std::cos(2 * kPi * (time - peak) / period); }

Outdoor of_climate(const Climate& c, double year_s) {
  const double day = year_s / kDay_s + 1, hour = year_s / kHour_s;
  const double season = cosine(day, kYear_d, c.hottest_day + 0.5);  // the middle of that day
  return {c.mean_degc + c.yearly_swing_k / 2 * season + c.daily_swing_k / 2 * cosine(hour, 24, c.hottest_hour),
          c.mean_dew_point_degc + c.dew_point_yearly_swing_k / 2 * season};
}

Outdoor of_year(const WeatherYear& year, double year_s) {
  const auto n = static_cast<double>(year.dry_bulb_degc.size());
  double hour = std::fmod(year_s / kHour_s - 1, n);  // the first value is that of the end of the first hour
  if (hour < 0) hour += n;
  const auto i = static_cast<std::size_t>(hour), next = (i + 1) % year.dry_bulb_degc.size();
  const double part = hour - static_cast<double>(i);
  const auto between = [&](const std::vector<double>& v) { return v[i] + part * (v[next] - v[i]); };
  return {between(year.dry_bulb_degc), between(year.dew_point_degc)};
}

double vapour_pressure_pa(double dry_bulb_degc, double wet_bulb_degc) {
  const double a = 6.53e-4 * (1 + 9.44e-4 * wet_bulb_degc);
  return saturation_pressure_pa(wet_bulb_degc) - a * kSeaLevel_pa * (dry_bulb_degc - wet_bulb_degc);
}

struct Field {
  std::string_view text;
  int column = 0;  // from 1
};

std::vector<Field> split(std::string_view line) {
  std::vector<Field> fields;
  for (std::size_t begin = 0;;) {
    const std::size_t end = std::min(line.find(',', begin), line.size());
    fields.push_back({line.substr(begin, end - begin), static_cast<int>(begin) + 1});
    if (end == line.size()) return fields;
    begin = end + 1;
  }
}

std::optional<double> number(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  return value;
}

class EpwReader {
 public:
  explicit EpwReader(const std::string& path) : file_(std::make_shared<const std::string>(path)) { year_.file = path; }

  Result<WeatherYear> read() {
    std::ifstream in(*file_);
    if (!in) {
      add(0, {}, "cannot read the weather file", "paths are relative to the scenario");
      return fail(std::move(errors_));
    }
    std::string line;
    for (int number = 1; std::getline(in, line) && errors_.size() < kMostErrors && !has_gap_; ++number) {
      if (!line.empty() && line.back() == '\r') line.pop_back();
      if (number <= kHeaderLines) {
        read_header(number, line);
        if (!errors_.empty()) return fail(std::move(errors_));
      } else if (!line.empty()) {
        read_row(number, split(line));
      }
      last_line_ = number;
    }
    const std::size_t hours = year_.dry_bulb_degc.size();
    if (errors_.empty() && hours != 8760 && hours != 8784)
      add(last_line_, {}, fmt::format("the weather file has {} hours, a year has 8760 (8784 in a leap year)", hours),
          "rows are missing at its end, or it is no file of hourly values");
    if (!errors_.empty()) return fail(std::move(errors_));
    return std::move(year_);
  }

 private:
  static constexpr int kHeaderLines = 8;
  enum Column : std::size_t { kMonth = 1, kDay = 2, kHour = 3, kDryBulb = 6, kDewPoint = 7 };

  void add(int line, const Field& field, std::string message, std::string hint) {
    Error error;
    error.message = std::move(message);
    error.hint = std::move(hint);
    error.loc = {file_, line, field.column};
    error.length = std::max(1, static_cast<int>(field.text.size()));
    errors_.push_back(std::move(error));
  }

  void read_header(int line, std::string_view text) {
    static constexpr std::array<std::string_view, kHeaderLines> kWords = {"LOCATION",
                                                                          "DESIGN CONDITIONS",
                                                                          "TYPICAL/EXTREME PERIODS",
                                                                          "GROUND TEMPERATURES",
                                                                          "HOLIDAYS/DAYLIGHT",
                                                                          "COMMENTS 1",
                                                                          "COMMENTS 2",
                                                                          "DATA PERIODS"};
    const std::string_view word = kWords[static_cast<std::size_t>(line - 1)];
    const auto fields = split(text);
    if (fields.front().text.substr(0, word.size()) != word)
      add(line, fields.front(), fmt::format("this is no EPW file: its line {} must begin with {}", line, word),
          "EnergyPlus weather files are at energyplus.net/weather");
    else if (line == 1 && fields.size() > 3)
      year_.place = fmt::format("{}, {}", fields[1].text, fields[3].text);
  }

  void read_row(int line, const std::vector<Field>& fields) {
    if (fields.size() <= kDewPoint)
      return add(line, fields.back(), fmt::format("a row of weather has only {} fields", fields.size()),
                 "at least 8: date, hour, minute, flags, dry bulb, dew point");
    const auto month = number(fields[kMonth].text), day = number(fields[kDay].text), hour = number(fields[kHour].text);
    const auto n = static_cast<int>(year_.dry_bulb_degc.size());
    if (!hour || !day || !month)
      return add(line, fields[kMonth], "month, day or hour is no number", "numbers, the hour from 1 to 24");
    has_gap_ = static_cast<int>(*hour) != n % 24 + 1 || (n % 24 == 0 && n > 0 && !is_next_day(*month, *day));
    if (static_cast<int>(*hour) != n % 24 + 1)
      return add(line, fields[kHour],
                 fmt::format("the weather has a gap: hour {:g} follows hour {}", *hour, n == 0 ? 0 : (n - 1) % 24 + 1),
                 fmt::format("hour {} is expected here", n % 24 + 1));
    if (has_gap_)
      return add(
          line, fields[kDay],
          fmt::format("the weather has a gap: day {:g}/{:g} follows {:g}/{:g} (month/day)", *month, *day, month_, day_),
          "a year of consecutive days");
    month_ = *month;
    day_ = *day;
    year_.dry_bulb_degc.push_back(value(line, fields[kDryBulb], "dry bulb", -70, 70));
    year_.dew_point_degc.push_back(value(line, fields[kDewPoint], "dew point", -70, 70));
  }

  bool is_next_day(double month, double day) const {
    static constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    if (month == month_) return day == day_ + 1;
    const int last = kDays[static_cast<std::size_t>(std::clamp(month_, 1.0, 12.0)) - 1];
    const bool was_last = day_ == last || (month_ == 2 && day_ == 29);
    return day == 1 && was_last && (month == month_ + 1 || (month_ == 12 && month == 1));
  }

  // From 99.9 on a value is missing.
  double value(int line, const Field& field, const char* what, double low, double high) {
    const auto found = number(field.text);
    if (!found)
      add(line, field, fmt::format("the {} \"{}\" is no number", what, field.text), "a temperature in degC");
    else if (*found >= 99.9)
      add(line, field, fmt::format("the {} is missing", what), "99.9 and more mark a gap; fill it before use");
    else if (*found < low || *found > high)
      add(line, field, fmt::format("the {} {} degC is not plausible", what, *found),
          fmt::format("between {} and {} degC", low, high));
    return found.value_or(0);
  }

  std::shared_ptr<const std::string> file_;
  WeatherYear year_;
  Errors errors_;
  double month_ = 0, day_ = 0;
  bool has_gap_ = false;  // whatever follows is out of step
  int last_line_ = 0;
};

}  // namespace

Outdoor Weather::at(double time_s) const {
  Outdoor now = climate ? of_climate(*climate, start_s + time_s) : year ? of_year(*year, start_s + time_s) : constant;
  if (now.dew_point_degc > now.dry_bulb_degc) now.dew_point_degc = now.dry_bulb_degc;
  return now;
}

Result<WeatherYear> read_epw(const std::string& path) { return EpwReader(path).read(); }

double saturation_pressure_pa(double temp_degc) { return 610.94 * std::exp(17.625 * temp_degc / (temp_degc + 243.04)); }

double wet_bulb_degc(double dry_bulb_degc, double dew_point_degc) {
  if (!(dew_point_degc < dry_bulb_degc)) return std::isnan(dew_point_degc) ? dew_point_degc : dry_bulb_degc;
  const double vapour_pa = saturation_pressure_pa(dew_point_degc);
  // Newton's method, from above: the vapour pressure is convex and rises in the wet bulb.
  double wet = dry_bulb_degc;
  for (int i = 0; i < 50; ++i) {
    const double saturation_pa = saturation_pressure_pa(wet);
    const double slope = saturation_pa * 17.625 * 243.04 / std::pow(wet + 243.04, 2) +
                         6.53e-4 * kSeaLevel_pa * (1 + 9.44e-4 * (2 * wet - dry_bulb_degc));
    const double step = (vapour_pressure_pa(dry_bulb_degc, wet) - vapour_pa) / slope;
    wet -= step;
    if (std::abs(step) < 1e-9) break;
  }
  return wet;
}

double dew_point_degc(double dry_bulb_degc, double wet_bulb_degc) {
  const double log_ratio = std::log(std::max(vapour_pressure_pa(dry_bulb_degc, wet_bulb_degc), 1.0) / 610.94);
  return 243.04 * log_ratio / (17.625 - log_ratio);
}

}  // namespace racktwin
