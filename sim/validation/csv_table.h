// A CSV table with a heading row, as text. csv_table.cpp is the only file that sees libcsv.
#pragma once

#include "sim/result.h"

#include <initializer_list>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

struct CsvTable {
  std::string path;
  std::vector<std::string> heading;
  std::vector<std::vector<std::string>> rows;  // (n_row x n_column)
  std::vector<int> lines;                      // (n_row) in the file

  // The column of a name, however capitals are set; -1 if there is none.
  int column(const std::string& name) const;
};

// One row by column name. Valid as long as its table.
class CsvRow {
 public:
  CsvRow(const CsvTable& table, std::size_t index) : table_(table), index_(index) {}
  const std::string& text(const char* column) const;       // empty if there is no such column
  std::optional<double> number(const char* column) const;  // none if it is not one
  int integer(const char* column, int otherwise) const;

 private:
  const CsvTable& table_;
  std::size_t index_;
};

// An error for each column that is needed and missing.
Errors missing_columns(const CsvTable& table, std::initializer_list<const char*> needed);

// Drops the rows that do not have `value` in a column.
void keep_rows(CsvTable& table, const std::string& column, const std::string& value);

// Commas, quotes as in RFC 4180, UTF-8 with or without a byte order mark. Errors: kIo if the file cannot be read;
// kBadInput for a row with more or fewer fields than the heading, a column that is there twice, a quote that is not
// closed, bytes that are no UTF-8, and a table without rows.
Result<CsvTable> load_csv(const std::string& path);

}  // namespace racktwin
