#include "sim/plan/scenario_reader.h"

#include "sim/nearest_match.h"

#include <fmt/format.h>

namespace racktwin {
namespace {

int check_integer(Table& table, const char* key, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value < low || value > high) {
    table.error_at(key, fmt::format("{} is out of range", key), fmt::format("between {} and {}", low, high));
    return static_cast<int>(low);
  }
  return static_cast<int>(value);
}

}  // namespace

int ScenarioReader::integer_within(Table& table, const char* key, std::int64_t low, std::int64_t high,
                                   std::int64_t example) {
  const std::size_t before = errors().size();
  const auto value = table.integer(key, example);
  return errors().size() > before ? static_cast<int>(low) : check_integer(table, key, value, low, high);
}

std::optional<int> ScenarioReader::optional_integer_within(Table& table, const char* key, std::int64_t low,
                                                           std::int64_t high) {
  const auto value = table.optional_integer(key);
  if (!value) return std::nullopt;
  return check_integer(table, key, *value, low, high);
}

void ScenarioReader::report(Table& table, const char* key, Errors found) {
  for (Error& error : found) {
    if (error.loc.line == 0 && !error.loc.file) {
      table.error_at(key, std::move(error.message), std::move(error.hint));
    } else {
      errors().push_back(std::move(error));
    }
  }
}

void ScenarioReader::refuse_word(Table& table, const char* key, const std::string& word,
                                 const std::vector<std::string>& known) {
  const auto nearest = nearest_match(word, known);
  table.error_at(
      key, fmt::format("unknown {} \"{}\"", key, word),
      nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("one of {}", fmt::join(known, ", ")));
}

}  // namespace racktwin
