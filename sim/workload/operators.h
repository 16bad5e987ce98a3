// What one GPU computes: the operators of a transformer as a roofline, with efficiencies that depend on shape and
// precision.
//
// Time splits into a share that scales with the clock (tensor cores and vector units) and one that does not (HBM
// traffic, launch latency). A measured efficiency already contains the clock that was sustained in the measurement, so
// everything here is at clock ratio 1. Thread rule: pure functions.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/catalog/hardware.h"
#include "sim/plan/plan.h"

#include <algorithm>

namespace racktwin {

struct KernelTime {
  double clocked_s = 0;  // at clock ratio 1; scales with 1/clock
  double fixed_s = 0;    // memory-bound and launch time
  double flops = 0;      // done (2 per multiply-add), whether useful or not
  double kernels = 0;    // that the host launches
  KernelTime& operator+=(const KernelTime& other);
  friend KernelTime operator*(double n, KernelTime t) {
    return {n * t.clocked_s, n * t.fixed_s, n * t.flops, n * t.kernels};
  }
  // A GPU cannot be faster than the host that launches its kernels.
  double at(double clock, double host_launch_s) const {
    return std::max(clocked_s / clock + fixed_s, kernels * host_launch_s);
  }
};

// The chip and what it reaches.
struct Roofline {
  const Gpu* gpu = nullptr;
  const Calibration* calibration = nullptr;
  Precision precision = Precision::kBf16;
  Kernels kernels = Kernels::kNative;
};

// C(m x n) = A(m x k) B(k x n) at the workload's precision (or BF16):
//   t = launch + max(2mnk (1 + k_half / k) / (P e), bytes / (B h))
// What bounds it is decided at clock 1: a memory-bound kernel stays so when throttled. P dense peak, e and k_half
// fitted on measured kernels, B HBM bandwidth, h the share of it
// that kernels reach. source: fit in tests/validation/fit_kernels.py
KernelTime gemm(const Roofline& roofline, double m, double n, double k, bool bf16 = false);

// Streaming kernel that moves `bytes` over HBM.
KernelTime stream(const Roofline& roofline, double bytes);

// Keys that a query sees on average: causal, within its document and its window; of its own key one half.
double mean_keys(double sequence, double document, double window);

// Streaming kernels between GEMMs that move `bytes` if they are fused; if not, more.
KernelTime elementwise(const Roofline& roofline, double bytes);

// Flash attention: 2 (d_qk + d_v) FLOP per head, query and key seen; backward 2.5 times that. Kernels made for the
// chip:
//   t = launch + FLOP (1 + edge / keys) / (P a)
// P: dense BF16 peak; a: of the chip and the direction; edge: keys that tiles on the diagonal and at the ends cost
// beyond those seen. source: fit on tests/validation/attention.csv, heads of 128 and 1024 keys and more. It takes at
// most what portable kernels, FlashAttention-2, attention in a ring and chips without a measurement take: in each
// direction one exponential per head, query and key, which the matrix products of the same tile wait for:
//   t = launch + FLOP / (P e) + exponentials / S
// P: for portable kernels what warp-level instructions, a value of the chip, reach of it; e: fitted on training steps,
// 0.8 of it backward; S: rate of special functions. source: Dao, FlashAttention-2, arXiv 2307.08691, section 4.1
// (counts the full square); Shah et al., FlashAttention-3, arXiv 2407.08608 (the exponentials).
struct Attention {  // of one rank and layer
  double tokens, keys /* that a query sees on average */, heads, head_dims /* of a key and a value together */;
  bool ring = false;  // context-parallel: in pieces, whose outputs are merged
};
// Whether attention is that which was measured on the chip. FlashAttention-2 is made for chips whose tensor cores take
// warp-level instructions only.
bool has_chip_attention(const Gpu& gpu, Kernels kernels, bool ring);
KernelTime attention_forward(const Roofline& roofline, const Attention& attention);
KernelTime attention_backward(const Roofline& roofline, const Attention& attention);

// One micro-batch on one GPU of its tensor- and context-parallel group.
struct LayerCost {
  KernelTime forward, backward;  // backward includes what is recomputed
  KernelTime attention_forward,
      attention_backward;  // of these, the attention kernels: what ring attention hides behind
};
LayerCost transformer_layer(const Roofline& roofline, const Workload& workload, bool moe);
LayerCost output_layer(const Roofline& roofline, const Workload& workload);  // LM head and cross entropy
LayerCost embedding_layer(const Roofline& roofline, const Workload& workload);
KernelTime optimizer_step(const Roofline& roofline, double parameters);  // of the parameters whose state a GPU holds

// FLOP of one training step that count as useful, for MFU: 6 per active parameter and token (no embedding look-up) plus
// causal attention; adapters instead of all weights: 4. source: Chowdhery et al., PaLM, arXiv 2204.02311, appendix B,
// with the causal half of attention.
double model_flops_per_step(const Workload& workload);

const GemmEfficiency& gemm_efficiency(const Gpu& gpu, Precision precision);

// Bytes of one element of a GEMM's operands, scales included.
double operand_bytes(Precision precision);

// Dense peak of the precision in which the workload's GEMMs run [FLOP/s].
double dense_flops(const Gpu& gpu, Precision precision);

}  // namespace racktwin
