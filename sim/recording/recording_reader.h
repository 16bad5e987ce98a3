// The state of a RecordingReader, for the files that it is written in: recording_reader.cpp and recording_export.cpp.
#pragma once

#include "sim/recording/recording_database.h"

#include <fmt/format.h>

#include <map>
#include <optional>

namespace racktwin {

namespace recording {
// Of a row (metric, mean, low, high, epoch, time_s).
FrameRow frame_in(const SQLite::Statement& row);
}  // namespace recording

struct RecordingReader::Impl {
  Impl(const std::string& shown_path, const std::string& name, int flags)
      : path(shown_path), database(name, flags, recording::kBusyTimeoutMs) {}

  // A kept statement, which ends (and lets go of its snapshot) when it goes out of scope.
  struct Query {
    explicit Query(SQLite::Statement& kept) : row(kept) {}
    Query(const Query&) = delete;
    Query& operator=(const Query&) = delete;
    ~Query() { row.tryReset(); }
    SQLite::Statement& row;
  };
  Query query(const char* sql) const { return Query(statements.try_emplace(sql, database, sql).first->second); }

  template <class Row, class Convert, class... Values>
  std::vector<Row> rows(const char* sql, Convert convert, const Values&... values) const {
    return read<std::vector<Row>>([&] {
      std::vector<Row> result;
      const Query use = query(sql);
      SQLite::Statement& row = use.row;
      recording::bind_all(row, values...);
      while (row.executeStep()) result.push_back(convert(row));
      return result;
    });
  }

  // What `work` returns, or nothing after an error.
  template <class T, class Work>
  T read(Work work) const {
    try {
      return work();
    } catch (const SQLite::Exception& error) {
      if (!failure) failure = error_of(error);
      return T{};
    }
  }

  Error error_of(const SQLite::Exception& error) const {
    Error result = recording::make_error(
        ErrorCode::kIo, fmt::format("cannot read {}: {}", path, recording::reason_of(error, database.getHandle())));
    const int code = error.getErrorCode();
    if (code == SQLITE_NOTADB) {
      result.code = ErrorCode::kBadInput;
      result.message = fmt::format("{} is no recording ({})", path, error.what());
      result.hint = "racktwin run writes recordings (.racktwin)";
    } else if (code == SQLITE_CORRUPT) {
      result.code = ErrorCode::kBadInput;
      result.message = fmt::format("{} is damaged or cut off ({})", path, error.what());
      result.hint = "copy it again, or run the scenario again";
    }
    return result;
  }

  std::string path;  // as the caller wrote it
  mutable SQLite::Database database;
  mutable std::map<std::string_view, SQLite::Statement> statements;  // by their text; destroyed before the database
  mutable std::optional<Error> failure;
};

}  // namespace racktwin
