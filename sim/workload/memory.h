// What the job keeps in the memory of one GPU, itemised.
//
// source of the activation terms: Korthikanti et al., Reducing Activation Recomputation in Large Transformer Models,
// arXiv 2205.05198, section 4, written out for gated MLPs, grouped queries and flash attention (no s^2 term, no
// dropout).
#pragma once

#include "sim/plan/plan.h"
#include "sim/workload/schedule.h"

#include <string>
#include <vector>

namespace racktwin {

struct MemoryItem {
  std::string name;
  double bytes = 0;
};

struct MemoryUse {
  int stage = 0;
  std::vector<MemoryItem> items;
  double total_bytes() const;
};

// The fullest stage, with the workload's own recompute settings.
MemoryUse memory_use(const Workload& workload);

// Parameters of a chunk, and of all chunks of a stage, on one GPU before data-parallel ranks share them out.
struct ParameterCount {
  double dense = 0;   // shared out over data x context ranks
  double expert = 0;  // over the copies of an expert
  double total() const { return dense + expert; }
};
ParameterCount chunk_parameters(const Workload& workload, const ChunkLayers& layers);
ParameterCount stage_parameters(const Workload& workload, int stage);

// Parameters of a stage that one GPU holds when its data-parallel ranks share them out: the dense ones over
// shard_ranks, the experts over their copies.
double sharded_parameters(const Workload& workload, int stage);

// Parameters whose optimizer state one GPU holds: adapters have too few to show.
double optimizer_parameters(const Workload& workload, int stage);

}  // namespace racktwin
