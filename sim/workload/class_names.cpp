#include "sim/workload/class_names.h"

#include <fmt/format.h>

namespace racktwin {
namespace {

std::string gpu_path(const Plan& plan, const Model& model, std::uint32_t gpu) {
  const auto of_rack = gpu % static_cast<std::uint32_t>(model.gpus_per_rack);
  const auto gpus = static_cast<std::uint32_t>(model.gpus_per_tray);
  return fmt::format("{}/{}", plan.site.racks[model.rack_of_gpu(gpu)].path,
                     tray_and_gpu_names(plan.site.rack_type)[of_rack / gpus * (gpus + 1) + 1 + of_rack % gpus]);
}

std::string and_others(std::uint32_t count) {
  return count > 1 ? fmt::format(", and {} like it", count - 1) : std::string();
}

}  // namespace

std::string gpu_class_name(const Plan& plan, const Model& model, std::uint32_t gpu_class) {
  const GpuClass& gpu = model.gpu_classes[gpu_class];
  const std::string stage =
      plan.workload.parallelism.pp > 1 && gpu.stage >= 0 ? fmt::format("stage {}, ", gpu.stage) : std::string();
  if (gpu.count == 1) return stage + gpu_path(plan, model, gpu.first);
  std::uint32_t racks = 0, latest = kNoIndex;
  bool shares_rack = false;  // with another class of its stage
  for (std::uint32_t g = 0; g < model.gpus(); ++g) {
    const std::uint32_t rack = model.rack_of_gpu(g), c = model.class_of_gpu[g];
    if (c != gpu_class) {
      shares_rack |= rack == model.rack_of_gpu(gpu.first) && model.gpu_classes[c].stage == gpu.stage;
    } else if (rack != latest) {
      latest = rack;
      ++racks;
    }
  }
  if (shares_rack) return fmt::format("{}{} GPUs like {}", stage, gpu.count, gpu_path(plan, model, gpu.first));
  const std::string more =
      racks > 1 ? fmt::format(" and {} more rack{}", racks - 1, racks > 2 ? "s" : "") : std::string();
  return fmt::format("{}{} GPUs in {}{}", stage, gpu.count, plan.site.racks[model.rack_of_gpu(gpu.first)].path, more);
}

std::string link_name(const Plan& plan, const Model& model, const TrunkOwner& owner) {
  const std::string_view word = trunk_word(owner.kind);
  const auto in_rack_of = [&](const char* what, const UnitClass& unit, std::uint32_t gpu) {
    return fmt::format("{} of {} in {}{}", word, what, plan.site.racks[model.rack_of_gpu(gpu)].path,
                       and_others(unit.count));
  };
  switch (owner.kind) {
    case TrunkKind::kLeafUp:
    case TrunkKind::kLeafDown: {
      const UnitClass& leaf = model.leaf_classes[owner.unit_class];
      return fmt::format("{} of {}{}", word, switch_path(plan.site.name, model.fabric, static_cast<int>(leaf.first)),
                         and_others(leaf.count));
    }
    case TrunkKind::kPodUp:
    case TrunkKind::kPodDown: {
      const UnitClass& pod = model.pod_classes[owner.unit_class];
      return fmt::format("{} of pod {}{}", word, pod.first + 1, and_others(pod.count));
    }
    case TrunkKind::kNvswitch: {
      const UnitClass& domain = model.domain_classes[owner.unit_class];
      return in_rack_of("an NVLink domain", domain, domain.first * static_cast<std::uint32_t>(model.gpus_per_domain));
    }
    default: {
      const GpuClass& gpu = model.gpu_classes[owner.unit_class];
      return in_rack_of("a GPU", {gpu.count, gpu.first}, gpu.first);
    }
  }
}

}  // namespace racktwin
