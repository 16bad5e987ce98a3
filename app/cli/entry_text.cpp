#include "app/cli/entry_text.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace racktwin {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kColumns = 100;
constexpr std::size_t kKeyWidth = 26, kTextWidth = 18, kNoteIndent = 6;

// Breaks at spaces; every line is indented.
std::string wrapped(const std::string& text, std::size_t indent) {
  const std::string margin(indent, ' ');
  std::string out, line;
  std::istringstream words(text);
  for (std::string word; words >> word;) {
    if (!line.empty() && indent + line.size() + 1 + word.size() > kColumns) {
      out += margin + line + "\n";
      line.clear();
    }
    line += (line.empty() ? "" : " ") + word;
  }
  return line.empty() ? out : out + margin + line + "\n";
}

std::string value_line(const EntryValue& value) {
  std::string line = fmt::format("  {:<{}}  ", value.key, kKeyWidth);
  if (value.evidence.empty() && value.from.empty()) return line + value.text + "\n";
  line += fmt::format("{:<{}}  {:<9}  {}", value.text, kTextWidth, value.evidence, value.from);
  if (value.range.size() == 2) line += fmt::format("  {} to {}", value.range[0], value.range[1]);
  return line + "\n";
}

Json text_or_null(const std::string& text) { return text.empty() ? Json(nullptr) : Json(text); }

Json name_json(const EntryName& name) {
  return {{"folder", name.folder}, {"name", name.name}, {"kind", name.kind}, {"title", name.title}};
}

std::string dump(const Json& object) { return object.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"; }

}  // namespace

std::string entry_text(const CatalogEntry& entry) {
  std::string text = fmt::format("{}\n{} {}, {}\n", entry.name.title, entry.name.kind, entry.name.name, entry.file);
  std::string table;
  if (!entry.values.empty() && entry.values.front().table.empty()) text += "\n";
  for (const EntryValue& value : entry.values) {
    if (value.table != table) text += fmt::format("\n[{}]\n", table = value.table);
    text += value_line(value);
    text += wrapped(value.note, kNoteIndent);
  }
  if (!entry.sources.empty()) text += "\nSources\n";
  for (const auto& [key, source] : entry.sources) {
    text += fmt::format("  {:<{}}  {}\n", key, kKeyWidth, source.title);
    if (!source.url.empty()) text += fmt::format("      {}\n", source.url);
    text += wrapped(source.note, kNoteIndent);
  }
  return text;
}

std::string entry_json(const CatalogEntry& entry) {
  Json object = name_json(entry.name);
  object["schema"] = 1;
  object["file"] = entry.file;
  object["values"] = Json::array();
  for (const EntryValue& value : entry.values) {
    Json item = {{"table", value.table},
                 {"key", value.key},
                 {"text", value.text},
                 {"value", std::isfinite(value.value) ? Json(value.value) : Json(nullptr)},
                 {"unit", text_or_null(value.unit)},
                 {"evidence", text_or_null(value.evidence)},
                 {"from", text_or_null(value.from)},
                 {"range", value.range.size() == 2 ? Json(value.range) : Json(nullptr)},
                 {"note", text_or_null(value.note)}};
    object["values"].push_back(std::move(item));
  }
  object["sources"] = Json::object();
  for (const auto& [key, source] : entry.sources)
    object["sources"][key] = {
        {"title", source.title}, {"url", text_or_null(source.url)}, {"note", text_or_null(source.note)}};
  return dump(object);
}

std::string entries_text(const std::vector<EntryName>& names) {
  std::size_t width = 0;
  for (const EntryName& name : names) width = std::max(width, name.name.size());
  std::string text, folder;
  for (const EntryName& name : names) {
    if (name.folder != folder) {
      folder = name.folder;
      text += fmt::format("{}{}\n", text.empty() ? "" : "\n", folder);
    }
    text += fmt::format("  {:<{}}  {:<10}  {}\n", name.name, width, name.kind, name.title);
  }
  return text;
}

std::string entries_json(const std::vector<EntryName>& names) {
  Json object = {{"schema", 1}, {"entries", Json::array()}};
  for (const EntryName& name : names) object["entries"].push_back(name_json(name));
  return dump(object);
}

}  // namespace racktwin
