#include "sim/network/moe_exchange.h"

#include "sim/network/collective_sum.h"

#include <algorithm>
#include <cmath>

namespace racktwin {

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
  CollectiveSum sum(l, c, calibration, CollectiveAlgorithm::kDirect, CollectiveProtocol::kSimple);
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
