#include "sim/validation/csv_table.h"

#include <csv.h>
#include <fmt/core.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>

namespace racktwin {
namespace {

struct Reading {
  CsvTable table;
  std::vector<std::string> fields;
  int line = 1;
  Errors errors;
};

void on_field(void* text, std::size_t length, void* data) {
  static_cast<Reading*>(data)->fields.emplace_back(static_cast<const char*>(text), length);
}

void on_row(int /*terminator*/, void* data) {
  Reading& r = *static_cast<Reading*>(data);
  if (r.table.heading.empty()) {
    r.table.heading = r.fields;
  } else if (r.fields.size() != r.table.heading.size()) {
    Error error;
    error.message = fmt::format("{} fields in a table of {} columns", r.fields.size(), r.table.heading.size());
    error.loc = {std::make_shared<const std::string>(r.table.path), r.line, 1};
    r.errors.push_back(std::move(error));
  } else {
    r.table.rows.push_back(r.fields);
    r.table.lines.push_back(r.line);
  }
  r.fields.clear();
}

}  // namespace

int CsvTable::column(const std::string& name) const {
  const auto found = std::find(heading.begin(), heading.end(), name);
  return found == heading.end() ? -1 : static_cast<int>(found - heading.begin());
}

const std::string& CsvRow::text(const char* column) const {
  static const std::string kEmpty;
  const int c = table_.column(column);
  return c < 0 ? kEmpty : table_.rows[index_][static_cast<std::size_t>(c)];
}

std::optional<double> CsvRow::number(const char* column) const {
  const std::string& t = text(column);
  double value = 0;
  const auto [end, error] = std::from_chars(t.data(), t.data() + t.size(), value);
  if (error != std::errc() || end != t.data() + t.size()) return std::nullopt;
  return value;
}

int CsvRow::integer(const char* column, int otherwise) const {
  const auto value = number(column);
  return value ? static_cast<int>(*value) : otherwise;
}

void keep_rows(CsvTable& table, const std::string& column, const std::string& value) {
  const int c = table.column(column);
  CsvTable kept{table.path, table.heading, {}, {}};
  for (std::size_t i = 0; c >= 0 && i < table.rows.size(); ++i)
    if (table.rows[i][static_cast<std::size_t>(c)] == value) {
      kept.rows.push_back(std::move(table.rows[i]));
      kept.lines.push_back(table.lines[i]);
    }
  table = std::move(kept);
}

Result<CsvTable> load_csv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  text << file.rdbuf();
  std::string content = text.str();
  if (!content.empty() && content.back() != '\n') content += '\n';
  Reading reading;
  reading.table.path = path;
  csv_parser parser;
  csv_init(&parser, CSV_APPEND_NULL);
  // Line by line, so that errors know where they are; a quoted field may go on over lines.
  bool good = true;
  for (std::size_t begin = 0; begin < content.size() && good; ++reading.line) {
    const std::size_t end = std::min(content.find('\n', begin), content.size() - 1) + 1;
    good = csv_parse(&parser, content.data() + begin, end - begin, on_field, on_row, &reading) == end - begin;
    begin = end;
  }
  csv_fini(&parser, on_field, on_row, &reading);
  csv_free(&parser);
  if (!reading.errors.empty()) return fail(std::move(reading.errors));
  if (!good || reading.table.heading.empty())
    return fail(ErrorCode::kBadInput, fmt::format("{} is no CSV table", path));
  return std::move(reading.table);
}

}  // namespace racktwin
