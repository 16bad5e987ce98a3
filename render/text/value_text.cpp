#include "render/text/value_text.h"

#include "sim/check.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <optional>

namespace racktwin {
namespace {

// The unit that a value is shown in: value = number * factor.
struct ShownUnit {
  std::string name;
  double factor = 1;
};

std::optional<Dimension> dimension_of(std::string_view base) {
  for (int i = 0; i <= static_cast<int>(Dimension::kFrequency); ++i) {
    if (base_unit(static_cast<Dimension>(i)) == base) return static_cast<Dimension>(i);
  }
  return std::nullopt;
}

// The one that format_quantity() would take for a value of this size.
ShownUnit quantity_unit(double magnitude, Dimension dimension) {
  const std::string text = format_quantity(magnitude, dimension, 3);
  const std::string name = text.substr(text.find(' ') + 1);
  return {name, parse_quantity("1 " + name, dimension).value()};
}

ShownUnit shown_unit(double magnitude, std::string_view unit) {
  if (unit == "1") return {"%", 0.01};
  if (unit == "degC") return {"°C", 1};
  if (unit == "s" && magnitude >= 1) return {"s", 1};  // a step of 125 s is not 2.08 min
  if (unit == "1/s") {
    for (const auto& [name, factor] : {std::pair("G/s", 1e9), std::pair("M/s", 1e6), std::pair("k/s", 1e3)}) {
      if (magnitude >= 0.9995 * factor) return {name, factor};
    }
    return {"/s", 1};
  }
  if (const auto dimension = dimension_of(unit)) return quantity_unit(magnitude, *dimension);
  return {std::string(unit), 1};
}

std::string fixed(double number, int decimals) {
  std::string text = fmt::format("{:.{}f}", number, decimals);
  const bool is_zero = text.find_first_of("123456789") == std::string::npos;
  return is_zero && text[0] == '-' ? text.substr(1) : text;
}

// Without zeros at the end of the decimals.
std::string trimmed(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.back() == '.') text.pop_back();
  return text;
}

// Of the number as it is after rounding: 9.996 has the decimals of 10.0.
int decimals_for(double number, int significant) {
  const std::string scientific = fmt::format("{:.{}e}", number, significant - 1);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  return std::clamp(significant - 1 - exponent, 0, 6);
}

}  // namespace

std::string value_text(double value, std::string_view unit, int significant) {
  RT_CHECK(significant >= 1);
  if (!std::isfinite(value)) return "-";
  const ShownUnit shown = shown_unit(std::abs(value), unit);
  const double number = value / shown.factor;
  int decimals = number == 0 ? 0 : decimals_for(number, significant);
  if (unit == "degC") decimals = 1;
  if (unit == "1") decimals = std::min(decimals, 1);
  // "45.0 °C", "19.0 s", and what is no round number: 5.403 MW is 5.40 MW beside 5.41 MW, a limit of 1200 W 1.2 kW.
  const std::string text = fixed(number, decimals);
  const bool is_exact = std::abs(std::stod(text) - number) <= 1e-6 * std::abs(number);
  const bool keeps_zeros = unit == "degC" || unit == "s" || !is_exact;
  return fmt::format("{} {}", keeps_zeros ? text : trimmed(text), shown.name);
}

std::vector<std::string> plain_tick_texts(const std::vector<double>& ticks) {
  std::vector<std::string> texts;
  for (const double tick : ticks) {
    std::string text = fmt::format("{:.10g}", tick);
    if (std::abs(tick) >= 1000 && text.find('e') == std::string::npos) {
      const std::size_t end = std::min(text.find('.'), text.size());
      for (std::size_t at = end; at > 3 + (tick < 0 ? 1U : 0U); at -= 3) text.insert(at - 3, ",");
    }
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string time_text(double time_s) {
  if (!std::isfinite(time_s)) return "-";
  const auto s = static_cast<long long>(std::abs(time_s) + 1e-6);  // the second that has been reached
  return fmt::format("{}{}:{:02}:{:02}", time_s < 0 && s > 0 ? "-" : "", s / 3600, s / 60 % 60, s % 60);
}

std::vector<std::string> tick_texts(const std::vector<double>& ticks, std::string_view unit) {
  if (ticks.empty()) return {};
  const ShownUnit shown = shown_unit(std::max(std::abs(ticks.front()), std::abs(ticks.back())), unit);
  const double step = ticks.size() < 2 ? ticks.front() : ticks[1] - ticks[0];
  const auto is_whole = [&](double tick, int decimals) {
    const double digits = tick / shown.factor * std::pow(10.0, decimals);
    return std::abs(digits - std::round(digits)) <= 1e-3 * std::abs(step / shown.factor * std::pow(10.0, decimals));
  };
  int decimals = 0;
  while (decimals < 6 && !std::all_of(ticks.begin(), ticks.end(), [&](double t) { return is_whole(t, decimals); })) {
    ++decimals;
  }
  std::vector<std::string> texts;
  for (const double tick : ticks)
    texts.push_back(fmt::format("{} {}", fixed(tick / shown.factor, decimals), shown.name));
  return texts;
}

}  // namespace racktwin
