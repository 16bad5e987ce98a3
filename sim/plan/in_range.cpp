#include "sim/plan/in_range.h"

#include <fmt/core.h>

#include <limits>

namespace racktwin {
namespace {

void check_range(Table& table, const char* key, Dimension dimension, double value, double low, double high) {
  if (value < low || value > high)
    table.error_at(
        key, fmt::format("{} is out of range", key),
        high == std::numeric_limits<double>::max()
            ? fmt::format("at least {}", format_quantity(low, dimension))
            : fmt::format("between {} and {}", format_quantity(low, dimension), format_quantity(high, dimension)));
}

}  // namespace

double quantity_in_range(Table& table, const char* key, Dimension dimension, double low, double high) {
  const double value = table.quantity(key, dimension);
  check_range(table, key, dimension, value, low, high);
  return value;
}

std::optional<double> optional_in_range(Table& table, const char* key, Dimension dimension, double low, double high) {
  const auto value = table.optional_quantity(key, dimension);
  if (value) check_range(table, key, dimension, *value, low, high);
  return value;
}

}  // namespace racktwin
