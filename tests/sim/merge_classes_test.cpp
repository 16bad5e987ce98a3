// Classes that are alike for now are solved as one: the result is that of all of them, class by class.
#include "sim/model/merge_classes.h"

#include "sim/twin/profiles.h"
#include "sim/workload/links.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <array>
#include <map>

namespace racktwin {
namespace {

Event event_at(EventKind kind, const char* path) {
  Event event;
  event.kind = kind;
  event.path = path;
  return event;
}

// Events tell their paths apart, whether they hold or not.
Plan told_apart(Plan plan, const std::vector<const char*>& paths) {
  for (const char* path : paths) {
    REQUIRE(gpus_at(plan, path).end > 0);
    plan.events.push_back(event_at(EventKind::kClockLimit, path));
  }
  return plan;
}

constexpr const char *kGpu = "hall/row-a/rack-03/compute-02/gpu-2", *kTray = "hall/row-a/rack-02/compute-01",
                     *kRack = "hall/row-a/rack-04";

std::array<double, 9> parts_of(const StepParts& p) {
  return {p.compute_s,      p.memory_s,           p.tensor_exposed_s, p.context_exposed_s, p.expert_exposed_s,
          p.data_exposed_s, p.pipeline_exposed_s, p.optimizer_s,      p.bubble_s};
}

// `slow`: at 85 % of the clock. Returns how many classes were solved, and of how many.
std::pair<std::size_t, std::size_t> check_merging(const Plan& plan, const std::vector<const char*>& slow = {},
                                                  const std::vector<std::string>& failed = {}) {
  const Model model = build_model(plan).value();
  const Calibration calibration = test_calibration();
  const NetworkShare network = network_share(plan.site, model, failed);
  std::vector<double> clocks(model.gpu_classes.size(), 1.0);
  for (const char* path : slow)
    for (std::uint32_t g = gpus_at(plan, path).begin; g < gpus_at(plan, path).end; ++g)
      clocks[model.class_of_gpu[g]] = 0.85;
  const IterationProfile all = solve_iteration(plan, model, calibration, clocks, network).value();
  Profiles profiles(plan, model, calibration);
  const Profiles::Solved solved = profiles.at(clocks, network).value();
  const IterationProfile& merged = *solved.profile;
  CHECK(solved.step_s == Approx(all.step_s).epsilon(1e-9));
  CHECK(merged.step_s == Approx(all.step_s).epsilon(1e-9));
  REQUIRE(merged.activity.size() == model.gpu_classes.size());
  for (std::size_t c = 0; c < model.gpu_classes.size(); ++c) {
    CAPTURE(c, model.gpu_classes[c].stage);
    const auto expected = parts_of(all.parts_of_class[c]), parts = parts_of(merged.parts_of_class[c]);
    for (std::size_t i = 0; i < parts.size(); ++i) REQUIRE(parts[i] == Approx(expected[i]).margin(1e-8 * all.step_s));
    for (const double phase : {0.0, 0.3, 0.72}) {
      const GpuActivity is = merged.activity[c]->mean(phase, phase + 0.1),
                        was = all.activity[c]->mean(phase, phase + 0.1);
      REQUIRE(is.tensor == Approx(was.tensor).margin(1e-6));
      REQUIRE(is.communication == Approx(was.communication).margin(1e-6));
      REQUIRE(is.waiting == Approx(was.waiting).margin(1e-6));
    }
  }
  REQUIRE(merged.links.size() == all.links.size());
  std::map<std::pair<TrunkKind, std::uint32_t>, LinkLoad> loads;
  for (const LinkLoad& link : all.links) loads[{link.owner.kind, link.owner.unit_class}] = link;
  for (const LinkLoad& link : merged.links) {
    const LinkLoad& expected = loads.at({link.owner.kind, link.owner.unit_class});
    REQUIRE(link.utilization == Approx(expected.utilization).epsilon(1e-9));
    REQUIRE(link.bytes == Approx(expected.bytes).epsilon(1e-9));
  }
  std::vector<int> states;
  for (const double clock : clocks) states.push_back(clock < 1 ? 1 : 0);
  const MergedClasses as = merge_classes(model, states, network, uplinks_may_bind(plan, model, network));
  return {as.model.gpu_classes.size(), model.gpu_classes.size()};
}

std::size_t classes_of(const Plan& plan) { return build_model(plan).value().gpu_classes.size(); }

TEST_CASE("classes that events tell apart are solved as without the events while these do not hold") {
  for (const auto& plan :
       {small_job(), small_job({"workload.order=tp-cp-pp-dp"}), small_job({"workload.cp=1", "workload.dp=8"})}) {
    const auto [solved, all] = check_merging(told_apart(plan, {kGpu, kTray, kRack}));
    CHECK(solved <= classes_of(plan));
    CHECK(solved < all);
  }
}

TEST_CASE("what an event slows down is told apart from the rest, but not what another one might") {
  const Plan plan = told_apart(small_job(), {kGpu, kTray, kRack});
  const auto [solved, all] = check_merging(plan, {kTray});
  CHECK(solved < all);
  CHECK(solved > check_merging(plan).first);
  check_merging(plan, {kGpu, kTray});
  check_merging(plan, {kGpu, kTray, kRack});
}

TEST_CASE("experts and sharded parameters are merged exactly") {
  for (const char* per_domain : {"workload.gpus_per_domain=8", "workload.gpus_per_domain=4"}) {
    const Plan plan = told_apart(expert_job({per_domain}), {"hall/row-a/rack-03/compute-01/gpu-2", kTray});
    check_merging(plan);
    check_merging(plan, {kTray});
  }
  const Plan sharded = told_apart(sharded_job({"workload.shard_ranks=4"}), {kTray});
  check_merging(sharded);
  check_merging(sharded, {kTray});
}

TEST_CASE("where uplinks may bind, leaves stay apart, and merging stays exact") {
  Plan plan = told_apart(small_job({"workload.order=tp-cp-pp-dp"}), {kGpu, kTray});
  const Model wide = build_model(plan).value();
  CHECK_FALSE(uplinks_may_bind(plan, wide, {}));
  plan.site.fabric.rail_optimised = false;
  plan.site.fabric.leaf_ports_up = 1;
  const Model narrow = build_model(plan).value();
  CHECK(uplinks_may_bind(plan, narrow, {}));
  const std::vector<int> alike(narrow.gpu_classes.size());
  CHECK(merge_classes(narrow, alike, {}, false).model.leaf_classes.size() == 1);
  CHECK(merge_classes(narrow, alike, {}, true).model.leaf_classes.size() > 1);
  check_merging(plan);
  check_merging(plan, {kTray});
  check_merging(plan, {kGpu, kTray});
}

TEST_CASE("what is left of the network tells classes apart while it has failed") {
  Plan plan = small_job({"site.fabric=superpod-b300-spectrum", "workload.order=tp-cp-pp-dp", "site.racks_per_row=4"});
  const std::vector<std::string> failed = {"hall/row-a/rack-01/switch-tray-03", "hall/network-1/leaf-02",
                                           "hall/network-1/leaf-03/uplink-7"};
  for (const std::string& path : failed) plan.events.push_back(event_at(EventKind::kFailure, path.c_str()));
  const auto [solved, all] = check_merging(plan);
  CHECK(solved < all);
  for (const std::string& path : failed) {
    CAPTURE(path);
    // An uplink less does not slow down what the leaf's NICs send.
    CHECK((check_merging(plan, {}, {path}).first > solved) == (path != failed[2]));
  }
  check_merging(plan, {kTray}, failed);
}

TEST_CASE("the gigawatt is solved as the few classes that sim/model/README.md says", "[slow]") {
  const Plan plan = load_plan(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gigawatt.toml", {}, test_catalog()).value();
  const Model model = build_model(plan).value();
  REQUIRE_FALSE(uplinks_may_bind(plan, model, {}));
  const auto solved_with = [&](const std::string& slow) {
    std::vector<int> states(model.gpu_classes.size());
    const GpuRange gpus = gpus_at(plan, slow);
    for (std::uint32_t g = gpus.begin; g < gpus.end; ++g)  // idle GPUs have no clock
      if (const std::uint32_t c = model.class_of_gpu[g]; model.gpu_classes[c].stage >= 0) states[c] = 1;
    return merge_classes(model, states, {}, false).model.gpu_classes.size();
  };
  CHECK(model.gpu_classes.size() == 448);
  CHECK(solved_with("") == 41);
  CHECK(solved_with("hall/row-c/rack-07") == 49);
  CHECK(solved_with("hall/row-z") == 81);
}

TEST_CASE("GPUs of unfolded models stay by themselves") {
  const Plan plan = small_job();
  const Model model = build_model(plan, Folding::kUnfolded).value();
  const MergedClasses merged = merge_classes(model, std::vector<int>(model.gpu_classes.size()), {}, false);
  CHECK(merged.model.gpu_classes.size() == model.gpu_classes.size());
}

TEST_CASE("a whole scalable unit with many events is merged exactly", "[slow]") {
  const Plan plan = told_apart(flagship({"workload.global_batch=128"}),
                               {kGpu, kTray, kRack, "hall/row-a/rack-07", "hall/row-a/rack-05/compute-09"});
  const auto [solved, all] = check_merging(plan);
  CHECK(solved < all / 4);
  check_merging(plan, {kRack});
}

}  // namespace
}  // namespace racktwin
