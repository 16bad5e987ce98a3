#include "render/text/value_text.h"
#include "sim/check.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kSlack = 1e-9;  // of a step: ends that miss a tick by rounding only still have it
constexpr double kDay_s = 86400;
constexpr std::array kTimeSteps_s = {1,   2,   5,    10,   15,   30,    60,    120,  300,
                                     600, 900, 1800, 3600, 7200, 10800, 21600, 43200};

double time_step_s(double wanted_s) {
  for (const int step_s : kTimeSteps_s) {
    if (step_s >= wanted_s * (1 - kSlack)) return step_s;
  }
  double step_s = kDay_s;
  while (step_s < wanted_s) step_s *= 2;
  return step_s;
}

}  // namespace

std::vector<double> nice_ticks(double low, double high, int most) {
  RT_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high && most >= 1);
  if (low == high) return {low};
  const double wanted = (high - low) / most;
  const int exponent = static_cast<int>(std::floor(std::log10(wanted)));
  const double power = std::pow(10.0, std::abs(exponent));
  // As whole * digit * power or whole * digit / power, so that each tick is rounded once: 0.3, not 0.30000000000000004.
  const auto at = [&](double steps) { return exponent < 0 ? steps / power : steps * power; };
  double digit = 10;
  for (const double candidate : {5.0, 2.0, 1.0}) {
    if (at(candidate) >= wanted * (1 - kSlack)) digit = candidate;
  }
  std::vector<double> ticks;
  const double last = std::floor(high / at(digit) + kSlack);
  for (double i = std::ceil(low / at(digit) - kSlack); i <= last; ++i) ticks.push_back(i == 0 ? 0 : at(i * digit));
  return ticks;
}

std::vector<double> log_ticks(double low, double high, int most) {
  RT_CHECK(low > 0 && low <= high && std::isfinite(high) && most >= 1);
  const int first = static_cast<int>(std::floor(std::log10(low) + kSlack)),
            last = static_cast<int>(std::log10(high) + 1);
  const auto from = [&](const std::vector<int>& digits, int every) {
    std::vector<double> ticks;
    for (int decade = first; decade <= last; decade += every) {
      const double power = std::pow(10.0, std::abs(decade));
      for (const int digit : digits) {
        const double tick = decade < 0 ? digit / power : digit * power;  // rounded once
        if (tick >= low * (1 - kSlack) && tick <= high * (1 + kSlack)) ticks.push_back(tick);
      }
    }
    return ticks;
  };
  for (const std::vector<int>& digits : {std::vector<int>{1, 2, 5}, std::vector<int>{1, 3}, std::vector<int>{1}})
    if (std::vector<double> ticks = from(digits, 1); ticks.size() <= static_cast<std::size_t>(most)) return ticks;
  int every = 2;
  while (from({1}, every).size() > static_cast<std::size_t>(most)) ++every;
  return from({1}, every);
}

std::vector<double> time_ticks(double low_s, double high_s, int most) {
  RT_CHECK(std::isfinite(low_s) && std::isfinite(high_s) && low_s <= high_s && most >= 1);
  const double step_s = time_step_s((high_s - low_s) / most);
  std::vector<double> ticks;
  const double last = std::floor(high_s / step_s + kSlack);
  for (double i = std::ceil(low_s / step_s - kSlack); i <= last; ++i) ticks.push_back(i == 0 ? 0 : i * step_s);
  return ticks;
}

std::vector<std::string> time_tick_texts(const std::vector<double>& ticks_s) {
  const auto are_whole = [&](double unit_s) {
    return std::all_of(ticks_s.begin(), ticks_s.end(), [&](double t) { return std::fmod(t, unit_s) == 0; });
  };
  const double most_s = ticks_s.empty() ? 0 : std::max(std::abs(ticks_s.front()), std::abs(ticks_s.back()));
  const auto text = [&](double t) {
    if (most_s >= kDay_s && are_whole(kDay_s)) return fmt::format("{} d", t / kDay_s);
    if (most_s >= 3600 && are_whole(3600)) return fmt::format("{} h", t / 3600);
    if (most_s >= 3600 && are_whole(60)) return fmt::format("{}:{:02} h", std::floor(t / 3600), std::fmod(t / 60, 60));
    if (most_s >= 60 && are_whole(60)) return fmt::format("{} min", t / 60);
    return most_s <= 60 ? fmt::format("{} s", t) : time_text(t);
  };
  std::vector<std::string> texts;
  for (const double t : ticks_s) texts.push_back(text(t));
  return texts;
}

}  // namespace racktwin
