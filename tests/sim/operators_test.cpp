#include "sim/workload/operators.h"

#include "sim/workload/schedule.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

struct Gb200 {
  Gpu gpu = test_catalog().gpu("gb200").value();
  Calibration calibration = test_calibration();
  Roofline at(Precision precision) const { return {&gpu, &calibration, precision}; }
};

double seconds(const KernelTime& t) { return t.at(1); }

// FLOP of a step on all GPUs.
double step_flops(const Roofline& roofline, const Workload& w) {
  double flops = 0;
  for (int s = 0; s < w.parallelism.pp; ++s)
    for (int v = 0; v < w.parallelism.vp; ++v) {
      const ChunkLayers layers = chunk_layers(w, s, v);
      const LayerCost layer = transformer_layer(roofline, w), output = output_layer(roofline, w);
      flops += layers.transformer * (layer.forward.flops + layer.backward.flops);
      if (layers.output) flops += output.forward.flops + output.backward.flops;
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
  CHECK(t.clocked_s == Approx(2 * m * n * k * (1 + c.gemm_half_k_fp8.value.value / k) / rate));
  CHECK(t.fixed_s == Approx(c.gemm_launch_s.value.value));
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
  const double launch_s = chip.calibration.gemm_launch_s.value.value;
  const KernelTime square = gemm(r, 8192, 8192, 8192), thin = gemm(r, 1, 8192, 8192);
  CHECK(square.fixed_s == Approx(launch_s));
  CHECK(square.clocked_s > 100 * launch_s);
  CHECK(thin.clocked_s == 0);
  const double bytes = 2.0 * (8192 + 8192.0 * 8192 + 8192);
  CHECK(thin.fixed_s == Approx(launch_s + bytes / (8e12 * chip.calibration.hbm_share.value.value)));
}

TEST_CASE("only the clocked share of a kernel scales with the clock") {
  const KernelTime t{0.6, 0.4, 0};
  CHECK(t.at(1) == Approx(1.0));
  CHECK(t.at(0.5) == Approx(1.6));
  const Gb200 chip;
  const KernelTime copy = stream(chip.at(Precision::kBf16), 8e9);
  CHECK(copy.at(0.5) == copy.at(1));
  CHECK(copy.at(1) ==
        Approx(chip.calibration.kernel_launch_s.value.value + 1e-3 / chip.calibration.hbm_share.value.value));
}

TEST_CASE("causal attention counts half of the square, backward two and a half times that") {
  const Gb200 chip;
  const Roofline r = chip.at(Precision::kFp8);
  const KernelTime forward = attention_forward(r, 4096, 8192, 32, 128);
  CHECK(forward.flops == Approx(2.0 * 4096 * 8192 * 32 * 128));
  CHECK(attention_backward(r, 4096, 8192, 32, 128).flops == Approx(2.5 * forward.flops));
}

TEST_CASE("a layer computes two operations per parameter and token forward, four backward") {
  const Gb200 chip;
  Workload w = small_job().workload;
  w.recompute = Recompute::kNone;
  w.recomputed_layers = 0;
  const LayerCost layer = transformer_layer(chip.at(w.precision), w);
  const double tokens = static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.cp;
  const double matrices = (w.model.dense_layer_parameters() - 2.0 * w.model.hidden) / w.parallelism.tp;  // without norms
  const double attention = 2 * tokens * w.sequence * w.model.heads * w.model.head_dim / w.parallelism.tp;
  CHECK(layer.forward.flops == Approx(2 * tokens * matrices + attention));
  CHECK(layer.backward.flops == Approx(4 * tokens * matrices + 2.5 * attention));
}

TEST_CASE("recompute adds the forward pass to the backward pass, selective recompute its attention") {
  const Gb200 chip;
  Workload w = small_job().workload;
  w.recompute = Recompute::kNone;
  w.recomputed_layers = 0;
  const LayerCost plain = transformer_layer(chip.at(w.precision), w);
  w.recompute = Recompute::kFull;
  w.recomputed_layers = 1;
  const LayerCost full = transformer_layer(chip.at(w.precision), w);
  CHECK(full.forward.flops == plain.forward.flops);
  CHECK(full.backward.flops == Approx(plain.backward.flops + plain.forward.flops));
  CHECK(full.backward.at(1) == Approx(plain.backward.at(1) + plain.forward.at(1)));
  w.recomputed_layers = 0.25;
  CHECK(transformer_layer(chip.at(w.precision), w).backward.flops ==
        Approx(plain.backward.flops + 0.25 * plain.forward.flops));
  w.recompute = Recompute::kSelective;
  w.recomputed_layers = 0;
  const double attention = attention_forward(chip.at(w.precision), 4096, 8192, 16, 128).flops;
  CHECK(transformer_layer(chip.at(w.precision), w).backward.flops == Approx(plain.backward.flops + attention));
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
  CHECK(optimizer_step(r, 1e9, 4).at(1) == Approx(stream(r, 0.25e9 * 30).at(1)));
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
