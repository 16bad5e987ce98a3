// What an iteration computes and moves, against closed forms.
#include "sim/workload/iteration.h"

#include "sim/workload/memory.h"
#include "sim/workload/operators.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <cmath>
#include <limits>
#include <numeric>

namespace racktwin {
namespace {

struct Built {
  Plan plan;
  Model model;
  Iteration iteration;
};

Built built(Plan plan, const Calibration& calibration = test_calibration(), double clock = 1) {
  Result<Model> model = build_model(plan);
  if (!model) FAIL(format_errors(model.error(), false));
  Iteration iteration =
      build_iteration(plan, *model, calibration, std::vector<double>(model->gpu_classes.size(), clock));
  return {std::move(plan), std::move(*model), std::move(iteration)};
}

// Bytes that activities of a kind move over the links of a kind, all GPUs together, in one step.
double moved_bytes(const Built& b, ActivityKind kind, TrunkKind trunk) {
  const ActivityGraph& graph = b.iteration.graph;
  double bytes = 0;
  for (std::size_t a = 0; a < graph.size(); ++a) {
    if (graph.kind[a] != kind) continue;
    const Route& route = graph.routes[graph.route[a]];
    for (const std::uint32_t t : route.trunks)
      if (b.iteration.trunk_owners[t].kind == trunk) bytes += graph.amount[a] * route.flows;
  }
  return bytes;
}

int activities(const Built& b, ActivityKind kind) {
  return static_cast<int>(std::count(b.iteration.graph.kind.begin(), b.iteration.graph.kind.end(), kind));
}

// Seconds that a GPU computes forward and backward in one step.
double computing_s(const Built& b) {
  const ActivityGraph& graph = b.iteration.graph;
  double seconds = 0;
  for (std::size_t a = 0; a < graph.size(); ++a)
    if (graph.kind[a] == ActivityKind::kForward || graph.kind[a] == ActivityKind::kBackward)
      seconds += graph.amount[a] * b.model.gpu_classes[graph.gpu_class[a]].count;
  return seconds / b.model.ranks;
}

IterationProfile profile(const Plan& plan, const Calibration& calibration = test_calibration(), double clock = 1) {
  const Result<Model> model = build_model(plan);
  if (!model) FAIL(format_errors(model.error(), false));
  auto solved = solve_iteration(plan, *model, calibration, std::vector<double>(model->gpu_classes.size(), clock));
  if (!solved) FAIL(format_errors(solved.error(), false));
  return std::move(*solved);
}

// ------------------------------------------------------------------------------------------------- experts

// What one GPU dispatches in a layer.
double dispatched_bytes(const Workload& w) {
  return static_cast<double>(w.sequence) * w.micro_batch / w.parallelism.tp * w.model.moe->experts_per_token *
         w.model.hidden * 2;
}

// Dispatch and combine, forward and backward, of all layers and micro-batches.
double exchanges(const Workload& w) { return 2.0 * 2 * w.model.moe_layers() * w.micro_batches(); }

TEST_CASE("an all-to-all inside an NVLink domain sends to everybody but oneself") {
  const Built b = built(expert_job());
  const Workload& w = b.plan.workload;
  const double each = dispatched_bytes(w) * 7 / 8 * exchanges(w);
  for (const TrunkKind kind : {TrunkKind::kNvlinkUp, TrunkKind::kNvlinkDown, TrunkKind::kNvswitch})
    CHECK(moved_bytes(b, ActivityKind::kExpertParallel, kind) == Approx(32 * each));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNicUp) == 0);
}

TEST_CASE("an all-to-all over domains sends over the fabric what is for the ranks outside, and over NVLink to them") {
  const Built b = built(expert_job({"workload.gpus_per_domain=4", "workload.expert_dispatch=alltoall"}));
  const double bytes = dispatched_bytes(b.plan.workload) * exchanges(b.plan.workload);
  const double outside = bytes * 4 / 8, inside = bytes * 3 / 8;
  for (const TrunkKind kind : {TrunkKind::kNicUp, TrunkKind::kNicDown})
    CHECK(moved_bytes(b, ActivityKind::kExpertParallel, kind) == Approx(32 * outside));
  // What leaves goes out on the receiver's rail: three of four times another GPU's.
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp) == Approx(32 * (inside + outside * 3 / 4)));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kLeafUp) == 0);  // equal rails share a leaf
}

TEST_CASE("an all-to-all sends over the spine what is for the domains of other leaves") {
  Plan plan = expert_job(
      {"workload.gpus=16", "workload.dp=16", "workload.gpus_per_domain=2", "workload.expert_dispatch=alltoall"});
  plan.site.fabric.leaf_ports_down = 2;  // one rail of two NVLink domains
  plan.site.fabric.tiers = 3;            // so small leaves are too many for two
  const Built b = built(std::move(plan));
  const double bytes = 16 * dispatched_bytes(b.plan.workload) * exchanges(b.plan.workload);
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNicUp) == Approx(bytes * 6 / 8));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kLeafUp) == Approx(bytes * 4 / 8));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kLeafDown) == Approx(bytes * 4 / 8));
}

TEST_CASE("ranks that share out each expert gather its tokens and reduce its results") {
  const Built b = built(expert_job({"workload.tp=2", "workload.dp=16", "workload.ep=4", "workload.etp=2"}));
  const double bytes = dispatched_bytes(b.plan.workload) * exchanges(b.plan.workload);
  // All-to-all over 4; a gather or reduction of two ranks' tokens, of which each sends half.
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp) ==
        Approx(32 * bytes * (3.0 / 4 + 2.0 / 2)));
}

TEST_CASE("DeepEP sends a token once to every rank of its domain and once to every other domain that needs it") {
  const Built b = built(expert_job({"workload.gpus_per_domain=4", "workload.expert_dispatch=deepep"}));
  const Workload& w = b.plan.workload;
  const double k = w.model.moe->experts_per_token, one_copy = dispatched_bytes(w) / k * exchanges(w);
  REQUIRE(w.parallelism.ep == 8);
  const double domains = 2 * (1 - std::pow(1.0 / 2, k)) * 1 / 2;  // of two, one is its own
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNicUp) == Approx(32 * one_copy * domains));
  const double ranks = 8 * (1 - std::pow(7.0 / 8, k)) * 7 / 8;
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp) == Approx(32 * one_copy * ranks));
}

TEST_CASE("experts that leave their NVLink domain use DeepEP, beside the compute where chunks interleave") {
  const Workload inside = expert_job().workload, outside = expert_job({"workload.gpus_per_domain=4"}).workload;
  CHECK(inside.expert_dispatch == ExpertDispatch::kAllToAll);
  CHECK_FALSE(inside.overlap_expert_parallel);
  CHECK(outside.expert_dispatch == ExpertDispatch::kDeepEp);
  CHECK_FALSE(outside.overlap_expert_parallel);
  // Beside the compute where chunks interleave, and nothing is recomputed.
  std::vector<std::string> job = {"workload.gpus_per_domain=4", "workload.pp=2", "workload.dp=16", "workload.vp=2"};
  CHECK(expert_job(job).workload.overlap_expert_parallel);
  job.push_back("workload.recompute=full");
  CHECK_FALSE(expert_job(job).workload.overlap_expert_parallel);
}

TEST_CASE("communication beside the compute takes SMs from it for as long as it lasts alone") {
  Calibration calibration = test_calibration();
  calibration.host_launch_s.value.value = 0;
  const auto job = [](const char* overlap) {
    Plan plan =
        sharded_job({"workload.gpus=8", "workload.dp=8", std::string("workload.overlap_grad_reduce=") + overlap});
    plan.site.rack_type.gpu.sm_count.value = 160;
    return plan;
  };
  const Built exposed = built(job("false"), calibration), beside = built(job("true"), calibration);
  const auto times = solve(exposed.iteration.graph);
  REQUIRE(times);
  double alone_s = 0;
  for (std::size_t a = 0; a < exposed.iteration.graph.size(); ++a)
    if (is_comm(exposed.iteration.graph.kind[a]) && exposed.iteration.graph.gpu_class[a] == 0)
      alone_s += times->end_s[a] - times->start_s[a];
  // 16 of 160. Gathers of a chunk's pieces take a little longer than one of the whole chunk, which the price counts.
  const double more = computing_s(beside) - computing_s(exposed);
  CHECK(more <= 0.1 * alone_s);
  CHECK(more >= 0.08 * alone_s);
  Plan endless = job("true");
  endless.site.rack_type.gpu.sm_count.value = std::numeric_limits<double>::infinity();
  CHECK(computing_s(built(endless, calibration)) == Approx(computing_s(exposed)));
}

TEST_CASE("the busiest rank receives what the imbalance says") {
  const double even = moved_bytes(built(expert_job()), ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp);
  const Built b = built(expert_job({"workload.expert_imbalance=1.5"}));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp) == Approx(1.5 * even));
}

TEST_CASE("full recompute dispatches and combines once more") {
  const double none = moved_bytes(built(expert_job()), ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp);
  const Built b = built(expert_job({"workload.recompute=full"}));
  CHECK(moved_bytes(b, ActivityKind::kExpertParallel, TrunkKind::kNvlinkUp) == Approx(1.5 * none));
}

TEST_CASE("without expert parallelism nothing is dispatched") {
  CHECK(activities(built(expert_job({"workload.ep=1", "workload.pp=4", "workload.dp=8"})),
                   ActivityKind::kExpertParallel) == 0);
}

TEST_CASE("gradients of experts are reduced over their copies, the others over all data-parallel ranks") {
  const Built b = built(expert_job());
  const ParameterCount p = stage_parameters(b.plan.workload, 0);
  // 32 ranks of which 8 share a domain: each sends its share of a ring over its NIC. Four copies of each expert, none
  // of them in one domain.
  CHECK(moved_bytes(b, ActivityKind::kGradReduce, TrunkKind::kNicUp) ==
        Approx(32 * (p.dense * 2 * 31 / 32 / 8 + p.expert * 2 * 3 / 4)));
  CHECK(moved_bytes(b, ActivityKind::kGradReduce, TrunkKind::kNvlinkUp) == Approx(32 * p.dense * 2 * 31 / 32 * 7 / 8));
}

TEST_CASE("an exchange beside the compute is never slower than an exposed one, and exposes less") {
  for (const std::vector<std::string>& job : {std::vector<std::string>{},
                                              {"workload.gpus_per_domain=4"},
                                              {"workload.pp=2", "workload.dp=16", "workload.gpus_per_domain=4"},
                                              {"workload.tp=2", "workload.dp=16", "workload.ep=4", "workload.etp=2"}}) {
    std::vector<std::string> after = job, beside = job;
    after.push_back("workload.overlap_expert_parallel=false");
    beside.push_back("workload.overlap_expert_parallel=true");
    const IterationProfile exposed = profile(expert_job(after)), overlapped = profile(expert_job(beside));
    CHECK(overlapped.step_s <= exposed.step_s * (1 + 1e-9));
    CHECK(overlapped.parts.expert_exposed_s < exposed.parts.expert_exposed_s);
  }
}

TEST_CASE("an exchange beside the compute of a stage waits for what the stage receives") {
  const Built b = built(expert_job({"workload.pp=2", "workload.dp=16", "workload.overlap_expert_parallel=true"}));
  const auto times = solve(b.iteration.graph);
  REQUIRE(times);
  const ActivityGraph& graph = b.iteration.graph;
  double received_s = 1e9, exchanged_s = 1e9;  // first of the last stage
  for (std::size_t a = 0; a < graph.size(); ++a) {
    if (graph.kind[a] == ActivityKind::kPipelineForward) received_s = std::min(received_s, times->end_s[a]);
    if (graph.kind[a] == ActivityKind::kExpertParallel && b.model.gpu_classes[graph.gpu_class[a]].stage == 1)
      exchanged_s = std::min(exchanged_s, times->start_s[a]);
  }
  CHECK(exchanged_s >= received_s);
}

// ------------------------------------------------------------------------------------------------- sharding

TEST_CASE("shards are gathered before every use and reduced after every backward pass") {
  const Built full = built(sharded_job({"workload.gpus=8", "workload.dp=8"}));
  const Workload& w = full.plan.workload;
  const double once = 8 * stage_parameters(w, 0).total() * 2 * 7 / 8 * w.micro_batches();  // 2 B a parameter
  REQUIRE(w.micro_batches() == 4);
  CHECK(moved_bytes(full, ActivityKind::kParamGather, TrunkKind::kNvlinkUp) == Approx(2 * once));
  CHECK(moved_bytes(full, ActivityKind::kGradReduce, TrunkKind::kNvlinkUp) == Approx(once));
  CHECK(moved_bytes(full, ActivityKind::kParamGather, TrunkKind::kNicUp) == 0);
  // SHARD_GRAD_OP keeps the parameters until the backward pass is over.
  const Built kept = built(sharded_job({"workload.gpus=8", "workload.dp=8", "workload.sharding=gradients"}));
  CHECK(moved_bytes(kept, ActivityKind::kParamGather, TrunkKind::kNvlinkUp) == Approx(once));
  CHECK(moved_bytes(kept, ActivityKind::kGradReduce, TrunkKind::kNvlinkUp) == Approx(once));
}

TEST_CASE("copies of shards send only the gradients of a shard over the fabric") {
  const Built b = built(sharded_job({"workload.shard_ranks=8"}));
  const Workload& w = b.plan.workload;
  const double parameters = stage_parameters(w, 0).total(), steps = w.micro_batches();
  // An all-reduce over two copies sends the buffer once: there and back halves of it.
  CHECK(moved_bytes(b, ActivityKind::kGradReduce, TrunkKind::kNicUp) == Approx(16 * steps * 2 * parameters / 8));
  CHECK(moved_bytes(b, ActivityKind::kParamGather, TrunkKind::kNicUp) == 0);
  CHECK(moved_bytes(b, ActivityKind::kParamGather, TrunkKind::kNvlinkUp) ==
        Approx(16 * steps * 2 * 2 * parameters * 7 / 8));
}

TEST_CASE("one rank to a shard reduces all gradients and gathers nothing") {
  const Built b = built(sharded_job({"workload.shard_ranks=1"}));
  const double parameters = stage_parameters(b.plan.workload, 0).total();
  CHECK(activities(b, ActivityKind::kParamGather) == 0);
  // Trees with in-switch reduction over two domains: each of eight NICs sends its part of the message once.
  CHECK(moved_bytes(b, ActivityKind::kGradReduce, TrunkKind::kNicUp) ==
        Approx(16 * b.plan.workload.micro_batches() * 2 * parameters / 8));
}

TEST_CASE("shards that do not overlap are exposed all of the time that they take") {
  const Built b = built(sharded_job({"workload.gpus=8", "workload.dp=8", "workload.overlap_grad_reduce=false"}));
  REQUIRE(b.model.gpu_classes.front().stage == 0);
  const auto times = solve(b.iteration.graph);
  REQUIRE(times);
  double seconds = 0;
  for (std::size_t a = 0; a < b.iteration.graph.size(); ++a)
    if (const ActivityKind kind = b.iteration.graph.kind[a];
        kind == ActivityKind::kParamGather || kind == ActivityKind::kGradReduce)
      if (b.iteration.graph.gpu_class[a] == 0) seconds += times->end_s[a] - times->start_s[a];
  const IterationProfile exposed = profile_of(b.model, b.iteration, *times);
  CHECK(seconds > 0);
  CHECK(exposed.parts_of_class[0].data_exposed_s == Approx(seconds));
  const IterationProfile overlapped = profile(sharded_job({"workload.gpus=8", "workload.dp=8"}));
  CHECK(overlapped.parts.data_exposed_s < 0.5 * seconds);
  CHECK(overlapped.step_s < exposed.step_s);
}

// ------------------------------------------------------------------------------------------------- adapters

TEST_CASE("adapters move no gradients, and no parameters unless these are sharded") {
  const Built lora = built(sharded_job({"workload.task=lora", "workload.sharding=optimizer"}));
  CHECK(activities(lora, ActivityKind::kGradReduce) == 0);
  CHECK(activities(lora, ActivityKind::kParamGather) == 0);
  const Built sharded = built(sharded_job({"workload.task=lora"})), all = built(sharded_job());
  CHECK(activities(sharded, ActivityKind::kGradReduce) == 0);
  for (const TrunkKind kind : {TrunkKind::kNvlinkUp, TrunkKind::kNicUp})
    CHECK(moved_bytes(sharded, ActivityKind::kParamGather, kind) ==
          Approx(moved_bytes(all, ActivityKind::kParamGather, kind)));
}

// ------------------------------------------------------------------------------------------------- compute

TEST_CASE("a job that is bound by its host takes its kernels times the launch, whatever the clock") {
  const Plan plan = sharded_job({"workload.gpus=1", "workload.dp=1", "workload.sharding=optimizer",
                                 "workload.model=llama3.2-1b", "workload.global_batch=2"});
  Calibration slow_host = test_calibration();
  slow_host.host_launch_s.value.value = 0.1;
  const Roofline roofline{&plan.site.rack_type.gpu, &slow_host, plan.workload.precision};
  const LayerCost layer = transformer_layer(roofline, plan.workload, false);
  const LayerCost output = output_layer(roofline, plan.workload), embedding = embedding_layer(roofline, plan.workload);
  double kernels = plan.workload.model.layers * (layer.forward.kernels + layer.backward.kernels);
  for (const LayerCost* cost : {&output, &embedding}) kernels += cost->forward.kernels + cost->backward.kernels;
  CHECK(computing_s(built(plan, slow_host)) == Approx(2 * kernels * 0.1));
  CHECK(profile(plan, slow_host, 1).step_s == Approx(profile(plan, slow_host, 0.6).step_s).epsilon(1e-12));
  CHECK(profile(plan, slow_host).step_s >= 2 * kernels * 0.1);
  Calibration no_host = test_calibration();
  no_host.host_launch_s.value.value = 0;
  CHECK(profile(plan, no_host, 1).step_s < profile(plan, no_host, 0.6).step_s);
}

TEST_CASE("multi-token prediction adds a layer with experts and an output layer") {
  Calibration calibration = test_calibration();
  calibration.host_launch_s.value.value = 0;
  Plan plan = expert_job({"workload.overlap_grad_reduce=false"});
  plan.workload.model.prediction_layers = 0;
  const double without = computing_s(built(plan, calibration));
  plan.workload.model.prediction_layers = 1;
  const double with = computing_s(built(plan, calibration));
  const Roofline roofline{&plan.site.rack_type.gpu, &calibration, plan.workload.precision};
  const LayerCost layer = transformer_layer(roofline, plan.workload, true),
                  output = output_layer(roofline, plan.workload);
  double more = 0;
  for (const KernelTime* t : {&layer.forward, &layer.backward, &output.forward, &output.backward}) more += t->at(1, 0);
  CHECK(with - without == Approx(plan.workload.micro_batches() * more).epsilon(1e-6));
}

TEST_CASE("a rank that waits for the busiest expert computes what that one computes") {
  Calibration calibration = test_calibration();
  calibration.host_launch_s.value.value = 0;
  const double even = computing_s(built(expert_job(), calibration));
  const double uneven = computing_s(built(expert_job({"workload.expert_imbalance=2"}), calibration));
  CHECK(uneven > 1.3 * even);
  CHECK(uneven < 2 * even);
  const std::vector<std::string> all_here = {"workload.ep=1", "workload.pp=4", "workload.dp=8"};
  std::vector<std::string> stated = all_here;
  stated.push_back("workload.expert_imbalance=2");
  // Every rank holds all experts.
  CHECK(computing_s(built(expert_job(stated), calibration)) == computing_s(built(expert_job(all_here), calibration)));
}

}  // namespace
}  // namespace racktwin
