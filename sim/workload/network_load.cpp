#include "sim/workload/network_load.h"

#include <algorithm>

namespace racktwin {
namespace {

// Of some links, both directions: the sum of their utilizations, and how many they are.
struct Sum {
  double up = 0, down = 0, links = 0;
  double mean() const { return std::max(up, down) / links; }
  void add(double up_share, double down_share, double n) {
    up += n * up_share;
    down += n * down_share;
    links += n;
  }
};

std::vector<double> means(const std::vector<Sum>& sums) {
  std::vector<double> out;
  for (const Sum& sum : sums) out.push_back(sum.mean());
  return out;
}

}  // namespace

NetworkLoad network_load(const Model& model, const IterationProfile* profile) {
  struct Directions {
    double up = 0, down = 0;
  };
  std::vector<Directions> nic(model.gpu_classes.size()), uplink(model.leaf_classes.size());
  for (std::size_t i = 0; profile != nullptr && i < profile->links.size(); ++i) {
    const LinkLoad& link = profile->links[i];
    const std::uint32_t c = link.owner.unit_class;
    if (link.owner.kind == TrunkKind::kNicUp) nic[c].up = link.utilization;
    if (link.owner.kind == TrunkKind::kNicDown) nic[c].down = link.utilization;
    if (link.owner.kind == TrunkKind::kLeafUp) uplink[c].up = link.utilization;
    if (link.owner.kind == TrunkKind::kLeafDown) uplink[c].down = link.utilization;
  }
  std::vector<Sum> racks(model.rack_classes.size()), leaf_ports(model.leaf_classes.size());
  for (std::size_t c = 0; c < model.gpu_classes.size(); ++c) {
    const GpuClass& gpu = model.gpu_classes[c];
    racks[gpu.rack_class].add(nic[c].up, nic[c].down, gpu.count);
    leaf_ports[gpu.leaf_class].add(nic[c].up, nic[c].down, gpu.count);
  }
  NetworkLoad load{means(racks), means(leaf_ports)};
  if (model.spines == 0) return load;
  Sum spine;
  for (std::size_t l = 0; l < uplink.size(); ++l) {
    load.leaf[l] = std::max({load.leaf[l], uplink[l].up, uplink[l].down});
    spine.add(uplink[l].up, uplink[l].down, model.leaf_classes[l].count);
  }
  load.spine = spine.mean();
  return load;
}

}  // namespace racktwin
