#include "sim/workload/memory.h"

#include <algorithm>

namespace racktwin {
namespace {

// CUDA context, NCCL buffers, workspaces and fragmentation. Assumed: published memory break-downs of large runs leave 4
// to 8 GB unexplained.
constexpr double kRuntimeReserveBytes = 6e9;

// Bytes that a layer keeps for its backward pass, per token, before division by the tensor-parallel degree. With
// low-precision GEMMs the operands of the linear layers are kept quantised.
double activation_bytes_per_token(const Workload& w, bool moe) {
  const TransformerModel& m = w.model;
  const double operand = w.precision == Precision::kBf16 ? 2 : 1;
  const auto feed_forward = [&](double width) { return (m.is_gated() ? 4 : 2) * width + operand * (m.hidden + width); };
  const double norms = 2 * 2.0 * m.hidden;
  const double attention = 2.0 * (2 * m.heads + 2 * m.kv_heads) * m.head_dim;  // Q, K, V and the output
  const double operands = operand * m.hidden + (operand == 1 ? 1.0 * m.heads * m.head_dim : 0);
  double kept = norms + attention + operands;
  if (!moe) return kept + feed_forward(m.ffn);
  // Of every visit: the expert's activations and its output, which the router's weight multiplies.
  kept += m.moe->experts_per_token * (feed_forward(m.moe->expert_ffn) + 2.0 * m.hidden);
  if (m.moe->shared_ffn > 0) kept += feed_forward(m.moe->shared_ffn);
  return kept;
}

double recomputed_bytes_per_token(const TransformerModel& m) { return 2.0 * m.hidden; }  // the layer's input

}  // namespace

double MemoryUse::total_bytes() const {
  double total = 0;
  for (const MemoryItem& item : items) total += item.bytes;
  return total;
}

ParameterCount chunk_parameters(const Workload& w, const ChunkLayers& layers) {
  const TransformerModel& m = w.model;
  const Parallelism& p = w.parallelism;
  double dense = (layers.transformer - layers.moe) * m.dense_layer_parameters() + layers.moe * m.moe_layer_parameters();
  if (layers.embedding) dense += m.embedding_parameters();
  const bool shared = m.tied_embeddings && layers.embedding;
  if (layers.output && !shared) dense += m.embedding_parameters();
  return {dense / p.tp, layers.moe * m.expert_parameters() / (p.ep * p.etp)};
}

ParameterCount stage_parameters(const Workload& w, int stage) {
  ParameterCount sum;
  for (int v = 0; v < w.parallelism.vp; ++v) {
    const ParameterCount chunk = chunk_parameters(w, chunk_layers(w, stage, v));
    sum.dense += chunk.dense;
    sum.expert += chunk.expert;
  }
  return sum;
}

double sharded_parameters(const Workload& w, int stage) {
  const ParameterCount parameters = stage_parameters(w, stage);
  return parameters.dense / w.shard_ranks + parameters.expert / w.parallelism.expert_dp();
}

double optimizer_parameters(const Workload& w, int stage) { return w.trains_all() ? sharded_parameters(w, stage) : 0; }

MemoryUse memory_use(const Workload& w) {
  const Parallelism& p = w.parallelism;
  MemoryUse worst;
  for (int s = 0; s < p.pp; ++s) {
    const double parameters = stage_parameters(w, s).total();
    const double tokens = static_cast<double>(w.sequence) * w.micro_batch / p.cp;
    const double recomputed = recomputed_bytes_per_token(w.model);
    double kept = 0, fullest = 0, largest_chunk = 0;  // of the stage's layers, of one of them
    int layers = 0;
    for (int v = 0; v < p.vp; ++v) {
      const ChunkLayers chunk = chunk_layers(w, s, v);
      const double dense = activation_bytes_per_token(w, false);
      const double sparse = chunk.moe > 0 ? activation_bytes_per_token(w, true) : 0;
      kept += (chunk.transformer - chunk.moe) * dense + chunk.moe * sparse;
      fullest = std::max({fullest, chunk.transformer > chunk.moe ? dense : 0, sparse});
      layers += chunk.transformer;
      largest_chunk = std::max(largest_chunk, chunk_parameters(w, chunk).total() / std::max(chunk.transformer, 1));
    }
    double activations = tokens / p.tp *
                         ((1 - w.recomputed_layers) * kept + w.recomputed_layers * layers * recomputed) / p.vp *
                         blocks_in_flight(p, w.micro_batches(), s);
    if (w.recomputed_layers > 0) activations += tokens * fullest / p.tp;  // the layer that is being recomputed
    MemoryUse use;
    use.stage = s;
    const double states = optimizer_parameters(w, s);
    if (w.is_fully_sharded()) {
      // Two units at a time are gathered; SHARD_GRAD_OP keeps all of them until the backward pass is over.
      const double gathered = w.sharding == Sharding::kParameters ? 2 * largest_chunk : parameters;
      use.items = {{"parameters, gathered (BF16)", 2 * gathered}};
      if (w.trains_all()) {
        use.items.push_back({"gradients, before they are reduced (BF16)", 2 * 2 * largest_chunk});
        use.items.push_back({"gradients, shard (FP32)", 4 * states});
      } else {
        use.items.push_back({"weights, shard (BF16)", 2 * sharded_parameters(w, s)});
      }
    } else {
      use.items = {{"weights (BF16)", 2 * parameters}};
      if (w.trains_all()) use.items.push_back({"gradients (BF16)", 2 * parameters});
      if (w.precision != Precision::kBf16) use.items.push_back({"weights, cached low-precision copy", 1 * parameters});
    }
    use.items.push_back({"optimizer state (FP32 master, two moments)", 12 * states});
    use.items.push_back({"activations", activations});
    if (chunk_layers(w, s, p.vp - 1).output)
      use.items.push_back({"logits (BF16 and FP32)", tokens * w.model.vocab / p.tp * (2 + 4)});
    use.items.push_back({"runtime reserve", kRuntimeReserveBytes});
    if (s == 0 || use.total_bytes() > worst.total_bytes()) worst = use;
  }
  return worst;
}

}  // namespace racktwin
