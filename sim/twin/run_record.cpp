#include "sim/twin/run_record.h"

#include "sim/hash.h"
#include "sim/twin/components.h"
#include "sim/twin/metrics.h"

#include <fmt/core.h>

#include <chrono>
#include <ctime>
#include <numeric>

namespace racktwin {
namespace {

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

std::uint64_t hash_of(const std::string& text) {
  Fnv1a hash;
  hash.add(text.data(), text.size());
  return hash.value();
}

std::vector<std::uint32_t> each_its_own_class(int units) {
  std::vector<std::uint32_t> classes(static_cast<std::size_t>(units));
  std::iota(classes.begin(), classes.end(), 0u);
  return classes;
}

}  // namespace

double wall_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

RunValues run_values_of(const Plan& plan, const std::string& version) {
  std::string defaults;
  for (const DefaultUsed& d : plan.defaults) defaults += fmt::format("{} = {} ({})\n", d.key, d.value, d.reason);
  return {{"title", plan.title},
          {"scenario", plan.name},
          {"version", version},
          {"format", std::to_string(kRecordingFormat)},
          {"duration_s", fmt::format("{}", plan.duration_s)},
          {"scenario_text", plan.text},
          {"scenario_hash", fmt::format("{:016x}", hash_of(plan.text))},
          {"defaults", defaults},
          {"layout", kLayoutRule},
          {"started", utc_now()}};
}

Result<void> RunRecord::open(const std::string& path, bool force, const RunValues& values) {
  if (path.empty()) return {};
  Result<RecordingWriter> writer = RecordingWriter::create(path, force);
  if (!writer) return tl::unexpected(writer.error());
  writer_.emplace(std::move(*writer));
  return put_values(values);
}

Result<void> RunRecord::put_site(const Plan& plan, const Model& model, int pumps) {
  if (!writer_) return {};
  if (auto ok = writer_->put_components(component_rows(plan, model)); !ok) return ok;
  if (auto ok = writer_->put_limits(limit_rows(plan)); !ok) return ok;
  if (auto ok = writer_->put_epoch(0, 0); !ok) return ok;
  for (const auto& [kind, classes] : {std::pair{UnitKind::kGpu, model.class_of_gpu},
                                      {UnitKind::kTray, model.class_of_tray},
                                      {UnitKind::kRack, model.class_of_rack},
                                      {UnitKind::kPump, each_its_own_class(pumps)},
                                      {UnitKind::kLeaf, model.class_of_leaf}})
    if (auto ok = writer_->put_membership(0, kind, classes); !ok) return ok;
  return {};
}

Result<void> RunRecord::put_values(const RunValues& values) {
  return writer_ ? writer_->put_run(values) : Result<void>{};
}

Result<void> RunRecord::put_metrics(const std::vector<MetricRow>& metrics) {
  return writer_ ? writer_->put_metrics(metrics) : Result<void>{};
}

Result<void> RunRecord::put_activities(const std::vector<ActivityRow>& activities) {
  return writer_ ? writer_->put_activities(0, activities) : Result<void>{};
}

Result<void> RunRecord::put_waveforms(const std::vector<WaveformRow>& waveforms) {
  return writer_ ? writer_->put_waveforms(waveforms) : Result<void>{};
}

Result<void> RunRecord::append_frame(double time_s, const std::vector<FrameRow>& rows,
                                     const std::vector<MetricRow>& metrics) {
  if (!writer_) return {};
  if (auto ok = writer_->append_frame(0, time_s, rows); !ok) return ok;
  std::vector<SeriesRow> site;
  std::vector<std::vector<SeriesRow>> racks;
  for (const FrameRow& row : rows) {
    const MetricRow& metric = metrics[static_cast<std::size_t>(row.metric)];
    if (metric.kind == UnitKind::kSite) {
      site.push_back({metric.name, row.mean[0]});
      if (metric.name == "site_power" || metric.name == "it_power") site.push_back({metric.name + "_max", row.high[0]});
    }
    if (metric.kind != UnitKind::kRack) continue;
    racks.resize(row.mean.size());
    for (std::size_t r = 0; r < racks.size(); ++r) racks[r].push_back({metric.name, row.mean[r]});
  }
  if (auto ok = writer_->append_site_series(time_s, site); !ok) return ok;
  for (std::size_t r = 0; r < racks.size(); ++r)
    if (auto ok = writer_->append_rack_series(time_s, static_cast<int>(r), racks[r]); !ok) return ok;
  return {};
}

Result<void> RunRecord::append_events(const std::vector<EventRow>& events) {
  if (!writer_) return {};
  for (const EventRow& event : events)
    if (auto ok = writer_->append_event(event); !ok) return ok;
  return {};
}

Result<void> RunRecord::put_uncertainty(const Uncertainty& uncertainty) {
  return writer_ ? writer_->put_uncertainty(uncertainty) : Result<void>{};
}

Result<void> RunRecord::commit() {
  committed_wall_s_ = wall_s();
  return writer_ ? writer_->commit() : Result<void>{};
}

Result<void> RunRecord::close(const std::vector<SummaryRow>& summary, const RunValues& ending) {
  if (!writer_) return {};
  if (auto ok = writer_->put_summary(summary); !ok) return ok;
  if (auto ok = writer_->put_run(ending); !ok) return ok;
  return writer_->close();
}

}  // namespace racktwin
