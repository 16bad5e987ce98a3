#include "sim/workload/memory.h"

#include "sim/workload/schedule.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <numeric>

namespace racktwin {
namespace {

// h = 8, two heads of four, one key-value head, f = 16, v = 32, four layers.
Workload tiny() {
  Workload w;
  w.model.layers = 4;
  w.model.hidden = 8;
  w.model.heads = 2;
  w.model.kv_heads = 1;
  w.model.head_dim = 4;
  w.model.ffn = 16;
  w.model.vocab = 32;
  w.sequence = 10;
  w.micro_batch = 1;
  w.global_batch = 8;
  return w;
}

double item(const MemoryUse& use, const std::string& begins_with) {
  for (const MemoryItem& i : use.items)
    if (i.name.rfind(begins_with, 0) == 0) return i.bytes;
  return -1;
}

TEST_CASE("the memory of a tiny model adds up by hand") {
  // A layer: Q and output 2 x 8 x 8, K and V 2 x 8 x 4, MLP 3 x 8 x 16, norms 2 x 8.
  const double layer = 128 + 64 + 384 + 16;
  const double parameters = 4 * layer + 2 * 256;
  Workload w = tiny();
  const MemoryUse use = memory_use(w);
  CHECK(stage_parameters(w, 0).total() == parameters);
  CHECK(use.stage == 0);
  CHECK(item(use, "weights (BF16)") == 2 * parameters);
  CHECK(item(use, "weights, cached") == -1);
  CHECK(item(use, "optimizer") == 12 * parameters);
  // Per token in BF16: norm inputs 2 x 8, Q K V and output 8 + 4 + 4 + 8, gate and up 2 x 16, inputs of the linear
  // layers 2 x 8 + 16 elements; one micro-batch in flight.
  CHECK(item(use, "activations") == 10 * 4 * 2 * (16 + 24 + 32 + 32));
  CHECK(item(use, "logits") == 10 * 32 * 6);
  CHECK(use.total_bytes() == std::accumulate(use.items.begin(), use.items.end(), 0.0,
                                             [](double sum, const MemoryItem& i) { return sum + i.bytes; }));
}

TEST_CASE("parallelism divides the memory of a tiny model") {
  Workload w = tiny();
  const double layer = 592, embedding = 256;
  w.parallelism.tp = 2;
  w.parallelism.pp = 2;
  w.parallelism.dp = 4;
  w.shard_ranks = 4;
  CHECK(stage_parameters(w, 0).total() == (2 * layer + embedding) / 2);
  CHECK(stage_parameters(w, 1).total() == (2 * layer + embedding) / 2);
  const MemoryUse use = memory_use(w);
  CHECK(item(use, "optimizer") == Approx(12 * (2 * layer + embedding) / 2 / 4));
  // Two micro-batches in flight on the first stage outweigh the logits of the last.
  CHECK(use.stage == 0);
  CHECK(item(use, "activations") == 10 * 2 * 2 * 2 * (16 + 24 + 32 + 32) / 2);
  CHECK(item(use, "logits") == -1);
}

TEST_CASE("low precision keeps a cached copy of the weights and quantised operands") {
  Workload w = tiny();
  const double bf16 = item(memory_use(w), "activations");
  w.precision = Precision::kFp8;
  const MemoryUse use = memory_use(w);
  CHECK(item(use, "weights, cached") == stage_parameters(w, 0).total());
  CHECK(item(use, "activations") < bf16);
}

TEST_CASE("full recompute keeps the inputs of the layers and one layer that is at work") {
  Workload w = tiny();
  const double kept = 2 * (16 + 24 + 32 + 32);
  w.recompute = Recompute::kFull;
  w.recomputed_layers = 1;
  CHECK(item(memory_use(w), "activations") == 10 * (4 * 16 + kept));
  w.recomputed_layers = 0.5;
  CHECK(item(memory_use(w), "activations") == 10 * (4 * (16 + kept) / 2 + kept));
}

TEST_CASE("tied embeddings count once where first and last stage are one") {
  Workload w = tiny();
  w.model.tied_embeddings = true;
  CHECK(stage_parameters(w, 0).total() == 4 * 592 + 256);
  w.parallelism.pp = 2;
  CHECK(stage_parameters(w, 0).total() + stage_parameters(w, 1).total() == 4 * 592 + 2 * 256);
}

// The tiny model with four experts of width 4 in every layer, of which a token visits two.
Workload tiny_mixture() {
  Workload w = tiny();
  MixtureOfExperts moe;
  moe.experts = 4;
  moe.experts_per_token = 2;
  moe.expert_ffn = 4;
  w.model.moe = moe;
  w.parallelism.dp = 4;
  w.shard_ranks = 4;
  return w;
}

TEST_CASE("the memory of a tiny mixture of experts adds up by hand") {
  Workload w = tiny_mixture();
  w.parallelism.ep = 2;
  const double dense = 4 * (192 + 16 + 8 * 4) + 2 * 256;  // attention, norms, router; embeddings
  const double experts = 4 * 4 * 3 * 8 * 4 / 2;           // half of them on each rank
  const ParameterCount p = stage_parameters(w, 0);
  CHECK(p.dense == dense);
  CHECK(p.expert == experts);
  const MemoryUse use = memory_use(w);
  CHECK(item(use, "weights (BF16)") == 2 * (dense + experts));
  CHECK(item(use, "gradients (BF16)") == 2 * (dense + experts));
  CHECK(item(use, "optimizer") == 12 * (dense / 4 + experts / 2));  // four data-parallel ranks, two copies of an expert
  // A visit: gate and up 2 x 4, inputs 8 + 4 and the expert's output 8; without experts 2 x 8 + 24 + 8.
  CHECK(item(use, "activations") == 10 * 4 * 2 * (16 + 24 + 8 + 2 * (8 + 12 + 8)));
}

TEST_CASE("sharing out the matrices of experts divides them, a shared expert stays with the tensor-parallel ranks") {
  Workload w = tiny_mixture();
  w.parallelism.tp = 2;
  w.parallelism.dp = 2;
  w.parallelism.ep = 2;
  w.parallelism.etp = 2;
  const double before = stage_parameters(w, 0).dense;
  CHECK(stage_parameters(w, 0).expert == 4 * 4 * 3 * 8 * 4 / 4);
  w.model.moe->shared_ffn = 4;
  CHECK(stage_parameters(w, 0).expert == 4 * 4 * 3 * 8 * 4 / 4);
  CHECK(stage_parameters(w, 0).dense == before + 4 * 3 * 8 * 4 / 2);
}

TEST_CASE("layers with experts and dense ones keep their own parameters") {
  Workload w = tiny_mixture();
  w.model.moe->first_dense = 1;
  CHECK(stage_parameters(w, 0).expert == 3 * 384);
  CHECK(stage_parameters(w, 0).dense == 592 + 3 * (192 + 16 + 32) + 2 * 256);
}

TEST_CASE("fully sharded, a GPU holds its shard and two units at a time") {
  Workload w = tiny();
  w.parallelism.dp = 4;
  w.shard_ranks = 4;
  w.sharding = Sharding::kParameters;
  const double parameters = 4 * 592 + 512, unit = parameters / 4;
  const MemoryUse full = memory_use(w);
  CHECK(item(full, "parameters, gathered") == 2 * 2 * unit);
  CHECK(item(full, "gradients, before") == 2 * 2 * unit);
  CHECK(item(full, "gradients, shard") == 4 * parameters / 4);
  CHECK(item(full, "optimizer") == 12 * parameters / 4);
  CHECK(item(full, "weights") == -1);
  w.sharding = Sharding::kGradients;
  CHECK(item(memory_use(w), "parameters, gathered") == 2 * parameters);
  w.shard_ranks = 2;  // copies of the shards
  CHECK(item(memory_use(w), "optimizer") == 12 * parameters / 2);
}

TEST_CASE("copies of shards share out the experts over all of their copies, as their gradients are reduced") {
  Workload w = tiny_mixture();
  w.parallelism.ep = 4;
  w.sharding = Sharding::kParameters;
  w.shard_ranks = 2;
  const ParameterCount p = stage_parameters(w, 0);
  CHECK(optimizer_parameters(w, 0) == p.dense / 2 + p.expert);
}

TEST_CASE("adapters need no gradients and no optimizer state of the weights, which shards hold all the same") {
  Workload w = tiny();
  w.task = Task::kLora;
  const double parameters = stage_parameters(w, 0).total();
  const MemoryUse whole = memory_use(w);
  CHECK(item(whole, "weights (BF16)") == 2 * parameters);
  CHECK(item(whole, "gradients") == -1);
  CHECK(item(whole, "optimizer") == 0);
  w.parallelism.dp = 4;
  w.shard_ranks = 4;
  w.sharding = Sharding::kParameters;
  const MemoryUse sharded = memory_use(w);
  CHECK(item(sharded, "weights, shard") == 2 * parameters / 4);
  CHECK(item(sharded, "gradients") == -1);
  CHECK(item(sharded, "optimizer") == 0);
}

TEST_CASE("the stages and expert ranks together hold a mixture of experts") {
  const Workload w = expert_job({"workload.pp=2", "workload.tp=2", "workload.dp=8", "workload.etp=1"}).workload;
  double dense = 0, experts = 0;
  for (int s = 0; s < 2; ++s) {
    dense += stage_parameters(w, s).dense * w.parallelism.tp;
    experts += stage_parameters(w, s).expert * w.parallelism.ep;
  }
  CHECK(experts == 32 * w.model.expert_parameters());
  CHECK(dense + experts == Approx(w.model.parameters()).epsilon(1e-6));
}

TEST_CASE("the stages together hold the model") {
  const Workload w = flagship({}).workload;
  double parameters = 0;
  for (int s = 0; s < 8; ++s) parameters += stage_parameters(w, s).total() * w.parallelism.tp;
  CHECK(parameters == Approx(w.model.parameters()).epsilon(1e-6));
}

TEST_CASE("405B fits 512 GB200 without recompute") {
  const Plan plan = flagship({});
  CHECK(plan.workload.recompute == Recompute::kNone);
  CHECK(memory_use(plan.workload).total_bytes() < plan.site.rack_type.gpu.hbm_capacity_bytes.value);
}

TEST_CASE("70B on one GPU is refused with the itemised sum") {
  const Result<Plan> plan =
      try_flagship({"workload.model=llama3.1-70b", "workload.gpus=1", "workload.gpus_per_domain=1", "workload.tp=1",
                    "workload.cp=1", "workload.pp=1", "workload.vp=1", "workload.dp=1", "workload.global_batch=1",
                    "workload.embedding_and_loss_count_as_layers=false"});
  REQUIRE_FALSE(plan);
  REQUIRE(plan.error().size() == 1);
  const Error& error = plan.error().front();
  CHECK(error.code == ErrorCode::kBadInput);
  CHECK(error.message == "Llama 3.1 70B does not fit into the GPUs' memory");
  REQUIRE(error.notes.size() >= 7);
  std::string notes;
  for (const std::string& note : error.notes) notes += note + "\n";
  for (const char* part : {"weights (BF16)", "gradients", "optimizer state", "activations", "in all", "186 GB"})
    CHECK(notes.find(part) != std::string::npos);
}

}  // namespace
}  // namespace racktwin
