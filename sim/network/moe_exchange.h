// How long it takes to move the tokens of a mixture of experts to their experts and back: DeepEP's kernels and
// TensorRT-LLM's. Equations: README.md, "Experts". Thread rule: pure functions.
#pragma once

#include "sim/network/collective.h"

namespace racktwin {

enum class MoeKernel : std::uint8_t { kDeepEp, kDeepEpLowLatency, kOneSided, kTwoSided };

// The tokens of each rank go to `top_k` experts spread evenly over the ranks (dispatch), or come back (combine).
struct MoeExchange {
  double tokens = 0;  // per rank
  double bytes_per_token = 0;
  int top_k = 1;
  int groups = 1, groups_per_token = 1;  // experts stand in groups, of which a token's experts come from a few
};
// FP8 with one 4-byte scale for 128 elements out, BF16 back. source: DeepEP README
double moe_dispatch_bytes(double hidden);
double moe_combine_bytes(double hidden);

// Different ones of `members` that the experts of a token sit on: groups are spread evenly over the members, its groups
// and its experts in them chosen at random. source of the groups: DeepSeek-V3, arXiv 2412.19437, section 2.1.2
double moe_destinations(int members, const MoeExchange& exchange);

// Inside a domain a token is sent once to every rank that needs it (low-latency kernels: once for every expert),
// between domains once to every domain.
CollectiveTime moe_exchange_time(MoeKernel kernel, const MoeExchange& exchange, const CollectiveLayout& layout,
                                 const CollectiveCapacities& capacities, const Calibration& calibration);

}  // namespace racktwin
