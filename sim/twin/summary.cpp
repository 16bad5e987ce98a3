#include "sim/twin/summary.h"

#include "sim/twin/grounds.h"
#include "sim/workload/class_names.h"
#include "sim/workload/memory.h"
#include "sim/workload/operators.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr int kMostPlaces = 8;            // of the critical path that are named
constexpr std::size_t kMostSections = 3;  // the same

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

class Summary {
 public:
  void add(const char* name, double value, const char* unit, const Ground& ground) {
    rows_.push_back({name, value, {}, unit, evidence_of(ground)});
  }
  void count(const char* name, double value, const char* unit = "1") { rows_.push_back({name, value, {}, unit, {}}); }
  void text(const char* name, double value, std::string text, const char* unit = {}) {
    rows_.push_back({name, value, std::move(text), unit == nullptr ? "" : unit, {}});
  }
  std::vector<SummaryRow> take() { return std::move(rows_); }

 private:
  std::vector<SummaryRow> rows_;
};

double headroom(const LimitWatch& watch) { return 1 - watch.highest() / watch.limit(); }

struct NamedLimit {
  const char* name;  // in the summary
  const LimitWatch& watch;
  const Ground& ground;
};

std::vector<NamedLimit> all_limits(const RunLimits& limits, const Grounds& on) {
  return {{"feed", limits.feed, on.ac},
          {"one_feed", limits.other_feed, on.ac},
          {"ups", limits.ups, on.ac},
          {"generator", limits.generator, on.ac},
          {"busway", limits.busway, on.ac},
          {"rack", limits.rack, on.power},
          {"shelf", limits.shelf, on.power},
          {"cdu", limits.cdu, on.cooling},
          {"junction", limits.junction, on.cooling},
          {"coolant_supply", limits.inlet, on.cooling},
          {"coolant_return", limits.outlet, on.cooling},
          {"coils", limits.coils, on.cooling}};
}

// A clock that temperature holds from the start keeps the junction at its limit.
std::string verdict(const std::vector<NamedLimit>& limits, const RunTotals& totals, bool is_too_hot) {
  std::string crossed;
  for (const NamedLimit& limit : limits)
    if (limit.watch.was_crossed()) crossed += (crossed.empty() ? "" : ", ") + limit.watch.name();
  if (!crossed.empty()) crossed = "limits crossed: " + crossed;
  const auto add = [&](const std::string& what) { crossed += (crossed.empty() ? "" : "; ") + what; };
  if (totals.throttled_gpu_s > 0 && !is_too_hot) add("GPUs throttled by temperature");
  if (!totals.missed_cap.empty()) add(totals.missed_cap);
  if (!totals.runaway.empty()) add(totals.runaway);
  if (!totals.frost.empty()) add(totals.frost);
  if (totals.stopped_s > 0)
    add(fmt::format("the job stood still for {}", format_quantity(totals.stopped_s, Dimension::kTime)));
  return crossed.empty() ? "ok" : crossed;
}

void add_transfer(Summary& s, const char* name, const TransferTime& time, const Ground& ground) {
  s.add(fmt::format("critical_{}_latency_s", name).c_str(), time.latency_s, "s", ground);
  s.add(fmt::format("critical_{}_transfer_s", name).c_str(), time.transfer_s, "s", ground);
  s.add(fmt::format("critical_{}_contention_s", name).c_str(), time.contention_s, "s", ground);
}

void add_critical_path(Summary& s, const Plan& plan, const Model& model, const CriticalPath& path, const Grounds& on) {
  const PathParts& parts = path.parts;
  s.add("critical_compute_s", parts.compute_s, "s", on.compute);
  s.add("critical_memory_bound_s", parts.memory_s, "s", on.compute);
  add_transfer(s, "tp", parts.tensor, on.network);
  add_transfer(s, "cp", parts.context, on.network);
  if (plan.workload.parallelism.ep * plan.workload.parallelism.etp > 1) add_transfer(s, "ep", parts.expert, on.network);
  add_transfer(s, "dp", parts.data, on.network);
  add_transfer(s, "pp", parts.pipeline, on.network);
  s.add("critical_optimizer_s", parts.optimizer_s, "s", on.compute);
  int n = 0;
  const std::vector<PathPlace> places = path_places(path);
  s.count("critical_places", static_cast<double>(places.size()));
  for (const PathPlace& place : places)
    if (n < kMostPlaces)
      s.text(fmt::format("critical_place_{}", ++n).c_str(), place.time_s, gpu_class_name(plan, model, place.gpu_class),
             "s");
  n = 0;
  s.count("critical_sections", static_cast<double>(path.sections.size()));
  for (const PathSection& section : longest_sections(path, kMostSections)) {
    const std::string name = fmt::format("critical_section_{}", ++n);
    s.text(name.c_str(), section.end_s - section.begin_s, gpu_class_name(plan, model, section.gpu_class), "s");
    s.count((name + "_begin_s").c_str(), section.begin_s, "s");
  }
}

}  // namespace

std::vector<SummaryRow> summarise(const Plan& plan, const Model& model, const Calibration& calibration,
                                  const IterationProfile& first_step, const RunTotals& totals, const RunLimits& limits,
                                  const EnergyLedger& ledger, const std::vector<Event>& by_operator) {
  const Grounds on = grounds_of(plan, calibration, by_operator);
  const Workload& w = plan.workload;
  const Gpu& gpu = plan.site.rack_type.gpu;
  const double tokens = static_cast<double>(w.global_batch) * w.sequence;
  const StepParts& parts = first_step.parts;
  Summary s;
  const std::string judged = verdict(all_limits(limits, on), totals, limits.junction.was_crossed());
  s.text("verdict", judged == "ok" ? 0 : 1, judged);
  s.add("step_time_s", first_step.step_s, "s", on.step);
  s.add("step_time_max_s", totals.step_time_max_s, "s", on.step);
  s.add("tokens_per_s", tokens / first_step.step_s, "1/s", on.step);
  s.add("tokens_per_s_per_gpu", tokens / first_step.step_s / model.ranks, "1/s", on.step);
  s.add("mfu", model_flops_per_step(w) / first_step.step_s / model.ranks / dense_flops(gpu, w.precision), "1", on.step);
  s.add("compute_s", parts.compute_s, "s", on.compute);
  s.add("memory_bound_s", parts.memory_s, "s", on.compute);
  s.add("tp_exposed_s", parts.tensor_exposed_s, "s", on.network);
  s.add("cp_exposed_s", parts.context_exposed_s, "s", on.network);
  if (w.parallelism.ep * w.parallelism.etp > 1) s.add("ep_exposed_s", parts.expert_exposed_s, "s", on.network);
  s.add("dp_exposed_s", parts.data_exposed_s, "s", on.network);
  s.add("pp_exposed_s", parts.pipeline_exposed_s, "s", on.network);
  s.add("optimizer_s", parts.optimizer_s, "s", on.compute);
  s.add("bubble_s", parts.bubble_s, "s", on.step);
  s.add("compute_share", first_step.path.parts.compute_s / first_step.step_s, "1", on.step);
  s.add("site_peak_w", totals.site_peak_w, "W", on.ac);
  s.add("site_mean_w", totals.site_energy_j / totals.time_s, "W", on.ac);
  s.add("rack_peak_w", totals.rack_peak_w, "W", on.ac);
  s.add("it_mean_w", totals.it_energy_j / totals.time_s, "W", on.ac);
  if (plan.power.smoothing.is_on()) s.add("smoothing_burn_mean_w", totals.burnt_j / totals.time_s, "W", on.power);
  s.add("pue", totals.site_energy_j / totals.it_energy_j, "1", on.ac);
  s.add("junction_max_degc", totals.junction_max_degc, "degC", on.cooling);
  s.add("coolant_supply_max_degc", totals.supply_max_degc, "degC", on.cooling);
  s.add("coolant_return_max_degc", totals.return_max_degc, "degC", on.cooling);
  s.add("facility_supply_max_degc", totals.facility_max_degc, "degC", on.facility_supply);
  s.add("facility_return_max_degc", totals.facility_return_max_degc, "degC", on.coolant);
  s.add("heat_reuse_degc", totals.facility_heat_degc_j / totals.facility_heat_j, "degC", on.coolant);
  s.add("dry_bulb_max_degc", totals.dry_bulb_max_degc, "degC", on.weather);
  s.add("cooling_mean_w", totals.cooling_energy_j / totals.time_s, "W", on.facility);
  s.add("cdu_pump_mean_w", totals.pump_energy_j / totals.time_s, "W", on.flow);
  s.add("facility_pump_mean_w", totals.facility_pump_energy_j / totals.time_s, "W", on.facility);
  s.add("fan_mean_w", totals.fan_energy_j / totals.time_s, "W", on.facility);
  s.add("air_cooling_mean_w", totals.air_cooling_energy_j / totals.time_s, "W", on.facility);
  s.add("chiller_mean_w", totals.chiller_energy_j / totals.time_s, "W", on.facility);
  if (!std::isnan(totals.water_l)) {
    s.add("water_l", totals.water_l, "L", on.facility);
    s.add("wue_l_per_kwh", totals.water_l / (totals.it_energy_j / 3.6e6), "L/kWh", on.facility);
  }
  s.add("throttled_fraction", totals.throttled_gpu_s / totals.working_gpu_s, "1", on.cooling);
  for (const ClockReasonName& name : kClockReasonNames)
    if (name.reason != ClockReason::kIdle)  // no GPU that works is
      s.add(name.metric.data(), totals.reason_gpu_s[static_cast<std::size_t>(name.reason)] / totals.working_gpu_s, "1",
            on.cooling);
  s.add("clock_start", totals.clock_start, "1", on.cooling);
  s.add("clock_min", totals.clock_min, "1", on.cooling);
  s.count("energy_residual", ledger.residual());
  s.count("coolant_residual", totals.coolant_residual);
  s.add("headroom_feed", headroom(limits.feed), "1", on.ac);
  if (plan.power.feeds > 1) s.add("headroom_one_feed", headroom(limits.other_feed), "1", on.ac);
  s.add("headroom_ups", headroom(limits.ups), "1", on.ac);
  if (!std::isnan(plan.power.generator_rating_w)) s.add("headroom_generator", headroom(limits.generator), "1", on.ac);
  if (!std::isnan(plan.power.busway_rating_w)) s.add("headroom_busway", headroom(limits.busway), "1", on.ac);
  s.add("headroom_shelf", headroom(limits.shelf), "1", on.power);
  s.add("headroom_rack", headroom(limits.rack), "1", on.power);
  s.add("headroom_cdu", headroom(limits.cdu), "1", on.cooling);
  s.add("headroom_junction_k", limits.junction.limit() - limits.junction.highest(), "K", on.cooling);
  for (const NamedLimit& limit : all_limits(limits, on)) {
    if (std::isnan(limit.watch.limit())) continue;
    s.add(fmt::format("above_{}_s", limit.name).c_str(), limit.watch.above_s(), "s", limit.ground);
    s.count(fmt::format("above_{}_days", limit.name).c_str(), limit.watch.days_above());
  }
  const double memory = memory_use(w).total_bytes();
  const Ground reserve = {Evidence::kAssumed, "runtime reserve", {}, false};
  s.add("headroom_memory", 1 - memory / gpu.hbm_capacity_bytes.value, "1", reserve);
  s.add("memory_used_bytes", memory, "B", reserve);
  s.count("steps_completed", totals.steps);
  s.count("tokens_trained", totals.steps * tokens);
  s.add("tokens_per_joule", totals.steps * tokens / totals.site_energy_j, "1/J", on.ac);
  const auto lost = [&](Loss to) { return totals.lost[static_cast<std::size_t>(to)]; };
  s.add("tokens_lost_to_heat", lost(Loss::kHeat), "1", on.cooling);
  s.add("tokens_lost_to_power", lost(Loss::kPower), "1", on.cooling);
  s.add("tokens_lost_to_clock_limit", lost(Loss::kClockLimit), "1", on.step);
  s.add("tokens_lost_to_network", lost(Loss::kNetwork), "1", on.network);
  s.text("first_loss", kNoValue, totals.first_loss.empty() ? "none" : totals.first_loss);
  s.count("gpus_used", model.ranks);
  s.count("gpu_classes", static_cast<double>(model.gpu_classes.size()));
  s.count("solves", totals.solves);
  add_critical_path(s, plan, model, first_step.path, on);
  int named = 0;
  for (const BusiestLink& link : first_step.busiest) {
    const std::string name = fmt::format("busiest_link_{}", ++named);
    s.text(name.c_str(), link.load.utilization, link_name(plan, model, link.load.owner), "1");
    s.add((name + "_peak").c_str(), link.peak, "1", on.network);
    s.add((name + "_bytes").c_str(), link.load.bytes, "B", on.network);
  }
  for (const auto& [name, ground] : {std::pair{"weakest_input_compute", on.compute},
                                     {"weakest_input_network", on.network},
                                     {"weakest_input_power", on.ac},
                                     {"weakest_input_cooling", on.cooling}})
    s.text(name, kNoValue, fmt::format("{} ({})", ground.input, evidence_word(ground.evidence)));
  return s.take();
}

}  // namespace racktwin
