// A parsed TOML file that knows where everything stands and what was read.
//
// Readers ask for what they know; whatever nobody asked for is an unknown key and becomes an error with a "did you
// mean". document.cpp is the only file that sees toml++. Not a TOML writer. Thread rule: one thread per document.
#pragma once

#include "sim/quantity.h"
#include "sim/result.h"

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// How well a value is known, strongest first.
enum class Evidence : std::uint8_t { kMeasured, kPublished, kReported, kDerived, kAssumed };
std::string_view evidence_word(Evidence evidence);

// A hardware or model value [base unit of its dimension] with where it comes from.
struct Sourced {
  double value;  // NaN: no data
  Evidence evidence = Evidence::kAssumed;
  std::string from;  // key in racks/sources.toml
  std::string note;
  double low;  // plausible range; NaN where none is given
  double high;
  SourceLoc loc;
  Sourced();
  explicit Sourced(double value, Evidence evidence = Evidence::kDerived);
};

struct Node;  // a TOML value
enum class ValueKind : std::uint8_t { kTable, kTables, kTexts, kText, kInteger, kBoolean, kOther };

// A table being read. Copies are views on the same nodes. Every getter marks its key as known; a missing required key,
// a wrong type or a bad unit is appended to the document's errors and a harmless value is returned, so that a reader
// goes on and all errors come out at once.
class Table {
 public:
  Table() = default;
  bool has(std::string_view key) const;  // does not mark the key
  SourceLoc loc() const;                 // of the table
  SourceLoc loc(std::string_view key) const;
  std::vector<std::string> keys() const;             // in file order
  ValueKind value_kind(std::string_view key) const;  // an array is of what its first item is; missing: kOther

  std::string text(std::string_view key);  // required
  std::optional<std::string> optional_text(std::string_view key);
  std::int64_t integer(std::string_view key, std::int64_t example = 8);  // required
  std::optional<std::int64_t> optional_integer(std::string_view key);
  std::optional<bool> optional_boolean(std::string_view key);
  double quantity(std::string_view key, Dimension dimension);  // required, a string with a unit
  std::optional<double> optional_quantity(std::string_view key, Dimension dimension);
  std::vector<double> quantities(std::string_view key, Dimension dimension);  // required array of strings with units
  std::vector<std::string> texts(std::string_view key);                       // array of strings, empty if missing
  // { is = "1200 W", from = "...", evidence = "...", note = "...", range = ["1100 W", "1300 W"] }; `from` and
  // `evidence` are required. A bare quantity is an error that says so.
  Sourced sourced(std::string_view key, Dimension dimension);  // required
  std::optional<Sourced> optional_sourced(std::string_view key, Dimension dimension);
  Table table(std::string_view key);  // required
  std::optional<Table> optional_table(std::string_view key);
  std::vector<Table> tables(std::string_view key);  // array of tables, empty if missing

  // Reports an error at `key` (or at the table if the key is missing).
  void error_at(std::string_view key, std::string message, std::string hint = {});

 private:
  friend class Document;
  Node* node_ = nullptr;
  Errors* errors_ = nullptr;
};

// One file, or one text.
class Document {
 public:
  // Reads and parses. On a syntax error or an unreadable file: the errors.
  static Result<Document> load(const std::string& path);
  static Result<Document> parse(std::string text, std::string name);

  // Lays `base` underneath: keys missing here are taken from it (tables are merged, arrays replaced). For `include`.
  void merge_under(Document base);
  // Sets a dotted path to a TOML value, creating tables on the way ("workload.gpus=256"; arrays of tables are indexed
  // "event.0.at"). Text that is no TOML value is taken as a string. The location of the value is the command line.
  Result<void> set(std::string_view assignment);

  Table root();
  const std::string& source_text() const;
  // Call after reading: appends an error for every key nobody asked for, with the nearest known key of that table. It
  // takes the place of the error that says that this one is missing.
  void report_unknown_keys();
  Errors& errors();

  Document(Document&&) noexcept;
  Document& operator=(Document&&) noexcept;
  ~Document();

 private:
  Document();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace racktwin
