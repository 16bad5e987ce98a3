// One member of a class stands for all: the folded and the unfolded iteration are the same.
#include "sim/error_text.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <array>
#include <map>

namespace racktwin {
namespace {

struct Solved {
  Model model;
  IterationProfile profile;
};

// With the clock limits that events set at time 0.
Solved solved(const Plan& plan, Folding folding) {
  Result<Model> model = build_model(plan, folding);
  if (!model) FAIL(format_errors(model.error(), false));
  std::vector<double> clocks(model->gpu_classes.size(), 1.0);
  for (const Event& event : plan.events) {
    if (event.kind != EventKind::kClockLimit || event.time_s > 0) continue;
    const GpuRange range = gpus_at(plan, event.path);
    for (std::uint32_t g = range.begin; g < range.end; ++g) clocks[model->class_of_gpu[g]] = event.value;
  }
  Result<IterationProfile> profile = solve_iteration(plan, *model, test_calibration(), clocks);
  if (!profile) FAIL(format_errors(profile.error(), false));
  return {std::move(*model), std::move(*profile)};
}

std::array<double, 9> parts_of(const StepParts& p) {
  return {p.compute_s,      p.memory_s,           p.tensor_exposed_s, p.context_exposed_s, p.expert_exposed_s,
          p.data_exposed_s, p.pipeline_exposed_s, p.optimizer_s,      p.bubble_s};
}

std::array<double, 9> path_of(const PathParts& p) {
  return {p.compute_s,        p.memory_s,       p.tensor.transfer_s,  p.tensor.contention_s, p.context.total_s(),
          p.expert.total_s(), p.data.total_s(), p.pipeline.total_s(), p.optimizer_s};
}

// The folded owner of an unfolded trunk: GPU, domain and leaf classes through a GPU that has them.
TrunkOwner folded_owner(const Model& folded, const Model& unfolded, const TrunkOwner& owner) {
  const bool of_domain = owner.kind == TrunkKind::kNvswitch;
  const bool of_leaf = owner.kind == TrunkKind::kLeafUp || owner.kind == TrunkKind::kLeafDown;
  for (const GpuClass& gpu : unfolded.gpu_classes) {
    const GpuClass& like = folded.gpu_classes[folded.class_of_gpu[gpu.first]];
    if (of_domain && gpu.domain_class == owner.unit_class) return {owner.kind, like.domain_class};
    if (of_leaf && gpu.leaf_class == owner.unit_class) return {owner.kind, like.leaf_class};
    if (!of_domain && !of_leaf && unfolded.class_of_gpu[gpu.first] == owner.unit_class)
      return {owner.kind, folded.class_of_gpu[gpu.first]};
  }
  FAIL("a trunk without a GPU");
  return {};
}

// Returns the folded profile. Times agree to 1e-8 of the step.
IterationProfile check_folding(const Plan& plan) {
  const Solved folded = solved(plan, Folding::kFolded), unfolded = solved(plan, Folding::kUnfolded);
  const double step_s = folded.profile.step_s;
  CHECK(folded.model.gpu_classes.size() < unfolded.model.gpu_classes.size());
  CHECK(unfolded.profile.step_s == Approx(step_s).epsilon(1e-8));
  const auto path = path_of(folded.profile.path.parts), unfolded_path = path_of(unfolded.profile.path.parts);
  for (std::size_t i = 0; i < path.size(); ++i) {
    CAPTURE(i);
    CHECK(unfolded_path[i] == Approx(path[i]).margin(1e-6 * step_s));
  }
  for (std::uint32_t g = 0; g < folded.model.gpus(); ++g) {
    const auto of_class = parts_of(folded.profile.parts_of_class[folded.model.class_of_gpu[g]]);
    const auto of_gpu = parts_of(unfolded.profile.parts_of_class[unfolded.model.class_of_gpu[g]]);
    for (std::size_t i = 0; i < of_class.size(); ++i) {
      CAPTURE(g, i, folded.model.gpu_classes[folded.model.class_of_gpu[g]].stage);
      REQUIRE(of_gpu[i] == Approx(of_class[i]).margin(1e-8 * step_s));
    }
  }
  std::map<std::pair<TrunkKind, std::uint32_t>, double> utilization;
  for (const LinkLoad& link : folded.profile.links)
    utilization[{link.owner.kind, link.owner.unit_class}] = link.utilization;
  for (const LinkLoad& link : unfolded.profile.links) {
    const TrunkOwner owner = folded_owner(folded.model, unfolded.model, link.owner);
    CAPTURE(trunk_word(owner.kind), owner.unit_class);
    REQUIRE(link.utilization == Approx(utilization.at({owner.kind, owner.unit_class})).margin(1e-8));
  }
  return folded.profile;
}

double busiest(const IterationProfile& profile, TrunkKind kind) {
  double utilization = 0;
  for (const LinkLoad& link : profile.links)
    if (link.owner.kind == kind) utilization = std::max(utilization, link.utilization);
  return utilization;
}

Plan with_limit(Plan plan, const char* path, double clock) {
  REQUIRE(gpus_at(plan, path).end > 0);
  Event event;
  event.kind = EventKind::kClockLimit;
  event.path = path;
  event.value = clock;
  plan.events.push_back(event);
  return plan;
}

// A fabric whose leaves serve neighbours and have few uplinks: 72-GPU racks over 32-port leaves, so that flows of
// different classes meet on saturated trunks in unequal numbers.
Plan with_narrow_fabric(Plan plan, int uplinks) {
  plan.site.fabric.rail_optimised = false;
  plan.site.fabric.leaf_ports_up = uplinks;
  return plan;
}

TEST_CASE("a small job folds exactly") { check_folding(small_job()); }

TEST_CASE("a small job with one slower GPU folds exactly") {
  const IterationProfile plain = check_folding(small_job());
  const IterationProfile slower = check_folding(with_limit(small_job(), "hall/row-a/rack-03/compute-02/gpu-2", 0.8));
  CHECK(slower.step_s > 1.01 * plain.step_s);
}

TEST_CASE("a small job with one slower tray folds exactly") {
  check_folding(with_limit(small_job(), "hall/row-a/rack-02/compute-03", 0.9));
}

TEST_CASE("a small job with gradients over the fabric folds exactly") {
  check_folding(small_job({"workload.order=tp-cp-pp-dp"}));
}

TEST_CASE("a small job without overlap of the gradient reduction folds exactly") {
  check_folding(small_job({"workload.overlap_grad_reduce=false"}));
}

TEST_CASE("a small job whose context-parallel groups cross the fabric folds exactly") {
  check_folding(small_job({"workload.order=tp-pp-dp-cp"}));
}

TEST_CASE("a small job that contends for narrow uplinks folds exactly") {
  const Plan wide = small_job({"workload.order=tp-cp-pp-dp", "workload.gpus_per_domain=16"});
  const IterationProfile narrow = check_folding(with_narrow_fabric(wide, 1));
  CHECK(busiest(narrow, TrunkKind::kLeafUp) > 0.1);
  CHECK(busiest(narrow, TrunkKind::kLeafDown) > 0.1);
  CHECK(narrow.step_s > 1.01 * solved(wide, Folding::kFolded).profile.step_s);
}

TEST_CASE("a small job over uneven leaves folds exactly") {
  // 40 GPUs of a rack over leaves of 32 ports: 32 and 8 flows meet on trunks of one width.
  const Plan wide = small_job({"workload.gpus=160", "workload.gpus_per_domain=40", "workload.dp=10",
                               "workload.order=tp-cp-pp-dp", "workload.global_batch=40"});
  const IterationProfile narrow = check_folding(with_narrow_fabric(wide, 2));
  CHECK(narrow.step_s > 1.01 * solved(wide, Folding::kFolded).profile.step_s);
}

TEST_CASE("experts shared out inside an NVLink domain fold exactly") { check_folding(expert_job()); }

TEST_CASE("experts shared out over two NVLink domains fold exactly") {
  const IterationProfile inside = check_folding(expert_job());
  const IterationProfile across = check_folding(expert_job({"workload.gpus_per_domain=4"}));
  CHECK(across.parts.expert_exposed_s > inside.parts.expert_exposed_s);
}

TEST_CASE("experts shared out over the spine fold exactly") {
  const Plan plan = with_narrow_fabric(expert_job({"workload.gpus_per_domain=4"}), 1);
  CHECK(busiest(check_folding(plan), TrunkKind::kLeafUp) > 0.1);
}

TEST_CASE("experts over two NVLink domains with one slower GPU fold exactly") {
  const Plan plan = expert_job({"workload.gpus_per_domain=4"});
  const IterationProfile plain = check_folding(plan);
  CHECK(check_folding(with_limit(plan, "hall/row-a/rack-03/compute-01/gpu-2", 0.8)).step_s > 1.01 * plain.step_s);
}

TEST_CASE("experts whose matrices are shared out too fold exactly") {
  for (const char* per_domain : {"workload.gpus_per_domain=8", "workload.gpus_per_domain=4"})
    check_folding(expert_job({per_domain, "workload.tp=2", "workload.dp=16", "workload.ep=4", "workload.etp=2"}));
  check_folding(expert_job({"workload.tp=2", "workload.dp=16", "workload.etp=1"}));
}

TEST_CASE("an exchange of experts beside the compute of a pipeline folds exactly") {
  const std::vector<std::string> pipeline = {"workload.pp=2", "workload.dp=16", "workload.gpus_per_domain=4",
                                             "workload.overlap_expert_parallel=true"};
  check_folding(expert_job(pipeline));
  check_folding(with_limit(expert_job(pipeline), "hall/row-a/rack-02/compute-01/gpu-1", 0.8));
}

TEST_CASE("fully sharded data parallelism folds exactly") {
  for (const char* sharding : {"workload.sharding=parameters", "workload.sharding=gradients"})
    for (const char* overlap : {"workload.overlap_grad_reduce=true", "workload.overlap_grad_reduce=false"}) {
      CAPTURE(sharding, overlap);
      check_folding(sharded_job({sharding, overlap}));
    }
  check_folding(small_job({"workload.sharding=parameters", "workload.order=tp-cp-pp-dp"}));
}

TEST_CASE("copies of shards fold exactly") {
  check_folding(sharded_job({"workload.shard_ranks=8"}));
  check_folding(small_job({"workload.sharding=parameters", "workload.shard_ranks=2", "workload.order=tp-cp-pp-dp"}));
  check_folding(with_limit(sharded_job({"workload.shard_ranks=4"}), "hall/row-a/rack-02/compute-01/gpu-1", 0.8));
}

TEST_CASE("experts and sharded parameters together fold exactly") {
  check_folding(expert_job({"workload.sharding=parameters", "workload.shard_ranks=16"}));
}

TEST_CASE("rings with unequal shares in their domains fold exactly") {
  check_folding(flagship({"workload.model=llama3.1-8b", "workload.gpus=6", "workload.tp=2", "workload.cp=1",
                          "workload.pp=1", "workload.vp=1", "workload.dp=3", "workload.gpus_per_domain=3",
                          "workload.global_batch=6", "workload.embedding_and_loss_count_as_layers=false"}));
}

TEST_CASE("the flagship folds exactly", "[slow]") { check_folding(flagship({"workload.global_batch=128"})); }

TEST_CASE("the flagship with one slower GPU folds exactly", "[slow]") {
  check_folding(with_limit(flagship({"workload.global_batch=128"}), "hall/row-a/rack-03/compute-07/gpu-2", 0.8));
}

TEST_CASE("the flagship with one slower tray folds exactly", "[slow]") {
  check_folding(with_limit(flagship({"workload.global_batch=128"}), "hall/row-a/rack-03/compute-07", 0.8));
}

TEST_CASE("the flagship with gradients over the fabric folds exactly", "[slow]") {
  check_folding(flagship({"workload.global_batch=128", "workload.order=tp-cp-pp-dp"}));
}

TEST_CASE("the flagship on narrow uplinks folds exactly", "[slow]") {
  const Plan wide = flagship({"workload.global_batch=128", "workload.order=tp-cp-pp-dp"});
  const IterationProfile narrow = check_folding(with_narrow_fabric(wide, 2));
  CHECK(narrow.step_s > 1.01 * solved(wide, Folding::kFolded).profile.step_s);
}

}  // namespace
}  // namespace racktwin
