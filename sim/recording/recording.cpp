#include "sim/recording/recording.h"

#include "sim/check.h"
#include "sim/quantity.h"

#include <SQLiteCpp/SQLiteCpp.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <type_traits>

namespace racktwin {

namespace fs = std::filesystem;

// BLOBs hold little-endian values and are written as they lie in memory.
static_assert(std::endian::native == std::endian::little);
static_assert(sizeof(float) == 4 && std::numeric_limits<float>::is_iec559);

namespace {

constexpr int kApplicationId = 0x5254574E;         // "RTWN" in the file's header; see README.md
constexpr std::uintmax_t kSmallestPageSize = 512;  // source: sqlite.org/fileformat2.html, section 1.3.2
constexpr int kBusyTimeoutMs = 2000;               // the longest that another process may hold a lock

constexpr const char* kSchema = R"(
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
CREATE TABLE frame(epoch INTEGER NOT NULL, time_s REAL NOT NULL, metric INTEGER NOT NULL, mean BLOB NOT NULL,
  low BLOB NOT NULL, high BLOB NOT NULL, PRIMARY KEY(time_s, metric)) WITHOUT ROWID;
CREATE TABLE rack_series(time_s REAL NOT NULL, rack_class INTEGER NOT NULL, metric TEXT NOT NULL, value REAL,
  PRIMARY KEY(time_s, rack_class, metric)) WITHOUT ROWID;
CREATE TABLE site_series(time_s REAL NOT NULL, metric TEXT NOT NULL, value REAL,
  PRIMARY KEY(time_s, metric)) WITHOUT ROWID;
CREATE TABLE event(id INTEGER PRIMARY KEY, time_s REAL, path TEXT NOT NULL, what TEXT NOT NULL, by TEXT NOT NULL);
CREATE TABLE summary(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, value REAL, text TEXT NOT NULL,
  unit TEXT NOT NULL, evidence TEXT NOT NULL);
)";

// SQLite takes ":memory:" and "file:..." for something else than a file's name.
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

Error make_error(ErrorCode code, std::string message, std::string hint = {}) {
  return Error{code, std::move(message), {}, 1, std::move(hint), {}};
}

Error errno_error(std::string_view verb, const std::string& path, int number) {
  return make_error(ErrorCode::kIo, fmt::format("cannot {} {}: {}", verb, path, errno_text(number)),
                    number == EEXIST ? "--force replaces it" : "");
}

// The files that belong to a recording besides itself.
std::vector<std::string> companions_of(const std::string& path) {
  return {path + "-wal", path + "-shm", path + "-journal"};
}

// SQLite stores NaN as NULL. Text and BLOBs must outlive the statement's execution.
void bind_value(SQLite::Statement& statement, int index, double value) {
  if (std::isnan(value)) {
    statement.bind(index);
  } else {
    statement.bind(index, value);
  }
}
void bind_value(SQLite::Statement& statement, int index, int value) { statement.bind(index, value); }
void bind_value(SQLite::Statement& statement, int index, const std::string& text) { statement.bindNoCopy(index, text); }
void bind_value(SQLite::Statement& statement, int index, std::string_view text) {
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

double number_in(const SQLite::Statement& row, int column) {
  const SQLite::Column value = row.getColumn(column);
  return value.isNull() ? std::numeric_limits<double>::quiet_NaN() : value.getDouble();
}

std::string text_in(const SQLite::Statement& row, int column) { return row.getColumn(column).getString(); }

template <class T>
std::vector<T> values_in(const SQLite::Statement& row, int column) {
  const SQLite::Column blob = row.getColumn(column);
  const auto size = static_cast<std::size_t>(blob.getBytes());
  if (size % sizeof(T) != 0)
    throw SQLite::Exception(fmt::format("a list of {} bytes is cut off", size), SQLITE_CORRUPT);
  std::vector<T> values(size / sizeof(T));
  if (size > 0) std::memcpy(values.data(), blob.getBlob(), size);
  return values;
}

// Of a row (metric, mean, low, high, epoch, time_s).
FrameRow frame_in(const SQLite::Statement& row) {
  FrameRow frame = {row.getColumn(0).getInt(), values_in<float>(row, 1),  values_in<float>(row, 2),
                    values_in<float>(row, 3),  row.getColumn(4).getInt(), number_in(row, 5)};
  if (frame.low.size() != frame.mean.size() || frame.high.size() != frame.mean.size())
    throw SQLite::Exception("a frame with lists of different lengths", SQLITE_CORRUPT);
  return frame;
}

UnitKind unit_kind_of(const std::string& word) {
  for (const UnitKind kind :
       {UnitKind::kGpu, UnitKind::kTray, UnitKind::kRack, UnitKind::kPump, UnitKind::kLeaf, UnitKind::kSite}) {
    if (unit_kind_word(kind) == word) return kind;
  }
  throw SQLite::Exception(fmt::format("unknown kind \"{}\" of a metric", word), SQLITE_CORRUPT);
}

int integer_pragma(SQLite::Database& database, const char* name) {
  return database.execAndGet(fmt::format("PRAGMA {}", name)).getInt();
}

}  // namespace

std::string_view unit_kind_word(UnitKind kind) {
  switch (kind) {
    case UnitKind::kGpu:
      return "gpu";
    case UnitKind::kTray:
      return "tray";
    case UnitKind::kRack:
      return "rack";
    case UnitKind::kPump:
      return "pump";
    case UnitKind::kLeaf:
      return "leaf";
    case UnitKind::kSite:
      return "site";
  }
  RT_CHECK(false);
}

// ---- writer

struct RecordingWriter::Impl {
  explicit Impl(const std::string& shown_path)
      : path(shown_path), database(database_name(shown_path), SQLite::OPEN_READWRITE, kBusyTimeoutMs) {
    database.exec("BEGIN IMMEDIATE");
    database.exec(kSchema);
    database.exec(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kRecordingFormat));
    database.exec("COMMIT");
    database.exec("PRAGMA synchronous=NORMAL");
    const std::string mode = database.execAndGet("PRAGMA journal_mode=WAL").getString();
    if (mode != "wal") throw SQLite::Exception("no shared memory on this file system", SQLITE_CANTOPEN);
    database.execAndGet("SELECT count(*) FROM run");  // from now on nobody else can leave WAL mode
    statements.emplace(database);
  }

  // Runs `work` in the open transaction, or in a new one. The first error rolls back and stays.
  template <class Work>
  Result<void> write(Work work) {
    if (failure) return fail(*failure);
    try {
      if (!is_in_transaction()) execute(statements->begin);
      work(*statements);
      return {};
    } catch (const SQLite::Exception& error) {
      failure = error_of(error);
      if (is_in_transaction()) database.tryExec("ROLLBACK");
      return fail(*failure);
    }
  }

  Error error_of(const SQLite::Exception& error) {
    const std::string kept = std::isnan(committed_s) ? "nothing of the run was committed before"
                                                     : fmt::format("what was committed until {} is kept",
                                                                   format_quantity(committed_s, Dimension::kTime));
    Error result = make_error(
        ErrorCode::kIo, fmt::format("cannot write {}: {}; {}", path, reason_of(error, database.getHandle()), kept));
    if (error.getErrorCode() == SQLITE_CONSTRAINT) result.code = ErrorCode::kInternal;  // the same row twice
    return result;
  }

  bool is_in_transaction() const { return sqlite3_get_autocommit(database.getHandle()) == 0; }

  struct Statements {
    explicit Statements(SQLite::Database& database)
        : begin(database, "BEGIN IMMEDIATE"),
          commit(database, "COMMIT"),
          run(database, "INSERT INTO run(key, value) VALUES(?,?) ON CONFLICT(key) DO UPDATE SET value=excluded.value"),
          component(database, "INSERT INTO component VALUES(?,?,?,?,?,?,?,?,?,?)"),
          metric(database, "INSERT INTO metric VALUES(?,?,?,?,?,?,?,?,?,?)"),
          limit(database, "INSERT INTO metric_limit(metric, name, value, evidence, source) VALUES(?,?,?,?,?)"),
          epoch(database, "INSERT INTO epoch VALUES(?,?)"),
          membership(database, "INSERT INTO membership VALUES(?,?,?)"),
          activity(database, "INSERT INTO activity(epoch, class, kind, start_s, end_s) VALUES(?,?,?,?,?)"),
          frame(database, "INSERT INTO frame VALUES(?,?,?,?,?,?)"),
          rack_series(database, "INSERT INTO rack_series VALUES(?,?,?,?)"),
          site_series(database, "INSERT INTO site_series VALUES(?,?,?)"),
          event(database, "INSERT INTO event(time_s, path, what, by) VALUES(?,?,?,?)"),
          summary(
              database,
              "INSERT INTO summary(name, value, text, unit, evidence) VALUES(?,?,?,?,?) ON CONFLICT(name) DO UPDATE "
              "SET value=excluded.value, text=excluded.text, unit=excluded.unit, evidence=excluded.evidence") {}
    SQLite::Statement begin, commit, run, component, metric, limit, epoch, membership, activity, frame, rack_series,
        site_series, event, summary;
  };

  std::string path;  // as the caller wrote it
  SQLite::Database database;
  std::optional<Statements> statements;  // destroyed before the database
  std::optional<Error> failure;
  double appended_s = std::numeric_limits<double>::quiet_NaN();   // time of the last frame or series row
  double committed_s = std::numeric_limits<double>::quiet_NaN();  // the same in the last commit
};

RecordingWriter::RecordingWriter() = default;
RecordingWriter::RecordingWriter(RecordingWriter&&) noexcept = default;
RecordingWriter& RecordingWriter::operator=(RecordingWriter&&) noexcept = default;
RecordingWriter::~RecordingWriter() = default;

namespace {

// Makes a recording that stayed in WAL mode one plain file: SQLITE_OK, or SQLITE_BUSY if another connection has it
// open.
int leave_wal_mode(const std::string& path) {
  try {
    SQLite::Database database(database_name(path), SQLite::OPEN_READWRITE);
    if (integer_pragma(database, "application_id") == kApplicationId) database.exec("PRAGMA journal_mode=DELETE");
    return SQLITE_OK;
  } catch (const SQLite::Exception& error) {
    return error.getErrorCode();
  }
}

Result<void> remove_recording(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) {
    return fail(ErrorCode::kIo, fmt::format("cannot replace {}: it is not a regular file", path));
  }
  // Closing it later, the other program would remove the new file's WAL, which has the same name.
  if (leave_wal_mode(path) == SQLITE_BUSY) {
    return fail(ErrorCode::kIo, fmt::format("cannot replace {}: another program has it open", path));
  }
  if (!fs::remove(path, error) && error) {
    return fail(ErrorCode::kIo, fmt::format("cannot replace {}: {}", path, error.message()));
  }
  return {};
}

// An empty file of our own, or why not.
Result<void> claim_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
  if (file < 0) {
    return fail(errno_error("create", path, errno));
  }
  ::close(file);
  return {};
}

}  // namespace

Result<RecordingWriter> RecordingWriter::create(const std::string& path, bool force) {
  std::error_code ignored;
  if (force && fs::exists(path, ignored)) {
    if (auto removed = remove_recording(path); !removed) return fail(removed.error());
  }
  if (auto claimed = claim_file(path); !claimed) return fail(claimed.error());
  for (const std::string& companion : companions_of(path)) fs::remove(companion, ignored);  // of a file that is gone
  try {
    RecordingWriter writer;
    writer.impl_ = std::make_unique<Impl>(path);
    return writer;
  } catch (const SQLite::Exception& error) {
    fs::remove(path, ignored);
    for (const std::string& companion : companions_of(path)) fs::remove(companion, ignored);
    return fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", path, reason_of(error, nullptr)));
  }
}

Result<void> RecordingWriter::put_run(const std::vector<std::pair<std::string, std::string>>& values) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const auto& [key, value] : values) execute(statements.run, key, value);
  });
}

Result<void> RecordingWriter::put_components(const std::vector<ComponentRow>& components) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const ComponentRow& row : components) {
      execute(statements.component, row.id, row.path, row.kind, row.parent, row.x_m, row.y_m, row.z_m, row.width_m,
              row.depth_m, row.height_m);
    }
  });
}

Result<void> RecordingWriter::put_metrics(const std::vector<MetricRow>& metrics) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const MetricRow& row : metrics) {
      execute(statements.metric, row.id, row.name, unit_kind_word(row.kind), row.unit, row.description, row.computed_by,
              row.low, row.high, row.evidence, row.source);
    }
  });
}

Result<void> RecordingWriter::put_limits(const std::vector<LimitRow>& limits) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const LimitRow& row : limits)
      execute(statements.limit, row.metric, row.name, row.value, row.evidence, row.source);
  });
}

Result<void> RecordingWriter::put_epoch(int epoch, double time_s) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) { execute(statements.epoch, epoch, time_s); });
}

Result<void> RecordingWriter::put_membership(int epoch, UnitKind kind, const std::vector<std::uint32_t>& class_of) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) { execute(statements.membership, epoch, unit_kind_word(kind), class_of); });
}

Result<void> RecordingWriter::put_activities(int epoch, const std::vector<ActivityRow>& activities) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const ActivityRow& row : activities) {
      execute(statements.activity, epoch, row.gpu_class, row.kind, row.start_s, row.end_s);
    }
  });
}

Result<void> RecordingWriter::append_frame(int epoch, double time_s, const std::vector<FrameRow>& values) {
  RT_CHECK(impl_);
  impl_->appended_s = time_s;
  return impl_->write([&](auto& statements) {
    for (const FrameRow& row : values) {
      execute(statements.frame, epoch, time_s, row.metric, row.mean, row.low, row.high);
    }
  });
}

Result<void> RecordingWriter::append_rack_series(double time_s, int rack_class, const std::vector<SeriesRow>& values) {
  RT_CHECK(impl_);
  impl_->appended_s = time_s;
  return impl_->write([&](auto& statements) {
    for (const SeriesRow& row : values) execute(statements.rack_series, time_s, rack_class, row.metric, row.value);
  });
}

Result<void> RecordingWriter::append_site_series(double time_s, const std::vector<SeriesRow>& values) {
  RT_CHECK(impl_);
  impl_->appended_s = time_s;
  return impl_->write([&](auto& statements) {
    for (const SeriesRow& row : values) execute(statements.site_series, time_s, row.metric, row.value);
  });
}

Result<void> RecordingWriter::append_event(const EventRow& event) {
  RT_CHECK(impl_);
  return impl_->write(
      [&](auto& statements) { execute(statements.event, event.time_s, event.path, event.what, event.by); });
}

Result<void> RecordingWriter::put_summary(const std::vector<SummaryRow>& rows) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const SummaryRow& row : rows)
      execute(statements.summary, row.name, row.value, row.text, row.unit, row.evidence);
  });
}

Result<void> RecordingWriter::commit() {
  RT_CHECK(impl_);
  auto committed = impl_->write([&](auto& statements) { execute(statements.commit); });
  if (committed) impl_->committed_s = impl_->appended_s;
  return committed;
}

Result<void> RecordingWriter::close() {
  RT_CHECK(impl_);
  const std::unique_ptr<Impl> impl = std::move(impl_);
  auto closed = impl->write([&](auto& statements) {
    execute(statements.run, std::string("finished"), std::string("1"));
    execute(statements.commit);
  });
  if (!closed) return closed;
  impl->committed_s = impl->appended_s;
  impl->statements.reset();
  try {
    impl->database.exec("PRAGMA wal_checkpoint(TRUNCATE)");
    impl->database.exec("PRAGMA journal_mode=DELETE");
  } catch (const SQLite::Exception& error) {
    // A reader that has the file open keeps it in WAL mode: it is complete all the same.
    if (error.getErrorCode() != SQLITE_BUSY && error.getErrorCode() != SQLITE_LOCKED)
      return fail(impl->error_of(error));
  }
  return {};
}

// ---- reader

namespace {

// 64-bit FNV-1a. source: draft-eastlake-fnv, section 5
class Fnv1a {
 public:
  void add(const void* data, std::size_t size) {
    const auto* bytes = static_cast<const unsigned char*>(data);
    for (std::size_t i = 0; i < size; ++i) hash_ = (hash_ ^ bytes[i]) * 0x100000001b3U;
  }
  // Type, length and content, so that neighbours cannot trade bytes.
  void add(const SQLite::Column& value) {
    const int type = value.getType();
    add(&type, sizeof type);
    if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
      const double number = value.getDouble();
      add(&number, sizeof number);
    } else if (type != SQLITE_NULL) {
      const void* data = value.getBlob();
      const int size = value.getBytes();
      add(&size, sizeof size);
      add(data, static_cast<std::size_t>(size));
    }
  }
  std::uint64_t value() const { return hash_; }

 private:
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

// source: RFC 4180, section 2
std::string csv_field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string csv_field(double value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); }

// A file that is removed again unless it could be written to its end.
class CsvFile {
 public:
  CsvFile(std::string path, bool force)
      : path_(std::move(path)), file_(std::fopen(path_.c_str(), force ? "we" : "wxe")) {
    if (file_ == nullptr) error_ = errno;
  }
  CsvFile(const CsvFile&) = delete;
  CsvFile& operator=(const CsvFile&) = delete;
  ~CsvFile() {
    if (file_ == nullptr) return;
    std::fclose(file_);
    ::unlink(path_.c_str());
  }

  void write_line(const std::vector<std::string>& fields) {
    if (error_ != 0) return;
    const std::string line = fmt::format("{}\n", fmt::join(fields, ","));
    if (std::fwrite(line.data(), 1, line.size(), file_) != line.size()) error_ = errno;
  }

  Result<void> finish() {
    if (error_ == 0) {
      if (std::fclose(std::exchange(file_, nullptr)) == 0) return {};
      error_ = errno;
      ::unlink(path_.c_str());
    }
    return fail(errno_error("write", path_, error_));
  }

 private:
  std::string path_;
  std::FILE* file_ = nullptr;
  int error_ = 0;
};

// "/a b?.racktwin" -> "file:/a%20b%3f.racktwin?immutable=1": read the file alone and lock nothing.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : database_name(path)) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("/-_.~", c) != nullptr;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
}

std::uintmax_t size_of(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(path, error);
  return error ? 0 : size;
}

Result<void> check_header(SQLite::Database& database, const std::string& path) {
  if (integer_pragma(database, "application_id") != kApplicationId) {
    return fail(make_error(ErrorCode::kBadInput, fmt::format("{} is a database, but no recording", path),
                           "racktwin run writes recordings (.racktwin)"));
  }
  if (const int format = integer_pragma(database, "user_version"); format != kRecordingFormat) {
    return fail(make_error(
        ErrorCode::kBadInput,
        fmt::format("{} has recording format {}, this racktwin reads format {}", path, format, kRecordingFormat),
        format > kRecordingFormat ? "read it with a newer racktwin" : "run the scenario again"));
  }
  // While there is a WAL, pages may be in it and not yet in the file.
  const auto expected_size = static_cast<std::uintmax_t>(integer_pragma(database, "page_count")) *
                             static_cast<std::uintmax_t>(integer_pragma(database, "page_size"));
  if (size_of(path + "-wal") == 0 && size_of(path) < expected_size) {
    return fail(make_error(ErrorCode::kBadInput,
                           fmt::format("{} is cut off: it has {} of {} bytes", path, size_of(path), expected_size),
                           "copy it again, or run the scenario again"));
  }
  return {};
}

Result<void> check_is_file(const std::string& path) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (!fs::exists(status)) {
    return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, error ? error.message() : errno_text(ENOENT)));
  }
  if (!fs::is_regular_file(status)) {
    return fail(ErrorCode::kBadInput, fmt::format("{} is no recording: it is not a regular file", path));
  }
  if (const std::uintmax_t size = size_of(path); size < kSmallestPageSize) {
    return fail(make_error(ErrorCode::kBadInput,
                           fmt::format("{} is no recording: the file {}", path,
                                       size == 0 ? "is empty" : fmt::format("has only {} bytes", size)),
                           "racktwin run writes recordings (.racktwin)"));
  }
  return {};
}

}  // namespace

struct RecordingReader::Impl {
  Impl(const std::string& shown_path, const std::string& name, int flags)
      : path(shown_path), database(name, flags, kBusyTimeoutMs) {}

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
      bind_all(row, values...);
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
    Error result =
        make_error(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, reason_of(error, database.getHandle())));
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

  Result<void> export_series(const std::string& file_path, const char* table, bool per_rack, bool force) const;
  Result<void> export_events(const std::string& file_path, bool force) const;

  std::string path;  // as the caller wrote it
  mutable SQLite::Database database;
  mutable std::map<std::string_view, SQLite::Statement> statements;  // by their text; destroyed before the database
  mutable std::optional<Error> failure;
};

RecordingReader::RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

RecordingReader::~RecordingReader() {
  if (!impl_) return;
  // The writer could not leave WAL mode because of this reader, which is now the one to do it. Where it may not (other
  // readers, a read-only medium) the empty WAL stays, which does no harm.
  const std::string path = impl_->path;
  std::error_code error;
  const bool has_empty_wal = fs::exists(path + "-wal", error) && size_of(path + "-wal") == 0;
  if (!has_empty_wal || !is_complete()) return;
  impl_.reset();
  leave_wal_mode(path);
}

Result<RecordingReader> RecordingReader::open(const std::string& path) {
  if (auto checked = check_is_file(path); !checked) return fail(checked.error());
  RecordingReader reader;
  const auto check = [&](const std::string& name, int flags) -> Result<void> {
    try {
      reader.impl_ = std::make_unique<Impl>(path, name, flags);
      return check_header(reader.impl_->database, path);
    } catch (const SQLite::Exception& error) {
      if (!reader.impl_) return fail(ErrorCode::kIo, fmt::format("cannot read {}: {}", path, error.what()));
      return fail(reader.impl_->error_of(error));
    }
  };
  auto checked = check(database_name(path), SQLite::OPEN_READONLY);
  // On a read-only medium a file that stayed in WAL mode has no place for its -shm; it needs none if its WAL is empty.
  const bool is_unreadable = !checked && checked.error().front().code == ErrorCode::kIo;
  if (is_unreadable && size_of(path + "-wal") == 0) {
    checked = check(immutable_uri(path), SQLite::OPEN_READONLY | SQLite::OPEN_URI);
  }
  if (!checked) return fail(checked.error());
  return reader;
}

Result<void> RecordingReader::status() const {
  if (impl_->failure) return fail(*impl_->failure);
  return {};
}

std::optional<std::string> RecordingReader::run_value(const std::string& key) const {
  const auto values = impl_->rows<std::string>(
      "SELECT value FROM run WHERE key=?", [](const auto& row) { return text_in(row, 0); }, key);
  if (values.empty()) return std::nullopt;
  return values.front();
}

std::vector<std::pair<std::string, std::string>> RecordingReader::run_values() const {
  return impl_->rows<std::pair<std::string, std::string>>(
      "SELECT key, value FROM run ORDER BY id",
      [](const auto& row) { return std::pair(text_in(row, 0), text_in(row, 1)); });
}

std::vector<MetricRow> RecordingReader::metrics() const {
  return impl_->rows<MetricRow>(
      "SELECT id, name, kind, unit, description, computed_by, low, high, evidence, source FROM metric ORDER BY id",
      [](const auto& row) {
        return MetricRow{row.getColumn(0).getInt(),
                         text_in(row, 1),
                         unit_kind_of(text_in(row, 2)),
                         text_in(row, 3),
                         text_in(row, 4),
                         text_in(row, 5),
                         number_in(row, 6),
                         number_in(row, 7),
                         text_in(row, 8),
                         text_in(row, 9)};
      });
}

std::vector<LimitRow> RecordingReader::limits() const {
  return impl_->rows<
      LimitRow>("SELECT metric, name, value, evidence, source FROM metric_limit ORDER BY id", [](const auto& row) {
    return LimitRow{row.getColumn(0).getInt(), text_in(row, 1), number_in(row, 2), text_in(row, 3), text_in(row, 4)};
  });
}

std::vector<ComponentRow> RecordingReader::components() const {
  return impl_->rows<ComponentRow>(
      "SELECT id, path, kind, parent, x_m, y_m, z_m, width_m, depth_m, height_m FROM component ORDER BY id",
      [](const auto& row) {
        return ComponentRow{row.getColumn(0).getInt(), text_in(row, 1),   text_in(row, 2),   row.getColumn(3).getInt(),
                            number_in(row, 4),         number_in(row, 5), number_in(row, 6), number_in(row, 7),
                            number_in(row, 8),         number_in(row, 9)};
      });
}

std::vector<EpochRow> RecordingReader::epochs() const {
  return impl_->rows<EpochRow>("SELECT id, time_s FROM epoch ORDER BY id", [](const auto& row) {
    return EpochRow{row.getColumn(0).getInt(), number_in(row, 1)};
  });
}

std::vector<std::uint32_t> RecordingReader::membership(int epoch, UnitKind kind) const {
  auto lists = impl_->rows<std::vector<std::uint32_t>>(
      "SELECT class_of_component FROM membership WHERE epoch=? AND kind=?",
      [](const auto& row) { return values_in<std::uint32_t>(row, 0); }, epoch, unit_kind_word(kind));
  return lists.empty() ? std::vector<std::uint32_t>{} : std::move(lists.front());
}

std::vector<ActivityRow> RecordingReader::activities(int epoch) const {
  return impl_->rows<ActivityRow>(
      "SELECT class, kind, start_s, end_s FROM activity WHERE epoch=? ORDER BY id",
      [](const auto& row) {
        return ActivityRow{row.getColumn(0).getInt(), text_in(row, 1), number_in(row, 2), number_in(row, 3)};
      },
      epoch);
}

std::vector<double> RecordingReader::frame_times(double after_s) const {
  // One look-up per time in the primary key instead of a scan of all values.
  return impl_->rows<double>(
      "WITH RECURSIVE times(t) AS (SELECT min(time_s) FROM frame WHERE time_s > ? UNION ALL "
      "SELECT (SELECT min(time_s) FROM frame WHERE time_s > t) FROM times WHERE t IS NOT NULL) "
      "SELECT t FROM times WHERE t IS NOT NULL",
      [](const auto& row) { return number_in(row, 0); }, after_s);
}

std::optional<FrameRow> RecordingReader::frame(int metric, double time_s) const {
  auto frames = impl_->rows<FrameRow>(
      "SELECT metric, mean, low, high, epoch, time_s FROM frame WHERE metric=? AND time_s<=? "
      "ORDER BY time_s DESC LIMIT 1",
      frame_in, metric, time_s);
  if (frames.empty()) return std::nullopt;
  return std::move(frames.front());
}

std::vector<FrameRow> RecordingReader::frame_at(double time_s) const {
  return impl_->rows<FrameRow>(
      "SELECT metric, mean, low, high, epoch, time_s FROM frame WHERE time_s=? ORDER BY metric", frame_in, time_s);
}

std::vector<FrameRow> RecordingReader::frames(int metric, double from_s, double to_s) const {
  return impl_->rows<FrameRow>(
      "SELECT metric, mean, low, high, epoch, time_s FROM frame WHERE metric=? AND time_s>? AND time_s<=? "
      "ORDER BY time_s",
      frame_in, metric, from_s, to_s);
}

std::vector<EventRow> RecordingReader::events(std::size_t skip) const {
  // Ids count from 1 without a gap: rows are only ever appended.
  return impl_->rows<EventRow>(
      "SELECT time_s, path, what, by FROM event WHERE id>? ORDER BY id",
      [](const auto& row) {
        return EventRow{number_in(row, 0), text_in(row, 1), text_in(row, 2), text_in(row, 3)};
      },
      static_cast<double>(skip));
}

int RecordingReader::change_counter() const {
  return impl_->read<int>([&] {
    const Impl::Query use = impl_->query("PRAGMA data_version");
    use.row.executeStep();
    return use.row.getColumn(0).getInt();
  });
}

std::vector<SummaryRow> RecordingReader::summary() const {
  return impl_->rows<SummaryRow>(
      "SELECT name, value, text, unit, evidence FROM summary ORDER BY id", [](const auto& row) {
        return SummaryRow{text_in(row, 0), number_in(row, 1), text_in(row, 2), text_in(row, 3), text_in(row, 4)};
      });
}

bool RecordingReader::is_complete() const { return run_value("finished") == "1"; }

// One line per time (and class), one column per metric: those of the metric table in its order, then others by name.
Result<void> RecordingReader::Impl::export_series(const std::string& file_path, const char* table, bool per_rack,
                                                  bool force) const {
  CsvFile file(file_path, force);
  std::vector<std::string> line = {"time_s"};
  if (per_rack) line.emplace_back("rack_class");
  const std::size_t n_key = line.size();
  std::map<std::string, std::size_t> column_of;
  SQLite::Statement metrics(database,
                            fmt::format("SELECT s.name, metric.unit FROM (SELECT DISTINCT metric AS name FROM "
                                        "{}) s LEFT JOIN metric ON metric.name = s.name "
                                        "ORDER BY metric.id IS NULL, metric.id, s.name",
                                        table));
  while (metrics.executeStep()) {
    const std::string name = text_in(metrics, 0);
    column_of[name] = line.size();
    line.push_back(csv_field(metrics.getColumn(1).isNull() ? name : fmt::format("{} [{}]", name, text_in(metrics, 1))));
  }
  SQLite::Statement row(database, fmt::format("SELECT time_s, {}, metric, value FROM {} ORDER BY 1, 2, 3",
                                              per_rack ? "rack_class" : "0", table));
  double time_s = std::numeric_limits<double>::quiet_NaN();
  int rack_class = 0;
  while (row.executeStep()) {
    const double row_time_s = number_in(row, 0);
    const int row_class = row.getColumn(1).getInt();
    if (row_time_s != time_s || row_class != rack_class) {
      file.write_line(line);  // the heading, or the line before
      line.assign(line.size(), "");
      line[0] = csv_field(row_time_s);
      if (per_rack) line[n_key - 1] = fmt::format("{}", row_class);
      time_s = row_time_s;
      rack_class = row_class;
    }
    line[column_of.at(text_in(row, 2))] = csv_field(number_in(row, 3));
  }
  file.write_line(line);
  return file.finish();
}

Result<void> RecordingReader::Impl::export_events(const std::string& file_path, bool force) const {
  CsvFile file(file_path, force);
  file.write_line({"time_s", "path", "what", "by"});
  SQLite::Statement row(database, "SELECT time_s, path, what, by FROM event ORDER BY id");
  while (row.executeStep()) {
    file.write_line({csv_field(number_in(row, 0)), csv_field(text_in(row, 1)), csv_field(text_in(row, 2)),
                     csv_field(text_in(row, 3))});
  }
  return file.finish();
}

Result<void> RecordingReader::export_csv(const std::string& directory, bool force) const {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", directory, error.message()));
  const std::string site = (fs::path(directory) / "site_series.csv").string();
  const std::string rack = (fs::path(directory) / "rack_series.csv").string();
  const std::string events = (fs::path(directory) / "events.csv").string();
  for (const std::string& path : {site, rack, events}) {
    if (force || !fs::exists(path, error)) continue;
    return fail(errno_error("write", path, EEXIST));
  }
  try {
    // One transaction: the three files show the same instant of a run that still grows.
    SQLite::Transaction instant(impl_->database);
    if (auto done = impl_->export_series(site, "site_series", false, force); !done) return done;
    if (auto done = impl_->export_series(rack, "rack_series", true, force); !done) return done;
    return impl_->export_events(events, force);
  } catch (const SQLite::Exception& exception) {
    return fail(impl_->error_of(exception));
  }
}

std::uint64_t RecordingReader::content_hash() const {
  return impl_->read<std::uint64_t>([&] {
    Fnv1a hash;
    SQLite::Transaction instant(impl_->database);
    for (const char* sql :
         {"SELECT time_s, metric, epoch, mean, low, high FROM frame ORDER BY time_s, metric",
          "SELECT time_s, rack_class, metric, value FROM rack_series ORDER BY time_s, rack_class, metric",
          "SELECT time_s, metric, value FROM site_series ORDER BY time_s, metric",
          "SELECT time_s, path, what, by FROM event ORDER BY id",
          "SELECT name, value, text, unit, evidence FROM summary ORDER BY id"}) {
      hash.add(sql, std::strlen(sql));  // where one table ends and the next begins
      SQLite::Statement row(impl_->database, sql);
      const int n_column = row.getColumnCount();
      while (row.executeStep()) {
        for (int i = 0; i < n_column; ++i) hash.add(row.getColumn(i));
      }
    }
    return hash.value();
  });
}

}  // namespace racktwin
