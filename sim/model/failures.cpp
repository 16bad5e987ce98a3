#include "sim/model/failures.h"

#include "sim/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <string_view>

namespace racktwin {
namespace {

// "leaf-03" of "leaf": 2; -1 if it is not of that name, or not of 1 to `count`.
int number_of(std::string_view segment, std::string_view name, int count) {
  if (segment.substr(0, name.size()) != name || segment.size() <= name.size() + 1 || segment[name.size()] != '-')
    return -1;
  const std::string_view digits = segment.substr(name.size() + 1);
  int number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size() && number >= 1 && number <= count ? number - 1
                                                                                                        : -1;
}

// Splits at the last '/'.
std::pair<std::string, std::string> parent_and_name(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {"", path};
  return {path.substr(0, slash), path.substr(slash + 1)};
}

std::optional<NetworkPart> part_of_rack(const Site& site, const Fabric& fabric, const std::string& path) {
  const RackType& type = site.rack_type;
  const auto [parent, name] = parent_and_name(path);
  const auto rack_of = [&](const std::string& rack) {
    return std::any_of(site.racks.begin(), site.racks.end(), [&](const RackPlace& r) { return r.path == rack; });
  };
  const auto chips = static_cast<double>(type.nvswitch_chips);
  if (rack_of(parent) && number_of(name, "switch-tray", type.switch_trays) >= 0)
    return NetworkPart{NetworkPartKind::kSwitchTray, gpus_at(site, parent), 1.0 / type.switch_trays, 0, 0};
  const auto [grandparent, tray] = parent_and_name(parent);
  if (rack_of(grandparent) && number_of(tray, "switch-tray", type.switch_trays) >= 0 &&
      number_of(name, "nvswitch", type.nvswitch_chips / type.switch_trays) >= 0)
    return NetworkPart{NetworkPartKind::kNvswitch, gpus_at(site, grandparent), 1 / chips, 0, 0};
  const GpuRange gpus = gpus_at(site, parent);
  const std::uint32_t count = gpus.end - gpus.begin;
  if (type.domain_is_tray && static_cast<int>(count) == type.gpus_per_tray &&
      number_of(name, "nvswitch", type.nvswitch_chips / type.compute_trays) >= 0)
    return NetworkPart{NetworkPartKind::kNvswitch, gpus, type.compute_trays / chips, 0, 0};
  if (count != 1) return std::nullopt;
  if (number_of(name, "nvlink", type.nvlink_ports_per_gpu) >= 0)
    return NetworkPart{NetworkPartKind::kNvlink, gpus, 1.0 / type.nvlink_ports_per_gpu, 0, 0};
  if (const int link = number_of(name, "nic-link", fabric.planes * fabric.links_per_gpu); link >= 0)
    return NetworkPart{NetworkPartKind::kNic, gpus, 0, link / fabric.links_per_gpu, 0};
  return std::nullopt;
}

// A switch by its number through all planes.
std::optional<NetworkPart> switch_at(const Site& site, const Fabric& fabric, const std::string& path) {
  const auto [rack, name] = parent_and_name(path);
  const auto at = [&](NetworkPartKind kind, std::string_view word, int count, int first) -> std::optional<NetworkPart> {
    const int number = number_of(name, word, fabric.planes * count);
    if (number < 0 || switch_path(site.name, fabric, first + number) != path) return std::nullopt;
    return NetworkPart{kind, {}, 0, number / count, number % count};
  };
  if (auto leaf = at(NetworkPartKind::kLeaf, "leaf", fabric.leaves, 0)) return leaf;
  if (auto spine = at(NetworkPartKind::kSpine, "spine", fabric.spines, fabric.all_leaves())) return spine;
  return at(NetworkPartKind::kCore, "core", fabric.cores, fabric.all_leaves() + fabric.all_spines());
}

std::optional<NetworkPart> part_of_fabric(const Site& site, const Fabric& fabric, const std::string& path) {
  const auto [parent, name] = parent_and_name(path);
  if (const int plane = number_of(name, "plane", fabric.planes); plane >= 0 && parent == site.name + "/network")
    return NetworkPart{NetworkPartKind::kPlane, {}, 0, plane, 0};
  if (auto found = switch_at(site, fabric, path)) return found;
  auto leaf = switch_at(site, fabric, parent);
  if (!leaf || leaf->kind != NetworkPartKind::kLeaf || number_of(name, "uplink", fabric.leaf_uplinks) < 0)
    return std::nullopt;
  leaf->kind = NetworkPartKind::kUplink;
  return leaf;
}

// What is left of one plane.
struct PlaneHealth {
  bool is_up = true;
  std::vector<double> leaves, spines;  // lost uplinks of a leaf (all: the leaf itself), lost spines of a pod
  std::vector<bool> is_leaf_up;
  double cores = 0;  // lost
};

// A failed part of a failed part takes nothing more.
std::vector<std::string> without_parts_of_others(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  paths.erase(std::unique(paths.begin(), paths.end()), paths.end());
  std::vector<std::string> kept;
  for (const std::string& path : paths) {
    const bool is_inside = std::any_of(paths.begin(), paths.end(), [&](const std::string& other) {
      return path.size() > other.size() && path.compare(0, other.size() + 1, other + "/") == 0;
    });
    if (!is_inside) kept.push_back(path);
  }
  return kept;
}

// Counts what failed, component by component, and reads the shares of the classes off.
class Counter {
 public:
  explicit Counter(const Model& model)
      : model_(model),
        f_(model.fabric),
        lost_nvlink_(model.gpus()),
        lost_nic_(model.gpus(), std::vector<int>(static_cast<std::size_t>(f_.planes))),
        planes_(static_cast<std::size_t>(f_.planes)) {
    for (PlaneHealth& plane : planes_) {
      plane.leaves.resize(static_cast<std::size_t>(f_.leaves));
      plane.is_leaf_up.assign(static_cast<std::size_t>(f_.leaves), true);
      plane.spines.resize(static_cast<std::size_t>(f_.pods));
    }
  }

  void add(const NetworkPart& part) {
    PlaneHealth& plane = planes_[static_cast<std::size_t>(part.plane)];
    const auto index = static_cast<std::size_t>(part.index);
    switch (part.kind) {
      case NetworkPartKind::kNvlink:
      case NetworkPartKind::kNvswitch:
      case NetworkPartKind::kSwitchTray:
        for (std::uint32_t g = part.gpus.begin; g < part.gpus.end; ++g) lost_nvlink_[g] += part.share;
        return;
      case NetworkPartKind::kNic:
        ++lost_nic_[part.gpus.begin][static_cast<std::size_t>(part.plane)];
        return;
      case NetworkPartKind::kLeaf:
        plane.is_leaf_up[index] = false;
        return;
      case NetworkPartKind::kUplink:
        ++plane.leaves[index];
        return;
      case NetworkPartKind::kSpine:
        ++plane.spines[index / static_cast<std::size_t>(f_.spines_per_pod)];
        return;
      case NetworkPartKind::kCore:
        ++plane.cores;
        return;
      case NetworkPartKind::kPlane:
        plane.is_up = false;
        return;
    }
  }

  NetworkShare share() const {
    NetworkShare s;
    for (const GpuClass& gpu : model_.gpu_classes) {
      s.nvlink.push_back(std::max(0.0, 1 - lost_nvlink_[gpu.first]));
      s.nic.push_back(nic_share(gpu.first));
    }
    for (const UnitClass& leaf : model_.leaf_classes) s.uplinks.push_back(uplink_share(leaf.first));
    for (const UnitClass& pod : model_.pod_classes) s.pods.push_back(pod_share(pod.first));
    return s;
  }

 private:
  template <class T>
  double mean_over_planes(T of_plane) const {
    double sum = 0;
    for (std::size_t p = 0; p < planes_.size(); ++p) sum += planes_[p].is_up ? of_plane(p) : 0;
    return sum / f_.planes;
  }

  double nic_share(std::uint32_t gpu) const {
    return mean_over_planes([&](std::size_t p) {
      if (!planes_[p].is_leaf_up[model_.leaf_of_gpu[gpu]]) return 0.0;
      return 1 - static_cast<double>(lost_nic_[gpu][p]) / f_.links_per_gpu;
    });
  }

  double spine_share(std::size_t plane, std::uint32_t pod) const {
    return f_.spines_per_pod == 0 ? 1 : 1 - planes_[plane].spines[pod] / f_.spines_per_pod;
  }

  double uplink_share(std::uint32_t leaf) const {
    const std::uint32_t pod = f_.pods == 1 ? 0 : static_cast<std::uint32_t>(f_.pod_of_leaf(static_cast<int>(leaf)));
    return mean_over_planes([&](std::size_t p) {
      if (!planes_[p].is_leaf_up[leaf] || f_.leaf_uplinks == 0) return 0.0;
      return (1 - planes_[p].leaves[leaf] / f_.leaf_uplinks) * spine_share(p, pod);
    });
  }

  double pod_share(std::uint32_t pod) const {
    return mean_over_planes(
        [&](std::size_t p) { return spine_share(p, pod) * (f_.cores == 0 ? 1 : 1 - planes_[p].cores / f_.cores); });
  }

  const Model& model_;
  const Fabric& f_;
  std::vector<double> lost_nvlink_;         // (n_gpu) share
  std::vector<std::vector<int>> lost_nic_;  // (n_gpu, n_plane) links
  std::vector<PlaneHealth> planes_;
};

}  // namespace

std::optional<NetworkPart> network_part(const Site& site, const Fabric& fabric, const std::string& path) {
  if (auto part = part_of_fabric(site, fabric, path)) return part;
  return part_of_rack(site, fabric, path);
}

std::vector<std::string> network_part_examples(const Site& site, const Fabric& fabric) {
  const RackType& type = site.rack_type;
  const std::string& rack = site.racks.front().path;
  std::vector<std::string> paths;
  if (type.switch_trays > 0) paths = {rack + "/switch-tray-01", rack + "/switch-tray-01/nvswitch-1"};
  if (type.domain_is_tray) paths.push_back(rack + "/compute-01/nvswitch-1");
  for (const char* link : {"nvlink-1", "nic-link-1"}) paths.push_back(rack + "/compute-01/gpu-0/" + link);
  paths.push_back(switch_path(site.name, fabric, 0));
  if (fabric.spines > 0) {
    paths.push_back(paths.back() + "/uplink-1");
    paths.push_back(switch_path(site.name, fabric, fabric.all_leaves()));
  }
  if (fabric.cores > 0) paths.push_back(switch_path(site.name, fabric, fabric.all_leaves() + fabric.all_spines()));
  paths.push_back(site.name + "/network/plane-1");
  return paths;
}

bool splits_class(const Model& model, const NetworkPart& part) {
  std::vector<std::uint32_t> inside(model.gpu_classes.size());
  const auto on_leaf = [&](std::uint32_t g) {
    return (part.kind == NetworkPartKind::kLeaf || part.kind == NetworkPartKind::kUplink) &&
           static_cast<int>(model.leaf_of_gpu[g]) == part.index;
  };
  const auto in_pod = [&](std::uint32_t g) {
    return part.kind == NetworkPartKind::kSpine && model.fabric.pods > 1 &&
           model.fabric.pod_of_leaf(static_cast<int>(model.leaf_of_gpu[g])) == part.index / model.fabric.spines_per_pod;
  };
  for (std::uint32_t g = 0; g < model.gpus(); ++g)
    if ((g >= part.gpus.begin && g < part.gpus.end) || on_leaf(g) || in_pod(g)) ++inside[model.class_of_gpu[g]];
  for (std::size_t c = 0; c < inside.size(); ++c)
    if (inside[c] != 0 && inside[c] != model.gpu_classes[c].count) return true;
  return false;
}

NetworkShare network_share(const Site& site, const Model& model, const std::vector<std::string>& failed_paths) {
  if (failed_paths.empty()) return {};
  Counter counter(model);
  for (const std::string& path : without_parts_of_others(failed_paths)) {
    const auto part = network_part(site, model.fabric, path);
    RT_CHECK(part.has_value());
    counter.add(*part);
  }
  return counter.share();
}

bool is_cut_off(const Model& model, const NetworkShare& share) {
  for (std::uint32_t c = 0; c < model.gpu_classes.size(); ++c) {
    const GpuClass& gpu = model.gpu_classes[c];
    if (gpu.stage < 0) continue;
    Hop farthest = std::max(gpu.to_next, gpu.to_previous);
    bool uses_nvlink = gpu.to_next == Hop::kNvlink || gpu.to_previous == Hop::kNvlink;
    for (const Membership* membership : {&gpu.tensor, &gpu.context, &gpu.gradient}) {
      farthest = std::max({farthest, membership->up, membership->down});
      uses_nvlink = uses_nvlink || membership->in_domain > 1;
    }
    const bool has_cores = farthest == Hop::kCore;
    if (uses_nvlink && share.nvlink_of(c) <= 0) return true;
    if (farthest >= Hop::kLeaf && share.nic_of(c) <= 0) return true;
    if (farthest >= Hop::kSpine && share.uplinks_of(gpu.leaf_class) <= 0) return true;
    if (has_cores && share.pod_of(model.pod_class_of_leaf_class[gpu.leaf_class]) <= 0) return true;
  }
  return false;
}

}  // namespace racktwin
