#include "sim/workload/schedule.h"

#include "sim/check.h"

#include <algorithm>

namespace racktwin {
namespace {

// Forward blocks before the first backward one.
int warmup_blocks(const Parallelism& p, int micro_batches, int stage) {
  const int total = micro_batches * p.vp;
  if (p.vp == 1) return std::min(total, p.pp - stage - 1);
  if (micro_batches == p.pp) return total;  // Megatron: all forward first
  return std::min(total, 2 * (p.pp - stage - 1) + (p.vp - 1) * p.pp);
}

// The k-th forward (or backward) block. Interleaved, micro-batches go through the chunks in groups of pp.
Block kth_block(const Parallelism& p, int k, bool backward) {
  const int size = p.vp == 1 ? 1 : p.pp;
  const int group = k / (size * p.vp), within = k % (size * p.vp);
  const int chunk = within / size;
  return {backward, backward ? p.vp - 1 - chunk : chunk, group * size + within % size};
}

}  // namespace

std::vector<Block> stage_schedule(const Parallelism& p, int micro_batches, int stage) {
  RT_CHECK(p.vp == 1 || micro_batches % p.pp == 0);
  const int total = micro_batches * p.vp;
  const int warmup = warmup_blocks(p, micro_batches, stage);
  std::vector<Block> blocks;
  blocks.reserve(2 * static_cast<std::size_t>(total));
  for (int k = 0; k < warmup; ++k) blocks.push_back(kth_block(p, k, false));
  for (int k = 0; k < total; ++k) {
    if (warmup + k < total) blocks.push_back(kth_block(p, warmup + k, false));
    blocks.push_back(kth_block(p, k, true));
  }
  return blocks;
}

int blocks_in_flight(const Parallelism& p, int micro_batches, int stage) {
  return std::min(micro_batches * p.vp, warmup_blocks(p, micro_batches, stage) + 1);
}

ChunkLayers chunk_layers(const Workload& w, int stage, int chunk) {
  const Parallelism& p = w.parallelism;
  const int virtual_stages = p.pp * p.vp;
  const int index = chunk * p.pp + stage;
  const int extra = w.embedding_and_loss_count_as_layers ? 1 : 0;
  const int slots = w.model.layers + w.model.prediction_layers + 2 * extra;
  // Leftovers are spread as evenly as possible over the virtual stages.
  const int begin = static_cast<int>(static_cast<long long>(slots) * index / virtual_stages);
  const int end = static_cast<int>(static_cast<long long>(slots) * (index + 1) / virtual_stages);
  ChunkLayers layers;
  layers.embedding = index == 0;
  layers.output = index == virtual_stages - 1;
  layers.transformer = end - begin - (layers.embedding ? extra : 0) - (layers.output ? extra : 0);
  const int first = begin - (layers.embedding ? 0 : extra);
  for (int i = first; i < first + layers.transformer; ++i) {
    layers.moe += w.model.is_moe_layer(std::min(i, w.model.layers - 1)) ? 1 : 0;
    layers.predictions += i >= w.model.layers ? 1 : 0;
  }
  return layers;
}

bool default_embedding_and_loss_count(int layers, const Parallelism& p) {
  const int virtual_stages = p.pp * p.vp;
  return layers % virtual_stages != 0 && (layers + 2) % virtual_stages == 0;
}

}  // namespace racktwin
