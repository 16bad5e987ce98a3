// What one GPU does in a block (one micro-batch through one chunk of layers), and the messages that it exchanges.
//
// Thread rule: pure functions.
#pragma once

#include "sim/workload/memory.h"
#include "sim/workload/operators.h"

namespace racktwin {

inline constexpr double kGradientBytes = 2;  // BF16 on the wire
inline constexpr double kParameterBytes = 2;

struct BlockCost {
  KernelTime forward, backward;
  double tensor_forward_collectives = 0, tensor_backward_collectives = 0;    // of tensor_buffer_bytes() each
  double context_forward_collectives = 0, context_backward_collectives = 0;  // of context_buffer_bytes() each
  double expert_forward_layers = 0, expert_backward_layers = 0;              // each dispatches and combines once
  double attention_forward_s = 0, attention_backward_s = 0;
  ParameterCount parameters;  // on a GPU
  int transformer_layers = 0;
  int buckets = 1;  // pieces whose gradients are reduced, or parameters gathered, together
};
BlockCost block_cost(const Gpu& gpu, const Calibration& calibration, const Workload& workload, int stage, int chunk);

double rank_tokens(const Workload& workload);  // of one micro-batch, before tensor-parallel ranks share them out
// All-gathers move quantised operands, reduce-scatters BF16, as in Transformer Engine: the mean of the two.
double tensor_buffer_bytes(const Workload& workload);
double context_buffer_bytes(const Workload& workload);  // keys and values of all context-parallel ranks
double expert_buffer_bytes(
    const Workload& workload);                 // of the ranks that share out an expert: the busiest one's tokens
double stage_bytes(const Workload& workload);  // of a rank to the next stage

}  // namespace racktwin
