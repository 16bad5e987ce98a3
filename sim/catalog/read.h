// Small readers that the files of the catalogue share. Thread rule: one thread per document.
#pragma once

#include "sim/document.h"
#include "sim/nearest_match.h"

#include <fmt/core.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

// A positive sourced value; NaN if the key is missing.
inline Sourced optional_value(Table& table, const char* key, Dimension dimension) {
  return table.optional_sourced(key, dimension).value_or(Sourced());
}

// A value without which the reader cannot do, or one that may be left out: outside of the plausible range it is an
// error that tells the range.
inline Sourced within(Table& table, const char* key, Dimension dimension, double low, double high, Sourced value) {
  if (value.value < low || value.value > high)
    table.error_at(key, fmt::format("{} = {} is not plausible", key, format_quantity(value.value, dimension)),
                   fmt::format("between {} and {}", format_quantity(low, dimension), format_quantity(high, dimension)));
  return value;
}
inline Sourced value_within(Table& table, const char* key, Dimension dimension, double low, double high) {
  return within(table, key, dimension, low, high, table.sourced(key, dimension));
}
inline Sourced optional_within(Table& table, const char* key, Dimension dimension, double low, double high) {
  return within(table, key, dimension, low, high, optional_value(table, key, dimension));
}

inline int positive_integer(Table& table, const char* key) {
  const auto value = table.integer(key);
  if (value < 1) table.error_at(key, fmt::format("{} must be at least 1", key));
  return static_cast<int>(std::max<std::int64_t>(value, 1));
}

inline int count(Table& table, const char* key) {
  const auto value = table.optional_integer(key).value_or(0);
  if (value < 0) table.error_at(key, fmt::format("{} must not be negative", key));
  return static_cast<int>(std::max<std::int64_t>(value, 0));
}

// Ends reading: unknown keys are errors too.
template <class T>
Result<T> finish(Document& document, T value) {
  document.report_unknown_keys();
  if (!document.errors().empty()) return fail(document.errors());
  return value;
}

// A word out of a list; another one is an error that names them.
template <class T>
T one_of(Table& table, const char* key, const std::vector<std::pair<std::string, T>>& words) {
  const std::string word = table.text(key);
  std::string list;
  std::vector<std::string> known;
  for (const auto& [name, value] : words) {
    if (name == word) return value;
    known.push_back(name);
    list += (list.empty() ? "" : ", ") + name;
  }
  if (!word.empty()) {
    const auto near = nearest_match(word, known);
    table.error_at(key, fmt::format("unknown {} \"{}\": one of {}", key, word, list),
                   near ? fmt::format("did you mean \"{}\"?", *near) : std::string());
  }
  return words.front().second;
}

}  // namespace racktwin
