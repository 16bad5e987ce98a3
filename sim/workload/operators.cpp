#include "sim/workload/operators.h"

#include "sim/check.h"

#include <algorithm>

namespace racktwin {
namespace {

const GemmEfficiency& efficiency_of(const Gpu& gpu, Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return gpu.bf16;
    case Precision::kFp8:
      return gpu.fp8;
    case Precision::kMxfp8:
      return gpu.mxfp8;
    case Precision::kNvfp4:
      return gpu.nvfp4;
  }
  return gpu.bf16;
}

double tokens_per_gpu(const Workload& w) { return static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.cp; }

double half_k(const Calibration& c, Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return c.gemm_half_k_bf16.value.value;
    case Precision::kFp8:
      return c.gemm_half_k_fp8.value.value;
    case Precision::kMxfp8:
      return c.gemm_half_k_mxfp8.value.value;
    case Precision::kNvfp4:
      return c.gemm_half_k_nvfp4.value.value;
  }
  return 0;
}

KernelTime attention(const Roofline& r, double flops, double share) {
  const Calibration& c = *r.calibration;
  return {flops / (r.gpu->bf16.dense_flops.value * share), c.kernel_launch_s.value.value, flops};
}

// Reading BF16 and writing the quantised copy, row- and column-wise, for the forward and the backward GEMM.
KernelTime quantise(const Roofline& r, double elements) {
  if (r.precision == Precision::kBf16) return {};
  return stream(r, elements * (2 + 2 * operand_bytes(r.precision)));
}

}  // namespace

double operand_bytes(Precision precision) {
  switch (precision) {
    case Precision::kBf16:
      return 2;
    case Precision::kFp8:
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
  return *this;
}

KernelTime gemm(const Roofline& r, double m, double n, double k, bool bf16) {
  const Precision precision = bf16 ? Precision::kBf16 : r.precision;
  const GemmEfficiency& efficiency = efficiency_of(*r.gpu, precision);
  const Calibration& c = *r.calibration;
  const double flops = 2 * m * n * k;
  const double compute_s =
      flops * (1 + half_k(c, precision) / k) / (efficiency.dense_flops.value * efficiency.max_share.value);
  const double bytes = operand_bytes(precision) * (m * k + k * n) + 2 * m * n;
  const double memory_s = bytes / (r.gpu->hbm_bandwidth_bytes_per_s.value * c.hbm_share.value.value);
  KernelTime t;
  t.flops = flops;
  (compute_s >= memory_s ? t.clocked_s : t.fixed_s) = std::max(compute_s, memory_s);
  t.fixed_s += c.gemm_launch_s.value.value;
  return t;
}

KernelTime stream(const Roofline& r, double bytes) {
  const Calibration& c = *r.calibration;
  const double rate = r.gpu->hbm_bandwidth_bytes_per_s.value * c.hbm_share.value.value;
  return {0, bytes / rate + c.kernel_launch_s.value.value, 0};
}

KernelTime attention_forward(const Roofline& r, double tokens, double sequence, double heads, double head_dim) {
  const double flops = 2 * tokens * sequence * heads * head_dim;
  return attention(r, flops, r.calibration->attention_forward_share.value.value);
}

KernelTime attention_backward(const Roofline& r, double tokens, double sequence, double heads, double head_dim) {
  const double flops = 2.5 * 2 * tokens * sequence * heads * head_dim;
  return attention(r, flops, r.calibration->attention_backward_share.value.value);
}

LayerCost transformer_layer(const Roofline& r, const Workload& w) {
  const TransformerModel& model = w.model;
  const double tp = w.parallelism.tp;
  const double tokens = tokens_per_gpu(w);
  const double hidden = model.hidden, head_dim = model.head_dim;
  const double heads = model.heads / tp;
  const double qkv = (model.heads + 2.0 * model.kv_heads) * head_dim / tp;
  const double ffn = model.ffn / tp;

  // Sequence parallelism shards what lies outside the tensor-parallel region over its ranks.
  // source: Korthikanti et al., arXiv 2205.05198, section 4.2.
  const double sharded = tokens / tp;

  KernelTime attention = attention_forward(r, tokens, w.sequence, heads, head_dim);
  LayerCost cost;
  KernelTime& f = cost.forward;
  f += gemm(r, tokens, qkv, hidden);
  f += gemm(r, tokens, hidden, heads * head_dim);
  f += gemm(r, tokens, 2 * ffn, hidden);
  f += gemm(r, tokens, hidden, ffn);
  f += attention;
  f += 2.0 * stream(r, sharded * hidden * 2 * 4);  // norm and residual add: 2 reads, 2 writes
  f += stream(r, tokens * qkv * 2 * 2);            // rotary embedding
  f += stream(r, tokens * 3 * ffn * 2);            // SwiGLU: read 2 ffn, write ffn
  // Inputs of the four GEMMs; what is all-gathered is quantised before.
  f += quantise(r, sharded * 2 * hidden + tokens * (heads * head_dim + ffn));

  KernelTime& b = cost.backward;
  for (const auto& [n, k] : {std::pair{qkv, hidden}, {hidden, heads * head_dim}, {2 * ffn, hidden}, {hidden, ffn}}) {
    b += gemm(r, tokens, k, n);  // gradient of the input
    b += gemm(r, k, n, tokens);  // gradient of the weight
  }
  b += attention_backward(r, tokens, w.sequence, heads, head_dim);
  b += 2.0 * stream(r, sharded * hidden * 2 * 5);
  b += stream(r, tokens * qkv * 2 * 2);
  b += stream(r, tokens * 5 * ffn * 2);                               // read 3 ffn, write 2 ffn
  b += quantise(r, sharded * 2 * hidden + tokens * (qkv + 2 * ffn));  // incoming gradients of the four GEMMs
  // Gradients of weights are accumulated in BF16 over micro-batches: read and write once per micro-batch.
  const double layer_parameters = hidden * (qkv + heads * head_dim + 3 * ffn);
  b += stream(r, layer_parameters * 2 * 2);

  if (w.recompute == Recompute::kSelective) b += attention;
  b += w.recomputed_layers * f;
  return cost;
}

LayerCost output_layer(const Roofline& r, const Workload& w) {
  const double tokens = tokens_per_gpu(w);
  const double vocab = static_cast<double>(w.model.vocab) / w.parallelism.tp;
  LayerCost cost;
  cost.forward += gemm(r, tokens, vocab, w.model.hidden, true);
  cost.forward += stream(r, tokens * vocab * (2 + 4 + 4 + 4));  // logits BF16 -> FP32, maximum, exponentials and sum
  cost.backward += gemm(r, tokens, w.model.hidden, vocab, true);
  cost.backward += gemm(r, w.model.hidden, vocab, tokens, true);
  cost.backward += stream(r, tokens * vocab * (4 + 2 + 2));
  cost.backward += stream(r, w.model.hidden * vocab * 2 * 2);
  return cost;
}

LayerCost embedding_layer(const Roofline& r, const Workload& w) {
  const double tokens = tokens_per_gpu(w);
  LayerCost cost;
  cost.forward += stream(r, tokens * w.model.hidden * 2 * 2);
  cost.backward += stream(r, tokens * w.model.hidden * 2 * 3);
  return cost;
}

// Adam in FP32 on a shard: reads the BF16 gradient, master weight and two moments, writes these three and the BF16
// weight; before it, the gradient norm reads the shard once.
KernelTime optimizer_step(const Roofline& r, double parameters, double shards) {
  return stream(r, parameters / shards * (2 + 2 + 3 * 4 + 3 * 4 + 2));
}

double model_flops_per_step(const Workload& w) {
  const TransformerModel& m = w.model;
  const double tokens = static_cast<double>(w.global_batch) * w.sequence;
  const double matmul_parameters = m.layers * m.dense_layer_parameters() + m.embedding_parameters();
  const double attention = 6.0 * m.layers * w.sequence * m.heads * m.head_dim;  // per token: 12 full, half of it causal
  return tokens * (6 * matmul_parameters + attention);
}

double dense_flops(const Gpu& gpu, Precision precision) { return efficiency_of(gpu, precision).dense_flops.value; }

}  // namespace racktwin
