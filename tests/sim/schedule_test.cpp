#include "sim/workload/schedule.h"

#include "sim/error_text.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <set>
#include <tuple>

namespace racktwin {
namespace {

Parallelism pipeline(int pp, int vp) {
  Parallelism p;
  p.pp = pp;
  p.vp = vp;
  return p;
}

// "f0.1" is the forward block of micro-batch 0 in chunk 1.
std::string word(const Block& block) {
  return (block.backward ? "b" : "f") + std::to_string(block.micro_batch) + "." + std::to_string(block.chunk);
}

std::string words(const std::vector<Block>& blocks) {
  std::string text;
  for (const Block& block : blocks) text += (text.empty() ? "" : " ") + word(block);
  return text;
}

int warmup_of(const std::vector<Block>& blocks) {
  return static_cast<int>(
      std::find_if(blocks.begin(), blocks.end(), [](const Block& block) { return block.backward; }) - blocks.begin());
}

// Lets every stage work through its blocks as soon as what they need is there. False if the stages wait for each other.
bool finishes(const Parallelism& p, int micro_batches) {
  std::vector<std::vector<Block>> schedules;
  for (int s = 0; s < p.pp; ++s) schedules.push_back(stage_schedule(p, micro_batches, s));
  std::set<std::tuple<bool, int, int>> done;  // backward, virtual stage, micro-batch
  std::vector<std::size_t> next(schedules.size());
  const int last = p.pp * p.vp - 1;
  for (bool moved = true; moved;) {
    moved = false;
    for (int s = 0; s < p.pp; ++s) {
      const auto stage = static_cast<std::size_t>(s);
      while (next[stage] < schedules[stage].size()) {
        const Block& b = schedules[stage][next[stage]];
        const int at = b.chunk * p.pp + s;
        bool ready = true;
        if (!b.backward && at > 0) ready = done.count({false, at - 1, b.micro_batch}) > 0;
        if (b.backward) ready = done.count({at < last, at < last ? at + 1 : at, b.micro_batch}) > 0;
        if (!ready) break;
        done.insert({b.backward, at, b.micro_batch});
        ++next[stage];
        moved = true;
      }
    }
  }
  return done.size() == 2 * static_cast<std::size_t>((last + 1) * micro_batches);
}

TEST_CASE("the one-forward-one-backward schedule of a plain pipeline") {
  const Parallelism p = pipeline(3, 1);
  CHECK(words(stage_schedule(p, 4, 0)) == "f0.0 f1.0 f2.0 b0.0 f3.0 b1.0 b2.0 b3.0");
  CHECK(words(stage_schedule(p, 4, 1)) == "f0.0 f1.0 b0.0 f2.0 b1.0 f3.0 b2.0 b3.0");
  CHECK(words(stage_schedule(p, 4, 2)) == "f0.0 b0.0 f1.0 b1.0 f2.0 b2.0 f3.0 b3.0");
}

TEST_CASE("the interleaved schedule of four stages, two chunks and eight micro-batches") {
  // Megatron: warm-up of 2 (pp - stage - 1) + (vp - 1) pp blocks, micro-batches in groups of pp through each chunk.
  const Parallelism p = pipeline(4, 2);
  const std::vector<int> warmups = {11, 9, 7, 5};  // the first of the steady forward blocks included
  for (int s = 0; s < 4; ++s) CHECK(warmup_of(stage_schedule(p, 8, s)) == warmups[static_cast<std::size_t>(s)]);
  CHECK(words(stage_schedule(p, 8, 3)) ==
        "f0.0 f1.0 f2.0 f3.0 f0.1 b0.1 f1.1 b1.1 f2.1 b2.1 f3.1 b3.1 f4.0 b0.0 f5.0 b1.0 f6.0 b2.0 f7.0 b3.0 "
        "f4.1 b4.1 f5.1 b5.1 f6.1 b6.1 f7.1 b7.1 b4.0 b5.0 b6.0 b7.0");
}

TEST_CASE("with as many micro-batches as stages the interleaved schedule runs all forward blocks first") {
  for (int s = 0; s < 4; ++s) CHECK(warmup_of(stage_schedule(pipeline(4, 2), 4, s)) == 8);
}

TEST_CASE("every block is computed once, forward before backward, within the activations that memory counts") {
  for (const int pp : {1, 2, 3, 4, 8})
    for (const int vp : {1, 2, 3, 4})
      for (const int micro_batches : {1, 2, 3, 4, 5, 7, 8, 9, 12, 16, 17, 31, 32}) {
        if (vp > 1 && (pp == 1 || micro_batches % pp != 0)) continue;
        const Parallelism p = pipeline(pp, vp);
        for (int s = 0; s < pp; ++s) {
          CAPTURE(pp, vp, micro_batches, s);
          std::set<std::pair<int, int>> forward, backward;
          std::size_t most = 0;
          bool in_order = true;
          for (const Block& b : stage_schedule(p, micro_batches, s)) {
            in_order = in_order && b.chunk >= 0 && b.chunk < vp && b.micro_batch >= 0 && b.micro_batch < micro_batches;
            const std::pair<int, int> key = {b.chunk, b.micro_batch};
            in_order = in_order && (b.backward ? forward.count(key) == 1 && backward.insert(key).second
                                               : forward.insert(key).second);
            most = std::max(most, forward.size() - backward.size());
          }
          REQUIRE(in_order);
          REQUIRE(forward.size() == static_cast<std::size_t>(vp * micro_batches));
          REQUIRE(backward.size() == forward.size());
          REQUIRE(static_cast<int>(most) == blocks_in_flight(p, micro_batches, s));
        }
      }
}

TEST_CASE("stages never wait for each other in a circle") {
  for (const int pp : {1, 2, 3, 4, 5, 8})
    for (const int vp : {1, 2, 3, 4, 8})
      for (int micro_batches = 1; micro_batches <= 4 * pp + 3; ++micro_batches) {
        if ((vp > 1 && pp == 1) || (vp > 1 && micro_batches % pp != 0)) continue;
        CAPTURE(pp, vp, micro_batches);
        CHECK(finishes(pipeline(pp, vp), micro_batches));
      }
}

// Megatron refuses to interleave unless the micro-batches divide by the stages.
TEST_CASE("interleaving with micro-batches that do not divide by the stages is refused") {
  const Result<Plan> plan = try_flagship({"workload.global_batch=88"});
  REQUIRE_FALSE(plan);
  CHECK(plan.error().front().message == "interleaving needs micro-batches that divide by pp: 11 do not divide by 8");
}

TEST_CASE("the chunks hold all layers, spread evenly, embedding first and output last") {
  for (const int layers : {32, 80, 126, 7, 61})
    for (const int pp : {1, 2, 4, 6, 8})
      for (const int vp : {1, 2, 3, 8})
        for (const bool counts : {false, true}) {
          Workload w;
          w.model.layers = layers;
          w.parallelism = pipeline(pp, vp);
          w.embedding_and_loss_count_as_layers = counts;
          if (pp * vp > layers) continue;
          CAPTURE(layers, pp, vp, counts);
          int sum = 0, embeddings = 0, outputs = 0, least = layers + 2, most = 0;
          for (int s = 0; s < pp; ++s)
            for (int v = 0; v < vp; ++v) {
              const ChunkLayers chunk = chunk_layers(w, s, v);
              sum += chunk.transformer;
              embeddings += chunk.embedding;
              outputs += chunk.output;
              REQUIRE(chunk.transformer >= 0);
              REQUIRE(chunk.embedding == (s == 0 && v == 0));
              REQUIRE(chunk.output == (s == pp - 1 && v == vp - 1));
              const int slots = chunk.transformer + (counts ? chunk.embedding + chunk.output : 0);
              least = std::min(least, slots);
              most = std::max(most, slots);
            }
          CHECK(sum == layers);
          CHECK(embeddings == 1);
          CHECK(outputs == 1);
          CHECK(most - least <= 1);
        }
}

TEST_CASE("126 layers with embedding and loss fill eight stages of eight chunks with two each") {
  Workload w;
  w.model.layers = 126;
  w.parallelism = pipeline(8, 8);
  w.embedding_and_loss_count_as_layers = true;
  for (int s = 0; s < 8; ++s)
    for (int v = 0; v < 8; ++v)
      CHECK(chunk_layers(w, s, v).transformer == ((s == 0 && v == 0) || (s == 7 && v == 7) ? 1 : 2));
  CHECK(default_embedding_and_loss_count(126, pipeline(8, 8)));
  CHECK(default_embedding_and_loss_count(126, pipeline(16, 1)));
  CHECK_FALSE(default_embedding_and_loss_count(128, pipeline(8, 8)));
  CHECK_FALSE(default_embedding_and_loss_count(126, pipeline(7, 1)));
  CHECK_FALSE(default_embedding_and_loss_count(125, pipeline(8, 1)));
}

// ------------------------------------------------------------------------------------------------- with the engine

// A pipeline of equal stages whose memory traffic, launches and transfers are free, and whose vocabulary is one word.
IterationProfile uniform_pipeline(int pp, int vp, int micro_batches) {
  Plan plan = flagship({"workload.model=llama3.1-8b", "workload.gpus=" + std::to_string(pp), "workload.tp=1",
                        "workload.cp=1", "workload.dp=1", "workload.pp=" + std::to_string(pp),
                        "workload.vp=" + std::to_string(vp), "workload.global_batch=" + std::to_string(micro_batches),
                        "workload.gpus_per_domain=1", "workload.recompute=full", "workload.sequence=2048",
                        "workload.embedding_and_loss_count_as_layers=false"});
  plan.workload.model.vocab = 1;
  plan.site.rack_type.gpu.hbm_bandwidth_bytes_per_s.value = 1e30;
  plan.site.rack_type.nic_bytes_per_s.value = 1e18;
  plan.site.fabric.switch_latency_s.value = plan.site.fabric.link_latency_s.value = 0;
  plan.site.fabric.port_bytes_per_s.value = 1e18;
  Calibration calibration = test_calibration();
  CollectiveFit& collective = calibration.collective;
  for (Fitted* value :
       {&calibration.gemm_half_k, &calibration.kernel_launch_s, &calibration.host_launch_s, &collective.base_nvlink5_s,
        &collective.net_hop_ll_s, &collective.net_hop_simple_s, &collective.segment_s})
    value->value.value = 0;
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  Result<IterationProfile> profile =
      solve_iteration(plan, *model, calibration, std::vector<double>(model->gpu_classes.size(), 1.0));
  if (!profile) FAIL(format_errors(profile.error(), false));
  return std::move(*profile);
}

TEST_CASE("the bubble of a uniform pipeline is (pp - 1) / m of the work") {
  for (const int micro_batches : {4, 8, 16}) {
    const StepParts parts = uniform_pipeline(4, 1, micro_batches).parts;
    CHECK(parts.bubble_s / parts.compute_s == Approx(3.0 / micro_batches).epsilon(1e-4));
  }
}

TEST_CASE("interleaving divides the bubble by the number of chunks") {
  for (const int micro_batches : {8, 16})
    for (const int vp : {2, 4}) {
      const StepParts parts = uniform_pipeline(4, vp, micro_batches).parts;
      CHECK(parts.bubble_s / parts.compute_s == Approx(3.0 / (micro_batches * vp)).epsilon(1e-4));
    }
}

}  // namespace
}  // namespace racktwin
