#include "sim/network/collective.h"

#include "sim/check.h"
#include "sim/network/collective_sum.h"
#include "sim/network/nccl.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

using Op = CollectiveOp;
using Algorithm = CollectiveAlgorithm;
using Protocol = CollectiveProtocol;
using namespace nccl;

// Of the bytes that NICs send, the share that leaves a leaf's unit if every domain sends to its neighbour only.
double neighbour_share(const CollectiveCapacities& c) { return 1.0 / c.domains_per_unit; }

// Of what a rank of a ring passes on: in every channel one rank of a domain passes it to a NIC.
double stays_inside(const CollectiveLayout& l) {
  return l.domains > 1 ? static_cast<double>(l.per_domain - 1) / l.per_domain : 1;
}

CollectiveTime ring_time(Op op, CollectiveSum sum, double bytes, const CollectiveLayout& l,
                         const CollectiveCapacities& c) {
  const double wire = ring_bytes(op, bytes, l.ranks);
  const bool copies_own = op != Op::kBroadcast;
  if (l.per_domain > 1) sum.put_nvlink(wire * stays_inside(l), sum.ring_share(), copies_own ? bytes / l.ranks : 0);
  const int network_steps = ring_steps(op, l.domains);
  if (l.domains > 1) sum.put_network(wire / rails(l), neighbour_share(c));
  return sum.ring_like((ring_steps(op, l.ranks) - network_steps) * sum.nvlink_hop_s() +
                       network_steps * sum.network_hop_s());
}

CollectiveTime tree_time(CollectiveSum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c) {
  if (l.per_domain > 1) sum.put_nvlink(2 * bytes, kTreeShare * sum.ring_share());
  if (l.domains > 1) sum.put_network(tree_bytes(bytes, l.domains) / rails(l), neighbour_share(c));
  const double latency = 2 * ((l.per_domain - 1) * sum.nvlink_hop_s() + log2_up(l.domains) * sum.network_hop_s());
  return sum.pipelined(latency, latency);
}

// Bytes of a port with in-switch reduction: the switch reads every rank's message and writes one part of the result to
// its head, the head multicasts it.
double multicast_bytes(Op op, double bytes, const CollectiveLayout& l) {
  return op == Op::kAllReduce ? bytes * (1 + 1.0 / heads(l)) : bytes;
}

CollectiveTime nvls_time(Op op, CollectiveSum sum, double bytes, const CollectiveLayout& l,
                         const CollectiveCapacities& c, const CollectiveFit& fit) {
  sum.put_nvlink(multicast_bytes(op, bytes, l), sum.nvls_share());
  double across = 0;
  if (l.domains > 1) {
    sum.put_network(tree_bytes(bytes, l.domains) / rails(l), neighbour_share(c));
    across = 2 * log2_up(l.domains) * sum.network_hop_s();
  }
  return sum.pipelined(kTunerNvls.nvlink_us * kMicro + across, heads(l) * value(fit.nvls_segment_s) + across);
}

CollectiveTime sharp_time(CollectiveSum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c,
                          const CollectiveFit& fit) {
  double latency = kSharpHop_s, stages = kSharpHop_s;
  if (l.per_domain > 1) {
    sum.put_nvlink(multicast_bytes(Op::kAllReduce, bytes, l), sum.nvls_share());
    latency += kTunerNvls.nvlink_us * kMicro;
    stages += heads(l) * value(fit.nvls_segment_s);
  }
  sum.put_network(bytes / rails(l), neighbour_share(c));
  return sum.pipelined(latency, stages);
}

CollectiveTime pat_time(Op op, CollectiveSum sum, double bytes, const CollectiveLayout& l,
                        const CollectiveCapacities& c) {
  sum.put_network(ring_bytes(op, bytes, l.ranks), neighbour_share(c));
  return sum.ring_like(log2_up(l.ranks) * sum.network_hop_s());
}

CollectiveTime direct_time(Op op, CollectiveSum sum, double bytes, const CollectiveLayout& l,
                           const CollectiveCapacities& c) {
  const double share = sum.send_share();
  if (op == Op::kSendRecv) {
    if (l.per_domain > 1) sum.put_nvlink(bytes, share);
    if (l.domains > 1) sum.put_network(bytes, neighbour_share(c));
  } else {
    const double to_each = bytes / l.ranks;
    const double outside = l.ranks - l.in_smallest, inside = l.per_domain - 1;
    // What leaves goes out by the NIC on the receiver's rail: to it over NVLink (PXN), unless it is the sender's own.
    if (l.per_domain > 1) sum.put_nvlink(c.skew * (inside + outside * inside / l.per_domain) * to_each, share, to_each);
    if (l.domains > 1)
      sum.put_network(c.skew * outside * to_each,
                      std::max(0.0, static_cast<double>(l.domains - c.domains_per_unit) / (l.domains - 1)));
  }
  return sum.ring_like(l.domains > 1 ? sum.network_hop_s() : sum.nvlink_hop_s());
}

// Inside the domains, over the rails, inside the domains: three (or two) collectives, one after another.
CollectiveTime hierarchical_time(Op op, Protocol protocol, double bytes, const CollectiveLayout& l,
                                 const CollectiveCapacities& c, const Calibration& calibration) {
  const CollectiveLayout inside = CollectiveLayout::of(l.per_domain, l.per_domain);
  CollectiveLayout across = CollectiveLayout::of(l.domains, 1);
  CollectiveTime out;
  out.algorithm = Algorithm::kHierarchical;
  out.protocol = protocol;
  const auto add = [&](Op phase, double phase_bytes, const CollectiveLayout& layout) {
    const Algorithm algorithm = phase == Op::kAllToAll ? Algorithm::kDirect : Algorithm::kRing;
    const CollectiveTime t = collective_time(phase, algorithm, protocol, phase_bytes, layout, c, calibration);
    out.time_s += t.time_s;
    out.launch_s += t.launch_s;
    out.latency_s += t.latency_s;
    out.transfer_s += t.transfer_s;
    for (int i = 0; i < kNetworkTiers; ++i) {
      out.tiers[i].bytes += t.tiers[i].bytes;
      out.tiers[i].bytes_per_s = t.tiers[i].bytes_per_s;
      out.tiers[i].transfer_s += t.tiers[i].transfer_s;
    }
  };
  if (op == Op::kAllReduce || op == Op::kReduceScatter) add(Op::kReduceScatter, bytes, inside);
  if (op == Op::kAllToAll) add(op, bytes, inside);
  add(op, op == Op::kAllToAll ? bytes : bytes / l.per_domain, across);
  if (op == Op::kAllReduce || op == Op::kAllGather) add(Op::kAllGather, bytes, inside);
  for (int i = 1; i < kNetworkTiers; ++i)
    if (out.tiers[i].transfer_s > out.tiers[at(out.slowest)].transfer_s) out.slowest = static_cast<NetworkTier>(i);
  return out;
}

}  // namespace

std::string_view op_word(Op op) {
  static constexpr std::string_view kWords[kCollectiveOps] = {"all_reduce", "all_gather", "reduce_scatter",
                                                              "all_to_all", "broadcast",  "sendrecv"};
  return kWords[static_cast<std::size_t>(op)];
}

std::string_view algorithm_word(Algorithm algorithm) {
  static constexpr std::string_view kWords[kCollectiveAlgorithms] = {"ring", "tree",   "nvls",         "nvls_tree",
                                                                     "pat",  "direct", "hierarchical", "sharp"};
  return kWords[static_cast<std::size_t>(algorithm)];
}

std::string_view protocol_word(Protocol protocol) {
  static constexpr std::string_view kWords[kCollectiveProtocols] = {"ll", "ll128", "simple"};
  return kWords[static_cast<std::size_t>(protocol)];
}

std::string_view tier_word(NetworkTier tier) {
  static constexpr std::string_view kWords[kNetworkTiers] = {"NVLink port", "NIC", "leaf uplink"};
  return kWords[static_cast<std::size_t>(tier)];
}

CollectiveLayout CollectiveLayout::of(int ranks, int per_domain) {
  RT_CHECK(ranks >= 1 && per_domain >= 1);
  CollectiveLayout l;
  l.ranks = ranks;
  l.per_domain = std::min(ranks, per_domain);
  l.domains = (ranks + per_domain - 1) / per_domain;
  l.in_smallest = ranks - (l.domains - 1) * l.per_domain;
  return l;
}

double sent_by_each(const CollectiveTime& time, const CollectiveLayout& layout, int in_domain) {
  const double bytes = time.tiers[at(NetworkTier::kNic)].bytes;
  const bool is_own = time.algorithm == Algorithm::kDirect || time.algorithm == Algorithm::kPat;
  return is_own ? bytes : bytes * rails(layout) / in_domain;
}

CollectiveCapacities collective_capacities(const RackType& rack, const FabricType& type, const Fabric& fabric) {
  CollectiveCapacities c;
  c.nvlink_generation = rack.gpu.nvlink_generation;
  c.nvlink_bytes_per_s = rack.gpu.nvlink_bytes_per_s.value;
  c.nic_bytes_per_s =
      std::min(rack.nic_bytes_per_s_per_gpu(), fabric.planes * fabric.links_per_gpu * type.port_bytes_per_s.value);
  c.hbm_bytes_per_s = rack.gpu.hbm_bandwidth_bytes_per_s.value;
  c.path_s = type.link_latency_s.value + type.switch_latency_s.value;
  c.detour_s = 2 * type.switch_latency_s.value;
  c.transport_s = std::isnan(type.transport_step_s.value) ? 0 : type.transport_step_s.value;
  c.carries_ll = type.carries_ll;
  c.carries_ll128 = type.carries_ll128;
  const int leaves_per_unit = fabric.rail_optimised ? fabric.gpus_per_domain / fabric.rails_per_leaf : 1;
  c.domains_per_unit =
      fabric.rail_optimised ? fabric.domains_per_unit : std::max(1, fabric.gpus_per_leaf / fabric.gpus_per_domain);
  c.domains_per_pod = std::max(c.domains_per_unit, fabric.leaves_per_pod / leaves_per_unit * c.domains_per_unit);
  if (fabric.leaf_uplinks > 0)
    c.oversubscription = static_cast<double>(fabric.gpus_per_leaf * fabric.links_per_gpu) / fabric.leaf_uplinks;
  return c;
}

std::string why_not(Op op, Algorithm algorithm, Protocol protocol, const CollectiveLayout& l,
                    const CollectiveCapacities& c) {
  const std::string name(algorithm_word(algorithm));
  const bool is_all_reduce = op == Op::kAllReduce;
  const bool is_exchange = op == Op::kAllToAll || op == Op::kSendRecv;
  const auto other_op = [&] { return fmt::format("{} does not do {}", name, op_word(op)); };
  const auto simple_only = [&] {
    return protocol == Protocol::kSimple ? std::string() : fmt::format("{} has the protocol simple only", name);
  };
  const auto no_multicast = [&] {
    return fmt::format("{} needs in-switch reduction, which NVLink {} lacks", name, c.nvlink_generation);
  };
  const bool is_carried = protocol == Protocol::kLl ? c.carries_ll : protocol != Protocol::kLl128 || c.carries_ll128;
  if (l.domains > 1 && !is_carried)
    return fmt::format("this fabric does not carry the protocol {}", protocol_word(protocol));
  switch (algorithm) {
    case Algorithm::kRing:
      return is_exchange ? other_op() : "";
    case Algorithm::kTree:
      return is_all_reduce ? "" : other_op();
    case Algorithm::kNvls:
      if (is_exchange || op == Op::kBroadcast) return other_op();
      if (!has_multicast(c)) return no_multicast();
      if (l.domains > 1) return "nvls stays in one NVLink domain; between domains there are nvls_tree and sharp";
      if (!is_all_reduce && l.per_domain > kMaxHeads)
        return fmt::format("nvls does {} for {} ranks of a domain at most", op_word(op), kMaxHeads);
      if (l.per_domain < 3) return "nvls needs more than two ranks";
      return simple_only();
    case Algorithm::kNvlsTree:
      if (!is_all_reduce) return other_op();
      if (!has_multicast(c)) return no_multicast();
      if (l.domains == 1) return "nvls_tree needs several NVLink domains; in one there is nvls";
      if (l.in_smallest < 3) return "nvls_tree needs more than two ranks in every NVLink domain";
      return simple_only();
    case Algorithm::kPat:
      if (op != Op::kAllGather && op != Op::kReduceScatter) return other_op();
      if (l.per_domain > 1) return "pat takes one rank of every NVLink domain";
      return simple_only();
    case Algorithm::kDirect:
      return !is_exchange ? other_op() : protocol == Protocol::kLl128 ? "sends do not use ll128" : "";
    case Algorithm::kHierarchical:
      if (op == Op::kBroadcast || op == Op::kSendRecv) return other_op();
      if (l.domains == 1 || l.per_domain == 1) return "hierarchical needs several NVLink domains of several ranks";
      if (l.in_smallest != l.per_domain) return "hierarchical needs equally many ranks in every NVLink domain";
      return op == Op::kAllToAll && protocol == Protocol::kLl128 ? "sends do not use ll128" : "";
    case Algorithm::kSharp:
      if (!is_all_reduce) return other_op();
      if (l.domains == 1) return "sharp reduces between NVLink domains; there is one";
      if (l.per_domain > 1 && !has_multicast(c)) return no_multicast();
      return simple_only();
  }
  return {};
}

CollectiveTime collective_time(Op op, Algorithm algorithm, Protocol protocol, double bytes, const CollectiveLayout& l,
                               const CollectiveCapacities& c, const Calibration& calibration) {
  RT_CHECK(l.ranks > 1);
  const CollectiveFit& fit = calibration.collective;
  const CollectiveSum sum(l, c, calibration, algorithm, protocol);
  switch (algorithm) {
    case Algorithm::kRing:
      return ring_time(op, sum, bytes, l, c);
    case Algorithm::kTree:
      return tree_time(sum, bytes, l, c);
    case Algorithm::kNvls:
    case Algorithm::kNvlsTree:
      return nvls_time(op, sum, bytes, l, c, fit);
    case Algorithm::kPat:
      return pat_time(op, sum, bytes, l, c);
    case Algorithm::kDirect:
      return direct_time(op, sum, bytes, l, c);
    case Algorithm::kHierarchical:
      return hierarchical_time(op, protocol, bytes, l, c, calibration);
    case Algorithm::kSharp:
      return sharp_time(sum, bytes, l, c, fit);
  }
  return {};
}

std::optional<CollectiveTime> chosen_collective(Op op, double bytes, const CollectiveLayout& l,
                                                const CollectiveCapacities& c, const Calibration& calibration,
                                                const CollectiveChoice& choice) {
  std::optional<CollectiveTime> best;
  for (int a = 0; a < kCollectiveAlgorithms; ++a) {
    const auto algorithm = static_cast<Algorithm>(a);
    if (choice.algorithm && algorithm != *choice.algorithm) continue;
    if (!choice.algorithm && algorithm == Algorithm::kHierarchical) continue;
    if (!choice.algorithm && algorithm == Algorithm::kSharp && !choice.allows_sharp) continue;
    // Up to four ranks the published rows are rings at every size, and NVLS gathers and scatters are never chosen.
    if (!choice.algorithm && algorithm == Algorithm::kNvls && (l.per_domain <= 4 || op != Op::kAllReduce)) continue;
    std::optional<Protocol> protocol;
    double estimate_s = 0;
    for (int p = 0; p < kCollectiveProtocols; ++p) {
      const auto candidate = static_cast<Protocol>(p);
      if (choice.protocol && candidate != *choice.protocol) continue;
      // The published rows show no LL128 inside a domain of Blackwell GPUs.
      if (!choice.protocol && candidate == Protocol::kLl128 && l.domains == 1 && c.nvlink_generation >= 5) continue;
      if (!why_not(op, algorithm, candidate, l, c).empty()) continue;
      const double seconds = tuner_time(op, algorithm, candidate, bytes, l, c);
      if (protocol && seconds >= estimate_s) continue;
      protocol = candidate;
      estimate_s = seconds;
    }
    if (!protocol) continue;
    const CollectiveTime time = collective_time(op, algorithm, *protocol, bytes, l, c, calibration);
    if (!best || time.time_s < best->time_s) best = time;
  }
  return best;
}

double bus_factor(Op op, int ranks) {
  const double others = static_cast<double>(ranks - 1) / ranks;
  switch (op) {
    case Op::kAllReduce:
      return 2 * others;
    case Op::kAllGather:
    case Op::kReduceScatter:
    case Op::kAllToAll:
      return others;
    case Op::kBroadcast:
    case Op::kSendRecv:
      return 1;
  }
  return 1;
}

}  // namespace racktwin
