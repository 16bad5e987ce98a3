#include "sim/workload/block.h"

#include "sim/workload/schedule.h"

#include <algorithm>

namespace racktwin {
namespace {

// Layers between two pieces of a chunk whose gradients are reduced (or parameters gathered) together: Megatron's
// gradient buckets, of the order of a few layers.
constexpr int kLayersPerBucket = 4;
constexpr double kActivationBytes = 2;

}  // namespace

BlockCost block_cost(const Gpu& gpu, const Calibration& calibration, const Workload& w, int stage, int chunk) {
  const Parallelism& p = w.parallelism;
  const Roofline roofline{&gpu, &calibration, w.precision, w.kernels};
  const ChunkLayers layers = chunk_layers(w, stage, chunk);
  const int dense_layers = layers.transformer - layers.moe;
  const LayerCost dense = dense_layers > 0 ? transformer_layer(roofline, w, false) : LayerCost();
  const LayerCost sparse = layers.moe > 0 ? transformer_layer(roofline, w, true) : LayerCost();
  const auto of_layers = [&](KernelTime LayerCost::*part) {
    KernelTime sum = static_cast<double>(dense_layers) * (dense.*part);
    return sum += static_cast<double>(layers.moe) * (sparse.*part);
  };
  BlockCost cost;
  cost.forward = of_layers(&LayerCost::forward);
  cost.backward = of_layers(&LayerCost::backward);
  // Sequence parallelism: an all-gather before and a reduce-scatter after attention and MLP, in both directions.
  // Experts work on the ranks' own tokens; a shared expert does not.
  const double sparse_collectives = layers.moe > 0 && w.model.moe->shared_ffn > 0 ? 4 : 2;
  double forward_collectives = 4.0 * dense_layers + sparse_collectives * layers.moe;
  double backward_collectives = (1 + w.recomputed_layers) * forward_collectives;
  if (p.ep * p.etp > 1) {
    cost.expert_forward_layers = layers.moe;
    cost.expert_backward_layers = (1 + w.recomputed_layers) * layers.moe;
  }
  cost.transformer_layers = layers.transformer;
  cost.parameters = chunk_parameters(w, layers);
  // PyTorch copies gathered parameters out of, and gradients into, the buffers of its collectives: read and written
  // once forward, twice backward. source: Zhao et al., PyTorch FSDP, arXiv 2304.11277, section 4.2.
  if (w.is_fully_sharded() && w.kernels >= Kernels::kCompiled) {
    const KernelTime copy = stream(roofline, cost.parameters.total() * 2 * kParameterBytes);
    cost.forward += copy;
    cost.backward += 2.0 * copy;
  }
  if (layers.embedding) {
    const LayerCost embedding = embedding_layer(roofline, w);
    cost.forward += embedding.forward;
    cost.backward += embedding.backward;
    forward_collectives += 1;
    backward_collectives += 1;
  }
  if (const int outputs = (layers.output ? 1 : 0) + layers.predictions; outputs > 0) {
    const LayerCost output = output_layer(roofline, w);
    cost.forward += static_cast<double>(outputs) * output.forward;
    cost.backward += static_cast<double>(outputs) * output.backward;
    forward_collectives += outputs;
    backward_collectives += outputs;
  }
  if (p.tp > 1) {
    cost.tensor_forward_collectives = forward_collectives;
    cost.tensor_backward_collectives = backward_collectives;
  }
  // Ring attention: keys and values go round once forward; backward they go round again with their gradients.
  if (p.cp > 1) {
    cost.attention_forward_s = of_layers(&LayerCost::attention_forward).clocked_s;
    cost.attention_backward_s = of_layers(&LayerCost::attention_backward).clocked_s;
    cost.context_forward_collectives = layers.transformer;
    const double again = w.recompute == Recompute::kSelective ? 1 : w.recomputed_layers;
    cost.context_backward_collectives = (2.0 + again) * layers.transformer;
  }
  cost.buckets = std::clamp(layers.transformer / kLayersPerBucket, 1, 8);
  return cost;
}

double rank_tokens(const Workload& w) { return static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.cp; }

double tensor_buffer_bytes(const Workload& w) {
  return rank_tokens(w) * w.model.hidden * (operand_bytes(w.precision) + kActivationBytes) / 2;
}

double context_buffer_bytes(const Workload& w) {
  const TransformerModel& m = w.model;
  const double key_dim = m.latent ? m.latent->plain_head_dim + m.latent->rotary_head_dim : m.head_dim;
  return rank_tokens(w) * w.parallelism.cp * m.kv_heads * (key_dim + m.head_dim) / w.parallelism.tp * kActivationBytes;
}

double expert_buffer_bytes(const Workload& w) {
  const double copies = w.model.moe->experts_per_token * w.expert_imbalance * w.parallelism.etp;
  return rank_tokens(w) / w.parallelism.tp * copies * w.model.hidden * kActivationBytes;
}

double stage_bytes(const Workload& w) { return rank_tokens(w) * w.model.hidden * kActivationBytes / w.parallelism.tp; }

}  // namespace racktwin
