#include "sim/workload/links.h"

#include <array>

namespace racktwin {
namespace {

// Up or down, of one leaf to its spines and of one pod to the cores. share: left of it.
double leaf_bytes_per_s(const Plan& plan, const Fabric& fabric, double share) {
  return fabric.leaf_uplinks * plan.site.fabric.port_bytes_per_s.value * share;
}
double pod_bytes_per_s(const Plan& plan, const Fabric& fabric, double share) {
  return static_cast<double>(fabric.spines_per_pod) * fabric.spine_uplinks * plan.site.fabric.port_bytes_per_s.value *
         share;
}

constexpr double kRounding = 1 + 1e-12;  // of sums of capacities

}  // namespace

std::string_view trunk_word(TrunkKind kind) {
  static constexpr std::array<std::string_view, 9> kWords = {
      "nvlink up", "nvlink down", "nvswitch", "nic up", "nic down", "leaf up", "leaf down", "pod up", "pod down"};
  return kWords[static_cast<std::size_t>(kind)];
}

Links::Links(const Plan& plan, const Model& model, const NetworkShare& network, ActivityGraphBuilder& graph)
    : rack_(plan.site.rack_type), model_(model), network_(network), graph_(graph) {
  const Fabric& fabric = model.fabric;
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c) {
    const GpuClass& gpu = model.gpu_classes[c];
    GpuLinks links;
    if (gpu.stage >= 0) {
      const double nvlink = nvlink_bytes_per_s(c), nic = nic_bytes_per_s(c);
      links.nvlink_up = add(TrunkKind::kNvlinkUp, c, nvlink, gpu.count);
      links.nvlink_down = add(TrunkKind::kNvlinkDown, c, nvlink, gpu.count);
      links.nic_up = add(TrunkKind::kNicUp, c, nic, gpu.count);
      links.nic_down = add(TrunkKind::kNicDown, c, nic, gpu.count);
    }
    gpus_.push_back(links);
  }
  for (std::uint32_t d = 0; d < model.domain_classes.size(); ++d)
    nvswitch_.push_back(add(TrunkKind::kNvswitch, d, rack_.gpu.nvlink_bytes_per_s.value * model.gpus_per_domain,
                            model.domain_classes[d].count));
  for (std::uint32_t l = 0; fabric.spines > 0 && l < model.leaf_classes.size(); ++l) {
    const double uplinks = leaf_bytes_per_s(plan, fabric, network.uplinks_of(l));
    leaf_up_.push_back(add(TrunkKind::kLeafUp, l, uplinks, model.leaf_classes[l].count));
    leaf_down_.push_back(add(TrunkKind::kLeafDown, l, uplinks, model.leaf_classes[l].count));
  }
  for (std::uint32_t p = 0; fabric.cores > 0 && p < model.pod_classes.size(); ++p) {
    const double pod = pod_bytes_per_s(plan, fabric, network.pod_of(p));
    pod_up_.push_back(add(TrunkKind::kPodUp, p, pod, model.pod_classes[p].count));
    pod_down_.push_back(add(TrunkKind::kPodDown, p, pod, model.pod_classes[p].count));
  }
}

bool uplinks_may_bind(const Plan& plan, const Model& model, const NetworkShare& network) {
  const Fabric& fabric = model.fabric;
  if (fabric.spines == 0) return false;
  std::vector<double> below_leaf(model.leaf_classes.size()), below_pod(model.pod_classes.size());
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c)
    if (const GpuClass& gpu = model.gpu_classes[c]; gpu.stage >= 0)
      below_leaf[gpu.leaf_class] += gpu.count * plan.site.rack_type.nic_bytes_per_s_per_gpu() * network.nic_of(c);
  for (std::uint32_t l = 0; l < below_leaf.size(); ++l) {
    const double up = model.leaf_classes[l].count * leaf_bytes_per_s(plan, fabric, network.uplinks_of(l));
    if (below_leaf[l] > up * kRounding) return true;
    below_pod[model.pod_class_of_leaf_class[l]] += below_leaf[l];
  }
  for (std::uint32_t p = 0; p < below_pod.size() && fabric.cores > 0; ++p)
    if (below_pod[p] > model.pod_classes[p].count * pod_bytes_per_s(plan, fabric, network.pod_of(p)) * kRounding)
      return true;
  return false;
}

std::uint32_t Links::add(TrunkKind kind, std::uint32_t unit_class, double bandwidth, std::uint32_t links) {
  owners.push_back({kind, unit_class});
  return graph_.add_trunk({bandwidth, links});
}

double Links::nvlink_bytes_per_s(std::uint32_t gpu_class) const {
  return rack_.gpu.nvlink_bytes_per_s.value * network_.nvlink_of(gpu_class);
}

double Links::nic_bytes_per_s(std::uint32_t gpu_class) const {
  return rack_.nic_bytes_per_s_per_gpu() * network_.nic_of(gpu_class);
}

std::uint32_t Links::route(std::uint32_t from, std::uint32_t to, Hop up, Hop down, double flow_cap_bytes_per_s) {
  const RouteKey key = {from, to, up, down, flow_cap_bytes_per_s};
  if (const auto found = routes_.find(key); found != routes_.end()) return found->second;
  const GpuClass& gpu = model_.gpu_classes[from];
  Route r;
  r.flows = gpu.count;
  r.flow_cap_bytes_per_s = flow_cap_bytes_per_s;
  if (up == Hop::kNvlink) {
    r.trunks = {gpus_[from].nvlink_up, nvswitch_[gpu.domain_class], gpus_[to].nvlink_down};
  } else {
    const std::uint32_t leaf = gpu.leaf_class, to_leaf = model_.gpu_classes[to].leaf_class;
    r.trunks = {gpus_[from].nic_up, gpus_[to].nic_down};
    if (up >= Hop::kSpine) r.trunks.push_back(leaf_up_[leaf]);
    if (down >= Hop::kSpine) r.trunks.push_back(leaf_down_[to_leaf]);
    if (up == Hop::kCore) r.trunks.push_back(pod_up_[model_.pod_class_of_leaf_class[leaf]]);
    if (down == Hop::kCore) r.trunks.push_back(pod_down_[model_.pod_class_of_leaf_class[to_leaf]]);
  }
  return routes_[key] = graph_.add_route(std::move(r));
}

}  // namespace racktwin
