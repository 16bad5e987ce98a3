// What the readers of a scenario's tables share: the file, the catalogue and the plan that they fill in.
//
// One function reads each table, in a file of its name, and appends what is wrong with it to the errors of the file.
// Thread rule: one thread per reader.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/plan/plan.h"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

class ScenarioReader {
 public:
  ScenarioReader(Document& document, const Catalog& entries, Plan& into)
      : plan(into), catalog(entries), document_(document), root_(document.root()) {}

  Table& root() { return root_; }
  Table table(const char* key) { return root_.table(key); }
  Errors& errors() { return document_.errors(); }

  // Whole numbers between two bounds; an error at their key if they are not, and the lower bound.
  int integer_within(Table& table, const char* key, std::int64_t low, std::int64_t high, std::int64_t example = 8);
  std::optional<int> optional_integer_within(Table& table, const char* key, std::int64_t low, std::int64_t high);

  // A catalogue entry named at a key; an entry that does not exist is an error at that key.
  template <class T>
  bool look_up(Table& table, const char* key, Result<T> (Catalog::*read)(const std::string&) const, T& into) {
    const std::string name = table.text(key);
    if (name.empty()) return false;
    return take(table, key, (catalog.*read)(name), into);
  }
  template <class T>
  bool take(Table& table, const char* key, Result<T> entry, T& into) {
    if (entry)
      into = std::move(*entry);
    else
      report(table, key, std::move(entry.error()));
    return entry.has_value();
  }

  // What the scenario gives or else the usual, which is listed with the defaults.
  template <class T>
  T choose(const std::optional<T>& given, T otherwise, const char* key, std::string value) {
    if (given) return *given;
    plan.defaults.push_back({key, std::move(value), "usual"});
    return otherwise;
  }

  // The value of the word at a key; another word is an error with what it may be.
  template <class T, std::size_t n>
  std::optional<T> one_of(Table& table, const char* key, const std::pair<const char*, T> (&words)[n], bool required) {
    const auto text = required ? std::optional(table.text(key)) : table.optional_text(key);
    if (!text || text->empty()) return std::nullopt;
    std::vector<std::string> known;
    for (const auto& [word, value] : words) {
      if (*text == word) return value;
      known.emplace_back(word);
    }
    refuse_word(table, key, *text, known);
    return std::nullopt;
  }

  Plan& plan;
  const Catalog& catalog;
  bool has_rack = false, has_site = false;  // read without errors

 private:
  void report(Table& table, const char* key, Errors errors);
  static void refuse_word(Table& table, const char* key, const std::string& word,
                          const std::vector<std::string>& known);

  Document& document_;
  Table root_;
};

// In this order: later tables look at what earlier ones say.
void parse_site(ScenarioReader& reader);
void parse_cooling(ScenarioReader& reader);
void parse_power(ScenarioReader& reader);
void parse_weather(ScenarioReader& reader);
void parse_workload(ScenarioReader& reader);

}  // namespace racktwin
