#include "sim/cooling/technology_loop.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace racktwin {
namespace {

// Flow through a CDU whose pumps stand, over its rated flow: check valves leak a little, and buoyancy helps.
// assumed; it keeps the steady state defined.
constexpr double kLeakShare = 1e-4;

// A pump within this of its commanded speed has arrived.
constexpr double kSpeedArrived = 1e-6;

// Speeds between which a CDU controls its pumps. source: Vertiv, CoolChip CDU 600 operation and maintenance guide
// (2025), table 4.19, P207 and P209: 15 and 100 %.
constexpr double kLeastSpeed = 0.15, kMostSpeed = 1;

bool is_same(double a, double b) { return a == b || (std::isnan(a) && std::isnan(b)); }

}  // namespace

TechnologyLoop::TechnologyLoop(const RackType& rack, const CoolingPlan& cooling, const Model& model)
    : rack_(rack),
      cdu_(cooling.cdu),
      flow_setpoint_m3_per_s_(cooling.tcs_flow_m3_per_s),
      pressure_setpoint_pa_(cooling.tcs_pressure_pa),
      class_of_cdu_(static_cast<std::size_t>(cooling.cdus)) {
  for (const UnitClass& unit : model.rack_classes) rack_count_.push_back(unit.count);
  for (const GpuClass& gpu : model.gpu_classes) {
    gpu_count_.push_back(gpu.count);
    rack_class_of_gpu_.push_back(gpu.rack_class);
  }
  CduClass all;
  all.count = cooling.cdus;
  for (auto* values : {&all.command, &all.speed, &all.mean_speed, &all.mean_cube, &all.flow_m3_per_s})
    values->assign(static_cast<std::size_t>(cdu_.pumps), 0);
  cdus_.push_back(std::move(all));
  set_openings({});
  find_flow();
}

void TechnologyLoop::settle(const PlantInput& input) {
  set_openings(input);
  set_commands(input);
  const double holding = holding_speed(std::numeric_limits<double>::infinity());
  for (CduClass& cdu : cdus_)
    for (std::size_t pump = 0; pump < cdu.speed.size(); ++pump) {
      const double speed = speed_after(cdu, pump, holding, std::numeric_limits<double>::infinity()).end;
      cdu.speed[pump] = cdu.mean_speed[pump] = speed;
      cdu.mean_cube[pump] = std::pow(speed, 3);
    }
  is_holding_ = true;
  find_flow();
}

bool TechnologyLoop::step(const PlantInput& input, double dt_s) {
  set_openings(input);
  set_commands(input);
  if (!follow_commands(dt_s) && !must_find_flow_) return false;
  find_flow();
  return true;
}

// Valves and clogging; the flow is found anew where one changed.
void TechnologyLoop::set_openings(const PlantInput& input) {
  const auto or_open = [](const std::vector<double>& given, std::size_t n) {
    RT_CHECK(given.empty() || given.size() == n);
    return given.empty() ? std::vector<double>(n, 1.0) : given;
  };
  std::vector<double> opening = or_open(input.rack_opening, rack_count_.size());
  std::vector<double> area = or_open(input.gpu_flow_area, gpu_count_.size());
  if (!rack_admittance_.empty() && opening == rack_opening_ && area == gpu_flow_area_) return;
  rack_opening_ = std::move(opening);
  gpu_flow_area_ = std::move(area);
  // Of a plate's pressure drop its channels take a part; what is in series with them (disconnects, hoses) stays clean.
  const double x = rack_.flow_exponent.value, channels = rack_.plate_pressure_share.value;
  gpu_flow_share_.clear();
  for (const double clean : gpu_flow_area_)
    gpu_flow_share_.push_back(std::pow(channels * std::pow(clean, -x) + 1 - channels, -1 / x));
  // GPU plates, in parallel, have plate_share_gpu of an open rack's flow.
  rack_admittance_.assign(rack_count_.size(), 1 - rack_.plate_share_gpu.value);
  for (std::size_t i = 0; i < gpu_count_.size(); ++i) {
    const double share = gpu_count_[i] / (rack_count_[rack_class_of_gpu_[i]] * rack_.gpus());
    rack_admittance_[rack_class_of_gpu_[i]] += rack_.plate_share_gpu.value * share * gpu_flow_share_[i];
  }
  open_racks_ = 0;
  for (std::size_t i = 0; i < rack_count_.size(); ++i) {
    rack_admittance_[i] *= rack_opening_[i];
    open_racks_ += rack_count_[i] * rack_admittance_[i];
  }
  must_find_flow_ = true;
  is_holding_ = false;
}

// CDUs of a class that are no longer treated alike become classes of their own.
void TechnologyLoop::part_cdus(const PlantInput& input) {
  const std::size_t pumps = static_cast<std::size_t>(cdu_.pumps);
  const auto is_isolated = [&](std::size_t cdu) {
    return cdu < input.is_cdu_isolated.size() && input.is_cdu_isolated[cdu];
  };
  const auto is_alike = [&](std::size_t a, std::size_t b) {
    if (is_isolated(a) != is_isolated(b)) return false;
    for (std::size_t pump = 0; pump < pumps; ++pump)
      if (!is_same(input.pump_speed[a * pumps + pump], input.pump_speed[b * pumps + pump])) return false;
    return true;
  };
  const std::size_t before = cdus_.size();
  for (std::size_t i = 0; i < class_of_cdu_.size(); ++i) {
    const std::size_t old = class_of_cdu_[i];
    if (old >= before || is_alike(cdus_[old].first, i)) continue;
    std::size_t found = before;
    while (found < cdus_.size() && (cdus_[found].parent != old || !is_alike(cdus_[found].first, i))) ++found;
    if (found == cdus_.size()) {
      cdus_.push_back(cdus_[old]);
      cdus_.back().count = 0;
      cdus_.back().first = i;
      cdus_.back().parent = old;
    }
    --cdus_[old].count;
    ++cdus_[found].count;
    class_of_cdu_[i] = found;
  }
}

void TechnologyLoop::set_commands(const PlantInput& input) {
  part_cdus(input);
  for (CduClass& cdu : cdus_) {
    const bool isolated = cdu.first < input.is_cdu_isolated.size() && input.is_cdu_isolated[cdu.first];
    bool has_changed = isolated != cdu.is_isolated;
    cdu.is_isolated = isolated;
    for (std::size_t pump = 0; pump < cdu.command.size(); ++pump) {
      const double command = input.pump_speed[cdu.first * cdu.command.size() + pump];
      has_changed = has_changed || !is_same(command, cdu.command[pump]);
      cdu.command[pump] = command;
    }
    if (!has_changed) continue;
    must_find_flow_ = true;
    is_holding_ = false;
  }
}

// First-order lag behind the command, exact over a step.
TechnologyLoop::Speed TechnologyLoop::speed_after(const CduClass& cdu, std::size_t pump, double holding,
                                                  double dt_s) const {
  const double command = std::isnan(cdu.command[pump]) ? holding : cdu.command[pump];
  const double missing = command - cdu.speed[pump];
  const double time_constant_s = (missing > 0 ? cdu_.pump_runup_s : cdu_.pump_rundown_s).value;
  if (missing == 0) return {command, command, std::pow(command, 3)};
  const double left = missing * std::exp(-dt_s / time_constant_s);
  // Means of missing, missing^2 and missing^3, each of which decays that many times as fast.
  const auto mean_missing = [&](int n) {
    return (std::pow(missing, n) - std::pow(left, n)) * time_constant_s / (n * dt_s);
  };
  const double first = mean_missing(1), second = mean_missing(2), third = mean_missing(3);
  return {std::abs(left) < kSpeedArrived ? command : command - left, command - first,
          std::pow(command, 3) - 3 * command * command * first + 3 * command * second - third};
}

LoopFlow TechnologyLoop::solve(const std::vector<PumpGroup>& pumps) const {
  const PumpCurve curve{cdu_.pump_shutoff_head_pa.value, cdu_.pump_rated_flow_m3_per_s.value,
                        cdu_.pump_rated_head_pa.value};
  const FlowResistance rack_resistance{rack_.rated_pressure_drop_pa.value, rack_.rated_flow_m3_per_s.value,
                                       rack_.flow_exponent.value};
  return solve_loop_flow(curve, pumps, {{rack_resistance, open_racks_}});
}

LoopFlow TechnologyLoop::flow_after(double holding, double dt_s) const {
  std::vector<PumpGroup> pumps;
  for (const CduClass& cdu : cdus_)
    for (std::size_t pump = 0; pump < cdu.speed.size(); ++pump)
      pumps.emplace_back(cdu.is_isolated ? 0 : speed_after(cdu, pump, holding, dt_s).end, cdu.count);
  return solve(pumps);
}

// What the pumps hold, over its set-point.
double TechnologyLoop::held(const LoopFlow& flow) const {
  return std::isnan(pressure_setpoint_pa_) ? flow.total_m3_per_s / flow_setpoint_m3_per_s_
                                           : flow.head_pa / pressure_setpoint_pa_;
}

// The command of all controlled pumps that has the set-point reached at the end of the step: an ideal controller, whose
// pumps lag behind. What they hold rises with it, so there is one, found by bisection.
double TechnologyLoop::holding_speed(double dt_s) const {
  if (std::isnan(flow_setpoint_m3_per_s_) && std::isnan(pressure_setpoint_pa_)) return kMostSpeed;
  if (held(flow_after(kMostSpeed, dt_s)) <= 1) return kMostSpeed;
  double low = kLeastSpeed, high = kMostSpeed;
  while (high - low > 1e-12) {
    const double middle = (low + high) / 2;
    (held(flow_after(middle, dt_s)) < 1 ? low : high) = middle;
  }
  return high;
}

// True: a speed changed.
bool TechnologyLoop::follow_commands(double dt_s) {
  if (is_holding_) return false;
  const double holding = holding_speed(dt_s);
  bool has_changed = false;
  is_holding_ = true;
  for (CduClass& cdu : cdus_)
    for (std::size_t pump = 0; pump < cdu.speed.size(); ++pump) {
      const Speed next = speed_after(cdu, pump, holding, dt_s);
      has_changed = has_changed || next.mean != cdu.mean_speed[pump];
      is_holding_ = is_holding_ && std::abs(next.end - cdu.speed[pump]) < kSpeedArrived &&
                    std::abs(next.mean - next.end) < kSpeedArrived &&
                    std::abs(next.end - (std::isnan(cdu.command[pump]) ? holding : cdu.command[pump])) < kSpeedArrived;
      cdu.speed[pump] = next.end;
      cdu.mean_speed[pump] = next.mean;
      cdu.mean_cube[pump] = next.mean_cube;
    }
  return has_changed;
}

// Flow and pump work at the pumps' mean speeds. All racks follow one law of resistance, so they act as one branch.
void TechnologyLoop::find_flow() {
  std::vector<PumpGroup> pumps;
  for (const CduClass& cdu : cdus_)
    for (double speed : cdu.mean_speed) pumps.emplace_back(cdu.is_isolated ? 0 : speed, cdu.count);
  const LoopFlow loop = solve(pumps);
  const double leak = open_racks_ > 0 ? kLeakShare * cdu_.secondary_rated_flow_m3_per_s.value : 0;
  pump_power_w_ = total_flow_m3_per_s_ = 0;
  auto flow = loop.pump_m3_per_s.begin();
  for (CduClass& cdu : cdus_) {
    cdu.total_flow_m3_per_s = 0;
    for (std::size_t pump = 0; pump < cdu.speed.size(); ++pump) {
      cdu.flow_m3_per_s[pump] = *flow++;
      cdu.total_flow_m3_per_s += cdu.flow_m3_per_s[pump];
      pump_power_w_ += cdu.count * cdu_.pump_rated_power_w.value * cdu.mean_cube[pump];
    }
    cdu.total_flow_m3_per_s = open_racks_ > 0 ? std::max(cdu.total_flow_m3_per_s, leak) : 0;
    total_flow_m3_per_s_ += cdu.count * cdu.total_flow_m3_per_s;
  }
  open_rack_flow_m3_per_s_ = open_racks_ > 0 ? total_flow_m3_per_s_ / open_racks_ : 0;
  must_find_flow_ = false;
}

double TechnologyLoop::rack_flow_m3_per_s(std::size_t rack_class) const {
  return rack_admittance_[rack_class] * open_rack_flow_m3_per_s_;
}

double TechnologyLoop::gpu_plate_flow_m3_per_s(std::size_t gpu_class) const {
  const double of_rack = rack_.plate_share_gpu.value * open_rack_flow_m3_per_s_ *
                         rack_opening_[rack_class_of_gpu_[gpu_class]] * gpu_flow_share_[gpu_class];
  return of_rack / rack_.gpus();
}

double TechnologyLoop::other_plates_flow_m3_per_s(std::size_t rack_class) const {
  return (1 - rack_.plate_share_gpu.value) * open_rack_flow_m3_per_s_ * rack_opening_[rack_class];
}

void TechnologyLoop::put_pumps(std::vector<double>& speed, std::vector<double>& flow_m3_per_s) const {
  speed.clear();
  flow_m3_per_s.clear();
  for (std::size_t cdu_class : class_of_cdu_) {
    const CduClass& cdu = cdus_[cdu_class];
    speed.insert(speed.end(), cdu.mean_speed.begin(), cdu.mean_speed.end());
    flow_m3_per_s.insert(flow_m3_per_s.end(), cdu.flow_m3_per_s.begin(), cdu.flow_m3_per_s.end());
  }
}

}  // namespace racktwin
