#include "sim/twin/limits.h"

#include "sim/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace racktwin {
namespace {

constexpr double kDay_s = 86400;

}  // namespace

NamedClasses one_of_a_kind(std::string path) { return {"", {std::move(path)}, {1}}; }

NamedClasses named_rows(const Plan& plan) {
  NamedClasses named{"rows", {}, {}};
  for (const RackPlace& rack : plan.site.racks) {
    std::string row = rack.path.substr(0, rack.path.rfind('/'));
    if (!named.first.empty() && named.first.back() == row) continue;
    named.first.push_back(std::move(row));
    named.count.push_back(1);
  }
  return named;
}

NamedClasses named_racks(const Plan& plan, const Model& model) {
  NamedClasses named{"racks", {}, {}};
  for (const UnitClass& rack : model.rack_classes) {
    named.first.push_back(plan.site.racks[rack.first].path);
    named.count.push_back(rack.count);
  }
  return named;
}

NamedClasses named_gpus(const Plan& plan, const Model& model) {
  std::vector<std::string> names;  // of the GPUs of a rack
  for (std::string& name : tray_and_gpu_names(plan.site.rack_type))
    if (name.find('/') != std::string::npos) names.push_back(std::move(name));
  NamedClasses named{"GPUs", {}, {}};
  for (const GpuClass& gpu : model.gpu_classes) {
    named.first.push_back(plan.site.racks[model.rack_of_gpu(gpu.first)].path + "/" + names[gpu.first % names.size()]);
    named.count.push_back(gpu.count);
  }
  return named;
}

EventRow event_of_classes(const NamedClasses& named, const std::vector<std::uint32_t>& classes,
                          const std::vector<double>& values, double limit, Dimension dimension,
                          const std::string& what) {
  RT_CHECK(!classes.empty());
  EventRow event;
  event.path = named.first[classes.front()];
  event.by = "limit";
  event.value = values[classes.front()];
  event.limit = limit;
  event.count = 0;
  double highest = event.value;
  for (const std::uint32_t c : classes) {
    event.count += static_cast<int>(named.count[c]);
    highest = std::fmax(highest, values[c]);
  }
  const std::string value = format_quantity(event.value, dimension), most = format_quantity(highest, dimension);
  event.what = fmt::format("{}: {}, limit {}", what, value, format_quantity(limit, dimension));
  const std::string things = event.count == 2 ? named.things.substr(0, named.things.size() - 1) : named.things;
  if (event.count > 1) event.what += fmt::format("; {} more {}", event.count - 1, things);
  if (most != value) event.what += fmt::format(", up to {}", most);
  return event;
}

void LimitWatch::count_time(double time_s, const std::vector<double>& values) {
  const double since_s = std::exchange(watched_s_, time_s);
  if (std::none_of(values.begin(), values.end(), [&](double value) { return value > limit_; })) return;
  above_s_ += time_s - since_s;
  const int day = static_cast<int>((since_s + time_s) / 2 / kDay_s);
  if (std::exchange(last_day_, day) != day) ++days_above_;
}

void LimitWatch::watch(double time_s, const std::vector<double>& values, std::vector<EventRow>& events) {
  std::vector<std::uint32_t> up, down;
  for (std::uint32_t c = 0; c < is_above_.size(); ++c) {
    highest_ = std::fmax(highest_, values[c]);
    const bool crosses = !is_above_[c] && values[c] > limit_;
    const bool is_low = values[c] < limit_ - hysteresis_;
    if (!is_low) last_above_s_[c] = time_s;
    const bool returns = is_above_[c] && is_low && time_s - last_above_s_[c] >= settle_s_ - 1e-9;
    if (crosses) up.push_back(c);
    if (returns) down.push_back(c);
    if (crosses || returns) is_above_[c] = crosses;
  }
  crossed_ = crossed_ || !up.empty();
  count_time(time_s, values);
  for (const auto& [classes, word] : {std::pair(&up, "above limit"), std::pair(&down, "back below limit")}) {
    if (classes->empty()) continue;
    EventRow event = event_of_classes(named_, *classes, values, limit_, dimension_, name_ + " " + word);
    event.time_s = time_s;
    event.metric = metric_;
    events.push_back(std::move(event));
  }
}

}  // namespace racktwin
