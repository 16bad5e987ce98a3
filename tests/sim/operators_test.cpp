#include "sim/workload/operators.h"

#include "sim/workload/block.h"
#include "sim/workload/schedule.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <array>
#include <cmath>
#include <limits>
#include <tuple>

namespace racktwin {
namespace {

struct Gb200 {
  Gpu gpu = test_catalog().gpu("gb200").value();
  Calibration calibration = test_calibration();
  Roofline at(Precision precision) const { return {&gpu, &calibration, precision}; }
};

double seconds(const KernelTime& t) { return t.at(1, 0); }  // of the chip alone, whatever the host launches

// FLOP of a step on all GPUs.
double step_flops(const Roofline& roofline, const Workload& w) {
  double flops = 0;
  for (int s = 0; s < w.parallelism.pp; ++s)
    for (int v = 0; v < w.parallelism.vp; ++v) {
      const ChunkLayers layers = chunk_layers(w, s, v);
      const LayerCost output = output_layer(roofline, w);
      for (const bool moe : {false, true}) {
        const int n = moe ? layers.moe : layers.transformer - layers.moe;
        if (n == 0) continue;
        const LayerCost layer = transformer_layer(roofline, w, moe);
        flops += n * (layer.forward.flops + layer.backward.flops);
      }
      flops += ((layers.output ? 1 : 0) + layers.predictions) * (output.forward.flops + output.backward.flops);
    }
  const Parallelism& p = w.parallelism;
  return flops * p.tp * p.cp * p.dp * w.micro_batches();
}

TEST_CASE("a GEMM counts two operations per multiply-add") {
  const Gb200 chip;
  CHECK(gemm(chip.at(Precision::kBf16), 128, 256, 512).flops == Approx(2.0 * 128 * 256 * 512));
}

TEST_CASE("a large GEMM takes its operations over peak times fitted shares, plus the launch") {
  const Gb200 chip;
  const Calibration& c = chip.calibration;
  const double m = 16384, n = 16384, k = 16384;
  const double rate = 5e15 * chip.gpu.fp8.max_share.value;
  const KernelTime t = gemm(chip.at(Precision::kFp8), m, n, k);
  CHECK(t.clocked_s == Approx(2 * m * n * k * (1 + 2 * c.gemm_half_k.value.value / k) / rate));
  CHECK(t.fixed_s == Approx(c.kernel_launch_s.value.value));
}

TEST_CASE("GEMM time grows with every dimension") {
  const Gb200 chip;
  for (const Precision precision : {Precision::kBf16, Precision::kFp8, Precision::kMxfp8, Precision::kNvfp4}) {
    const Roofline r = chip.at(precision);
    for (const double a : {1.0, 64.0, 1000.0, 8192.0})
      for (const double b : {64.0, 4096.0})
        for (double x = 16; x < 1e5; x *= 1.7) {
          CAPTURE(precision_word(precision), a, b, x);
          REQUIRE(seconds(gemm(r, 1.7 * x, a, b)) >= seconds(gemm(r, x, a, b)));
          REQUIRE(seconds(gemm(r, a, 1.7 * x, b)) >= seconds(gemm(r, a, x, b)));
          REQUIRE(seconds(gemm(r, a, b, 1.7 * x)) >= seconds(gemm(r, a, b, x)));
        }
  }
}

TEST_CASE("large square GEMMs are bound by the clock, thin ones by memory") {
  const Gb200 chip;
  const Roofline r = chip.at(Precision::kBf16);
  const double launch_s = chip.calibration.kernel_launch_s.value.value;
  const KernelTime square = gemm(r, 8192, 8192, 8192), thin = gemm(r, 1, 8192, 8192);
  CHECK(square.fixed_s == Approx(launch_s));
  CHECK(square.clocked_s > 100 * launch_s);
  CHECK(thin.clocked_s == 0);
  const double bytes = 2.0 * (8192 + 8192.0 * 8192 + 8192);
  CHECK(thin.fixed_s == Approx(launch_s + bytes / (8e12 * chip.calibration.hbm_share.value.value)));
}

TEST_CASE("only the clocked share of a kernel scales with the clock") {
  const KernelTime t{0.6, 0.4, 0};
  CHECK(t.at(1, 0) == Approx(1.0));
  CHECK(t.at(0.5, 0) == Approx(1.6));
  const Gb200 chip;
  const KernelTime copy = stream(chip.at(Precision::kBf16), 8e9);
  CHECK(copy.at(0.5, 0) == copy.at(1, 0));
  CHECK(copy.at(1, 0) ==
        Approx(chip.calibration.kernel_launch_s.value.value + 1e-3 / chip.calibration.hbm_share.value.value));
}

TEST_CASE("attention does two products with every key that a query sees, backward two and a half times that") {
  const Gb200 chip;
  const Roofline r = chip.at(Precision::kFp8);
  const Attention seen{4096, 8192, 32, 192 + 128};
  const KernelTime forward = attention_forward(r, seen);
  CHECK(forward.flops == Approx(2.0 * 4096 * 8192 * 32 * (192 + 128)));
  for (const Kernels kernels : {Kernels::kNative, Kernels::kFlash2, Kernels::kEager}) {
    Roofline other = r;
    other.kernels = kernels;
    CHECK(attention_backward(other, seen).flops == Approx(2.5 * forward.flops));
  }
}

TEST_CASE("a layer computes two operations per parameter and token forward, four backward") {
  const Gb200 chip;
  Workload w = small_job().workload;
  w.recompute = Recompute::kNone;
  w.recomputed_layers = 0;
  const LayerCost layer = transformer_layer(chip.at(w.precision), w, false);
  const double tokens = static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.cp;
  const double matrices =
      (w.model.dense_layer_parameters() - 2.0 * w.model.hidden) / w.parallelism.tp;  // without norms
  const double attention = 2 * tokens * w.sequence * w.model.heads * w.model.head_dim / w.parallelism.tp;
  CHECK(layer.forward.flops == Approx(2 * tokens * matrices + attention));
  CHECK(layer.backward.flops == Approx(4 * tokens * matrices + 2.5 * attention));
}

TEST_CASE("recompute adds the forward pass to the backward pass, selective recompute its attention") {
  const Gb200 chip;
  Workload w = small_job().workload;
  w.recompute = Recompute::kNone;
  w.recomputed_layers = 0;
  const LayerCost plain = transformer_layer(chip.at(w.precision), w, false);
  w.recompute = Recompute::kFull;
  w.recomputed_layers = 1;
  const LayerCost full = transformer_layer(chip.at(w.precision), w, false);
  CHECK(full.forward.flops == plain.forward.flops);
  CHECK(full.backward.flops == Approx(plain.backward.flops + plain.forward.flops));
  CHECK(seconds(full.backward) == Approx(seconds(plain.backward) + seconds(plain.forward)));
  w.recomputed_layers = 0.25;
  CHECK(transformer_layer(chip.at(w.precision), w, false).backward.flops ==
        Approx(plain.backward.flops + 0.25 * plain.forward.flops));
  w.recompute = Recompute::kSelective;
  w.recomputed_layers = 0;
  const double attention = attention_forward(chip.at(w.precision), {4096, 8192 / 2, 16, 2 * 128}).flops;
  CHECK(transformer_layer(chip.at(w.precision), w, false).backward.flops == Approx(plain.backward.flops + attention));
}

TEST_CASE("a step computes six operations per parameter and token, and the attention") {
  const Gb200 chip;
  for (const bool large : {false, true}) {
    Workload w = (large ? flagship({}) : small_job()).workload;
    w.recompute = Recompute::kNone;
    w.recomputed_layers = 0;
    const double tokens = static_cast<double>(w.global_batch) * w.sequence;
    const TransformerModel& m = w.model;
    const double attention = 7.0 * m.layers * w.sequence * m.heads * m.head_dim * tokens;  // 2 forward, 5 backward
    const double matrices = m.parameters() - m.embedding_parameters() - (2.0 * m.layers + 1) * m.hidden;
    CHECK(step_flops(chip.at(w.precision), w) == Approx(6 * matrices * tokens + attention).epsilon(1e-9));
    // The useful work leaves out that flash attention computes its scores again backward.
    CHECK(model_flops_per_step(w) == Approx(6 * matrices * tokens + attention * 6 / 7).epsilon(1e-4));
    CHECK(model_flops_per_step(w) == Approx(6 * m.parameters() * tokens).epsilon(0.25));
  }
}

// ------------------------------------------------------------------------------------------------- attention

// Keys that the queries of a sequence of packed documents see within a window, counted one by one.
double counted_keys(int sequence, int document, int window) {
  double keys = 0;
  for (int i = 0; i < sequence; ++i) {
    const int seen = i % document + 1;
    keys += window > 0 ? std::min(seen, window) : seen;
  }
  return keys / sequence;
}

TEST_CASE("the mean of the keys that a query sees is what counting them gives, but for its own half") {
  CHECK(mean_keys(8192, 0, 0) == Approx(counted_keys(8192, 8192, 0)).margin(0.5));
  CHECK(mean_keys(8192, 8192, 0) == mean_keys(8192, 0, 0));
  CHECK(mean_keys(8192, 512, 0) == Approx(counted_keys(8192, 512, 0)).margin(0.5));
  for (const int window : {1, 128, 4096, 8191, 8192})
    CHECK(mean_keys(8192, 0, window) == Approx(counted_keys(8192, 8192, window)).margin(0.5));
  CHECK(mean_keys(8192, 1024, 300) == Approx(counted_keys(8192, 1024, 300)).margin(0.5));
  CHECK(mean_keys(8192, 0, 100000) == mean_keys(8192, 0, 0));
}

TEST_CASE("attention over whole sequences takes what was measured on the chip, and longer for short ones") {
  // NVIDIA cuDNN frontend, Llama 3.1 on a GB200: 2 x 64 heads of 128, causal; ms forward and backward.
  const Gb200 chip;
  const Roofline r = chip.at(Precision::kFp8);  // in BF16 whatever the GEMMs are in
  for (const auto& [sequence, forward_ms, backward_ms] :
       {std::tuple{4096.0, 0.417, 1.248}, {8192.0, 1.410, 4.239}, {32768.0, 22.086, 72.066}}) {
    const Attention a{2 * sequence, sequence / 2, 64, 256};
    CHECK(seconds(attention_forward(r, a)) == Approx(forward_ms / 1e3).epsilon(0.1));
    CHECK(seconds(attention_backward(r, a)) == Approx(backward_ms / 1e3).epsilon(0.1));
  }
}

TEST_CASE("attention that no chip was measured with takes its products at a fitted share and its exponentials after") {
  Gb200 chip;
  const Calibration& c = chip.calibration;
  const double scores = 8192.0 * 4096 * 16, launch_s = c.kernel_launch_s.value.value;
  const double products_s = 2 * scores * 256 / chip.gpu.bf16.dense_flops.value;
  const double exponentials_s = scores / chip.gpu.special_functions_per_s.value;
  const double share = c.attention_share.value.value;
  const Attention whole{8192, 4096, 16, 256}, ring{8192, 4096, 16, 256, true};
  const auto takes = [&](Kernels kernels, const Attention& a) {
    Roofline r = chip.at(Precision::kFp8);
    r.kernels = kernels;
    return seconds(attention_forward(r, a));
  };
  const double fitted = launch_s + products_s / share + exponentials_s;
  CHECK(takes(Kernels::kNative, ring) == Approx(fitted));
  CHECK(takes(Kernels::kFlash2, whole) == Approx(fitted));
  CHECK(takes(Kernels::kCompiled, whole) ==
        Approx(launch_s + products_s / (share * chip.gpu.warp_level_share.value) + exponentials_s));
  CHECK(takes(Kernels::kNative, whole) < takes(Kernels::kFlash2, whole));
  for (const double keys : {16.0, 64.0, 250.0, 1024.0})  // a window, or short documents
    CHECK(takes(Kernels::kNative, {8192, keys, 16, 256}) <= takes(Kernels::kFlash2, {8192, keys, 16, 256}));
  const double warp_level = chip.gpu.warp_level_share.value;
  chip.gpu.warp_level_share.value = std::numeric_limits<double>::quiet_NaN();  // as the A100
  CHECK(takes(Kernels::kFlash2, whole) == takes(Kernels::kNative, whole));
  chip.gpu.warp_level_share.value = warp_level;
  chip.gpu.attention_forward_share.value = chip.gpu.attention_backward_share.value =
      std::numeric_limits<double>::quiet_NaN();
  CHECK(takes(Kernels::kNative, whole) == Approx(fitted));
}

TEST_CASE("windows and documents save attention and nothing else") {
  const Gb200 chip;
  const auto difference = [&](const Workload& a, const Workload& b) {
    const LayerCost x = transformer_layer(chip.at(a.precision), a, false);
    const LayerCost y = transformer_layer(chip.at(b.precision), b, false);
    CHECK(x.attention_forward.flops - y.attention_forward.flops == Approx(x.forward.flops - y.forward.flops));
    return x.attention_forward.flops / y.attention_forward.flops;
  };
  const Workload plain = small_job().workload;
  Workload packed = plain, windowed = plain;
  packed.document = 2048;
  windowed.model.attention_window = 1024;
  windowed.model.windowed_layers = 0.5;
  CHECK(difference(plain, packed) == Approx(4));
  CHECK(difference(plain, windowed) == Approx(4096 / (0.5 * 4096 + 0.5 * (1024 - 1024 * 1024 / (2.0 * 8192)))));
}

TEST_CASE("latent attention computes with the matrices of DeepSeek-V3 by hand") {
  const Gb200 chip;
  Workload w;
  w.model = test_catalog().model("deepseek-v3").value();
  w.sequence = 4096;
  const double matrices = 187105280 + 3.0 * 7168 * 18432;
  const double attention = 2.0 * 4096 * 2048 * 128 * (192 + 128);
  const LayerCost layer = transformer_layer(chip.at(w.precision), w, false);
  CHECK(layer.forward.flops == Approx(2 * 4096 * matrices + attention));
  CHECK(layer.backward.flops == Approx(4 * 4096 * matrices + 2.5 * attention));
  CHECK(layer.attention_forward.flops == Approx(attention));
}

// ------------------------------------------------------------------------------------------------- experts

TEST_CASE("a layer with experts computes with those that a token visits, the shared one and the router") {
  const Gb200 chip;
  Workload w;
  w.model = test_catalog().model("deepseek-v3").value();
  w.sequence = 4096;
  const double active = 187105280 + 7168.0 * 256 + (8 + 1) * 3.0 * 7168 * 2048;
  const double attention = 2.0 * 4096 * 2048 * 128 * (192 + 128);
  const LayerCost layer = transformer_layer(chip.at(w.precision), w, true);
  CHECK(layer.forward.flops == Approx(2 * 4096 * active + attention));
  CHECK(layer.backward.flops == Approx(4 * 4096 * active + 2.5 * attention));
}

TEST_CASE("however experts are shared out, the ranks together compute the same") {
  const Gb200 chip;
  const auto flops = [&](int tp, int ep, int etp) {
    Workload w;
    w.model = test_catalog().model("mixtral-8x7b").value();
    w.sequence = 4096;
    w.parallelism.tp = tp;
    w.parallelism.dp = 16 / tp;
    w.parallelism.ep = ep;
    w.parallelism.etp = etp;
    const LayerCost layer = transformer_layer(chip.at(w.precision), w, true);
    return tp * (layer.forward.flops + layer.backward.flops);
  };
  for (const auto& [tp, ep, etp] : {std::array{1, 8, 1}, {2, 1, 1}, {2, 8, 1}, {2, 4, 2}, {4, 2, 4}, {4, 8, 2}})
    CHECK(flops(tp, ep, etp) == Approx(flops(1, 1, 1)));
}

TEST_CASE("the useful work of a mixture of experts is that of its active parameters") {
  const Workload w = expert_job().workload;
  const TransformerModel& m = w.model;
  const double tokens = static_cast<double>(w.global_batch) * w.sequence;
  const double layer = 2.0 * 4096 * 4096 + 2.0 * 4096 * 1024 + 4096 * 8 + 2 * 3.0 * 4096 * 14336;
  const double attention = 6.0 * 32 * w.sequence / 2 * 32 * 2 * 128;
  CHECK(m.active_parameters() == Approx(32 * layer + 2 * 32000.0 * 4096).epsilon(1e-4));  // norms
  CHECK(model_flops_per_step(w) == Approx(tokens * (6 * (32 * layer + 32000.0 * 4096) + attention)).epsilon(1e-4));
}

// ------------------------------------------------------------------------------------------------- kernels, adapters

TEST_CASE("a GPU is not faster than the host that launches its kernels") {
  const KernelTime t{0.6, 0.4, 0, 20};
  CHECK(t.at(1, 0.04) == Approx(1.0));
  CHECK(t.at(1, 0.06) == Approx(1.2));
  CHECK(t.at(0.5, 0.06) == Approx(1.6));
  CHECK((3.0 * t).kernels == 60);
}

TEST_CASE("unfused kernels move more between GEMMs and launch no less") {
  const Gb200 chip;
  const Workload w = small_job().workload;
  Roofline r = chip.at(w.precision);
  const auto fixed = [&](Kernels kernels) {
    r.kernels = kernels;
    return transformer_layer(r, w, false).forward.fixed_s;
  };
  REQUIRE(chip.calibration.eager_traffic.value.value > 1);
  CHECK(fixed(Kernels::kCompiled) == Approx(fixed(Kernels::kNative)));
  CHECK(fixed(Kernels::kEager) > fixed(Kernels::kCompiled));
}

// What quantising an element takes forward: what a layer takes longer than one whose operands cost nothing to write.
double quantise_ps(const Gpu& gpu, const Calibration& calibration, Precision precision) {
  Workload w = small_job().workload;
  w.parallelism.tp = w.parallelism.cp = 1;
  w.micro_batch = 8;  // so that launches do not count
  const Roofline r{&gpu, &calibration, precision}, bf16{&gpu, &calibration, Precision::kBf16};
  const LayerCost layer = transformer_layer(r, w, false), plain = transformer_layer(bf16, w, false);
  KernelTime products, plain_products;
  const double tokens = 8 * 8192, hidden = 4096, qkv = 4096 + 2 * 1024, ffn = 14336;
  for (const auto& [n, k] : {std::pair{qkv, hidden}, {hidden, hidden}, {2 * ffn, hidden}, {hidden, ffn}}) {
    products += gemm(r, tokens, n, k);
    plain_products += gemm(bf16, tokens, n, k);
  }
  const double s = seconds(layer.forward) - seconds(products) - (seconds(plain.forward) - seconds(plain_products));
  return s / (tokens * (3 * hidden + ffn)) * 1e12;
}

TEST_CASE("quantising takes as long as Transformer Engine's does on a B300") {
  // gemm_training.csv: what the GEMMs of a layer take longer when they quantise their operands, over the elements
  // (fit_kernels.py, quantise_ps_per_element).
  const Gpu b300 = test_catalog().gpu("b300-sxm").value();
  const Calibration calibration = test_calibration();
  CHECK(quantise_ps(b300, calibration, Precision::kFp8Current) == Approx(0.94).epsilon(0.1));
  CHECK(quantise_ps(b300, calibration, Precision::kMxfp8) == Approx(0.73).epsilon(0.12));
  CHECK(quantise_ps(b300, calibration, Precision::kNvfp4) == Approx(1.08).epsilon(0.1));
}

TEST_CASE("the scale of the tensor itself costs one more reading of what is quantised") {
  const Gb200 chip;
  const Workload w = small_job().workload;
  const KernelTime delayed = transformer_layer(chip.at(Precision::kFp8), w, false).forward;
  const KernelTime current = transformer_layer(chip.at(Precision::kFp8Current), w, false).forward;
  const double tokens = 4096, tp = 2;  // inputs of QKV and of the MLP are quantised before they are gathered
  const double elements = tokens * (2 * 4096 + 4096 + 14336) / tp;
  const double rate = 8e12 * chip.calibration.hbm_share.value.value;
  CHECK(current.flops == delayed.flops);
  CHECK(current.clocked_s == delayed.clocked_s);
  CHECK(current.fixed_s - delayed.fixed_s == Approx(2 * elements / rate));
}

TEST_CASE("a tensor with one scale is written once where tensor cores take it in either order, else twice") {
  const Gb200 chip;
  Gpu hopper_like = chip.gpu;  // without FP4
  hopper_like.nvfp4.dense_flops.value = std::nan("");
  const Workload w = flagship({}).workload;
  for (const Precision precision : {Precision::kFp8, Precision::kFp8Current, Precision::kMxfp8}) {
    const Roofline once = chip.at(precision), twice{&hopper_like, &chip.calibration, precision};
    const double more =
        transformer_layer(twice, w, false).forward.fixed_s - transformer_layer(once, w, false).forward.fixed_s;
    // Inputs of QKV and of the first half of the MLP are sharded over tp, those of the other two layers are its own.
    const double tp = w.parallelism.tp, tokens = rank_tokens(w);
    const double elements = 2 * tokens / tp * w.model.hidden +
                            tokens * (static_cast<double>(w.model.heads) * w.model.head_dim + w.model.ffn) / tp;
    const double rate = chip.gpu.hbm_bandwidth_bytes_per_s.value * chip.calibration.hbm_share.value.value;
    CHECK(more == Approx(precision == Precision::kMxfp8 ? 0 : elements / rate).margin(1e-12));
  }
}

TEST_CASE("eager PyTorch reads the logits once for its loss, native kernels cast them first") {
  const Gb200 chip;
  const Workload w = flagship({}).workload;
  Roofline native = chip.at(Precision::kBf16), eager = native;
  eager.kernels = Kernels::kEager;
  const double logits = rank_tokens(w) * w.model.vocab / w.parallelism.tp;
  const double rate = chip.gpu.hbm_bandwidth_bytes_per_s.value * chip.calibration.hbm_share.value.value;
  const LayerCost slow = output_layer(native, w), fast = output_layer(eager, w);
  CHECK(slow.forward.fixed_s - fast.forward.fixed_s == Approx(12 * logits / rate));
  CHECK(slow.backward.fixed_s - fast.backward.fixed_s == Approx(4 * logits / rate));
}

TEST_CASE("adapters compute no gradient of the weights") {
  const Gb200 chip;
  Workload w = small_job().workload;
  w.recompute = Recompute::kNone;
  w.recomputed_layers = 0;
  const Roofline r = chip.at(w.precision);
  const LayerCost all = transformer_layer(r, w, false), all_output = output_layer(r, w);
  w.task = Task::kLora;
  w.lora_rank = 16;
  const LayerCost lora = transformer_layer(r, w, false), lora_output = output_layer(r, w);
  const double tokens = 4096, hidden = 4096, qkv = (32 + 2 * 8) * 128 / 2;
  const double adapter = 2 * tokens * 16 * (hidden + qkv);
  const double matrices = all.forward.flops - all.attention_forward.flops;
  CHECK(lora.forward.flops == Approx(all.forward.flops + adapter));
  CHECK(lora.backward.flops == Approx(all.backward.flops - matrices + 2 * adapter));
  CHECK(lora_output.backward.flops == Approx(lora_output.forward.flops));
  CHECK(all_output.backward.flops == Approx(2 * all_output.forward.flops));
  CHECK(embedding_layer(r, w).backward.at(1, 0) == 0);
  w.model = test_catalog().model("mixtral-8x7b").value();
  const LayerCost experts = transformer_layer(r, w, true);
  CHECK(experts.backward.flops - experts.attention_backward.flops - 2 * adapter ==
        Approx(experts.forward.flops - experts.attention_forward.flops - adapter));
}

TEST_CASE("adapters do four operations per active parameter and token, the attention as ever") {
  Workload w = small_job().workload;
  const double tokens = static_cast<double>(w.global_batch) * w.sequence;
  const double all = model_flops_per_step(w);
  w.task = Task::kLora;
  CHECK(all - model_flops_per_step(w) == Approx(2 * tokens * (w.model.parameters() - w.model.embedding_parameters())));
}

TEST_CASE("lower precision is never slower on large GEMMs") {
  const Gb200 chip;
  const auto time = [&](Precision precision) { return seconds(gemm(chip.at(precision), 8192, 16384, 16384)); };
  CHECK(time(Precision::kFp8) < time(Precision::kBf16));
  CHECK(time(Precision::kMxfp8) < time(Precision::kBf16));
  CHECK(time(Precision::kNvfp4) < time(Precision::kFp8));
}

TEST_CASE("the optimizer streams its shard once") {
  const Gb200 chip;
  const Roofline r = chip.at(Precision::kFp8);
  CHECK(seconds(optimizer_step(r, 0.25e9)) == Approx(seconds(stream(r, 0.25e9 * 30))));
}

TEST_CASE("the dense peak is that of the precision") {
  const Gb200 chip;
  CHECK(dense_flops(chip.gpu, Precision::kBf16) == 2.5e15);
  CHECK(dense_flops(chip.gpu, Precision::kFp8) == 5e15);
  CHECK(dense_flops(chip.gpu, Precision::kMxfp8) == 5e15);
  CHECK(dense_flops(chip.gpu, Precision::kNvfp4) == 10e15);
}

}  // namespace
}  // namespace racktwin
