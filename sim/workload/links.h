// The links of a site as trunks of an activity graph, and the routes of a job over them.
//
// One trunk for the links of a class and direction: NVLink and NIC of every GPU that works, NVSwitches of a domain,
// uplinks of leaves and pods. Thread rule: none, a part of build_iteration().
#pragma once

#include "sim/model/failures.h"
#include "sim/model/model.h"
#include "sim/network/activity_graph.h"
#include "sim/plan/plan.h"

#include <compare>
#include <cstdint>
#include <map>
#include <string_view>
#include <vector>

namespace racktwin {

enum class TrunkKind : std::uint8_t {
  kNvlinkUp,
  kNvlinkDown,
  kNvswitch,
  kNicUp,
  kNicDown,
  kLeafUp,
  kLeafDown,
  kPodUp,
  kPodDown
};
std::string_view trunk_word(TrunkKind kind);

struct TrunkOwner {
  TrunkKind kind = TrunkKind::kNvlinkUp;
  std::uint32_t unit_class = 0;  // GPU, domain, leaf or pod class, by kind
};

// Whether transfers of the job may slow each other down above the leaves: not where uplinks carry whatever the NICs
// below them send.
bool uplinks_may_bind(const Plan& plan, const Model& model, const NetworkShare& network);

class Links {
 public:
  Links(const Plan& plan, const Model& model, const NetworkShare& network, ActivityGraphBuilder& graph);

  // The route of what class `from` sends to class `to` (itself, for the ports of a collective), made once.
  // flow_cap: what one flow can reach at most [B/s].
  std::uint32_t route(std::uint32_t from, std::uint32_t to, Hop up, Hop down, double flow_cap_bytes_per_s);

  // Of one GPU and direction, with what has failed.
  double nvlink_bytes_per_s(std::uint32_t gpu_class) const;
  double nic_bytes_per_s(std::uint32_t gpu_class) const;

  std::vector<TrunkOwner> owners;  // (n_trunk)

 private:
  std::uint32_t add(TrunkKind kind, std::uint32_t unit_class, double bandwidth, std::uint32_t links);

  struct RouteKey {
    std::uint32_t from, to;
    Hop up, down;
    double flow_cap;
    auto operator<=>(const RouteKey&) const = default;
  };
  struct GpuLinks {
    std::uint32_t nvlink_up = 0, nvlink_down = 0, nic_up = 0, nic_down = 0;
  };

  const RackType& rack_;
  const Model& model_;
  const NetworkShare& network_;
  ActivityGraphBuilder& graph_;
  std::vector<GpuLinks> gpus_;                      // (n_gpu_class)
  std::vector<std::uint32_t> nvswitch_;             // (n_domain_class)
  std::vector<std::uint32_t> leaf_up_, leaf_down_;  // (n_leaf_class) empty: there are no spines
  std::vector<std::uint32_t> pod_up_, pod_down_;    // (n_pod_class) empty: there are no cores
  std::map<RouteKey, std::uint32_t> routes_;
};

}  // namespace racktwin
