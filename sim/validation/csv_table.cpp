#include "sim/validation/csv_table.h"

#include <csv.h>
#include <fmt/core.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string_view>

namespace racktwin {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

struct Reading {
  CsvTable table;
  std::vector<std::string> fields;
  int line = 1;
  int row_line = 1;  // where the row begins
  Errors errors;
};

Error error_at(const std::string& path, int line, std::string message) {
  Error error;
  error.message = std::move(message);
  error.loc = {std::make_shared<const std::string>(path), line, 1};
  return error;
}

// Bytes of a character by its first one; 0: none begins so. source: RFC 3629, section 4
int utf8_length(unsigned char first) {
  return first < 0x80                    ? 1
         : first >= 0xC2 && first < 0xE0 ? 2
         : first >= 0xE0 && first < 0xF0 ? 3
         : first >= 0xF0 && first < 0xF5 ? 4
                                         : 0;
}

// 0 if all is UTF-8.
int first_line_not_utf8(const std::string& text) {
  int line = 1;
  for (std::size_t i = 0; i < text.size();) {
    const int length = text[i] == '\0' ? 0 : utf8_length(static_cast<unsigned char>(text[i]));
    if (length == 0 || i + static_cast<std::size_t>(length) > text.size()) return line;
    for (int k = 1; k < length; ++k)
      if ((static_cast<unsigned char>(text[i + static_cast<std::size_t>(k)]) & 0xC0) != 0x80) return line;
    line += text[i] == '\n' ? 1 : 0;
    i += static_cast<std::size_t>(length);
  }
  return 0;
}

void check_heading(Reading& reading) {
  const std::vector<std::string>& heading = reading.table.heading;
  std::set<std::string> seen;
  for (const std::string& column : heading)
    if (!column.empty() && !seen.insert(column).second)
      reading.errors.push_back(error_at(reading.table.path, 1, fmt::format("column \"{}\" is there twice", column)));
  if (heading.size() == 1 && heading.front().find_first_of(";\t") != std::string::npos)
    reading.errors.push_back(error_at(reading.table.path, 1, "fields are separated by commas"));
}

void on_field(void* text, std::size_t length, void* data) {
  static_cast<Reading*>(data)->fields.emplace_back(static_cast<const char*>(text), length);
}

void on_row(int /*terminator*/, void* data) {
  Reading& r = *static_cast<Reading*>(data);
  if (r.table.heading.empty()) {
    r.table.heading = r.fields;
  } else if (r.fields.size() != r.table.heading.size()) {
    r.errors.push_back(
        error_at(r.table.path, r.line,
                 fmt::format("{} fields in a table of {} columns", r.fields.size(), r.table.heading.size())));
  } else {
    r.table.rows.push_back(r.fields);
    r.table.lines.push_back(r.line);
  }
  r.fields.clear();
  r.row_line = r.line + 1;
}

}  // namespace

int CsvTable::column(const std::string& name) const {
  const auto is_it = [&](const std::string& column) {
    return std::equal(column.begin(), column.end(), name.begin(), name.end(),
                      [](unsigned char a, unsigned char b) { return std::tolower(a) == std::tolower(b); });
  };
  const auto found = std::find_if(heading.begin(), heading.end(), is_it);
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

Errors missing_columns(const CsvTable& table, std::initializer_list<const char*> needed) {
  Errors errors;
  for (const char* column : needed)
    if (table.column(column) < 0)
      errors.push_back(
          {ErrorCode::kBadInput, fmt::format("{} has no column \"{}\"", table.path, column), {}, 1, {}, {}});
  return errors;
}

Result<CsvTable> load_csv(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  if (!file) return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  if (std::filesystem::is_directory(path))
    return fail(ErrorCode::kIo, fmt::format("cannot read {}: it is a directory", path));
  text << file.rdbuf();
  std::string content = text.str();
  if (content.starts_with(kByteOrderMark)) content.erase(0, kByteOrderMark.size());
  if (const int line = first_line_not_utf8(content); line > 0) return fail(error_at(path, line, "this is not UTF-8"));
  if (!content.empty() && content.back() != '\n') content += '\n';
  Reading reading;
  reading.table.path = path;
  csv_parser parser;
  csv_init(&parser, CSV_APPEND_NULL | CSV_STRICT | CSV_STRICT_FINI);
  // Line by line, so that errors know where they are; a quoted field may go on over lines.
  for (std::size_t begin = 0; begin < content.size(); ++reading.line) {
    const std::size_t end = std::min(content.find('\n', begin), content.size() - 1) + 1;
    const bool is_good =
        csv_parse(&parser, content.data() + begin, end - begin, on_field, on_row, &reading) == end - begin;
    if (!is_good) {
      csv_free(&parser);
      return fail(error_at(path, reading.line, "a quote stands inside a field that does not begin with one"));
    }
    begin = end;
  }
  const bool is_closed = csv_fini(&parser, on_field, on_row, &reading) == 0;
  csv_free(&parser);
  if (!is_closed) return fail(error_at(path, reading.row_line, "a quote of this row is not closed"));
  if (reading.table.heading.empty()) return fail(ErrorCode::kBadInput, fmt::format("{} is empty", path));
  check_heading(reading);
  if (!reading.errors.empty()) return fail(std::move(reading.errors));
  if (reading.table.rows.empty()) return fail(ErrorCode::kBadInput, fmt::format("{} has no rows", path));
  return std::move(reading.table);
}

}  // namespace racktwin
