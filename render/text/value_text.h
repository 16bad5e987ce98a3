// Values, times and ticks as text for pictures, plots and panels. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// "1.2 kW", "80.2 °C", "88 %", "412 L/min", "391 k/s", "19.0 s", "-" for NaN: a value in the unit of a metric row, for
// people. Unit "1" is a share. Temperatures and shares have at most one decimal, whatever is significant.
std::string value_text(double value, std::string_view unit, int significant = 3);
// "0:12:05"
std::string time_text(double time_s);

// Round numbers (1, 2, 5 x 10^n) from low to high, at most about `most`.
std::vector<double> nice_ticks(double low, double high, int most);
// Ascending ticks in one unit and with as many decimals as their distance takes: "0 kW", "50 kW", "100 kW".
std::vector<std::string> tick_texts(const std::vector<double>& ticks, std::string_view unit);

// The same for an axis of logarithms, low above zero: 1, 2 and 5 of every decade, or decades, at most about `most`.
// "0.05", "1", "20,000": without a unit, which the axis's title has.
std::vector<double> log_ticks(double low, double high, int most);
std::vector<std::string> plain_tick_texts(const std::vector<double>& ticks);

// The same for times: steps of 1, 2, 5, 10, 15, 30 s or min, 1, 2, 3, 6, 12 h, then days, at most about `most`. "5 s",
// "10 min", "1:30 h", "2 h", "3 d"; seconds beyond a minute as time_text().
std::vector<double> time_ticks(double low_s, double high_s, int most);
std::vector<std::string> time_tick_texts(const std::vector<double>& ticks_s);

}  // namespace racktwin
