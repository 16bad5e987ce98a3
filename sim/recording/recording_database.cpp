#include "sim/recording/recording_database.h"

#include <fmt/format.h>

#include <bit>
#include <cerrno>
#include <filesystem>

namespace racktwin::recording {

namespace fs = std::filesystem;

// BLOBs hold little-endian values and are written as they lie in memory.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(float) == 4 && std::numeric_limits<float>::is_iec559);

const char* const kSchema = R"(
CREATE TABLE run(id INTEGER PRIMARY KEY, key TEXT NOT NULL UNIQUE, value TEXT NOT NULL);
CREATE TABLE component(id INTEGER PRIMARY KEY, path TEXT NOT NULL, kind TEXT NOT NULL, parent INTEGER NOT NULL,
  x_m REAL, y_m REAL, z_m REAL, width_m REAL, depth_m REAL, height_m REAL);
CREATE TABLE metric(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, unit TEXT NOT NULL,
  description TEXT NOT NULL, computed_by TEXT NOT NULL, low REAL, high REAL, evidence TEXT NOT NULL,
  source TEXT NOT NULL);
CREATE TABLE metric_limit(id INTEGER PRIMARY KEY, metric INTEGER NOT NULL, name TEXT NOT NULL, value REAL,
  evidence TEXT NOT NULL, source TEXT NOT NULL);
CREATE TABLE epoch(id INTEGER PRIMARY KEY, time_s REAL NOT NULL);
CREATE TABLE membership(epoch INTEGER NOT NULL, kind TEXT NOT NULL, class_of_component BLOB NOT NULL,
  PRIMARY KEY(epoch, kind));
CREATE TABLE activity(id INTEGER PRIMARY KEY, epoch INTEGER NOT NULL, class INTEGER NOT NULL, kind TEXT NOT NULL,
  start_s REAL, end_s REAL);
CREATE TABLE waveform(id INTEGER PRIMARY KEY, time_s REAL NOT NULL, channel TEXT NOT NULL, unit TEXT NOT NULL,
  period_s REAL NOT NULL, mean BLOB NOT NULL);
CREATE TABLE frame(epoch INTEGER NOT NULL, time_s REAL NOT NULL, metric INTEGER NOT NULL, mean BLOB NOT NULL,
  low BLOB NOT NULL, high BLOB NOT NULL, PRIMARY KEY(time_s, metric)) WITHOUT ROWID;
CREATE TABLE rack_series(time_s REAL NOT NULL, rack_class INTEGER NOT NULL, metric TEXT NOT NULL, value REAL,
  PRIMARY KEY(time_s, rack_class, metric)) WITHOUT ROWID;
CREATE TABLE site_series(time_s REAL NOT NULL, metric TEXT NOT NULL, value REAL,
  PRIMARY KEY(time_s, metric)) WITHOUT ROWID;
CREATE TABLE event(id INTEGER PRIMARY KEY, time_s REAL, path TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL,
  metric TEXT, value REAL, limit_value REAL, count INTEGER NOT NULL, gpus_behind INTEGER NOT NULL,
  gpus_lost INTEGER NOT NULL, key TEXT NOT NULL, setting REAL);
CREATE TABLE summary(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, value REAL, text TEXT NOT NULL,
  unit TEXT NOT NULL, evidence TEXT NOT NULL);
CREATE TABLE uncertain_input(id INTEGER PRIMARY KEY, entry TEXT NOT NULL, key TEXT NOT NULL, unit TEXT NOT NULL,
  nominal REAL, low REAL, high REAL, evidence TEXT NOT NULL, source TEXT NOT NULL, samples BLOB NOT NULL);
CREATE TABLE uncertain_figure(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, samples BLOB NOT NULL);
CREATE TABLE uncertain_sample(id INTEGER PRIMARY KEY, has_failed INTEGER NOT NULL, what TEXT NOT NULL);
)";

std::string database_name(const std::string& path) { return fs::absolute(path).string(); }

std::string errno_text(int number) { return std::strerror(number); }

std::string reason_of(const SQLite::Exception& error, sqlite3* handle) {
  const int code = error.getErrorCode();
  const bool is_io = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
  const int system_error = is_io && handle != nullptr ? sqlite3_system_errno(handle) : 0;
  if (code == SQLITE_FULL || system_error == ENOSPC) return fmt::format("disk full ({})", error.what());
  if (error.getExtendedErrorCode() == SQLITE_IOERR_WRITE) {
    return fmt::format("the file may not grow further: quota or size limit ({})", error.what());
  }
  if (system_error != 0) return fmt::format("{} ({})", errno_text(system_error), error.what());
  return error.what();
}

Error make_error(ErrorCode code, std::string message, std::string hint) {
  return Error{code, std::move(message), {}, 1, std::move(hint), {}};
}

Error errno_error(std::string_view verb, const std::string& path, int number) {
  return make_error(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, errno_text(number)),
                    number == EEXIST ? "--force replaces it" : "");
}

std::string wal_of(const std::string& path) { return path + "-wal"; }

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

int integer_pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

int leave_wal_mode(const std::string& path) {
  try {
    SQLite::Database database(database_name(path), SQLite::OPEN_READWRITE);
    if (integer_pragma(database, "application_id") == kApplicationId) database.exec("PRAGMA journal_mode=DELETE");
    return SQLITE_OK;
  } catch (const SQLite::Exception& error) {
    return error.getErrorCode();
  }
}

double number_in(const SQLite::Statement& row, int column) {
  const SQLite::Column value = row.getColumn(column);
  return value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
}

std::string text_in(const SQLite::Statement& row, int column) { return row.getColumn(column).getString(); }

}  // namespace racktwin::recording
