#include "sim/network/collective.h"

#include "sim/check.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>

namespace racktwin {
namespace {

using Op = CollectiveOp;
using Algorithm = CollectiveAlgorithm;
using Protocol = CollectiveProtocol;

constexpr double kMicro = 1e-6, kGiga = 1e9;
// Rings and trees of NCCL: at most half of MAXCHANNELS (64), each with a NIC of its own; a multicast group has at most
// NCCL_MAX_NVLS_ARITY heads. source: NCCL src/init.cc, src/graph/search.cc, src/include/device.h
constexpr int kMaxRails = 32, kMaxHeads = 32;
// Up to this many bytes for a peer, sends use LL. source: NCCL, NCCL_P2P_LL_THRESHOLD
constexpr double kPeerLlBytes = 16384;
// Bandwidth that trees keep of a ring's. source: NCCL src/graph/tuning.cc
constexpr double kTreeShare = 0.92;
// Of the wire that is data: 8 of 16 bytes, 120 of 128 bytes. source: Hu et al., arXiv 2507.04786, table 2
constexpr std::array<double, kCollectiveProtocols> kDataShare = {0.5, 0.9375, 1};
// One pass over a reducing fabric. source: NCCL src/graph/tuning.cc, CollNetDirect over NET
constexpr double kSharpHop_s = 31 * kMicro;

double value(const Fitted& fitted) { return fitted.value.value; }
std::size_t at(Protocol protocol) { return static_cast<std::size_t>(protocol); }
std::size_t at(NetworkTier tier) { return static_cast<std::size_t>(tier); }

bool has_multicast(const CollectiveCapacities& c) { return c.nvlink_generation >= 4; }

// Steps of a ring, one after another. source: NCCL src/graph/tuning.cc, nsteps and nInterSteps
int ring_steps(Op op, int members) { return op == Op::kAllReduce ? 2 * (members - 1) : members - 1; }

// Bytes that every link of a ring carries.
double ring_bytes(Op op, double bytes, int ranks) {
  return op == Op::kBroadcast ? bytes : bytes * ring_steps(op, ranks) / ranks;
}

// Bytes that a domain sends (and receives) in a double binary tree: in one tree a domain is a leaf and sends half the
// message up, in the other it sends half up and half to each of two children. Two domains: half up, half down.
double tree_bytes(double bytes, int domains) { return domains == 2 ? bytes : 2 * bytes; }

double log2_up(int n) { return std::ceil(std::log2(static_cast<double>(n))); }

int rails(const CollectiveLayout& l) { return std::min(l.in_smallest, kMaxRails); }
int heads(const CollectiveLayout& l) { return std::min(l.per_domain, kMaxHeads); }

// ---------------------------------------------------------------------------------------------- NCCL's own estimate
// source: NCCL src/graph/tuning.cc and src/include/nccl_tuner.h (2.27): base latencies, hop latencies over NVLink and
// network, bandwidth limits; and src/graph/topo.h: NVLink rates by compute capability. Left out: the correction of
// trees at medium sizes and the plateau of rings.

struct TunerLatency {
  double base_us, nvlink_us, network_us;
};
constexpr TunerLatency kTunerRing[] = {{6.6, 0.6, 2.7}, {14.0, 1.9, 4.0}, {8.4, 3.4, 14.0}};
constexpr TunerLatency kTunerTree[] = {{6.8, 0.6, 5.0}, {14.0, 1.25, 8.5}, {8.4, 4.0, 14.0}};
constexpr TunerLatency kTunerNvls = {0, 25, 18}, kTunerNvlsTree = {0, 25, 20.9}, kTunerPat = {8.4, 4.0, 14.0};

struct TunerGeneration {
  double nvlink_share;              // of the port that NCCL counts on
  double nvls_efficiency;           //
  double ll_max[3];                 // [GB/s] on one, two, more nodes
  double nvls_tree_per_channel[3];  // [GB/s] the same
};
constexpr TunerGeneration kTunerGenerations[] = {{0.800, 0, {87.7, 22.5, 19.0}, {0, 0, 0}},
                                                 {0.824, 0.85, {141, 45, 35}, {0, 57.7, 45.5}},
                                                 {0.802, 0.74, {282, 90, 70}, {0, 96.0, 43.8}}};
constexpr double kTunerNicShare = 0.96;

const TunerGeneration& tuner_generation(const CollectiveCapacities& c) {
  return kTunerGenerations[std::clamp(c.nvlink_generation - 3, 0, 2)];
}

// ------------------------------------------------------------------------------------------------------ the model

// The time of a collective while it is put together.
class Sum {
 public:
  Sum(const CollectiveLayout& layout, const CollectiveCapacities& capacities, const Calibration& calibration,
      Algorithm algorithm, Protocol protocol)
      : l_(layout),
        c_(capacities),
        fit_(calibration.collective),
        nic_share_(value(calibration.nic_share)),
        copy_bytes_per_s_(capacities.hbm_bytes_per_s * value(calibration.hbm_share) / 2) {
    out_.algorithm = algorithm;
    out_.protocol = protocol;
    out_.launch_s = value(fit_.base_s(c_.nvlink_generation));
    out_.tiers[at(NetworkTier::kNvlink)].bytes_per_s = c_.nvlink_bytes_per_s;
    out_.tiers[at(NetworkTier::kNic)].bytes_per_s = c_.nic_bytes_per_s;
    out_.tiers[at(NetworkTier::kLeafUplink)].bytes_per_s = c_.nic_bytes_per_s / c_.oversubscription;
  }

  double nvlink_hop_s() const {
    return l_.per_domain == 1 ? 0 : value(fit_.step) * kTunerRing[at(out_.protocol)].nvlink_us * kMicro;
  }
  double network_hop_s() const {
    const Fitted* hops[] = {&fit_.net_hop_ll_s, &fit_.net_hop_ll128_s, &fit_.net_hop_simple_s};
    const int detours = (l_.domains > c_.domains_per_unit ? 1 : 0) + (l_.domains > c_.domains_per_pod ? 1 : 0);
    return value(*hops[at(out_.protocol)]) + c_.transport_s + c_.path_s + detours * c_.detour_s;
  }
  // Of the NVLink bandwidth. Rings reach what NCCL counts on.
  double ring_share() const { return tuner_generation(c_).nvlink_share * kDataShare[at(out_.protocol)]; }
  double send_share() const {
    return out_.protocol == Protocol::kSimple ? value(fit_.sends) * ring_share() : ring_share();
  }
  double nvls_share() const { return ring_share() * tuner_generation(c_).nvls_efficiency; }

  // copied: bytes that the kernel copies as well, from one buffer in its own memory to the other.
  void put_nvlink(double bytes, double share, double copied = 0) {
    put(NetworkTier::kNvlink, bytes, share, copied / copy_bytes_per_s_);
  }
  // Bytes that a NIC sends; `away` of them leave its scalable unit.
  void put_network(double bytes, double away) {
    const double share = nic_share_ * kDataShare[at(out_.protocol)];
    put(NetworkTier::kNic, bytes, share);
    if (l_.domains > c_.domains_per_unit) put(NetworkTier::kLeafUplink, bytes * away, share);
  }

  // LL and LL128: flags travel with the data, nothing waits. Simple: a step waits for its slice, see README.md.
  CollectiveTime ring_like(double latency_s) {
    out_.latency_s = latency_s;
    const double transfer = slowest();
    out_.time_s = out_.launch_s;
    if (out_.protocol == Protocol::kSimple) {
      out_.time_s += std::hypot(latency_s, transfer) + 2 * std::sqrt(value(fit_.segment_s) * transfer);
    } else {
      out_.time_s += latency_s + transfer;
    }
    return out_;
  }
  // Launch, latency and transfer one after another.
  CollectiveTime plain(double launch_s, double latency_s) {
    out_.launch_s = launch_s;
    out_.latency_s = latency_s;
    out_.time_s = launch_s + latency_s + slowest();
    return out_;
  }
  // A pipeline of stages of `stages_s` in all, cut into segments of the best length.
  CollectiveTime pipelined(double latency_s, double stages_s) {
    out_.latency_s = latency_s;
    const double transfer = slowest();
    out_.time_s = out_.launch_s + latency_s + transfer;
    out_.time_s += out_.protocol == Protocol::kSimple ? 2 * std::sqrt(stages_s * transfer) : 0;
    return out_;
  }

 private:
  void put(NetworkTier tier, double bytes, double share, double copy_s = 0) {
    TierLoad& load = out_.tiers[at(tier)];
    load.bytes = bytes;
    load.transfer_s = bytes > 0 ? bytes / (load.bytes_per_s * share) + copy_s : 0;
  }
  // All tiers work at the same time: the slowest one counts.
  double slowest() {
    for (int t = 0; t < kNetworkTiers; ++t)
      if (out_.tiers[t].transfer_s > out_.transfer_s) {
        out_.transfer_s = out_.tiers[t].transfer_s;
        out_.slowest = static_cast<NetworkTier>(t);
      }
    return out_.transfer_s;
  }

  const CollectiveLayout& l_;
  const CollectiveCapacities& c_;
  const CollectiveFit& fit_;
  double nic_share_, copy_bytes_per_s_;
  CollectiveTime out_;
};

// Of the bytes that NICs send, the share that leaves a leaf's unit if every domain sends to its neighbour only.
double neighbour_share(const CollectiveCapacities& c) { return 1.0 / c.domains_per_unit; }

// Of what a rank of a ring passes on: in every channel one rank of a domain passes it to a NIC.
double stays_inside(const CollectiveLayout& l) {
  return l.domains > 1 ? static_cast<double>(l.per_domain - 1) / l.per_domain : 1;
}

CollectiveTime ring_time(Op op, Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c) {
  const double wire = ring_bytes(op, bytes, l.ranks);
  const bool copies_own = op != Op::kBroadcast;
  if (l.per_domain > 1) sum.put_nvlink(wire * stays_inside(l), sum.ring_share(), copies_own ? bytes / l.ranks : 0);
  const int network_steps = ring_steps(op, l.domains);
  if (l.domains > 1) sum.put_network(wire / rails(l), neighbour_share(c));
  return sum.ring_like((ring_steps(op, l.ranks) - network_steps) * sum.nvlink_hop_s() +
                       network_steps * sum.network_hop_s());
}

CollectiveTime tree_time(Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c) {
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

CollectiveTime nvls_time(Op op, Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c,
                         const CollectiveFit& fit) {
  sum.put_nvlink(multicast_bytes(op, bytes, l), sum.nvls_share());
  double across = 0;
  if (l.domains > 1) {
    sum.put_network(tree_bytes(bytes, l.domains) / rails(l), neighbour_share(c));
    across = 2 * log2_up(l.domains) * sum.network_hop_s();
  }
  return sum.pipelined(kTunerNvls.nvlink_us * kMicro + across, heads(l) * value(fit.nvls_segment_s) + across);
}

CollectiveTime sharp_time(Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c,
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

CollectiveTime pat_time(Op op, Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c) {
  sum.put_network(ring_bytes(op, bytes, l.ranks), neighbour_share(c));
  return sum.ring_like(log2_up(l.ranks) * sum.network_hop_s());
}

CollectiveTime direct_time(Op op, Sum sum, double bytes, const CollectiveLayout& l, const CollectiveCapacities& c) {
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
  const Sum sum(l, c, calibration, algorithm, protocol);
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

double tuner_time(Op op, Algorithm algorithm, Protocol protocol, double bytes, const CollectiveLayout& l,
                  const CollectiveCapacities& c) {
  const TunerGeneration& g = tuner_generation(c);
  const std::size_t p = at(protocol), scale = l.domains == 1 ? 0 : l.domains == 2 ? 1 : 2;
  const double infinite = std::numeric_limits<double>::infinity();
  const double nvlink = l.per_domain > 1 ? c.nvlink_bytes_per_s * g.nvlink_share : infinite;
  const double network = l.domains > 1 ? rails(l) * c.nic_bytes_per_s * kTunerNicShare : infinite;
  const double through_tree = network * bytes / tree_bytes(bytes, l.domains);  // of the message
  const double ll_slowdown = l.domains > 1 && protocol == Protocol::kLl ? 1.8 : 1;
  const int inside = l.per_domain - 1;
  const auto network_us = [&](const TunerLatency& t) { return t.network_us + c.transport_s / kMicro; };
  double latency_us = 0, rate = 0;  // of the message
  switch (algorithm) {
    case Algorithm::kRing: {
      const TunerLatency& t = kTunerRing[p];
      const int steps = ring_steps(op, l.ranks), far = ring_steps(op, l.domains);
      latency_us = t.base_us + (steps - far) * t.nvlink_us * ll_slowdown + far * network_us(t);
      double bus = std::min(nvlink, network) * kDataShare[p];
      if (protocol == Protocol::kLl) bus = std::min(bus, g.ll_max[scale] * kGiga);
      rate = bus * bytes / ring_bytes(op, bytes, l.ranks);
      break;
    }
    case Algorithm::kTree: {
      const TunerLatency& t = kTunerTree[p];
      latency_us = t.base_us + 2 * (inside * t.nvlink_us * ll_slowdown + log2_up(l.domains) * network_us(t));
      rate = std::min(nvlink * kTreeShare / 2, through_tree) * kDataShare[p];
      if (protocol == Protocol::kLl) rate = std::min(rate, g.ll_max[scale] * kGiga / 2);
      break;
    }
    case Algorithm::kNvls:
      latency_us = kTunerNvls.nvlink_us;
      rate = nvlink * g.nvls_efficiency * (heads(l) - 1) / heads(l);
      break;
    case Algorithm::kNvlsTree:
      latency_us = kTunerNvlsTree.nvlink_us + 2 * log2_up(l.domains) * network_us(kTunerNvlsTree);
      rate = std::min({nvlink * g.nvls_efficiency * (heads(l) - 1) / heads(l), through_tree,
                       rails(l) * g.nvls_tree_per_channel[scale] * kGiga / 2});
      break;
    case Algorithm::kSharp:
      latency_us = kTunerNvls.nvlink_us + network_us(kTunerNvls);
      rate = std::min(network, l.per_domain > 1 ? nvlink * g.nvls_efficiency * (heads(l) - 1) / heads(l) : infinite);
      break;
    case Algorithm::kPat:
      latency_us = kTunerPat.base_us + log2_up(l.ranks) * network_us(kTunerPat);
      rate = network * bytes / ring_bytes(op, bytes, l.ranks);
      break;
    case Algorithm::kDirect:  // not a matter of the tuner: by the size for each peer
      return (bytes / l.ranks <= kPeerLlBytes) == (protocol == Protocol::kLl) ? 0 : infinite;
    case Algorithm::kHierarchical:  // NCCL has none: as of its slowest phase, the ring over the rails
      return op == Op::kAllToAll
                 ? tuner_time(op, Algorithm::kDirect, protocol, bytes, CollectiveLayout::of(l.domains, 1), c)
                 : tuner_time(op, Algorithm::kRing, protocol, bytes / l.per_domain, CollectiveLayout::of(l.domains, 1),
                              c);
  }
  return latency_us * kMicro + bytes / rate;
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

std::vector<NcclConstant> nccl_constants() {
  std::vector<NcclConstant> out;
  for (int p = 0; p < kCollectiveProtocols; ++p)
    out.push_back({fmt::format("step over NVLink, {}", protocol_word(static_cast<Protocol>(p))),
                   kTunerRing[p].nvlink_us * kMicro, Dimension::kTime});
  out.push_back({"in-switch reduction without bytes", kTunerNvls.nvlink_us * kMicro, Dimension::kTime});
  out.push_back({"pass over a reducing fabric", kSharpHop_s, Dimension::kTime});
  for (const Protocol p : {Protocol::kLl, Protocol::kLl128})
    out.push_back({fmt::format("data on the wire, {}", protocol_word(p)), kDataShare[at(p)]});
  for (std::size_t g = 0; g < std::size(kTunerGenerations); ++g)
    out.push_back({fmt::format("share of NVLink {} that rings reach", g + 3), kTunerGenerations[g].nvlink_share});
  for (std::size_t g = 1; g < std::size(kTunerGenerations); ++g)
    out.push_back(
        {fmt::format("of it, in-switch reduction on NVLink {}", g + 3), kTunerGenerations[g].nvls_efficiency});
  out.push_back({"of it, trees", kTreeShare});
  return out;
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

double moe_dispatch_bytes(double hidden) { return hidden * (1 + 4.0 / 128); }
double moe_combine_bytes(double hidden) { return 2 * hidden; }

double moe_destinations(int members, const MoeExchange& e) {
  if (members >= e.groups) {
    const double reached = static_cast<double>(members) / e.groups * e.groups_per_token;
    return reached * (1 - std::pow(1 - 1 / reached, e.top_k));
  }
  const auto choose = [](int n, int k) {
    return std::exp(std::lgamma(n + 1) - std::lgamma(k + 1) - std::lgamma(n - k + 1));
  };
  // A member holds some groups: how many of the token's are among them is hypergeometric.
  const auto reaches = [&](int held) {
    double missed = 0;
    for (int h = std::max(0, held + e.groups_per_token - e.groups); h <= std::min(held, e.groups_per_token); ++h)
      missed += choose(held, h) * choose(e.groups - held, e.groups_per_token - h) /
                choose(e.groups, e.groups_per_token) *
                std::pow(1 - static_cast<double>(h) / e.groups_per_token, e.top_k);
    return 1 - missed;
  };
  const int held = e.groups / members, with_one_more = e.groups % members;
  return (members - with_one_more) * reaches(held) + (with_one_more > 0 ? with_one_more * reaches(held + 1) : 0);
}

CollectiveTime moe_exchange_time(MoeKernel kernel, const MoeExchange& exchange, const CollectiveLayout& l,
                                 const CollectiveCapacities& c, const Calibration& calibration) {
  const MoeFit& moe = calibration.moe;
  const double share = value(kernel == MoeKernel::kDeepEp             ? moe.deepep_share
                             : kernel == MoeKernel::kDeepEpLowLatency ? moe.deepep_low_latency_share
                             : kernel == MoeKernel::kOneSided         ? moe.one_sided_share
                                                                      : moe.two_sided_share);
  // Copies of a token that its rank's domain, and the other domains, receive.
  double copies = kernel == MoeKernel::kDeepEpLowLatency ? exchange.top_k
                  : kernel == MoeKernel::kOneSided       ? std::min(exchange.top_k, l.ranks)  // spread evenly
                                                         : moe_destinations(l.ranks, exchange);
  copies *= static_cast<double>(l.ranks - 1) / l.ranks;  // but to itself
  const double message = exchange.tokens * exchange.bytes_per_token;
  Sum sum(l, c, calibration, Algorithm::kDirect, Protocol::kSimple);
  sum.put_nvlink(message * copies, share);
  double latency = 0;
  if (l.domains > 1) {
    const double per_domain = kernel == MoeKernel::kDeepEpLowLatency ? copies : moe_destinations(l.domains, exchange);
    sum.put_network(message * per_domain * (l.domains - 1) / l.domains,
                    std::max(0.0, static_cast<double>(l.domains - c.domains_per_unit) / (l.domains - 1)));
    latency = sum.network_hop_s();
  }
  return sum.plain(value(kernel == MoeKernel::kDeepEp ? moe.deepep_base_s : moe.low_latency_base_s), latency);
}

}  // namespace racktwin
