// What a recording gives away as a whole: CSV files, and its content hash.
#include "sim/hash.h"
#include "sim/recording/event_reach.h"
#include "sim/recording/recording_reader.h"
#include "sim/recording/site_map.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <map>
#include <utility>

namespace racktwin {

namespace fs = std::filesystem;
using namespace recording;

namespace {

// Type, length and content, so that neighbours cannot trade bytes.
void add_value(Fnv1a& hash, const SQLite::Column& value) {
  const int type = value.getType();
  hash.add(&type, sizeof type);
  if (type == SQLITE_INTEGER || type == SQLITE_FLOAT) {
    const double number = value.getDouble();
    hash.add(&number, sizeof number);
  } else if (type != SQLITE_NULL) {
    const void* data = value.getBlob();
    const int size = value.getBytes();
    hash.add(&size, sizeof size);
    hash.add(data, static_cast<std::size_t>(size));
  }
}

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

constexpr UnitKind kKinds[] = {UnitKind::kSite, UnitKind::kRack, UnitKind::kTray,
                               UnitKind::kGpu,  UnitKind::kPump, UnitKind::kLeaf};

// The shortest text that reads back as this float.
std::string csv_field(float value) { return std::isnan(value) ? std::string() : fmt::format("{}", value); }
std::string csv_field(int value) { return std::to_string(value); }

// Which class every component of every kind is in: "from_s,kind,class,path".
void export_classes(const RecordingReader& reader, const SiteMap& site, CsvFile& file) {
  file.write_line({"from_s", "kind", "class", "path"});
  for (const EpochRow& epoch : reader.epochs()) {
    for (const UnitKind kind : kKinds) {
      const std::vector<std::uint32_t> classes = reader.membership(epoch.id, kind);
      const std::vector<std::string> paths = site.unit_paths(kind);
      for (std::size_t i = 0; i < std::min(classes.size(), paths.size()); ++i)
        file.write_line({csv_field(epoch.time_s), std::string(unit_kind_word(kind)), fmt::format("{}", classes[i]),
                         csv_field(paths[i])});
    }
  }
}

// A line per time and class; mean, lowest and highest of every metric of the kind.
class SeriesLines {
 public:
  SeriesLines(CsvFile& file, UnitKind kind, const std::vector<MetricRow>& metrics)
      : file_(file), has_classes_(kind != UnitKind::kSite) {
    std::vector<std::string> heading = {"time_s"};
    if (has_classes_) heading.push_back(fmt::format("{}_class", unit_kind_word(kind)));
    for (const MetricRow& metric : metrics) {
      if (metric.kind != kind) continue;
      column_of_[metric.id] = frame_.size();
      frame_.emplace_back();
      for (const char* ending : {"", "_min", "_max"})
        heading.push_back(csv_field(fmt::format("{}{} [{}]", metric.name, ending, metric.unit)));
    }
    file_.write_line(heading);
  }

  void add(FrameRow row) {
    if (row.time_s != time_s_) flush();
    time_s_ = row.time_s;
    const std::size_t column = column_of_.at(row.metric);
    frame_[column] = std::move(row);
  }

  void flush() {
    std::size_t classes = 0;
    for (const FrameRow& row : frame_) classes = std::max(classes, row.mean.size());
    for (std::size_t c = 0; c < classes; ++c) {
      std::vector<std::string> line = {csv_field(time_s_)};
      if (has_classes_) line.push_back(fmt::format("{}", c));
      for (const FrameRow& row : frame_)
        for (const std::vector<float>* values : {&row.mean, &row.low, &row.high})
          line.push_back(c < values->size() ? csv_field((*values)[c]) : std::string());
      file_.write_line(line);
    }
    for (FrameRow& row : frame_) row = FrameRow();
  }

 private:
  CsvFile& file_;
  bool has_classes_;
  std::map<int, std::size_t> column_of_;  // by metric id
  std::vector<FrameRow> frame_;           // (n_column) of the present time
  double time_s_ = std::numeric_limits<double>::quiet_NaN();
};

void export_series(SQLite::Database& database, const std::vector<MetricRow>& metrics, UnitKind kind, CsvFile& file) {
  SeriesLines lines(file, kind, metrics);
  SQLite::Statement row(database,
                        "SELECT frame.metric, mean, frame.low, frame.high, epoch, time_s FROM frame JOIN metric ON "
                        "metric.id = frame.metric WHERE metric.kind = ? ORDER BY time_s, frame.metric");
  row.bind(1, std::string(unit_kind_word(kind)));
  while (row.executeStep()) lines.add(frame_in(row));
  lines.flush();
}

void export_iteration(const RecordingReader& reader, CsvFile& file) {
  file.write_line({"from_s", "gpu_class", "kind", "start_s", "end_s"});
  for (const EpochRow& epoch : reader.epochs())
    for (const ActivityRow& bar : reader.activities(epoch.id))
      file.write_line({csv_field(epoch.time_s), csv_field(bar.gpu_class), csv_field(bar.kind), csv_field(bar.start_s),
                       csv_field(bar.end_s)});
}

void export_events(const RecordingReader& reader, CsvFile& file) {
  file.write_line({"time_s", "path", "what", "by", "metric", "value", "limit", "count", "gpus_behind", "gpus_lost",
                   "next_limit_s", "key", "setting"});
  const std::vector<EventRow> events = reader.events();
  for (const EventRow& event : events) {
    const EventRow* next = next_limit(events, event);
    const auto gpus = [](int count) { return count < 0 ? std::string() : csv_field(count); };
    file.write_line({csv_field(event.time_s), csv_field(event.path), csv_field(event.what), csv_field(event.by),
                     csv_field(event.metric), csv_field(event.value), csv_field(event.limit), csv_field(event.count),
                     gpus(event.gpus_behind), gpus(event.gpus_lost),
                     next != nullptr ? csv_field(next->time_s - event.time_s) : std::string(), csv_field(event.key),
                     csv_field(event.setting)});
  }
}

}  // namespace

std::vector<std::string> RecordingReader::csv_names() {
  std::vector<std::string> names = {"classes.csv", "events.csv", "iteration.csv"};
  for (const UnitKind kind : kKinds) names.push_back(fmt::format("{}_series.csv", unit_kind_word(kind)));
  return names;
}

Result<void> RecordingReader::export_csv(const std::string& directory, bool force) const {
  std::error_code error;
  fs::create_directories(directory, error);
  if (error) return fail(ErrorCode::kIo, fmt::format("cannot create {}: {}", directory, error.message()));
  const auto path_of = [&](const std::string& name) { return (fs::path(directory) / name).string(); };
  Errors existing;
  for (const std::string& name : csv_names())
    if (!force && fs::exists(path_of(name), error)) existing.push_back(errno_error("write", path_of(name), EEXIST));
  if (!existing.empty()) return fail(std::move(existing));
  const auto write = [&](const std::string& name, const auto& lines) -> Result<void> {
    CsvFile file(path_of(name), force);
    lines(file);
    if (Result<void> read = status(); !read) return read;
    return file.finish();
  };
  try {
    // One transaction: the files show the same instant of a run that still grows.
    SQLite::Transaction instant(impl_->database);
    const std::vector<MetricRow> known = metrics();
    const Result<SiteMap> site = SiteMap::create(components());
    if (!site) return tl::unexpected(site.error());
    if (auto done = write("classes.csv", [&](CsvFile& file) { export_classes(*this, *site, file); }); !done)
      return done;
    if (auto done = write("events.csv", [&](CsvFile& file) { export_events(*this, file); }); !done) return done;
    if (auto done = write("iteration.csv", [&](CsvFile& file) { export_iteration(*this, file); }); !done) return done;
    for (const UnitKind kind : kKinds) {
      const auto lines = [&](CsvFile& file) { export_series(impl_->database, known, kind, file); };
      if (auto done = write(fmt::format("{}_series.csv", unit_kind_word(kind)), lines); !done) return done;
    }
    return {};
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
          "SELECT time_s, channel, unit, period_s, mean FROM waveform ORDER BY id",
          "SELECT time_s, path, what, by, metric, value, limit_value, count, gpus_behind, gpus_lost, key, setting "
          "FROM event ORDER BY id",
          "SELECT name, value, text, unit, evidence FROM summary ORDER BY id",
          "SELECT entry, key, unit, nominal, low, high, evidence, source, samples FROM uncertain_input ORDER BY id",
          "SELECT name, samples FROM uncertain_figure ORDER BY id",
          "SELECT has_failed, what FROM uncertain_sample ORDER BY id"}) {
      hash.add(sql, std::strlen(sql));  // where one table ends and the next begins
      SQLite::Statement row(impl_->database, sql);
      const int n_column = row.getColumnCount();
      while (row.executeStep()) {
        for (int i = 0; i < n_column; ++i) add_value(hash, row.getColumn(i));
      }
    }
    return hash.value();
  });
}

}  // namespace racktwin
