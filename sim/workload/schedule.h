// Who computes which block when: the pipeline schedule and the layers of each model chunk.
//
// source: Narayanan et al., Efficient Large-Scale Language Model Training on GPU Clusters Using Megatron-LM, arXiv
// 2104.04473, sections 2.2.1 (1F1B) and 2.2.2 (interleaved). Thread rule: pure functions.
#pragma once

#include "sim/plan/plan.h"

#include <vector>

namespace racktwin {

// A block: one micro-batch through one model chunk of a stage, in one direction.
struct Block {
  bool backward = false;
  int chunk = 0;
  int micro_batch = 0;
};

// What a stage works through in one iteration, in order: warm-up, one forward one backward, cool-down. Interleaved
// (vp > 1), the micro-batches must divide by pp, as Megatron demands.
std::vector<Block> stage_schedule(const Parallelism& parallelism, int micro_batches, int stage);

// The most forward blocks whose activations a stage holds at once.
int blocks_in_flight(const Parallelism& parallelism, int micro_batches, int stage);

// The layers of a chunk. Chunk v of stage p is virtual stage v * pp + p; the embedding is in the first virtual stage,
// the output layer in the last. Layers of multi-token prediction follow the model's own.
struct ChunkLayers {
  int transformer = 0;  // all layers; of them
  int moe = 0;          // with experts
  bool embedding = false;
  bool output = false;
  int predictions = 0;  // of the layers: multi-token prediction, each with an output layer of its own
};
ChunkLayers chunk_layers(const Workload& workload, int stage, int chunk);

// Whether embedding and loss count as pipeline layers when nobody says: only if the layers alone do not divide by
// stages times chunks and two more do.
bool default_embedding_and_loss_count(int layers, const Parallelism& parallelism);

}  // namespace racktwin
