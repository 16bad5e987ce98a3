#include "sim/workload/memory.h"

namespace racktwin {
namespace {

// CUDA context, NCCL buffers, workspaces and fragmentation. Assumed: published memory break-downs of large runs leave 4
// to 8 GB unexplained.
constexpr double kRuntimeReserveBytes = 6e9;

// Bytes that a layer keeps for its backward pass, per token, before division by the tensor-parallel degree. With
// low-precision GEMMs the operands of the four linear layers are kept quantised.
double activation_bytes_per_token(const Workload& w) {
  const TransformerModel& m = w.model;
  const double operand = w.precision == Precision::kBf16 ? 2 : 1;
  const double norms = 2 * 2.0 * m.hidden;
  const double attention = 2.0 * (2 * m.heads + 2 * m.kv_heads) * m.head_dim;  // Q, K, V and the output
  const double mlp = 2.0 * 2 * m.ffn;                                          // gate and up projections
  const double operands = operand * (2.0 * m.hidden + m.ffn) + (operand == 1 ? 1.0 * m.heads * m.head_dim : 0);
  return norms + attention + mlp + operands;
}

double recomputed_bytes_per_token(const TransformerModel& m) { return 2.0 * m.hidden; }  // the layer's input

}  // namespace

double MemoryUse::total_bytes() const {
  double total = 0;
  for (const MemoryItem& item : items) total += item.bytes;
  return total;
}

double chunk_parameters(const Workload& w, const ChunkLayers& layers) {
  double parameters = layers.transformer * w.model.dense_layer_parameters();
  if (layers.embedding) parameters += w.model.embedding_parameters();
  const bool shared = w.model.tied_embeddings && layers.embedding;
  if (layers.output && !shared) parameters += w.model.embedding_parameters();
  return parameters / w.parallelism.tp;
}

double stage_parameters(const Workload& w, int stage) {
  double parameters = 0;
  for (int v = 0; v < w.parallelism.vp; ++v) parameters += chunk_parameters(w, chunk_layers(w, stage, v));
  return parameters;
}

MemoryUse memory_use(const Workload& w) {
  const Parallelism& p = w.parallelism;
  MemoryUse worst;
  for (int s = 0; s < p.pp; ++s) {
    const double parameters = stage_parameters(w, s);
    const double tokens = static_cast<double>(w.sequence) * w.micro_batch / p.cp;
    const double kept = activation_bytes_per_token(w), recomputed = recomputed_bytes_per_token(w.model);
    const double per_layer = tokens * (kept + w.recomputed_layers * (recomputed - kept)) / p.tp;
    double layers = 0;
    for (int v = 0; v < p.vp; ++v) layers += chunk_layers(w, s, v).transformer;
    double activations = per_layer * layers / p.vp * blocks_in_flight(p, w.micro_batches(), s);
    if (w.recomputed_layers > 0) activations += tokens * kept / p.tp;  // the layer that is being recomputed
    MemoryUse use;
    use.stage = s;
    use.items = {{"weights (BF16)", 2 * parameters}, {"gradients (BF16)", 2 * parameters}};
    if (w.precision != Precision::kBf16) use.items.push_back({"weights, cached low-precision copy", 1 * parameters});
    use.items.push_back({"optimizer state (FP32 master, two moments)", 12 * parameters / (p.dp * p.cp)});
    use.items.push_back({"activations", activations});
    if (chunk_layers(w, s, p.vp - 1).output)
      use.items.push_back({"logits (BF16 and FP32)", tokens * w.model.vocab / p.tp * (2 + 4)});
    use.items.push_back({"runtime reserve", kRuntimeReserveBytes});
    if (s == 0 || use.total_bytes() > worst.total_bytes()) worst = use;
  }
  return worst;
}

}  // namespace racktwin
