#include "sim/twin/grounds.h"

#include "sim/workload/operators.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <utility>

namespace racktwin {
namespace {

Ground ground(const char* input, const Sourced& value) { return {value.evidence, input, value.from, false}; }
Ground ground(const char* input, const Fitted& value) { return ground(input, value.value); }
Ground ground(const char* input, const Curve& curve) { return {curve.evidence, input, curve.from, false}; }

Ground weakest(std::initializer_list<Ground> inputs) {
  Ground out = *inputs.begin();
  for (const Ground& input : inputs) out = weaker(out, input);
  return out;
}

bool any_of_kind(const std::vector<Event>& events, EventKind kind) {
  return std::any_of(events.begin(), events.end(), [=](const Event& event) { return event.kind == kind; });
}

Ground given(const std::string& by) { return {Evidence::kMeasured, "set by " + by, {}, true}; }

std::string scenario_text(const Plan& plan) { return fmt::format("scenario {}", plan.name); }

// All who set something in the course of a run: "default and operator".
std::string who_sets(EventKind kind, const Plan& plan, const std::vector<Event>& by_operator, std::string from_start) {
  std::string who = std::move(from_start);
  const auto then = [&](const std::string& next) {
    if (who != next) who += who.empty() ? next : " and " + next;
  };
  if (any_of_kind(plan.events, kind)) then(scenario_text(plan));
  if (any_of_kind(by_operator, kind)) then("operator");
  return who;
}

// What the equipment of the facility rests on.
Ground equipment_ground(const FacilityType& facility) {
  const bool is_tower = facility.rejection == RejectionKind::kTower;
  Ground free = weaker(ground(is_tower ? "tower approach" : "dry cooler approach", facility.approach_rated_k),
                       ground(is_tower ? "tower fans" : "dry cooler fans", facility.fan_power_share));
  return facility.chiller ? weaker(free, ground("chiller efficiency", facility.chiller->carnot_share)) : free;
}

// Set for a part of the run, or for all of it; else it is what the facility's equipment gives.
Ground facility_supply_ground(const Plan& plan, const std::vector<Event>& by_operator, const Ground& power) {
  const bool is_set_from_start = !std::isnan(plan.cooling.facility_supply_degc);
  const std::string who =
      who_sets(EventKind::kFacilitySupply, plan, by_operator, is_set_from_start ? scenario_text(plan) : "");
  if (is_set_from_start) return given(who);
  Ground equipment = weaker(equipment_ground(plan.cooling.facility), power);
  if (!who.empty()) equipment.input = fmt::format("until {} sets it: {}", who, equipment.input);
  return equipment;
}

// A pump that holds a set-point runs as fast as that takes. It follows its command with a lag, which plays a part as
// soon as an event changes the command.
Ground pump_speed_ground(const Plan& plan, const std::vector<Event>& by_operator, const Ground& flow) {
  constexpr EventKind kKind = EventKind::kPumpSpeed;
  const bool holds = std::isnan(plan.cooling.pump_speed);
  const std::string who = who_sets(kKind, plan, by_operator, holds ? "set-point" : scenario_text(plan));
  if (!any_of_kind(plan.events, kKind) && !any_of_kind(by_operator, kKind)) return holds ? flow : given(who);
  const CduType& cdu = plan.cooling.cdu;
  Ground lag = weaker(ground("run-up time", cdu.pump_runup_s), ground("run-down time", cdu.pump_rundown_s));
  lag.input = fmt::format("lag behind {}: {}", who, lag.input);
  return holds ? weaker(lag, flow) : lag;
}

}  // namespace

Ground weaker(const Ground& a, const Ground& b) {
  return a.is_given || (!b.is_given && b.evidence > a.evidence) ? b : a;
}

std::string evidence_of(const Ground& ground) {
  return ground.is_given ? std::string() : std::string(evidence_word(ground.evidence));
}

std::string source_of(const Ground& ground) {
  return ground.is_given ? ground.input : fmt::format("{} ({})", ground.input, ground.source);
}

Grounds grounds_of(const Plan& plan, const Calibration& c, const std::vector<Event>& by_operator) {
  const RackType& rack = plan.site.rack_type;
  const Gpu& gpu = rack.gpu;
  const GemmEfficiency& gemm = gemm_efficiency(gpu, plan.workload.precision);
  const CduType& cdu = plan.cooling.cdu;
  Grounds g;
  const Workload& w = plan.workload;
  const Ground attention = has_chip_attention(gpu, w.kernels, w.parallelism.cp > 1)
                               ? weakest({ground("attention share", gpu.attention_forward_share),
                                          ground("attention share", gpu.attention_backward_share)})
                               : ground("attention share", c.attention_share);
  g.compute = weakest({ground("kernel launch time", c.kernel_launch_s), attention, ground("HBM share", c.hbm_share),
                       ground("dense peak", gemm.dense_flops), ground("GEMM share", gemm.max_share),
                       ground("HBM bandwidth", gpu.hbm_bandwidth_bytes_per_s)});
  g.network =
      weakest({ground("NVLink bandwidth", gpu.nvlink_bytes_per_s), ground("NIC bandwidth", rack.nic_bytes_per_s),
               ground("switch latency", plan.site.fabric.switch_latency_s),
               ground("network step", c.collective.net_hop_simple_s), ground("step over NVLink", c.collective.step)});
  g.step = weaker(g.compute, g.network);
  g.power = weakest({ground("GPU power while communicating", gpu.communication_share),
                     ground("GPU power while memory-bound", gpu.memory_bound_share),
                     ground("GPU leakage", gpu.leakage_share), ground("GPU limit", gpu.tdp_w),
                     ground("GPU idle power", gpu.idle_w), ground("CPU load in training", rack.cpu.training_load),
                     ground("rest of the tray", rack.compute_tray_other_w)});
  g.ac = weakest({g.power, ground("shelf efficiency", rack.shelf_efficiency),
                  ground("UPS efficiency", plan.power.feed.ups_efficiency),
                  ground("transformer losses", plan.power.feed.transformer_load_loss)});
  g.flow = g.coolant = g.facility_supply = g.pump_speed = g.power;
  if (rack.liquid_cooled) {
    g.flow =
        weakest({ground("rack pressure drop", rack.rated_pressure_drop_pa),
                 ground("rack flow", rack.rated_flow_m3_per_s), ground("CDU pump curve", cdu.pump_shutoff_head_pa)});
    g.coolant = weakest({g.flow, ground("CDU approach", cdu.approach_k), g.power});
    g.facility_supply = facility_supply_ground(plan, by_operator, g.power);
    g.pump_speed = pump_speed_ground(plan, by_operator, g.flow);
  }
  g.facility = weaker(g.power, equipment_ground(plan.cooling.facility));
  const bool is_changed =
      any_of_kind(by_operator, EventKind::kDryBulb) || any_of_kind(by_operator, EventKind::kDryBulbRise);
  g.weather = given(scenario_text(plan) + (is_changed ? " and operator" : ""));
  g.cooling = weaker(ground("junction-to-case resistance", gpu.junction_to_case_k_per_w), g.coolant);
  return g;
}

}  // namespace racktwin
