#include "sim/recording/run_history.h"

#include "sim/check.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <tuple>
#include <utility>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();

// Which file a path leads to, and how long it is.
struct FileState {
  bool exists = false;
  dev_t device = 0;
  ino_t inode = 0;
  off_t bytes = 0;
};

FileState state_of(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {true, found.st_dev, found.st_ino, found.st_size};
}

tl::unexpected<Errors> io_error(std::string message, std::string hint = {}) {
  return fail(Error{ErrorCode::kIo, std::move(message), {}, 1, std::move(hint), {}});
}

}  // namespace

std::vector<ClassCount> counted(std::vector<std::uint32_t> classes) {
  std::sort(classes.begin(), classes.end());
  std::vector<ClassCount> counts;
  for (const std::uint32_t unit_class : classes) {
    if (counts.empty() || counts.back().unit_class != unit_class) counts.push_back({unit_class, 0});
    ++counts.back().units;
  }
  return counts;
}

Reading reading_of(const FrameRow& row, std::span<const ClassCount> parts) {
  Reading out;
  double sum = 0, units = 0;
  for (const ClassCount& part : parts) {
    if (part.unit_class >= row.mean.size() || std::isnan(row.mean[part.unit_class])) continue;
    sum += static_cast<double>(row.mean[part.unit_class]) * part.units;
    units += part.units;
    out.low = std::fmin(out.low, static_cast<double>(row.low[part.unit_class]));
    out.high = std::fmax(out.high, static_cast<double>(row.high[part.unit_class]));
  }
  if (units > 0) out.mean = sum / units;
  return out;
}

struct RunHistory::Impl {
  Impl(RecordingReader opened, SiteMap map, std::string shown_path, const FileState& opened_file)
      : reader(std::move(opened)),
        site(std::move(map)),
        pumps(site.placed("pump")),
        leaves(site.placed("leaf")),
        path(std::move(shown_path)),
        file(opened_file) {}

  // The units of a kind that make up a thing: they are neighbours.
  struct Units {
    std::uint32_t begin = 0, end = 0;
    void add(Units more) { *this = {end == 0 ? more.begin : begin, more.end}; }
  };

  Result<void> check_file();
  bool read_news();
  void read_grounds();
  Units units_of(UnitKind kind, ComponentId id) const;
  Units units_in_racks(UnitKind kind, ComponentId id) const;
  Units units_of_rack(UnitKind kind, const PlacedRack& rack) const;
  Units units_of_part(UnitKind kind, const PlacedRack& rack, const RackPartPlace& part) const;
  Units units_among(const std::vector<PlacedComponent>& placed, ComponentId id) const;
  std::vector<ClassCount> count_shares(int epoch, UnitKind kind, ComponentId id) const;
  const std::vector<ClassCount>& shares_of(int epoch, UnitKind kind, ComponentId id) const;
  const std::vector<std::uint32_t>& membership(int epoch, UnitKind kind) const;

  RecordingReader reader;
  SiteMap site;
  std::vector<PlacedComponent> pumps, leaves;
  std::string path;
  FileState file;
  int change_counter = -1;
  std::vector<MetricRow> metrics;
  std::vector<LimitRow> limits;
  std::vector<std::pair<std::string, std::string>> run_values;
  std::vector<double> frame_times;
  std::vector<EventRow> events;
  std::vector<SummaryRow> summary;
  bool is_complete = false;
  mutable std::map<std::pair<int, UnitKind>, std::vector<std::uint32_t>> memberships;
  mutable std::map<std::tuple<int, UnitKind, std::int32_t, std::int32_t>, std::vector<ClassCount>> shares;
};

RunHistory::RunHistory() = default;
RunHistory::RunHistory(RunHistory&&) noexcept = default;
RunHistory& RunHistory::operator=(RunHistory&&) noexcept = default;
RunHistory::~RunHistory() = default;

Result<RunHistory> RunHistory::open(const std::string& path) {
  const FileState file = state_of(path);
  Result<RecordingReader> reader = RecordingReader::open(path);
  if (!reader) return tl::unexpected(reader.error());
  std::vector<MetricRow> metrics = reader->metrics();
  if (auto status = reader->status(); !status) return tl::unexpected(status.error());
  if (metrics.empty()) return io_error(fmt::format("cannot read {}: its run has not begun to record", path));
  Result<SiteMap> site = SiteMap::create(reader->components());
  if (!site) return tl::unexpected(site.error());
  RunHistory history;
  history.impl_ = std::make_unique<Impl>(std::move(*reader), std::move(*site), path, file);
  history.impl_->metrics = std::move(metrics);
  history.impl_->limits = history.impl_->reader.limits();
  if (auto followed = history.follow(); !followed) return tl::unexpected(followed.error());
  return history;
}

Result<void> RunHistory::Impl::check_file() {
  const FileState now = state_of(path);
  if (!now.exists) return io_error(fmt::format("cannot follow {}: it has been deleted", path));
  if (now.device != file.device || now.inode != file.inode)
    return io_error(fmt::format("cannot follow {}: another file has taken its place", path), "open it again");
  if (now.bytes < file.bytes)
    return io_error(
        fmt::format("cannot follow {}: it has been cut off, from {} to {} bytes", path, file.bytes, now.bytes),
        "run the scenario again");
  file = now;
  return {};
}

// Reads that the run is finished before its last rows: who sees the one finds the others.
bool RunHistory::Impl::read_news() {
  const std::size_t n_frame = frame_times.size(), n_event = events.size();
  auto values = reader.run_values();
  const bool has_new_values = !values.empty() && values != run_values;
  if (has_new_values) run_values = std::move(values);
  if (!is_complete && reader.is_complete()) {
    summary = reader.summary();
    is_complete = true;
  }
  for (const double time_s : frame_times.empty() ? reader.frame_times() : reader.frame_times(frame_times.back()))
    frame_times.push_back(time_s);
  for (EventRow& event : reader.events(events.size())) events.push_back(std::move(event));
  if (events.size() > n_event) read_grounds();
  return has_new_values || frame_times.size() > n_frame || events.size() > n_event;
}

// What an operator does may be what a metric rests on from now on. Rows stay where they are: others point at them.
void RunHistory::Impl::read_grounds() {
  const std::vector<MetricRow> now = reader.metrics();
  for (std::size_t i = 0; i < std::min(now.size(), metrics.size()); ++i) {
    metrics[i].evidence = now[i].evidence;
    metrics[i].source = now[i].source;
  }
}

Result<bool> RunHistory::follow() {
  if (auto checked = impl_->check_file(); !checked) return tl::unexpected(checked.error());
  const int counter = impl_->reader.change_counter();
  const bool has_changed = counter != impl_->change_counter;
  impl_->change_counter = counter;
  const bool has_news = has_changed && impl_->read_news();
  if (auto status = impl_->reader.status(); !status) {
    Errors errors = status.error();
    for (Error& error : errors) error.code = ErrorCode::kIo;  // it was a recording once
    return fail(std::move(errors));
  }
  return has_news;
}

const std::string& RunHistory::path() const { return impl_->path; }
const SiteMap& RunHistory::site() const { return impl_->site; }
const std::vector<MetricRow>& RunHistory::metrics() const { return impl_->metrics; }
const std::vector<LimitRow>& RunHistory::limits() const { return impl_->limits; }
const std::vector<double>& RunHistory::frame_times() const { return impl_->frame_times; }
const std::vector<EventRow>& RunHistory::events() const { return impl_->events; }
const std::vector<SummaryRow>& RunHistory::summary() const { return impl_->summary; }
bool RunHistory::is_complete() const { return impl_->is_complete; }
bool RunHistory::is_being_written() const { return impl_->reader.is_being_written(); }

const MetricRow* RunHistory::metric(std::string_view name) const {
  for (const MetricRow& metric : impl_->metrics)
    if (metric.name == name) return &metric;
  return nullptr;
}

std::string RunHistory::run_value(const std::string& key) const {
  for (const auto& [name, value] : impl_->run_values)
    if (name == key) return value;
  return {};
}

double RunHistory::duration_s() const {
  const std::string text = run_value("duration_s");
  return text.empty() ? kNoData : std::strtod(text.c_str(), nullptr);
}

std::optional<Frame> RunHistory::frame(double time_s) const {
  const std::vector<double>& times = impl_->frame_times;
  if (times.empty()) return std::nullopt;
  const auto after = std::upper_bound(times.begin(), times.end(), time_s);
  Frame frame;
  frame.time_s = after == times.begin() ? times.front() : *(after - 1);
  std::vector<FrameRow> rows = impl_->reader.frame_at(frame.time_s);
  if (rows.empty()) return std::nullopt;
  frame.epoch = rows.front().epoch;
  frame.values.resize(static_cast<std::size_t>(impl_->metrics.back().id) + 1);
  for (FrameRow& row : rows) {
    const auto metric = static_cast<std::size_t>(row.metric);
    if (metric < frame.values.size()) frame.values[metric] = std::move(row);
  }
  return frame;
}

const std::vector<std::uint32_t>& RunHistory::Impl::membership(int epoch, UnitKind kind) const {
  static const std::vector<std::uint32_t> kOneSite = {0}, kNone;
  if (kind == UnitKind::kSite) return kOneSite;
  const auto found = memberships.find({epoch, kind});
  if (found != memberships.end()) return found->second;
  std::vector<std::uint32_t> classes = reader.membership(epoch, kind);
  if (classes.empty()) return kNone;  // perhaps only not yet
  return memberships.emplace(std::pair(epoch, kind), std::move(classes)).first->second;
}

const std::vector<std::uint32_t>& RunHistory::membership(int epoch, UnitKind kind) const {
  return impl_->membership(epoch, kind);
}

RunHistory::Impl::Units RunHistory::Impl::units_of(UnitKind kind, ComponentId id) const {
  switch (kind) {
    case UnitKind::kSite:
      return {0, 1};
    case UnitKind::kGpu:
    case UnitKind::kTray:
    case UnitKind::kRack:
      return units_in_racks(kind, id);
    case UnitKind::kPump:
      return units_among(pumps, id);
    case UnitKind::kLeaf:
      return units_among(leaves, id);
  }
  RT_CHECK(false);
}

RunHistory::Impl::Units RunHistory::Impl::units_in_racks(UnitKind kind, ComponentId id) const {
  if (const PlacedRack* rack = site.rack_of(id); rack != nullptr) {
    const RackPartPlace* part = site.part_of(id);
    return part == nullptr || kind == UnitKind::kRack ? units_of_rack(kind, *rack) : units_of_part(kind, *rack, *part);
  }
  Units units;
  for (const PlacedRack& rack : site.racks()) {
    const ComponentId row = site.parent({rack.component, -1});
    if (row == id || site.parent(row) == id) units.add(units_of_rack(kind, rack));
  }
  return units;
}

RunHistory::Impl::Units RunHistory::Impl::units_of_rack(UnitKind kind, const PlacedRack& rack) const {
  if (kind == UnitKind::kRack) return {rack.number, rack.number + 1};
  const RackTemplate& type = site.rack_types()[static_cast<std::size_t>(rack.type)];
  if (kind == UnitKind::kTray) return {rack.first_tray, rack.first_tray + static_cast<std::uint32_t>(type.trays)};
  return {rack.first_gpu, rack.first_gpu + static_cast<std::uint32_t>(type.gpus)};
}

RunHistory::Impl::Units RunHistory::Impl::units_of_part(UnitKind kind, const PlacedRack& rack,
                                                        const RackPartPlace& part) const {
  if (part.tray < 0) return {};  // a shelf or a switch
  const std::uint32_t tray = rack.first_tray + static_cast<std::uint32_t>(part.tray);
  if (kind == UnitKind::kTray) return {tray, tray + 1};
  Units units;
  for (const RackPartPlace& gpu : site.rack_types()[static_cast<std::size_t>(rack.type)].parts) {
    const bool is_inside = gpu.gpu >= 0 && (part.gpu >= 0 ? gpu.gpu == part.gpu : gpu.tray == part.tray);
    if (!is_inside) continue;
    const std::uint32_t number = rack.first_gpu + static_cast<std::uint32_t>(gpu.gpu);
    units.add({number, number + 1});
  }
  return units;
}

RunHistory::Impl::Units RunHistory::Impl::units_among(const std::vector<PlacedComponent>& placed,
                                                      ComponentId id) const {
  Units units;
  if (id.part >= 0) return units;  // inside a rack
  for (const PlacedComponent& unit : placed) {
    ComponentId at = {unit.component, -1};
    while (at.exists() && at != id) at = site.parent(at);
    if (at == id) units.add({unit.number, unit.number + 1});
  }
  return units;
}

std::vector<ClassCount> RunHistory::Impl::count_shares(int epoch, UnitKind kind, ComponentId id) const {
  const std::vector<std::uint32_t>& classes = membership(epoch, kind);
  const Units units = units_of(kind, id);
  std::vector<std::uint32_t> found;
  for (std::uint32_t u = units.begin; u < std::min<std::size_t>(units.end, classes.size()); ++u)
    found.push_back(classes[u]);
  return counted(std::move(found));
}

// A site may hold a million GPUs: they are counted once.
const std::vector<ClassCount>& RunHistory::Impl::shares_of(int epoch, UnitKind kind, ComponentId id) const {
  static const std::vector<ClassCount> kNone;
  if (site.kind(id).empty() || membership(epoch, kind).empty()) return kNone;
  const auto [found, is_new] = shares.try_emplace({epoch, kind, id.component, id.part});
  if (is_new) found->second = count_shares(epoch, kind, id);
  return found->second;
}

Reading RunHistory::reading(const Frame& frame, const MetricRow& metric, ComponentId id) const {
  const auto index = static_cast<std::size_t>(metric.id);
  if (index >= frame.values.size()) return {};
  return reading_of(frame.values[index], impl_->shares_of(frame.epoch, metric.kind, id));
}

std::vector<std::uint32_t> RunHistory::classes_of(int epoch, const MetricRow& metric, ComponentId id) const {
  std::vector<std::uint32_t> classes;
  for (const ClassCount& share : impl_->shares_of(epoch, metric.kind, id)) classes.push_back(share.unit_class);
  return classes;
}

Series RunHistory::series(const MetricRow& metric, ComponentId id, double from_s, double to_s) const {
  Series out;
  for (const FrameRow& row : impl_->reader.frames(metric.id, from_s, to_s)) {
    const Reading reading = reading_of(row, impl_->shares_of(row.epoch, metric.kind, id));
    out.time_s.push_back(row.time_s);
    out.mean.push_back(reading.mean);
    out.low.push_back(reading.low);
    out.high.push_back(reading.high);
  }
  return out;
}

}  // namespace racktwin
