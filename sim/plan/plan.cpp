#include "sim/plan/plan.h"

#include <fmt/core.h>

namespace racktwin {

std::string_view precision_word(Precision precision) {
  static constexpr std::string_view kWords[] = {"bf16", "fp8", "fp8-current", "mxfp8", "nvfp4"};
  return kWords[static_cast<std::size_t>(precision)];
}

std::string_view task_word(Task task) {
  static constexpr std::string_view kWords[] = {"pretrain", "sft", "lora"};
  return kWords[static_cast<std::size_t>(task)];
}

std::string_view sharding_word(Sharding sharding) {
  static constexpr std::string_view kWords[] = {"optimizer", "gradients", "parameters"};
  return kWords[static_cast<std::size_t>(sharding)];
}

std::string_view expert_dispatch_word(ExpertDispatch dispatch) {
  return dispatch == ExpertDispatch::kDeepEp ? "deepep" : "alltoall";
}

std::string_view kernels_word(Kernels kernels) {
  static constexpr std::string_view kWords[] = {"native", "flash-attention-2", "compiled", "eager"};
  return kWords[static_cast<std::size_t>(kernels)];
}

std::string_view recompute_word(Recompute recompute) {
  static constexpr std::string_view kWords[] = {"none", "selective", "full"};
  return kWords[static_cast<std::size_t>(recompute)];
}

std::string cdu_path(const Plan& plan, int cdu) { return fmt::format("{}/cdu-{}", plan.site.name, cdu + 1); }

std::string pump_path(const Plan& plan, int cdu, int pump) {
  return fmt::format("{}/pump-{}", cdu_path(plan, cdu), pump + 1);
}

std::string feed_path(const Plan& plan, int feed) {
  return fmt::format("{}/feed-{}", plan.site.name, static_cast<char>('a' + feed));
}

std::string ups_path(const Plan& plan, int feed) { return feed_path(plan, feed) + "/ups"; }
std::string utility_path(const Plan& plan) { return plan.site.name + "/utility"; }

std::string facility_path(const Plan& plan) { return plan.site.name + "/facility"; }

std::string free_cooling_path(const Plan& plan) {
  const bool is_tower = plan.cooling.facility.rejection == RejectionKind::kTower;
  return facility_path(plan) + (is_tower ? "/tower" : "/dry-cooler");
}

std::string chiller_path(const Plan& plan) { return facility_path(plan) + "/chiller"; }

std::string weather_path(const Plan& plan) { return plan.site.name + "/weather"; }

std::vector<std::string> pump_paths(const Plan& plan) {
  std::vector<std::string> paths;
  for (int c = 0; c < plan.cooling.cdus; ++c)
    for (int p = 0; p < plan.cooling.cdu.pumps; ++p) paths.push_back(pump_path(plan, c, p));
  return paths;
}

const ColdPlate* CoolingPlan::cold_plate(const std::string& name) const {
  for (const ColdPlate& plate : cold_plates)
    if (plate.name == name) return &plate;
  return nullptr;
}

}  // namespace racktwin
