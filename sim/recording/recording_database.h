// What writer and reader of a recording share: the schema, rows <-> SQLite statements, the reasons of errors.
//
// Only sim/recording/recording_* include it, and so see SQLite. Thread rule: pure functions.
#pragma once

#include "sim/recording/recording.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <sqlite3.h>

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin::recording {

inline constexpr int kApplicationId = 0x5254574E;  // "RTWN" in the file's header; see README.md
inline constexpr int kBusyTimeoutMs = 2000;        // the longest that another process may hold a lock
extern const char* const kSchema;

// SQLite takes ":memory:" and "file:..." for something else than a file's name.
std::string database_name(const std::string& path);
// The write-ahead log of a recording, in which its writer also holds a lock (see WriterLock).
std::string wal_of(const std::string& path);
std::uintmax_t size_of(const std::string& path);  // [bytes] 0: there is no such file

std::string errno_text(int number);
std::string reason_of(const SQLite::Exception& error, sqlite3* handle);
Error make_error(ErrorCode code, std::string message, std::string hint = {});
Error errno_error(std::string_view verb, const std::string& path, int number);

int integer_pragma(SQLite::Database& database, const char* name);
// Makes a recording that stayed in WAL mode one plain file: SQLITE_OK, or SQLITE_BUSY if another connection has it
// open.
int leave_wal_mode(const std::string& path);

// SQLite stores NaN as NULL. Text and BLOBs must outlive the statement's execution.
inline void bind_value(SQLite::Statement& statement, int index, double value) {
  if (std::isnan(value)) {
    statement.bind(index);
  } else {
    statement.bind(index, value);
  }
}
inline void bind_value(SQLite::Statement& statement, int index, int value) { statement.bind(index, value); }
inline void bind_value(SQLite::Statement& statement, int index, const std::string& text) {
  statement.bindNoCopy(index, text);
}
inline void bind_value(SQLite::Statement& statement, int index, std::string_view text) {
  statement.bind(index, std::string(text));
}
template <class T>
void bind_value(SQLite::Statement& statement, int index, const std::vector<T>& values) {
  const void* data = values.empty() ? static_cast<const void*>("") : values.data();  // a null pointer would be NULL
  statement.bindNoCopy(index, data, static_cast<int>(values.size() * sizeof(T)));
}

template <class... Values>
void bind_all(SQLite::Statement& statement, const Values&... values) {
  int index = 0;
  (bind_value(statement, ++index, values), ...);
}

template <class... Values>
void execute(SQLite::Statement& statement, const Values&... values) {
  bind_all(statement, values...);
  statement.exec();
  statement.reset();
}

double number_in(const SQLite::Statement& row, int column);  // NaN: NULL
std::string text_in(const SQLite::Statement& row, int column);

template <class T>
std::vector<T> values_in(const SQLite::Statement& row, int column) {
  const SQLite::Column blob = row.getColumn(column);
  const auto size = static_cast<std::size_t>(blob.getBytes());
  if (size % sizeof(T) != 0)
    throw SQLite::Exception("a list of " + std::to_string(size) + " bytes is cut off", SQLITE_CORRUPT);
  std::vector<T> values(size / sizeof(T));
  if (size > 0) std::memcpy(values.data(), blob.getBlob(), size);
  return values;
}

}  // namespace racktwin::recording
