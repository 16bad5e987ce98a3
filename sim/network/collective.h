// How long a collective takes, as NCCL does it: ring, tree, NVLS, NVLS-tree, PAT, direct, hierarchical, SHARP, each
// with the protocols LL, LL128 and Simple, and the choice between them.
//
// A closed form, no engine: launch, latency of the steps, bytes over the slowest tier, filling of the pipeline.
// Equations and sources: README.md, "Collectives". Bytes are those of nccl-tests: the whole gathered, reduced or
// exchanged buffer of one rank. Thread rule: pure functions.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/catalog/hardware.h"
#include "sim/model/fabric.h"

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

enum class CollectiveOp : std::uint8_t { kAllReduce, kAllGather, kReduceScatter, kAllToAll, kBroadcast, kSendRecv };
enum class CollectiveAlgorithm : std::uint8_t { kRing, kTree, kNvls, kNvlsTree, kPat, kDirect, kHierarchical, kSharp };
enum class CollectiveProtocol : std::uint8_t { kLl, kLl128, kSimple };
inline constexpr int kCollectiveOps = 6, kCollectiveAlgorithms = 8, kCollectiveProtocols = 3;

// As on the command line: "all_reduce", "nvls_tree", "ll128".
std::string_view op_word(CollectiveOp op);
std::string_view algorithm_word(CollectiveAlgorithm algorithm);
std::string_view protocol_word(CollectiveProtocol protocol);

// How the ranks of a collective are spread over NVLink domains; all domains but one hold `per_domain` of them.
struct CollectiveLayout {
  int ranks = 1;
  int per_domain = 1;   // the most
  int in_smallest = 1;  // the fewest
  int domains = 1;
  static CollectiveLayout of(int ranks, int per_domain);  // filled up one domain after the other
};

// What the hardware offers to each rank.
struct CollectiveCapacities {
  int nvlink_generation = 0;
  double nvlink_bytes_per_s = 0;  // per rank and direction
  double nic_bytes_per_s = 0;     // per rank and direction
  double hbm_bytes_per_s = 0;     // per rank
  double path_s = 0;              // wire and one switch between two domains
  double detour_s = 0;            // and two switches more: by the spine, and again by the core
  double transport_s = 0;         // of a step between two domains, over what NCCL counts for RDMA on InfiniBand
  bool carries_ll = true, carries_ll128 = true;  // between domains
  int domains_per_unit = 1;                      // NVLink domains that share their leaf switches
  int domains_per_pod = 1;                       // and their spines
  double oversubscription = 1;                   // a leaf's bandwidth to NICs over that to spines
  double skew = 1;                               // all-to-all: bytes of the busiest rank over the mean
};
CollectiveCapacities collective_capacities(const RackType& rack, const FabricType& type, const Fabric& fabric);

enum class NetworkTier : std::uint8_t { kNvlink, kNic, kLeafUplink };
inline constexpr int kNetworkTiers = 3;
std::string_view tier_word(NetworkTier tier);

// The busiest link of a tier, one direction.
struct TierLoad {
  double bytes = 0;
  double bytes_per_s = 0;  // capacity
  double transfer_s = 0;   // at the rate that the protocol reaches on this tier
};

struct CollectiveTime {
  CollectiveAlgorithm algorithm = CollectiveAlgorithm::kRing;
  CollectiveProtocol protocol = CollectiveProtocol::kSimple;
  double time_s = 0;
  double launch_s = 0;    // of it: starting the kernel
  double latency_s = 0;   // of it: the steps, were the message empty
  double transfer_s = 0;  // of it: the bytes over the slowest tier
  TierLoad tiers[kNetworkTiers];
  NetworkTier slowest = NetworkTier::kNvlink;
  bool is_latency_bound() const { return launch_s + latency_s > transfer_s; }
};

// What a rank's NIC sends [B] where `in_domain` ranks share a domain: its own messages, or its part of what the rails
// of rings and trees carry, of which a large domain has fewer than ranks.
double sent_by_each(const CollectiveTime& time, const CollectiveLayout& layout, int in_domain);

// Why a combination cannot run; empty if it can.
std::string why_not(CollectiveOp op, CollectiveAlgorithm algorithm, CollectiveProtocol protocol,
                    const CollectiveLayout& layout, const CollectiveCapacities& capacities);

// Precondition: why_not() is empty and there are at least two ranks.
CollectiveTime collective_time(CollectiveOp op, CollectiveAlgorithm algorithm, CollectiveProtocol protocol,
                               double bytes, const CollectiveLayout& layout, const CollectiveCapacities& capacities,
                               const Calibration& calibration);

// What the user leaves open.
struct CollectiveChoice {
  std::optional<CollectiveAlgorithm> algorithm;
  std::optional<CollectiveProtocol> protocol;
  bool allows_sharp = false;  // the fabric reduces in its switches
};

// The fastest algorithm, each with the protocol that NCCL's estimate finds fastest for it. None if nothing that is
// allowed can run; hierarchical must be asked for.
std::optional<CollectiveTime> chosen_collective(CollectiveOp op, double bytes, const CollectiveLayout& layout,
                                                const CollectiveCapacities& capacities, const Calibration& calibration,
                                                const CollectiveChoice& choice = {});

// nccl-tests: bus bandwidth over algorithm bandwidth (bytes / time). source: nccl-tests, doc/PERFORMANCE.md
double bus_factor(CollectiveOp op, int ranks);

}  // namespace racktwin
