#include "sim/recording/recording_reader.h"

#include "sim/check.h"
#include "sim/recording/writer_lock.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace racktwin {

namespace fs = std::filesystem;
using namespace recording;

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

namespace {

constexpr std::uintmax_t kSmallestPageSize = 512;  // source: sqlite.org/fileformat2.html, section 1.3.2

UnitKind unit_kind_of(const std::string& word) {
  for (const UnitKind kind :
       {UnitKind::kGpu, UnitKind::kTray, UnitKind::kRack, UnitKind::kPump, UnitKind::kLeaf, UnitKind::kSite}) {
    if (unit_kind_word(kind) == word) return kind;
  }
  throw SQLite::Exception(fmt::format("unknown kind \"{}\" of a metric", word), SQLITE_CORRUPT);
}

// "/a b?.racktwin" -> "file:/a%20b%3f.racktwin?immutable=1": read the file alone and lock nothing.
std::string immutable_uri(const std::string& path) {
  std::string uri = "file:";
  for (const char c : database_name(path)) {
    const bool is_plain = std::isalnum(static_cast<unsigned char>(c)) != 0 || std::strchr("/-_.~", c) != nullptr;
    uri += is_plain ? std::string(1, c) : fmt::format("%{:02x}", static_cast<unsigned char>(c));
  }
  return uri + "?immutable=1";
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
  if (size_of(wal_of(path)) == 0 && size_of(path) < expected_size) {
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

FrameRow recording::frame_in(const SQLite::Statement& row) {
  FrameRow frame = {row.getColumn(0).getInt(), values_in<float>(row, 1),  values_in<float>(row, 2),
                    values_in<float>(row, 3),  row.getColumn(4).getInt(), number_in(row, 5)};
  if (frame.low.size() != frame.mean.size() || frame.high.size() != frame.mean.size())
    throw SQLite::Exception("a frame with lists of different lengths", SQLITE_CORRUPT);
  return frame;
}

RecordingReader::RecordingReader() = default;
RecordingReader::RecordingReader(RecordingReader&&) noexcept = default;
RecordingReader& RecordingReader::operator=(RecordingReader&&) noexcept = default;

RecordingReader::~RecordingReader() {
  if (!impl_) return;
  // The writer could not leave WAL mode because of this reader, which is now the one to do it. Where it may not (other
  // readers, a read-only medium) the empty WAL stays, which does no harm.
  const std::string path = impl_->path;
  std::error_code error;
  const bool has_empty_wal = fs::exists(wal_of(path), error) && size_of(wal_of(path)) == 0;
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
  if (is_unreadable && size_of(wal_of(path)) == 0) {
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

std::vector<WaveformRow> RecordingReader::waveforms() const {
  return impl_->rows<WaveformRow>("SELECT time_s, channel, unit, period_s, mean FROM waveform ORDER BY id",
                                  [](const auto& row) {
                                    return WaveformRow{number_in(row, 0), text_in(row, 1), text_in(row, 2),
                                                       number_in(row, 3), values_in<float>(row, 4)};
                                  });
}

std::vector<double> RecordingReader::frame_times(double after_s) const {
  // One look-up per time in the primary key instead of a scan of all values.
  return impl_->rows<double>(
      "WITH RECURSIVE times(t) AS (SELECT min(time_s) FROM frame WHERE time_s > ? UNION ALL "
      "SELECT (SELECT min(time_s) FROM frame WHERE time_s > t) FROM times WHERE t IS NOT NULL) "
      "SELECT t FROM times WHERE t IS NOT NULL",
      [](const auto& row) { return number_in(row, 0); }, after_s);
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
      "SELECT time_s, path, what, by, metric, value, limit_value, count, gpus_behind, gpus_lost, key, setting "
      "FROM event WHERE id>? ORDER BY id",
      [](const auto& row) {
        return EventRow{number_in(row, 0),         text_in(row, 1),           text_in(row, 2),
                        text_in(row, 3),           text_in(row, 4),           number_in(row, 5),
                        number_in(row, 6),         row.getColumn(7).getInt(), row.getColumn(8).getInt(),
                        row.getColumn(9).getInt(), text_in(row, 10),          number_in(row, 11)};
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

std::optional<Uncertainty> RecordingReader::uncertainty() const {
  const std::optional<std::string> asked = run_value("uncertainty_samples");
  if (!asked) return std::nullopt;
  Uncertainty uncertainty;
  uncertainty.asked = std::atoi(asked->c_str());
  uncertainty.seed = std::strtoull(run_value("uncertainty_seed").value_or("0").c_str(), nullptr, 10);
  uncertainty.inputs = impl_->rows<UncertainInputRow>(
      "SELECT entry, key, unit, nominal, low, high, evidence, source, samples FROM uncertain_input ORDER BY id",
      [](const auto& row) {
        return UncertainInputRow{text_in(row, 0),   text_in(row, 1),   text_in(row, 2),
                                 number_in(row, 3), number_in(row, 4), number_in(row, 5),
                                 text_in(row, 6),   text_in(row, 7),   values_in<double>(row, 8)};
      });
  uncertainty.figures =
      impl_->rows<UncertainFigureRow>("SELECT name, samples FROM uncertain_figure ORDER BY id", [](const auto& row) {
        return UncertainFigureRow{text_in(row, 0), values_in<double>(row, 1)};
      });
  uncertainty.samples =
      impl_->rows<SampleRow>("SELECT has_failed, what FROM uncertain_sample ORDER BY id", [](const auto& row) {
        return SampleRow{row.getColumn(0).getInt() != 0, text_in(row, 1)};
      });
  return uncertainty;
}

bool RecordingReader::is_complete() const { return run_value("finished") == "1"; }

bool RecordingReader::is_being_written() const { return WriterLock::is_held(wal_of(impl_->path)); }

}  // namespace racktwin
