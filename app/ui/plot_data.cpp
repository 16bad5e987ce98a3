#include "app/ui/plot_data.h"

#include "app/ui/facts.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr std::size_t kFramesAtOnce = 256;
constexpr double kShortestAxis_s = 60;

bool is_same(const PlotSpec& one, const PlotSpec& other) {
  return one.metric == other.metric && one.id == other.id && one.takes_high == other.takes_high;
}

// Metrics of the nearest thing, from the selection upwards, that has one of its own: a tray's power, not the mean of
// its GPUs'.
struct Choice {
  std::string_view gpu, tray, rack, pump, site;
};

PlotSpec spec_of(const RunHistory& history, ComponentId selected, const Choice& choice) {
  const SiteMap& site = history.site();
  for (ComponentId id = selected; id.exists(); id = site.parent(id)) {
    const std::string_view kind = site.kind(id);
    const std::string_view name = kind == "gpu"            ? choice.gpu
                                  : kind == "compute-tray" ? choice.tray
                                  : kind == "rack"         ? choice.rack
                                  : kind == "pump"         ? choice.pump
                                                           : std::string_view();
    const MetricRow* metric = name.empty() ? nullptr : history.metric(name);
    if (metric != nullptr) return {label_of(name), site.name(id), metric, id, false};
  }
  return {label_of(choice.site), {}, history.metric(choice.site), {0, -1}, false};
}

Figure figure_of(const RunHistory& history, const PlotSpec& spec) {
  Figure figure;
  figure.title = spec.title;
  if (spec.metric == nullptr) return figure;
  figure.unit = spec.metric->unit;
  figure.series.emplace_back();  // named by the title
  for (const LimitRow& limit : history.limits())
    if (limit.metric == spec.metric->id && !std::isnan(limit.value)) figure.limits.push_back({limit.name, limit.value});
  std::sort(figure.limits.begin(), figure.limits.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  if (figure.limits.size() > 1)
    figure.limits.resize(1);  // the first is what matters; the others would flatten the plot
  return figure;
}

void append(const Series& from, bool takes_high, FigureSeries& to) {
  const std::vector<double>& line = takes_high ? from.high : from.mean;
  to.x.insert(to.x.end(), from.time_s.begin(), from.time_s.end());
  to.y.insert(to.y.end(), line.begin(), line.end());
  to.low.insert(to.low.end(), from.low.begin(), from.low.end());
  to.high.insert(to.high.end(), from.high.begin(), from.high.end());
}

}  // namespace

std::vector<PlotSpec> plot_specs(const RunHistory& history, ComponentId selected) {
  static constexpr Choice kFlow = {"rack_flow", "rack_flow", "rack_flow", "pump_flow", "tcs_flow"},
                          kUse = {"gpu_compute", "gpu_compute", "gpu_compute", "", "gpu_compute"};
  const bool has_coolant = !history.site().placed("cdu").empty() && history.metric("tcs_flow") != nullptr;
  std::vector<PlotSpec> specs = {
      spec_of(history, selected, {"gpu_power", "tray_power", "rack_power", "", "site_power"}),
      spec_of(history, selected, {"gpu_junction", "gpu_junction", "gpu_junction", "", "gpu_junction"}),
      spec_of(history, selected, has_coolant ? kFlow : kUse),
      spec_of(history, selected, {"gpu_clock", "gpu_clock", "gpu_clock", "pump_speed", "step_time"})};
  specs[1].takes_high = true;  // as on labels
  specs[1].title = history.site().kind(selected) == "gpu" ? "GPU junction" : "Hottest GPU";
  return specs;
}

double shown_until_s(const RunHistory& history) {
  const double last_s = history.frame_times().empty() ? 0 : history.frame_times().back();
  const double duration_s = history.duration_s();
  if (history.is_complete() || std::isnan(duration_s)) return std::max(last_s, 1.0);
  // A run that has hardly begun would be a speck: the axis doubles as it grows.
  double until_s = kShortestAxis_s;
  while (until_s < last_s * 1.05) until_s *= 2;
  return std::min(until_s, duration_s);
}

void PlotData::read_some(const RunHistory& history, std::size_t plot) {
  const std::vector<double>& times = history.frame_times();
  std::size_t& next = frames_read_[plot];
  const std::size_t end = std::min(next + kFramesAtOnce, times.size());
  if (specs_[plot].metric != nullptr) {
    const double from_s = next == 0 ? -std::numeric_limits<double>::infinity() : times[next - 1];
    append(history.series(*specs_[plot].metric, specs_[plot].id, from_s, times[end - 1]), specs_[plot].takes_high,
           figures_[plot].series.front());
  }
  next = end;
}

bool PlotData::update(const RunHistory& history, const std::vector<PlotSpec>& specs, double budget_s) {
  specs_.resize(kPlots);
  figures_.resize(kPlots);
  frames_read_.resize(kPlots);
  for (std::size_t i = 0; i < kPlots; ++i) {
    const bool is_new = figures_[i].title.empty() || !is_same(specs[i], specs_[i]);
    specs_[i] = specs[i];
    if (is_new) {
      figures_[i] = figure_of(history, specs[i]);
      frames_read_[i] = 0;
    }
    figures_[i].x_high = shown_until_s(history);
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::duration<double>(budget_s);
  bool has_read = false;
  while (!is_complete(history) && std::chrono::steady_clock::now() < until) {
    const auto shortest = std::min_element(frames_read_.begin(), frames_read_.end()) - frames_read_.begin();
    read_some(history, static_cast<std::size_t>(shortest));
    has_read = true;
  }
  return has_read;
}

bool PlotData::is_complete(const RunHistory& history) const {
  return std::all_of(frames_read_.begin(), frames_read_.end(),
                     [&](std::size_t read) { return read >= history.frame_times().size(); });
}

}  // namespace racktwin
