#include "sim/twin/power_caps.h"

#include "sim/check.h"
#include "sim/power/power_supply.h"
#include "sim/quantity.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

namespace racktwin {
namespace {

// A clock stays where the power is within this share below the cap: at another clock the GPUs are busy for other shares
// of the time, so a controller without a band would never rest.
constexpr double kBand = 0.001;
constexpr double kMissed = 0.005;     // a cap counts as not held from this share above it on
constexpr double kSameRatio = 1e-4;   // to which a clock is found
constexpr double kRise_per_s = 0.01;  // of a clock
constexpr double kNever = std::numeric_limits<double>::infinity();

bool is_cap(const Event& event) { return event.kind == EventKind::kPowerCap || event.kind == EventKind::kCurtail; }

bool is_same(const Event& a, const Event& b) {
  return a.kind == b.kind && a.path == b.path && a.time_s == b.time_s && a.by == b.by && a.value == b.value;
}

}  // namespace

PowerCaps::PowerCaps(const Plan& plan, const Model& model)
    : plan_(plan), model_(model), power_(plan, model), limits_(model.gpu_classes.size(), 1.0) {}

double PowerCaps::Cap::target_w(double time_s) const {
  if (event.ramp_s <= 0) return power_w;
  const double down = std::clamp((std::min(time_s, ends_s) - event.time_s) / event.ramp_s, 0.0, 1.0);
  const double back = std::clamp((time_s - ends_s) / event.ramp_s, 0.0, 1.0);
  return from_w + (power_w - from_w) * std::max(down - back, 0.0);
}

PowerCaps::Cap PowerCaps::cap_of(const Event& event) const {
  Cap cap;
  cap.event = event;
  cap.ends_s = kNever;
  cap.holds.resize(model_.gpu_classes.size());
  const GpuRange gpus = gpus_at(plan_, event.path);
  for (std::uint32_t g = gpus.begin; g < gpus.end; ++g) cap.holds[model_.class_of_gpu[g]] = true;
  const auto per_rack = static_cast<std::uint32_t>(model_.gpus_per_rack);
  const std::uint32_t first = gpus.begin / per_rack;
  if (event.path == plan_.site.name) {
    cap.level = Level::kSite;
  } else if (event.path == plan_.site.racks[first].path) {
    cap.level = Level::kRack;
    cap.unit = model_.class_of_rack[first];
  } else if (event.path.rfind(plan_.site.racks[first].path, 0) == 0) {
    cap.level = Level::kTray;
    cap.unit = model_.class_of_tray[gpus.begin / static_cast<std::uint32_t>(model_.gpus_per_tray)];
  } else {
    cap.level = Level::kRow;
  }
  std::map<std::uint32_t, int> racks;
  for (std::uint32_t r = first; r < gpus.end / per_rack; ++r) ++racks[model_.class_of_rack[r]];
  cap.racks.assign(racks.begin(), racks.end());
  return cap;
}

double PowerCaps::power_w(const Cap& cap, const Conditions& now, const std::vector<double>& clocks) {
  power_.set_supply(now.supply);
  power_.update({now.profile, 0, 1}, clocks, now.junction_degc);
  if (cap.level == Level::kTray) return power_.trays()[cap.unit].dc_w();
  if (cap.level == Level::kRack) return power_.racks()[cap.unit].ac_w;
  double racks_w = 0;
  for (const auto& [rack, count] : cap.racks) racks_w += count * power_.racks()[rack].ac_w;
  if (cap.level == Level::kRow) return racks_w;
  return site_ac_w(plan_.power, now.live, site_load(plan_.power, racks_w + power_.fabric_w(), now.plant));
}

void PowerCaps::take(const std::vector<const Event*>& in_force, double time_s, const Conditions& before) {
  for (Cap& cap : caps_) {
    const bool goes_on =
        std::any_of(in_force.begin(), in_force.end(), [&](const Event* e) { return is_same(*e, cap.event); });
    if (!goes_on && cap.ends_s == kNever) cap.ends_s = time_s;
  }
  for (const Event* event : in_force) {
    const bool is_known =
        std::any_of(caps_.begin(), caps_.end(), [&](const Cap& cap) { return is_same(*event, cap.event); });
    if (!is_cap(*event) || is_known) continue;
    Cap cap = cap_of(*event);
    cap.from_w = power_w(cap, before, before.clocks);
    cap.power_w = event->kind == EventKind::kCurtail ? (1 - event->value) * cap.from_w : event->value;
    caps_.push_back(std::move(cap));
  }
  std::stable_sort(caps_.begin(), caps_.end(), [](const Cap& a, const Cap& b) { return a.level < b.level; });
  std::erase_if(caps_, [&](const Cap& cap) { return cap.is_over(time_s); });
  gather();
}

bool PowerCaps::is_ramping(double from_s, double to_s) const {
  return std::any_of(caps_.begin(), caps_.end(),
                     [&](const Cap& cap) { return cap.target_w(from_s) != cap.target_w(to_s); });
}

double PowerCaps::power_at(const Cap& cap, const Conditions& now, const std::vector<double>& allowed, double ratio) {
  std::vector<double> clocks = now.clocks;
  for (std::size_t c = 0; c < clocks.size(); ++c)
    if (cap.holds[c] && clocks[c] > 0) clocks[c] = std::min(allowed[c], ratio);
  return power_w(cap, now, clocks);
}

double PowerCaps::highest_ratio(const Cap& cap, double target_w, const Conditions& now,
                                const std::vector<double>& allowed, double most) {
  const double kept_w = (1 - kBand / 2) * target_w;
  if (power_at(cap, now, allowed, most) <= kept_w) return most;
  double low = std::min(plan_.site.rack_type.gpu.min_clock_ratio.value, most), high = most;
  while (high - low > kSameRatio) {
    const double middle = (low + high) / 2;
    (power_at(cap, now, allowed, middle) <= kept_w ? low : high) = middle;
  }
  return low;
}

void PowerCaps::note_missed(Cap& cap, double time_s, double target_w, double power_w, std::vector<EventRow>& events) {
  const bool is_missed = power_w > target_w * (1 + kMissed);
  if (is_missed && !cap.is_missed) {
    const std::string target = format_quantity(target_w, Dimension::kPower);
    EventRow row{time_s, cap.event.path,
                 fmt::format("power cap of {} not held: {} at the lowest clock", target,
                             format_quantity(power_w, Dimension::kPower)),
                 "limit"};
    row.value = power_w;
    row.limit = target_w;
    if (first_missed_.empty()) first_missed_ = fmt::format("power cap of {} not held", target);
    events.push_back(std::move(row));
  }
  cap.is_missed = is_missed;
}

void PowerCaps::control(double time_s, double period_s, const Conditions& now, std::vector<double> allowed,
                        std::vector<EventRow>& events) {
  std::erase_if(caps_, [&](const Cap& cap) { return cap.is_over(time_s); });
  for (Cap& cap : caps_) {
    const double target_w = cap.target_w(time_s);
    const double power_w = power_at(cap, now, allowed, cap.ratio);
    if (power_w > target_w) {
      cap.ratio = highest_ratio(cap, target_w, now, allowed, cap.ratio);
      note_missed(cap, time_s, target_w, power_at(cap, now, allowed, cap.ratio), events);
    } else if (cap.ratio < 1 && power_w < (1 - kBand) * target_w) {
      cap.ratio = highest_ratio(cap, target_w, now, allowed, std::min(1.0, cap.ratio + kRise_per_s * period_s));
    }
    cap.lower(allowed);
  }
  gather();
}

void PowerCaps::settle(double time_s, const Conditions& now, std::vector<double> allowed,
                       std::vector<EventRow>& events) {
  for (Cap& cap : caps_) {
    const double target_w = cap.target_w(time_s);
    cap.ratio = highest_ratio(cap, target_w, now, allowed, 1.0);
    note_missed(cap, time_s, target_w, power_at(cap, now, allowed, cap.ratio), events);
    cap.lower(allowed);
  }
  gather();
}

double PowerCaps::lowest_cap_w(Level level, std::uint32_t unit, double time_s) const {
  double lowest_w = std::numeric_limits<double>::quiet_NaN();
  for (const Cap& cap : caps_)
    if (cap.level == level && cap.unit == unit) lowest_w = std::fmin(lowest_w, cap.target_w(time_s));
  return lowest_w;
}

double PowerCaps::site_cap_w(double time_s) const { return lowest_cap_w(Level::kSite, 0, time_s); }

double PowerCaps::rack_cap_w(std::uint32_t rack_class, double time_s) const {
  return lowest_cap_w(Level::kRack, rack_class, time_s);
}

void PowerCaps::Cap::lower(std::vector<double>& clocks) const {
  for (std::size_t c = 0; c < clocks.size(); ++c)
    if (holds[c]) clocks[c] = std::min(clocks[c], ratio);
}

void PowerCaps::gather() {
  std::fill(limits_.begin(), limits_.end(), 1.0);
  for (const Cap& cap : caps_) cap.lower(limits_);
}

}  // namespace racktwin
