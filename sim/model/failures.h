// Failed parts of the network, and what they leave of its capacity.
//
// An NVSwitch chip, a switch tray or an NVLink of a GPU takes its share of the NVLink of the GPUs that it serves; a
// NIC's link, a leaf, an uplink, a spine, a core or a plane takes its share of the fabric, evenly sprayed traffic
// assumed. Parts add up, and a part of a failed part is not counted twice. Paths: sim/plan/README.md. Thread rule: pure
// functions.
#pragma once

#include "sim/model/model.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

enum class NetworkPartKind : std::uint8_t {
  kNvlink,
  kNvswitch,
  kSwitchTray,
  kNic,
  kLeaf,
  kUplink,
  kSpine,
  kCore,
  kPlane
};

// One part that can fail. Of the fabric: `index` counts switches within their plane.
struct NetworkPart {
  NetworkPartKind kind = NetworkPartKind::kNvlink;
  GpuRange gpus;     // whose NVLink or NIC it belongs to; empty: a switch or plane of the fabric
  double share = 0;  // of that NVLink
  int plane = 0, index = 0;
};

// nullopt: the path is none of them.
std::optional<NetworkPart> network_part(const Site& site, const Fabric& fabric, const std::string& path);
std::vector<std::string> network_part_examples(const Site& site, const Fabric& fabric);  // one of each kind there is

// Whether a class holds components that the part's failure would tell apart.
bool splits_class(const Model& model, const NetworkPart& part);

// What is left of the capacity, by class; empty vectors: all of it.
struct NetworkShare {
  std::vector<double> nvlink, nic;  // (n_gpu_class)
  std::vector<double> uplinks;      // (n_leaf_class) of a leaf to the spines
  std::vector<double> pods;         // (n_pod_class) of a pod to the cores
  double nvlink_of(std::uint32_t gpu_class) const { return nvlink.empty() ? 1 : nvlink[gpu_class]; }
  double nic_of(std::uint32_t gpu_class) const { return nic.empty() ? 1 : nic[gpu_class]; }
  double uplinks_of(std::uint32_t leaf_class) const { return uplinks.empty() ? 1 : uplinks[leaf_class]; }
  bool operator==(const NetworkShare&) const = default;
  double pod_of(std::uint32_t pod_class) const { return pods.empty() ? 1 : pods[pod_class]; }
};

NetworkShare network_share(const Site& site, const Model& model, const std::vector<std::string>& failed_paths);

// Whether traffic of the job has no way left.
bool is_cut_off(const Model& model, const NetworkShare& share);

}  // namespace racktwin
