#include "sim/model/model.h"

#include "sim/error_text.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <map>
#include <set>

namespace racktwin {
namespace {

Model compile(const Plan& plan, Folding folding = Folding::kFolded) {
  Result<Model> model = build_model(plan, folding);
  if (!model) FAIL(format_errors(model.error(), false));
  return std::move(*model);
}

bool same_place(const Membership& a, const Membership& b) {
  return a.size == b.size && a.in_domain == b.in_domain && a.up == b.up && a.down == b.down &&
         a.across_spine == b.across_spine;
}

// Every member of a class has the place in its groups, the stage and the neighbours that the class claims.
void check_members_are_alike(const Plan& plan) {
  const Model folded = compile(plan), unfolded = compile(plan, Folding::kUnfolded);
  REQUIRE(unfolded.gpu_classes.size() == folded.gpus());
  std::vector<std::uint32_t> counts(folded.gpu_classes.size());
  int wrong = 0;
  for (std::uint32_t g = 0; g < folded.gpus(); ++g) {
    const GpuClass& c = folded.gpu_classes[folded.class_of_gpu[g]];
    const GpuClass& self = unfolded.gpu_classes[unfolded.class_of_gpu[g]];
    ++counts[folded.class_of_gpu[g]];
    const bool alike = c.stage == self.stage && same_place(c.tensor, self.tensor) &&
                       same_place(c.context, self.context) && same_place(c.gradient, self.gradient) &&
                       same_place(c.expert, self.expert) && same_place(c.expert_tensor, self.expert_tensor) &&
                       same_place(c.expert_gradient, self.expert_gradient) && same_place(c.shard, self.shard) &&
                       same_place(c.replica, self.replica) && c.to_next == self.to_next &&
                       c.to_previous == self.to_previous &&
                       (self.next == kNoIndex ? c.next == kNoIndex : c.next == folded.class_of_gpu[self.next]);
    if (!alike) ++wrong;
  }
  CHECK(wrong == 0);
  for (std::size_t c = 0; c < counts.size(); ++c) CHECK(counts[c] == folded.gpu_classes[c].count);
}

TEST_CASE("a job without a stated share of the NVLink domain uses whole stages or replicas") {
  const auto per_domain = [](int tp, int cp, int dp, int pp, int domain) {
    Parallelism p;
    p.tp = tp;
    p.cp = cp;
    p.dp = dp;
    p.pp = pp;
    return default_ranks_per_domain(p, domain);
  };
  CHECK(per_domain(4, 2, 8, 8, 72) == 64);   // a stage of 64
  CHECK(per_domain(8, 1, 12, 1, 72) == 48);  // six replicas of eight
  CHECK(per_domain(8, 1, 39, 1, 72) == 64);  // 39 replicas divide badly: a power of two
  CHECK(per_domain(8, 1, 9, 8, 72) == 72);
  CHECK(per_domain(2, 1, 4, 1, 72) == 8);  // all of a small job
  CHECK(per_domain(8, 1, 16, 4, 8) == 8);  // HGX: a replica in a tray
  CHECK(per_domain(4, 1, 16, 4, 8) == 8);
  CHECK(per_domain(16, 1, 4, 1, 8) == 8);  // a tensor-parallel group over two trays
}

TEST_CASE("rank order is read fastest axis first") {
  Parallelism p;
  p.tp = 2;
  p.cp = 3;
  p.dp = 5;
  p.pp = 7;
  const RankCoordinates at = coordinates_of(p, 1 + 2 * (2 + 3 * (4 + 5 * 6)));
  CHECK(at.tensor == 1);
  CHECK(at.context == 2);
  CHECK(at.data == 4);
  CHECK(at.pipeline == 6);
  p.order = {Axis::kPipeline, Axis::kData, Axis::kTensor, Axis::kContext};
  const RankCoordinates other = coordinates_of(p, 6 + 7 * (4 + 5 * (1 + 2 * 2)));
  CHECK(other.tensor == 1);
  CHECK(other.context == 2);
  CHECK(other.data == 4);
  CHECK(other.pipeline == 6);
}

TEST_CASE("each rack of the flagship is one pipeline stage and eight of its GPUs are idle") {
  const Model model = compile(flagship({}));
  CHECK(model.gpus() == 576);
  CHECK(model.ranks == 512);
  CHECK(model.rack_classes.size() == 8);
  CHECK(model.gpu_classes.size() == 16);
  for (std::uint32_t g = 0; g < model.gpus(); ++g) {
    const GpuClass& c = model.gpu_classes[model.class_of_gpu[g]];
    const bool works = g % 72 < 64;
    REQUIRE((c.stage >= 0) == works);
    REQUIRE((model.rank_of_gpu[g] != kNoIndex) == works);
    if (!works) continue;
    REQUIRE(c.stage == static_cast<int>(g / 72));
    REQUIRE(c.tensor.size == 4);
    REQUIRE(c.context.size == 2);
    REQUIRE(c.gradient.size == 16);
    REQUIRE_FALSE(c.gradient.spans_domains());
    REQUIRE(c.to_next == Hop::kLeaf);  // equal rails share a leaf
  }
}

TEST_CASE("where data parallelism is the slowest axis its rings cross the fabric") {
  const Model model = compile(flagship({"workload.order=tp-cp-pp-dp"}));
  for (const GpuClass& c : model.gpu_classes) {
    if (c.stage < 0) continue;
    CHECK(c.gradient.size == 16);
    CHECK(c.gradient.in_domain == 2);  // the context-parallel pair
    CHECK(c.gradient.up == Hop::kLeaf);
    CHECK(c.gradient.down == Hop::kLeaf);
    CHECK(c.to_next == Hop::kNvlink);
  }
}

TEST_CASE("an event on one GPU splits only what can tell the difference") {
  Plan plan = flagship({});
  Event event;
  event.kind = EventKind::kClockLimit;
  event.path = "hall/row-a/rack-03/compute-07/gpu-2";
  event.value = 0.5;
  plan.events.push_back(event);
  const Model plain = compile(flagship({})), model = compile(plan);
  const std::uint32_t hot = model.class_of_gpu[gpus_at(plan, plan.events.back().path).begin];
  CHECK(model.gpu_classes[hot].count == 1);
  CHECK(model.gpu_classes.size() > plain.gpu_classes.size());
  CHECK(model.gpu_classes.size() < 200);
  CHECK(model.rack_classes.size() == 8);
  CHECK(model.class_of_rack[2] != model.class_of_rack[3]);
}

TEST_CASE("all members of a class are alike") {
  SECTION("the flagship") { check_members_are_alike(flagship({})); }
  SECTION("data parallelism between racks") { check_members_are_alike(flagship({"workload.order=tp-cp-pp-dp"})); }
  SECTION("pipeline within a rack") { check_members_are_alike(flagship({"workload.order=pp-tp-cp-dp"})); }
  SECTION("all 72 GPUs of a rack, stages that straddle racks") {
    check_members_are_alike(flagship({"workload.gpus_per_domain=72"}));
  }
  SECTION("tensor-parallel groups that straddle racks") {
    check_members_are_alike(flagship({"workload.gpus_per_domain=66"}));
  }
  SECTION("rings with unequal shares in two domains") {
    check_members_are_alike(flagship({"workload.model=llama3.1-8b", "workload.gpus=6", "workload.tp=2", "workload.cp=1",
                                      "workload.pp=1", "workload.vp=1", "workload.dp=3", "workload.gpus_per_domain=3",
                                      "workload.global_batch=3", "workload.embedding_and_loss_count_as_layers=false"}));
  }
  SECTION("experts over two domains, each shared out too") {
    check_members_are_alike(expert_job(
        {"workload.tp=2", "workload.dp=16", "workload.ep=4", "workload.etp=2", "workload.gpus_per_domain=4"}));
  }
  SECTION("experts over the spine") {
    Plan plan = expert_job({"workload.gpus_per_domain=4"});
    plan.site.fabric.rail_optimised = false;
    check_members_are_alike(plan);
  }
  SECTION("copies of shards") { check_members_are_alike(sharded_job({"workload.shard_ranks=4"})); }
  SECTION("a fabric without rails") {
    Plan plan = flagship({});
    plan.site.fabric.rail_optimised = false;
    check_members_are_alike(plan);
  }
}

using Group = Membership GpuClass::*;

// Who is in the group of every GPU, one domain of eight: GPU i has rank i.
std::set<std::vector<std::uint32_t>> groups_of(const Model& unfolded, Group group) {
  std::set<std::vector<std::uint32_t>> groups;
  for (const GpuClass& gpu : unfolded.gpu_classes) {
    if ((gpu.*group).group == kNoIndex) continue;
    std::vector<std::uint32_t> members;
    for (const std::uint32_t c : unfolded.group_classes[(gpu.*group).group].gpu_classes)
      members.push_back(unfolded.gpu_classes[c].first);
    groups.insert(members);
  }
  return groups;
}

using Groups = std::set<std::vector<std::uint32_t>>;

TEST_CASE("ranks share out experts in Megatron's order: matrices first, then experts, then copies") {
  const std::vector<std::string> eight = {"workload.gpus=8", "workload.tp=2", "workload.dp=4", "workload.ep=2",
                                          "workload.sequence=512"};
  const auto with = [&](const char* more) {
    std::vector<std::string> assignments = eight;
    assignments.push_back(more);
    return compile(expert_job(assignments), Folding::kUnfolded);
  };
  const Model shared = with("workload.etp=2");
  CHECK(groups_of(shared, &GpuClass::expert_tensor) == Groups{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(groups_of(shared, &GpuClass::expert) == Groups{{0, 2}, {1, 3}, {4, 6}, {5, 7}});
  CHECK(groups_of(shared, &GpuClass::expert_gradient) == Groups{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  const Model whole = with("workload.etp=1");
  CHECK(groups_of(whole, &GpuClass::expert_tensor).empty());
  CHECK(groups_of(whole, &GpuClass::expert) == Groups{{0, 1}, {2, 3}, {4, 5}, {6, 7}});
  CHECK(groups_of(whole, &GpuClass::expert_gradient) == Groups{{0, 2, 4, 6}, {1, 3, 5, 7}});
}

TEST_CASE("expert groups stay inside their pipeline stage, wherever the stages are in the rank order") {
  for (const char* order : {"workload.order=tp-cp-dp-pp", "workload.order=pp-tp-cp-dp"}) {
    const Model model = compile(expert_job({"workload.gpus=8", "workload.dp=4", "workload.pp=2", "workload.ep=2",
                                            "workload.sequence=512", order}),
                                Folding::kUnfolded);
    const bool stages_first = std::string(order).find("pp-tp") != std::string::npos;
    CHECK(groups_of(model, &GpuClass::expert) ==
          (stages_first ? Groups{{0, 2}, {1, 3}, {4, 6}, {5, 7}} : Groups{{0, 1}, {2, 3}, {4, 5}, {6, 7}}));
  }
}

TEST_CASE("neighbours share out parameters, equal places hold copies") {
  const Model model =
      compile(sharded_job({"workload.gpus=8", "workload.dp=8", "workload.shard_ranks=4"}), Folding::kUnfolded);
  CHECK(groups_of(model, &GpuClass::shard) == Groups{{0, 1, 2, 3}, {4, 5, 6, 7}});
  CHECK(groups_of(model, &GpuClass::replica) == Groups{{0, 4}, {1, 5}, {2, 6}, {3, 7}});
  CHECK(groups_of(compile(sharded_job({"workload.gpus=8", "workload.dp=8"}), Folding::kUnfolded), &GpuClass::shard)
            .empty());
}

TEST_CASE("a rank of an expert group counts those whose leaf on its own rail is another") {
  const auto places = [](int ports, bool rails) {
    Plan plan = expert_job({"workload.gpus=16", "workload.dp=16", "workload.gpus_per_domain=2"});
    plan.site.fabric.leaf_ports_down = ports;
    plan.site.fabric.rail_optimised = rails;
    plan.site.fabric.tiers = 3;  // the smallest leaves are too many for two
    std::set<std::uint32_t> across;
    for (const GpuClass& c : compile(plan, Folding::kUnfolded).gpu_classes)
      if (c.stage >= 0) across.insert(c.expert.across_spine);
    return across;
  };
  // Eight ranks, two in each of four domains.
  CHECK(places(32, true) == std::set<std::uint32_t>{0});    // a leaf has a rail of all domains
  CHECK(places(2, true) == std::set<std::uint32_t>{4});     // a rail of two domains
  CHECK(places(1, true) == std::set<std::uint32_t>{6});     // of one
  CHECK(places(32, false) == std::set<std::uint32_t>{6});   // neighbours: a domain has leaves of its own
  CHECK(places(144, false) == std::set<std::uint32_t>{4});  // two domains
}

TEST_CASE("paths name the site, rows, racks, trays and GPUs, and shelves stand for their rack") {
  const Plan plan = flagship({});
  const auto range = [&](const char* path) {
    const GpuRange r = gpus_at(plan, path);
    return std::pair(r.begin, r.end);
  };
  CHECK(range("hall/row-a/rack-01") == std::pair(0u, 72u));
  CHECK(range("hall/row-a/rack-03") == std::pair(144u, 216u));
  CHECK(range("hall/row-a/rack-03/compute-07") == std::pair(168u, 172u));
  CHECK(range("hall/row-a/rack-03/compute-07/gpu-2") == std::pair(170u, 171u));
  CHECK(range("hall") == std::pair(0u, 576u));
  CHECK(range("hall/row-a") == std::pair(0u, 576u));
  CHECK(range("hall/row-a/rack-03/power-shelf-02") == range("hall/row-a/rack-03"));
  for (const char* nothing :
       {"", "hal", "hall/row-b", "hall/row-a/rack-03/power-shelf-09", "hall/row-a/rack-09",
        "hall/row-a/rack-03/compute-07/gpu-4", "hall/row-a/rack-03/compute-19", "hall/row-a/rack-03/"})
    CHECK(range(nothing) == std::pair(0u, 0u));
}

TEST_CASE("a job that needs more NVLink domains than the site has is refused") {
  Plan plan = flagship({});
  plan.workload.ranks_per_domain = 32;
  const Result<Model> model = build_model(plan);
  REQUIRE_FALSE(model);
  CHECK(model.error().front().code == ErrorCode::kBadInput);
  CHECK(model.error().front().message.find("16 NVLink domains") != std::string::npos);
}

TEST_CASE("leaves never serve more GPUs than they have ports") {
  for (const bool rails : {true, false})
    for (const int racks : {1, 3, 8, 20, 40}) {
      Plan plan =
          small_job({"site.fabric=superpod-gb200-ndr", "site.racks_per_row=" + std::to_string(racks < 4 ? 4 : racks)});
      plan.site.fabric.rail_optimised = rails;
      const Model model = compile(plan);
      std::map<std::uint32_t, int> served;
      for (const std::uint32_t leaf : model.leaf_of_gpu) ++served[leaf];
      CAPTURE(rails, racks);
      CHECK(static_cast<int>(served.size()) == model.leaves);
      for (const auto& [leaf, gpus] : served) REQUIRE(gpus <= plan.site.fabric.leaf_ports_down);
    }
}

}  // namespace
}  // namespace racktwin
