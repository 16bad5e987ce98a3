#include "sim/check.h"
#include "sim/quantity.h"
#include "sim/recording/pinned_file.h"
#include "sim/recording/recording.h"
#include "sim/recording/recording_database.h"
#include "sim/recording/writer_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

namespace racktwin {

namespace fs = std::filesystem;
using namespace recording;

namespace {

// The files that belong to a recording besides itself.
std::vector<std::string> companions_of(const std::string& path) {
  return {wal_of(path), path + "-shm", path + "-journal"};
}

}  // namespace

struct RecordingWriter::Impl {
  explicit Impl(const std::string& shown_path)
      : path(shown_path),
        file(shown_path),
        database(database_name(shown_path), SQLite::OPEN_READWRITE, kBusyTimeoutMs) {
    database.exec("BEGIN IMMEDIATE");
    database.exec(kSchema);
    database.exec(fmt::format("PRAGMA application_id={}; PRAGMA user_version={}", kApplicationId, kRecordingFormat));
    database.exec("COMMIT");
    database.exec("PRAGMA synchronous=NORMAL");
    const std::string mode = database.execAndGet("PRAGMA journal_mode=WAL").getString();
    if (mode != "wal") throw SQLite::Exception("no shared memory on this file system", SQLITE_CANTOPEN);
    database.execAndGet("SELECT count(*) FROM run");  // from now on nobody else can leave WAL mode
    lock.emplace(wal_of(path));
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

  // SQLite does not mind that its file has been deleted, and on closing it would remove the log of a new file that has
  // taken the name.
  Result<void> check_file() {
    if (failure) return fail(*failure);
    if (file.is_at(path)) return {};
    if (is_in_transaction()) database.tryExec("ROLLBACK");
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    const bool is_deleted = file.is_deleted();
    std::error_code ignored;
    if (is_deleted && !fs::exists(path, ignored))
      for (const std::string& companion : companions_of(path)) fs::remove(companion, ignored);
    failure = make_error(ErrorCode::kIo,
                         fmt::format("cannot write {}: it has been {}", path,
                                     is_deleted ? "deleted, the run is lost" : "moved away from its -wal"),
                         is_deleted ? "run the scenario again" : "move the -wal too: it holds the last commits");
    return fail(*failure);
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
          metric(database, "INSERT OR REPLACE INTO metric VALUES(?,?,?,?,?,?,?,?,?,?)"),
          limit(database, "INSERT INTO metric_limit(metric, name, value, evidence, source) VALUES(?,?,?,?,?)"),
          epoch(database, "INSERT INTO epoch VALUES(?,?)"),
          membership(database, "INSERT INTO membership VALUES(?,?,?)"),
          activity(database, "INSERT INTO activity(epoch, class, kind, start_s, end_s) VALUES(?,?,?,?,?)"),
          waveform(database, "INSERT INTO waveform(time_s, channel, unit, period_s, mean) VALUES(?,?,?,?,?)"),
          frame(database, "INSERT INTO frame VALUES(?,?,?,?,?,?)"),
          rack_series(database, "INSERT INTO rack_series VALUES(?,?,?,?)"),
          site_series(database, "INSERT INTO site_series VALUES(?,?,?)"),
          event(database,
                "INSERT INTO event(time_s, path, what, by, metric, value, limit_value, count, gpus_behind, gpus_lost, "
                "key, "
                "setting) VALUES(?,?,?,?,NULLIF(?,''),?,?,?,?,?,?,?)"),
          summary(
              database,
              "INSERT INTO summary(name, value, text, unit, evidence) VALUES(?,?,?,?,?) ON CONFLICT(name) DO UPDATE "
              "SET value=excluded.value, text=excluded.text, unit=excluded.unit, evidence=excluded.evidence"),
          input(database,
                "INSERT INTO uncertain_input(entry, key, unit, nominal, low, high, evidence, source, samples) "
                "VALUES(?,?,?,?,?,?,?,?,?)"),
          figure(database, "INSERT INTO uncertain_figure(name, samples) VALUES(?,?)"),
          sample(database, "INSERT INTO uncertain_sample(has_failed, what) VALUES(?,?)") {}
    SQLite::Statement begin, commit, run, component, metric, limit, epoch, membership, activity, waveform, frame,
        rack_series, site_series, event, summary, input, figure, sample;
  };

  std::string path;  // as the caller wrote it
  PinnedFile file;   // that it led to at the start
  SQLite::Database database;
  std::optional<WriterLock> lock;        // while this lives
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
  const bool is_written = WriterLock::is_held(wal_of(path));
  if (force && fs::exists(path, ignored)) {
    if (is_written) return fail(ErrorCode::kIo, fmt::format("cannot replace {}: another program has it open", path));
    if (auto removed = remove_recording(path); !removed) return fail(removed.error());
  }
  if (is_written && !fs::exists(path, ignored))
    return fail(make_error(ErrorCode::kIo,
                           fmt::format("cannot create {}: another program still writes a file of this name that has "
                                       "been deleted",
                                       path),
                           "wait for its end, or take another name"));
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

Result<void> RecordingWriter::put_waveforms(const std::vector<WaveformRow>& waveforms) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const WaveformRow& row : waveforms)
      execute(statements.waveform, row.time_s, row.channel, row.unit, row.period_s, row.values);
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
  return impl_->write([&](auto& statements) {
    execute(statements.event, event.time_s, event.path, event.what, event.by, event.metric, event.value, event.limit,
            event.count, event.gpus_behind, event.gpus_lost, event.key, event.setting);
  });
}

Result<void> RecordingWriter::put_summary(const std::vector<SummaryRow>& rows) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const SummaryRow& row : rows)
      execute(statements.summary, row.name, row.value, row.text, row.unit, row.evidence);
  });
}

Result<void> RecordingWriter::put_uncertainty(const Uncertainty& uncertainty) {
  RT_CHECK(impl_);
  return impl_->write([&](auto& statements) {
    for (const auto& [key, value] :
         {std::pair<std::string, std::string>{"uncertainty_samples", std::to_string(uncertainty.asked)},
          {"uncertainty_seed", std::to_string(uncertainty.seed)}})
      execute(statements.run, key, value);
    for (const UncertainInputRow& row : uncertainty.inputs)
      execute(statements.input, row.entry, row.key, row.unit, row.nominal, row.low, row.high, row.evidence, row.source,
              row.samples);
    for (const UncertainFigureRow& row : uncertainty.figures) execute(statements.figure, row.name, row.samples);
    for (const SampleRow& row : uncertainty.samples) execute(statements.sample, row.has_failed ? 1 : 0, row.what);
  });
}

Result<void> RecordingWriter::commit() {
  RT_CHECK(impl_);
  if (auto checked = impl_->check_file(); !checked) return checked;
  auto committed = impl_->write([&](auto& statements) { execute(statements.commit); });
  if (committed) impl_->committed_s = impl_->appended_s;
  return committed;
}

Result<void> RecordingWriter::close() {
  RT_CHECK(impl_);
  const std::unique_ptr<Impl> impl = std::move(impl_);
  if (auto checked = impl->check_file(); !checked) return checked;
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

}  // namespace racktwin
