#include "sim/network/nccl.h"

#include <fmt/core.h>

#include <iterator>
#include <limits>

namespace racktwin {
namespace {

using Op = CollectiveOp;
using Algorithm = CollectiveAlgorithm;
using Protocol = CollectiveProtocol;
using namespace nccl;

}  // namespace

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

}  // namespace racktwin
