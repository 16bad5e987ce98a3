// What a recording gives away as a whole: CSV files, and its content hash.
#include "sim/hash.h"
#include "sim/recording/recording_reader.h"

#include <fmt/format.h>
#include <unistd.h>

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

// One line per time (and class), one column per metric: those of the metric table in its order, then others by name.
Result<void> export_series(SQLite::Database& database, const std::string& file_path, const char* table, bool per_rack,
                           bool force) {
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

Result<void> export_events(SQLite::Database& database, const std::string& file_path, bool force) {
  CsvFile file(file_path, force);
  file.write_line({"time_s", "path", "what", "by", "metric", "value", "limit", "count"});
  SQLite::Statement row(database,
                        "SELECT time_s, path, what, by, metric, value, limit_value, count FROM event ORDER BY id");
  while (row.executeStep()) {
    file.write_line({csv_field(number_in(row, 0)), csv_field(text_in(row, 1)), csv_field(text_in(row, 2)),
                     csv_field(text_in(row, 3)), csv_field(text_in(row, 4)), csv_field(number_in(row, 5)),
                     csv_field(number_in(row, 6)), text_in(row, 7)});
  }
  return file.finish();
}

}  // namespace

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
    if (auto done = export_series(impl_->database, site, "site_series", false, force); !done) return done;
    if (auto done = export_series(impl_->database, rack, "rack_series", true, force); !done) return done;
    return export_events(impl_->database, events, force);
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
          "SELECT time_s, path, what, by, metric, value, limit_value, count FROM event ORDER BY id",
          "SELECT name, value, text, unit, evidence FROM summary ORDER BY id"}) {
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
