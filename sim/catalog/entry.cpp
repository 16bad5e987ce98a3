#include "sim/catalog/entry.h"

#include "sim/nearest_match.h"

#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <filesystem>
#include <limits>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

constexpr const char* kFolders[] = {"chips", "racks", "fabrics", "cooling", "power", "models"};
constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

std::string joined(const std::vector<std::string>& words, const char* between = ", ") {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

// All that an entry is called.
std::vector<std::string> names_of(const EntryName& entry) {
  std::vector<std::string> names = {entry.name, entry.title};
  names.insert(names.end(), entry.aliases.begin(), entry.aliases.end());
  return names;
}

// Names of products are short and a digit makes another one, so a mistake must leave half of the name as it is, at its
// ends: "gb200nvl27", not "hgxmi300x" for "hgxb300".
bool is_misspelt(const std::string& text, const std::string& name) {
  const std::size_t least = std::min(text.size(), name.size());
  std::size_t front = 0, back = 0;
  while (front < least && text[front] == name[front]) ++front;
  while (back < least - front && text[text.size() - 1 - back] == name[name.size() - 1 - back]) ++back;
  return 2 * (front + back) >= std::max(text.size(), name.size());
}

// The quantity that a text is, whatever it measures. Kelvins are differences: temperatures are written in degC.
void read_quantity(EntryValue& value) {
  const bool is_difference = parse_quantity(value.text, Dimension::kTemperatureDelta).has_value();
  for (int d = 0; d <= static_cast<int>(kLastDimension); ++d) {
    const auto dimension = static_cast<Dimension>(d);
    const auto parsed = parse_quantity(value.text, dimension);
    if (!parsed || (dimension == Dimension::kTemperature && is_difference)) continue;
    value.value = *parsed;
    value.unit = base_unit(dimension);
    if (value.range.size() == 2) {
      value.low = parse_quantity(value.range[0], dimension).value_or(kNoValue);
      value.high = parse_quantity(value.range[1], dimension).value_or(kNoValue);
    }
    return;
  }
}

// Flattens a document: its values in the order of the file.
class Reader {
 public:
  explicit Reader(std::vector<EntryValue>& values) : values_(values) {}

  void read(Table table, const std::string& path) {
    const std::string source = table.optional_text("source").value_or("");
    const bool is_curve = !path.empty() && table.has("from");  // arrays with one source beside them
    for (const std::string& key : table.keys()) {
      if (key == "source" || (is_curve && (key == "from" || key == "evidence" || key == "note"))) continue;
      EntryValue value = {path, key, {}, kNoValue, {}, {}, source, {}, {}, kNoValue, kNoValue, is_curve};
      if (!read_plain(table, key, value)) continue;
      if (is_curve) take_grounds(table, value);
      values_.push_back(std::move(value));
    }
    for (const std::string& key : table.keys())  // tables follow the plain keys, as they do in TOML
      if (table.value_kind(key) == ValueKind::kTable) read_table(table.table(key), path, key);
  }

 private:
  static void take_grounds(Table& table, EntryValue& value) {
    value.from = table.optional_text("from").value_or("");
    value.evidence = table.optional_text("evidence").value_or("");
    value.note = table.optional_text("note").value_or("");
  }

  static bool read_plain(Table& table, const std::string& key, EntryValue& value) {
    switch (table.value_kind(key)) {
      case ValueKind::kText:
        value.text = *table.optional_text(key);
        return true;
      case ValueKind::kInteger:
        value.value = static_cast<double>(*table.optional_integer(key));
        value.text = fmt::format("{}", *table.optional_integer(key));
        return true;
      case ValueKind::kBoolean:
        value.text = *table.optional_boolean(key) ? "true" : "false";
        return true;
      case ValueKind::kTexts:
        value.text = joined(table.texts(key));
        return true;
      case ValueKind::kTables:
        for (Table item : table.tables(key)) {
          std::vector<std::string> words;
          for (const std::string& name : item.keys())
            if (EntryValue part; read_plain(item, name, part)) words.push_back(part.text);
          value.text += (value.text.empty() ? "" : ", ") + joined(words, " x ");
        }
        return true;
      case ValueKind::kTable:
      case ValueKind::kOther:
        return false;
    }
    return false;
  }

  void read_table(Table table, const std::string& path, const std::string& key) {
    if (!table.has("is")) return read(table, path.empty() ? key : path + "." + key);
    EntryValue value = {path, key, table.text("is"),     kNoValue, {},       {},
                        {},   {},  table.texts("range"), kNoValue, kNoValue, false};
    take_grounds(table, value);
    read_quantity(value);
    values_.push_back(std::move(value));
  }

  std::vector<EntryValue>& values_;
};

Result<std::map<std::string, SourceOfValue>> read_sources(const Catalog& catalog) {
  Result<Document> document = Document::load(catalog.directory() + "/sources.toml");
  if (!document) return tl::unexpected(document.error());
  std::map<std::string, SourceOfValue> sources;
  Table root = document->root();
  for (const std::string& key : root.keys()) {
    if (root.value_kind(key) != ValueKind::kTable) continue;
    Table table = root.table(key);
    sources[key] = {table.text("title"), table.optional_text("url").value_or(""),
                    table.optional_text("note").value_or("")};
  }
  if (!document->errors().empty()) return fail(document->errors());
  return sources;
}

}  // namespace

Result<std::vector<EntryName>> list_entries(const Catalog& catalog) {
  std::vector<EntryName> names;
  Errors errors;
  for (const char* folder : kFolders) {
    const std::size_t first = names.size();
    std::error_code ignored;
    for (const auto& file : fs::directory_iterator(fs::path(catalog.directory()) / folder, ignored)) {
      if (file.path().extension() != ".toml") continue;
      Result<Document> document = Document::load(file.path().string());
      if (!document) {
        errors.insert(errors.end(), document.error().begin(), document.error().end());
        continue;
      }
      Table root = document->root();
      names.push_back(
          {folder, file.path().stem().string(), root.text("kind"), root.text("title"), root.texts("aliases")});
      errors.insert(errors.end(), document->errors().begin(), document->errors().end());
    }
    std::sort(names.begin() + static_cast<std::ptrdiff_t>(first), names.end(),
              [](const EntryName& a, const EntryName& b) { return a.name < b.name; });
  }
  if (!errors.empty()) return fail(std::move(errors));
  if (names.empty()) return fail(ErrorCode::kIo, fmt::format("there is no catalogue in {}", catalog.directory()));
  return names;
}

std::string plain_name(std::string_view text) {
  std::string plain;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (std::isalnum(byte) != 0 || c == '.') plain += static_cast<char>(std::tolower(byte));
  }
  return plain;
}

const EntryName* find_entry(const std::vector<EntryName>& entries, std::string_view folder, std::string_view text) {
  const std::string wanted = plain_name(text);
  if (wanted.empty()) return nullptr;
  for (const EntryName& entry : entries) {
    if (entry.folder != folder) continue;
    for (const std::string& name : names_of(entry))
      if (plain_name(name) == wanted) return &entry;
  }
  return nullptr;
}

std::string nearest_entry(const std::vector<EntryName>& entries, std::string_view folder, std::string_view text) {
  std::vector<std::string> known, entry_of;
  for (const EntryName& entry : entries) {
    if (entry.folder != folder) continue;
    for (const std::string& name : names_of(entry)) {
      known.push_back(plain_name(name));
      entry_of.push_back(entry.name);
    }
  }
  const std::string wanted = plain_name(text);
  const auto nearest = nearest_match(wanted, known);
  if (!nearest || !is_misspelt(wanted, *nearest)) return {};
  return entry_of[static_cast<std::size_t>(std::find(known.begin(), known.end(), *nearest) - known.begin())];
}

Result<std::vector<EntryValue>> read_values(const Catalog& catalog, const std::string& file) {
  Result<Document> document = Document::load(fmt::format("{}/{}.toml", catalog.directory(), file));
  if (!document) return tl::unexpected(document.error());
  std::vector<EntryValue> values;
  Reader(values).read(document->root(), "");
  if (!document->errors().empty()) return fail(document->errors());
  const auto is_heading = [](const EntryValue& v) { return v.table.empty() && (v.key == "kind" || v.key == "title"); };
  values.erase(std::remove_if(values.begin(), values.end(), is_heading), values.end());
  return values;
}

Result<CatalogEntry> read_entry(const Catalog& catalog, const std::string& name) {
  const Result<std::vector<EntryName>> names = list_entries(catalog);
  if (!names) return tl::unexpected(names.error());
  std::vector<EntryName> found;
  std::vector<std::string> known;
  for (const EntryName& entry : *names) {
    const std::string full = entry.folder + "/" + entry.name;
    if (entry.name == name || full == name) found.push_back(entry);
    known.push_back(name.find('/') == std::string::npos ? entry.name : full);
  }
  if (found.size() != 1) {
    Error error;
    error.message = fmt::format("there is no \"{}\" in the catalogue", name);
    error.hint = "racktwin show --list names its entries";
    if (const auto nearest = nearest_match(name, known)) error.hint = fmt::format("did you mean \"{}\"?", *nearest);
    if (found.size() > 1) {
      error.message = fmt::format("the catalogue has several \"{}\"", name);
      error.hint = fmt::format("say which: {0}/{2} or {1}/{2}", found[0].folder, found[1].folder, name);
    }
    return fail(std::move(error));
  }
  CatalogEntry entry;
  entry.name = found.front();
  const std::string file = entry.name.folder + "/" + entry.name.name;
  entry.file = fmt::format("{}/{}.toml", catalog.directory(), file);
  Result<std::vector<EntryValue>> values = read_values(catalog, file);
  if (!values) return tl::unexpected(values.error());
  entry.values = std::move(*values);
  const auto sources = read_sources(catalog);
  if (!sources) return tl::unexpected(sources.error());
  for (const EntryValue& value : entry.values)
    if (const auto source = sources->find(value.from); source != sources->end())
      entry.sources[value.from] = source->second;
  return entry;
}

}  // namespace racktwin
