// What NCCL's source says of its algorithms: constants, how many steps and bytes they take, and its own estimate.
//
// source: NCCL 2.27, src/graph/tuning.cc and src/include/nccl_tuner.h: base latencies, hop latencies over NVLink and
// network, bandwidth limits; src/graph/topo.h: NVLink rates by compute capability. Left out: the correction of trees at
// medium sizes and the plateau of rings. Thread rule: pure functions.
#pragma once

#include "sim/network/collective.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

namespace racktwin {
namespace nccl {

inline constexpr double kMicro = 1e-6, kGiga = 1e9;
// Rings and trees of NCCL: at most half of MAXCHANNELS (64), each with a NIC of its own; a multicast group has at most
// NCCL_MAX_NVLS_ARITY heads. source: NCCL src/init.cc, src/graph/search.cc, src/include/device.h
inline constexpr int kMaxRails = 32, kMaxHeads = 32;
// Up to this many bytes for a peer, sends use LL. source: NCCL, NCCL_P2P_LL_THRESHOLD
inline constexpr double kPeerLlBytes = 16384;
// Bandwidth that trees keep of a ring's. source: NCCL src/graph/tuning.cc
inline constexpr double kTreeShare = 0.92;
// Of the wire that is data: 8 of 16 bytes, 120 of 128 bytes. source: Hu et al., arXiv 2507.04786, table 2
inline constexpr std::array<double, kCollectiveProtocols> kDataShare = {0.5, 0.9375, 1};
// One pass over a reducing fabric. source: NCCL src/graph/tuning.cc, CollNetDirect over NET
inline constexpr double kSharpHop_s = 31 * kMicro;

struct TunerLatency {
  double base_us, nvlink_us, network_us;
};
inline constexpr TunerLatency kTunerRing[] = {{6.6, 0.6, 2.7}, {14.0, 1.9, 4.0}, {8.4, 3.4, 14.0}};
inline constexpr TunerLatency kTunerTree[] = {{6.8, 0.6, 5.0}, {14.0, 1.25, 8.5}, {8.4, 4.0, 14.0}};
inline constexpr TunerLatency kTunerNvls = {0, 25, 18}, kTunerNvlsTree = {0, 25, 20.9}, kTunerPat = {8.4, 4.0, 14.0};

struct TunerGeneration {
  double nvlink_share;              // of the port that NCCL counts on
  double nvls_efficiency;           // of that, in-switch reduction; 0: none
  double ll_max[3];                 // [GB/s] on one, two, more nodes
  double nvls_tree_per_channel[3];  // [GB/s] the same
};
inline constexpr TunerGeneration kTunerGenerations[] = {{0.800, 0, {87.7, 22.5, 19.0}, {0, 0, 0}},
                                                        {0.824, 0.85, {141, 45, 35}, {0, 57.7, 45.5}},
                                                        {0.802, 0.74, {282, 90, 70}, {0, 96.0, 43.8}}};
inline constexpr double kTunerNicShare = 0.96;

inline const TunerGeneration& tuner_generation(const CollectiveCapacities& c) {
  return kTunerGenerations[std::clamp(c.nvlink_generation - 3, 0, 2)];
}

inline std::size_t at(CollectiveProtocol protocol) { return static_cast<std::size_t>(protocol); }
inline std::size_t at(NetworkTier tier) { return static_cast<std::size_t>(tier); }

inline bool has_multicast(const CollectiveCapacities& c) { return c.nvlink_generation >= 4; }

// Steps of a ring, one after another. source: NCCL src/graph/tuning.cc, nsteps and nInterSteps
inline int ring_steps(CollectiveOp op, int members) {
  return op == CollectiveOp::kAllReduce ? 2 * (members - 1) : members - 1;
}

// Bytes that every link of a ring carries.
inline double ring_bytes(CollectiveOp op, double bytes, int ranks) {
  return op == CollectiveOp::kBroadcast ? bytes : bytes * ring_steps(op, ranks) / ranks;
}

// Bytes that a domain sends (and receives) in a double binary tree: in one tree a domain is a leaf and sends half the
// message up, in the other it sends half up and half to each of two children. Two domains: half up, half down.
inline double tree_bytes(double bytes, int domains) { return domains == 2 ? bytes : 2 * bytes; }

inline double log2_up(int n) { return std::ceil(std::log2(static_cast<double>(n))); }

inline int rails(const CollectiveLayout& l) { return std::min(l.in_smallest, kMaxRails); }
inline int heads(const CollectiveLayout& l) { return std::min(l.per_domain, kMaxHeads); }

}  // namespace nccl

// NCCL's own estimate [s], by which it chooses; it is not a prediction.
double tuner_time(CollectiveOp op, CollectiveAlgorithm algorithm, CollectiveProtocol protocol, double bytes,
                  const CollectiveLayout& layout, const CollectiveCapacities& capacities);

// What of these constants the model of collective.h uses, beside those that the calibration has: published, none of it
// fitted.
struct NcclConstant {
  std::string meaning;
  double value = 0;
  Dimension dimension = Dimension::kNone;
};
std::vector<NcclConstant> nccl_constants();

}  // namespace racktwin
