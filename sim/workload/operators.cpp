#include "sim/workload/operators.h"

#include "sim/check.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

double tokens_per_gpu(const Workload& w) { return static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.cp; }

// Inner dimension at which a GEMM is at half rate: what fills and drains the pipeline of a tile is a number of bytes,
// so it goes with the narrowness of an element.
double half_k(const Calibration& c, Precision precision) {
  const double bf16 = c.gemm_half_k.value.value;
  return precision == Precision::kBf16 ? bf16 : precision == Precision::kNvfp4 ? 4 * bf16 : 2 * bf16;
}

// Of their forward rate, what backward kernels of portable and of ring attention reach. Assumed: between the 0.86
// (FlashAttention-2) and about 0.75 (FlashAttention-3) that these kernels are quoted for.
constexpr double kBackwardShare = 0.8;

double scores(const Attention& a) { return a.tokens * a.keys * a.heads; }

// `slower`: by what backward kernels fall behind where the chip's own rate is not known.
KernelTime attention(const Roofline& r, const Attention& a, double flops, const Sourced& chip_share, double slower) {
  const Calibration& c = *r.calibration;
  const double peak = r.gpu->bf16.dense_flops.value, launch_s = c.kernel_launch_s.value.value;
  const bool portable = r.kernels >= Kernels::kCompiled;
  const double warp_level = r.gpu->warp_level_share.value;
  const double share = c.attention_share.value.value * (portable && !std::isnan(warp_level) ? warp_level : 1);
  const double special = r.gpu->special_functions_per_s.value;
  const double softmax_s = std::isnan(special) ? 0 : scores(a) / special;
  double busy_s = flops / slower / (peak * share) + softmax_s;
  // Of sequences far shorter than those measured the edge would make the chip's own kernels the slower ones.
  if (has_chip_attention(*r.gpu, r.kernels, a.ring))
    busy_s = std::min(busy_s, flops * (1 + c.attention_edge.value.value / a.keys) / (peak * chip_share.value));
  return {busy_s, launch_s, flops, 1};
}

// Copies of a quantised operand. Its scales go along rows, or its GEMMs take it in one order only: then there is one
// copy for the forward and one for the backward GEMM. With one scale a tensor, the tensor cores of Blackwell, which are
// those that have FP4, take either order. source: Transformer Engine, is_non_tn_fp8_gemm_supported()
double operand_copies(const Roofline& r) {
  const bool one_scale = r.precision == Precision::kFp8 || r.precision == Precision::kFp8Current;
  return one_scale && !std::isnan(r.gpu->nvfp4.dense_flops.value) ? 1 : 2;
}

// Reading BF16 and writing the quantised copies. The largest magnitude of a tensor that sets its own scale, of all of
// it or over those of its blocks, is found in a pass before. source: Transformer Engine, docs/examples/gemm_profiling
KernelTime quantise(const Roofline& r, double elements) {
  if (r.precision == Precision::kBf16) return {};
  const bool own_scale = r.precision == Precision::kFp8Current || r.precision == Precision::kNvfp4;
  const double reads = own_scale ? 4 : 2;
  return stream(r, elements * (reads + operand_copies(r) * operand_bytes(r.precision)));
}

// A linear layer: C(m x n) = A(m x k) B(k x n), `copies` of them (local experts).
struct Linear {
  double m, n, k;
  double copies = 1;
};

// Adds the GEMMs of a linear layer and of its adapter, forward and backward. Frozen weights have no gradient.
void add_linear(LayerCost& cost, const Roofline& r, const Workload& w, const Linear& l) {
  if (r.precision != Precision::kBf16) {  // operands are quantised one by one; their traffic is counted by the layer
    cost.forward.kernels += l.copies;
    cost.backward.kernels += l.copies;
  }
  cost.forward += l.copies * gemm(r, l.m, l.n, l.k);
  cost.backward += l.copies * gemm(r, l.m, l.k, l.n);  // gradient of the input
  if (w.trains_all()) {
    cost.backward += l.copies * gemm(r, l.k, l.n, l.m);  // gradient of the weight
    // Gradients are accumulated in BF16 over micro-batches: read and written once per micro-batch.
    cost.backward += stream(r, l.copies * l.n * l.k * 2 * 2);
  }
}

// y += B (A x) of low-rank adapters in BF16. source: Hu et al., LoRA, arXiv 2106.09685, section 4.1.
void add_adapter(LayerCost& cost, const Roofline& r, double rank, const Linear& l) {
  const KernelTime down = gemm(r, l.m, rank, l.k, true), up = gemm(r, l.m, l.n, rank, true);
  const KernelTime sum = stream(r, l.m * l.n * 2 * 3);
  cost.forward += down;
  cost.forward += up;
  cost.forward += sum;
  cost.backward += 2.0 * down;
  cost.backward += 2.0 * up;
  cost.backward += sum;
}

void add_activation(LayerCost& cost, const Roofline& r, const TransformerModel& model, double elements) {
  const bool gated =
      model.is_gated();  // forward: reads two (one), writes one; backward: reads three (two), writes two (one)
  cost.forward += elementwise(r, elements * (gated ? 3 : 2) * 2);
  cost.backward += elementwise(r, elements * (gated ? 5 : 3) * 2);
}

void add_feed_forward(LayerCost& cost, const Roofline& r, const Workload& w, double tokens, double width,
                      double copies) {
  const double hidden = w.model.hidden, inner = w.model.is_gated() ? 2 * width : width;
  add_linear(cost, r, w, {tokens, inner, hidden, copies});
  add_linear(cost, r, w, {tokens, hidden, width, copies});
  add_activation(cost, r, w.model, tokens * copies * width);
}

void add_attention(LayerCost& cost, const Roofline& r, const Workload& w, double tokens) {
  const TransformerModel& m = w.model;
  const double tp = w.parallelism.tp, hidden = m.hidden, heads = m.heads / tp;
  double head_dims = 2.0 * m.head_dim, out = heads * m.head_dim;
  if (m.latent) {
    const LatentAttention& a = *m.latent;
    const double query_dim = a.plain_head_dim + a.rotary_head_dim;
    head_dims = query_dim + a.value_head_dim;
    out = heads * a.value_head_dim;
    // Down-projections are not sharded over tensor-parallel ranks.
    if (a.query_rank > 0) {
      add_linear(cost, r, w, {tokens, 1.0 * a.query_rank, hidden});
      add_linear(cost, r, w, {tokens, heads * query_dim, 1.0 * a.query_rank});
    } else {
      add_linear(cost, r, w, {tokens, heads * query_dim, hidden});
    }
    add_linear(cost, r, w, {tokens, 1.0 * a.key_value_rank + a.rotary_head_dim, hidden});
    add_linear(cost, r, w, {tokens, heads * (a.plain_head_dim + a.value_head_dim), 1.0 * a.key_value_rank});
    const KernelTime assemble = elementwise(r, tokens * heads * (2 * query_dim + a.value_head_dim) * 2 * 2);
    cost.forward += assemble;  // rotary part and concatenation
    cost.backward += assemble;
  } else {
    const Linear qkv{tokens, (m.heads + 2.0 * m.kv_heads) * m.head_dim / tp, hidden};
    add_linear(cost, r, w, qkv);
    if (w.task == Task::kLora) add_adapter(cost, r, w.lora_rank, qkv);
    if (m.positions == Positions::kRotary) {
      const KernelTime rotary = elementwise(r, tokens * qkv.n * 2 * 2);
      cost.forward += rotary;
      cost.backward += rotary;
    }
  }
  const Linear projection{tokens, hidden, out};
  add_linear(cost, r, w, projection);
  const double full = mean_keys(w.sequence, w.document, 0),
               windowed = mean_keys(w.sequence, w.document, m.attention_window);
  const double keys = (1 - m.windowed_layers) * full + m.windowed_layers * windowed;
  const Attention attention{tokens, keys, heads, head_dims, w.parallelism.cp > 1};
  cost.attention_forward = attention_forward(r, attention);
  cost.attention_backward = attention_backward(r, attention);
  cost.forward += cost.attention_forward;
  cost.backward += cost.attention_backward;
}

// Router, permutation by expert and back, routed and shared experts. Tokens are spread evenly over the experts.
// source: Megatron-Core's dropless token dispatcher; Gale et al., MegaBlocks, arXiv 2211.15841.
void add_experts(LayerCost& cost, const Roofline& r, const Workload& w, double tokens) {
  const MixtureOfExperts& moe = *w.model.moe;
  const Parallelism& p = w.parallelism;
  const double own = tokens / p.tp;                              // sequence parallelism: tokens that this rank routes
  const double visits = own * moe.experts_per_token;             // and receives
  const double local = static_cast<double>(moe.experts) / p.ep;  // experts held, each 1/etp of it
  const double hidden = w.model.hidden;
  // Logits in FP32, softmax, choice of the best, map and counts.
  KernelTime route = gemm(r, own, moe.experts, hidden, true);
  route += 4.0 * stream(r, own * moe.experts * 4 * 2);
  cost.forward += route;
  cost.backward += (w.trains_all() ? 2.0 : 1.0) * route;
  const int moves = p.ep > 1 ? 4 : 2;  // sorted by rank before and after the exchange, then by local expert
  const KernelTime move = static_cast<double>(moves) * stream(r, visits * hidden * 2 * 2);
  cost.forward += move;
  cost.backward += move;
  const double work = visits * p.etp * w.expert_imbalance;  // what the busiest rank receives: the others wait for it
  add_feed_forward(cost, r, w, work / local, static_cast<double>(moe.expert_ffn) / p.etp, local);
  cost.forward += quantise(r, work * (hidden + static_cast<double>(moe.expert_ffn) / p.etp));
  cost.backward += quantise(r, work * (hidden + 2.0 * moe.expert_ffn / p.etp));
  if (moe.shared_ffn > 0) {
    const double width = static_cast<double>(moe.shared_ffn) / p.tp;
    add_feed_forward(cost, r, w, tokens, width, 1);
    cost.forward += quantise(r, own * hidden + tokens * width);
    cost.backward += quantise(r, own * hidden + tokens * 2 * width);
  }
}

}  // namespace

const GemmEfficiency& gemm_efficiency(const Gpu& gpu, Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return gpu.bf16;
    case Precision::kFp8:
    case Precision::kFp8Current:
      return gpu.fp8;
    case Precision::kMxfp8:
      return gpu.mxfp8;
    case Precision::kNvfp4:
      return gpu.nvfp4;
  }
  return gpu.bf16;
}

double operand_bytes(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return 2;
    case Precision::kFp8:
    case Precision::kFp8Current:
      return 1;
    case Precision::kMxfp8:
      return 1 + 1.0 / 32;  // a scale for every 32 elements. source: OCP Microscaling Formats v1.0, table 1
    case Precision::kNvfp4:
      return 0.5 + 1.0 / 16;  // a scale for every 16 elements
  }
  return 2;
}

KernelTime& KernelTime::operator+=(const KernelTime& other) {
  clocked_s += other.clocked_s;
  fixed_s += other.fixed_s;
  flops += other.flops;
  kernels += other.kernels;
  return *this;
}

KernelTime gemm(const Roofline& r, double m, double n, double k, bool bf16) {
  const Precision precision = bf16 ? Precision::kBf16 : r.precision;
  const GemmEfficiency& efficiency = gemm_efficiency(*r.gpu, precision);
  const Calibration& c = *r.calibration;
  const double flops = 2 * m * n * k;
  const double compute_s =
      flops * (1 + half_k(c, precision) / k) / (efficiency.dense_flops.value * efficiency.max_share.value);
  const double bytes = operand_bytes(precision) * (m * k + k * n) + 2 * m * n;
  const double memory_s = bytes / (r.gpu->hbm_bandwidth_bytes_per_s.value * c.hbm_share.value.value);
  KernelTime t;
  t.flops = flops;
  (compute_s >= memory_s ? t.clocked_s : t.fixed_s) = std::max(compute_s, memory_s);
  t.fixed_s += c.kernel_launch_s.value.value;
  t.kernels = 1;
  return t;
}

KernelTime stream(const Roofline& r, double bytes) {
  const Calibration& c = *r.calibration;
  const double rate = r.gpu->hbm_bandwidth_bytes_per_s.value * c.hbm_share.value.value;
  return {0, bytes / rate + c.kernel_launch_s.value.value, 0, 1};
}

KernelTime elementwise(const Roofline& r, double bytes) {
  return stream(r, r.kernels == Kernels::kEager ? bytes * r.calibration->eager_traffic.value.value : bytes);
}

double mean_keys(double sequence, double document, double window) {
  const double length = document > 0 ? std::min(document, sequence) : sequence;
  if (window <= 0 || window >= length) return length / 2;
  return window - window * window / (2 * length);  // the first `window` queries see fewer
}

bool has_chip_attention(const Gpu& gpu, Kernels kernels, bool ring) {
  const bool made_for_it =
      kernels == Kernels::kNative || (kernels == Kernels::kFlash2 && std::isnan(gpu.warp_level_share.value));
  return made_for_it && !ring && !std::isnan(gpu.attention_forward_share.value);
}

KernelTime attention_forward(const Roofline& r, const Attention& a) {
  return attention(r, a, 2 * scores(a) * a.head_dims, r.gpu->attention_forward_share, 1);
}

KernelTime attention_backward(const Roofline& r, const Attention& a) {
  return attention(r, a, 2.5 * 2 * scores(a) * a.head_dims, r.gpu->attention_backward_share, kBackwardShare);
}

LayerCost transformer_layer(const Roofline& r, const Workload& w, bool moe) {
  const TransformerModel& model = w.model;
  const double tokens = tokens_per_gpu(w), hidden = model.hidden, tp = w.parallelism.tp;
  // Sequence parallelism shards what lies outside the tensor-parallel region over its ranks.
  // source: Korthikanti et al., arXiv 2205.05198, section 4.2.
  const double sharded = tokens / tp;
  LayerCost cost;
  add_attention(cost, r, w, tokens);
  cost.forward += 2.0 * elementwise(r, sharded * hidden * 2 * 4);  // norm and residual add: 2 reads, 2 writes
  cost.backward += 2.0 * elementwise(r, sharded * hidden * 2 * 5);
  // Inputs of the linear layers forward, their incoming gradients backward; what is all-gathered is quantised before.
  const double qkv = (model.heads + 2.0 * model.kv_heads) * model.head_dim / tp,
               out = model.heads * model.head_dim / tp;
  cost.forward += quantise(r, sharded * hidden + tokens * out);
  cost.backward += quantise(r, sharded * hidden + tokens * qkv);
  if (moe) {
    add_experts(cost, r, w, tokens);
  } else {
    const double width = model.ffn / tp;
    add_feed_forward(cost, r, w, tokens, width, 1);
    cost.forward += quantise(r, sharded * hidden + tokens * width);
    cost.backward += quantise(r, sharded * hidden + tokens * (model.is_gated() ? 2 : 1) * width);
  }
  if (w.recompute == Recompute::kSelective) cost.backward += cost.attention_forward;
  cost.backward += w.recomputed_layers * cost.forward;
  return cost;
}

LayerCost output_layer(const Roofline& r, const Workload& w) {
  const double tokens = tokens_per_gpu(w);
  const double vocab = static_cast<double>(w.model.vocab) / w.parallelism.tp;
  LayerCost cost;
  cost.forward += gemm(r, tokens, vocab, w.model.hidden, true);
  cost.backward += gemm(r, tokens, w.model.hidden, vocab, true);
  // Cross entropy: BF16 -> FP32, maximum, exponentials and sum; eager PyTorch has one kernel that reads the logits and
  // one that writes their gradient. source: flash-attn, losses/cross_entropy.py, the default of llm-foundry
  const bool in_one = r.kernels == Kernels::kEager;
  cost.forward += stream(r, tokens * vocab * (in_one ? 2 : 2 + 4 + 4 + 4));
  cost.backward += stream(r, tokens * vocab * (in_one ? 2 + 2 : 4 + 2 + 2));
  if (!w.trains_all()) return cost;
  cost.backward += gemm(r, w.model.hidden, vocab, tokens, true);
  cost.backward += stream(r, w.model.hidden * vocab * 2 * 2);
  return cost;
}

LayerCost embedding_layer(const Roofline& r, const Workload& w) {
  const double tokens = tokens_per_gpu(w);
  LayerCost cost;
  cost.forward += stream(r, tokens * w.model.hidden * 2 * 2);
  if (w.trains_all()) cost.backward += stream(r, tokens * w.model.hidden * 2 * 3);
  return cost;
}

// Adam in FP32 on a shard: reads the BF16 gradient, master weight and two moments, writes these three and the BF16
// weight; before it, the gradient norm reads the shard once.
KernelTime optimizer_step(const Roofline& r, double parameters) {
  return stream(r, parameters * (2 + 2 + 3 * 4 + 3 * 4 + 2));
}

double model_flops_per_step(const Workload& w) {
  const TransformerModel& m = w.model;
  const double tokens = static_cast<double>(w.global_batch) * w.sequence;
  const double looked_up =
      (m.tied_embeddings ? 0 : m.embedding_parameters()) + static_cast<double>(m.learned_positions) * m.hidden;
  const double keys = (1 - m.windowed_layers) * mean_keys(w.sequence, w.document, 0) +
                      m.windowed_layers * mean_keys(w.sequence, w.document, m.attention_window);
  const double head_dims =
      m.latent ? m.latent->plain_head_dim + m.latent->rotary_head_dim + m.latent->value_head_dim : 2.0 * m.head_dim;
  const double attention = 6.0 * m.layers * keys * m.heads * head_dims;  // per token, forward and backward
  const double passes = w.trains_all() ? 6 : 4;
  return tokens * (passes * (m.active_parameters() - looked_up) + attention);
}

double dense_flops(const Gpu& gpu, Precision precision) { return gemm_efficiency(gpu, precision).dense_flops.value; }

}  // namespace racktwin
