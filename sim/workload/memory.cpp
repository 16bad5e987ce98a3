#include "sim/workload/memory.h"

#include "sim/workload/schedule.h"

namespace racktwin {
namespace {

// CUDA context, NCCL buffers, workspaces and fragmentation. Assumed: published memory break-downs of large runs leave 4
// to 8 GB unexplained.
constexpr double kRuntimeReserveBytes = 6e9;

// Bytes that a layer keeps for its backward pass, per token, before division by the tensor-parallel degree.
double activation_bytes_per_token(const TransformerModel& m, Recompute recompute) {
  if (recompute == Recompute::kFull) return 2.0 * m.hidden;  // the layer's input
  const double norms = 4.0 * m.hidden;
  const double attention = 2.0 * m.hidden + 2.0 * (2 * m.heads + 2 * m.kv_heads) * m.head_dim;
  const double mlp = 2.0 * m.hidden + 2.0 * 3 * m.ffn;
  return norms + attention + mlp;
}

}  // namespace

double MemoryUse::total_bytes() const {
  double total = 0;
  for (const MemoryItem& item : items) total += item.bytes;
  return total;
}

double stage_parameters(const Workload& w, int stage) {
  double parameters = 0;
  for (int v = 0; v < w.parallelism.vp; ++v) {
    const ChunkLayers layers = chunk_layers(w, stage, v);
    parameters += layers.transformer * w.model.layer_parameters();
    if (layers.embedding) parameters += w.model.embedding_parameters();
    if (layers.output && !(w.model.tied_embeddings && w.parallelism.pp == 1))
      parameters += w.model.embedding_parameters();
  }
  return parameters / w.parallelism.tp;
}

MemoryUse memory_use(const Workload& w, Recompute recompute) {
  const Parallelism& p = w.parallelism;
  MemoryUse worst;
  for (int s = 0; s < p.pp; ++s) {
    const double parameters = stage_parameters(w, s);
    const double tokens = static_cast<double>(w.sequence) * w.micro_batch / p.cp;
    const double per_layer = tokens * activation_bytes_per_token(w.model, recompute) / p.tp;
    double layers = 0;
    for (int v = 0; v < p.vp; ++v) layers += chunk_layers(w, s, v).transformer;
    double activations = per_layer * layers / p.vp * blocks_in_flight(p, w.micro_batches(), s);
    if (recompute == Recompute::kFull)  // one layer at a time is held in full while it is recomputed
      activations += tokens * activation_bytes_per_token(w.model, Recompute::kNone) / p.tp;
    MemoryUse use;
    use.stage = s;
    use.items = {{"weights (BF16)", 2 * parameters}, {"gradients (FP32)", 4 * parameters}};
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
