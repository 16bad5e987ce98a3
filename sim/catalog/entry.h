// An entry of the catalogue as it is written: every value with its evidence and source, for people and programs.
//
// Knows no product and no kind of entry, so what a planner adds is shown as well. Not for simulating: that is
// catalog.h, which checks what it reads. Thread rule: pure functions.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/result.h"

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

struct EntryName {
  std::string folder, name, kind, title;  // "chips", "gb200", "gpu", "NVIDIA GB200 ..."
  std::vector<std::string> aliases = {};  // what tables of measurements call it
};

// One key. Counts, names and lists have no evidence of their own: what their table names as `source` is `from`.
struct EntryValue {
  std::string table, key;  // "power.shelf_efficiency", "load"
  std::string text;        // "1200 W"; a list is joined with ", "
  double value;            // in base units; NaN: not a single quantity
  std::string unit;        // of the value, "W"
  std::string evidence, from, note;
  std::vector<std::string> range;  // empty or two
  double low, high;                // of the range, as value; NaN: none
  bool is_curve;                   // one of the two lists of a curve
};

struct SourceOfValue {
  std::string title, url, note;
};

struct CatalogEntry {
  EntryName name;
  std::string file;
  std::vector<EntryValue> values;
  std::map<std::string, SourceOfValue> sources;  // of the values, by key
};

// All entries, folder by folder and by name.
Result<std::vector<EntryName>> list_entries(const Catalog& catalog);

// What of a name counts: letters and digits in lower case, and points. "Llama-3.1 8B" is "llama3.18b".
std::string plain_name(std::string_view text);

// The entry of a folder that a text names by its name, title or an alias, however capitals, spaces and hyphens are set;
// null if there is none.
const EntryName* find_entry(const std::vector<EntryName>& entries, std::string_view folder, std::string_view text);

// The name of the entry that the text may have meant, empty if none is near.
std::string nearest_entry(const std::vector<EntryName>& entries, std::string_view folder, std::string_view text);

// The values of a file of the catalogue, "chips/gb200" or "calibration".
Result<std::vector<EntryValue>> read_values(const Catalog& catalog, const std::string& file);

// "gb200", or "chips/gb200" where two folders have one. Errors: the nearest entry, if it does not exist.
Result<CatalogEntry> read_entry(const Catalog& catalog, const std::string& name);

}  // namespace racktwin
