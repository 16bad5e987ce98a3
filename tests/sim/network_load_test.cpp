#include "sim/workload/network_load.h"

#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// Two classes of racks; in the first four GPUs work at leaf 0, four are idle at leaf 1; in the second two work there.
Model two_leaves(int spines) {
  Model model;
  model.spines = spines;
  GpuClass working, idle, others;
  working.count = idle.count = 4;
  others.count = 2;
  working.stage = others.stage = 0;
  idle.leaf_class = others.leaf_class = 1;
  others.rack_class = 1;
  model.gpu_classes = {working, idle, others};
  model.rack_classes = {{1, 0}, {1, 1}};
  model.leaf_classes = {{1, 0}, {3, 1}};
  return model;
}

IterationProfile loaded() {
  IterationProfile profile;
  profile.links = {{{TrunkKind::kNicUp, 0}, 0.8},   {{TrunkKind::kNicDown, 0}, 0.6}, {{TrunkKind::kLeafDown, 1}, 0.5},
                   {{TrunkKind::kNicDown, 2}, 0.4}, {{TrunkKind::kLeafUp, 0}, 0.3},  {{TrunkKind::kNicUp, 2}, 0.2},
                   {{TrunkKind::kLeafUp, 1}, 0.1},  {{TrunkKind::kNvlinkUp, 0}, 0.9}};
  return profile;
}

TEST_CASE("a rack's load is the mean over its NICs, idle ones included, in the busier direction") {
  const IterationProfile profile = loaded();
  const NetworkLoad load = network_load(two_leaves(2), &profile);
  REQUIRE(load.rack.size() == 2);
  CHECK(load.rack[0] == Approx(0.4));
  CHECK(load.rack[1] == Approx(0.4));
}

TEST_CASE("a leaf's load is that of its ports or of its uplinks, the spine's the mean of all uplinks") {
  const IterationProfile profile = loaded();
  const NetworkLoad load = network_load(two_leaves(2), &profile);
  REQUIRE(load.leaf.size() == 2);
  CHECK(load.leaf[0] == Approx(0.8));
  CHECK(load.leaf[1] == Approx(0.5));
  CHECK(load.spine == Approx(3 * 0.5 / 4));
}

TEST_CASE("without spines a leaf's load is that of its ports to the NICs, and there is no spine to load") {
  const IterationProfile profile = loaded();
  const NetworkLoad load = network_load(two_leaves(0), &profile);
  CHECK(load.leaf[0] == Approx(0.8));
  CHECK(load.leaf[1] == Approx(2 * 0.4 / 6));
  CHECK(std::isnan(load.spine));
}

TEST_CASE("a job that stands still loads nothing") {
  const NetworkLoad load = network_load(two_leaves(2), nullptr);
  CHECK(load.rack == std::vector<double>{0, 0});
  CHECK(load.leaf == std::vector<double>{0, 0});
  CHECK(load.spine == 0);
  CHECK(std::isnan(network_load(two_leaves(0), nullptr).spine));
}

TEST_CASE("pipeline sends between racks load the NICs with their bytes over capacity and step time") {
  // One sequence of 8192 tokens in BF16, hidden size 4096, split over TP 2 x CP 2, is sent forth once and back once
  // between each of eight virtual stages by each GPU, for each of eight micro-batches.
  const Plan plan = small_job();
  const Model model = value_of(build_model(plan));
  const Calibration calibration = test_calibration();
  const std::vector<double> clocks(model.gpu_classes.size(), 1.0);
  const IterationProfile profile = value_of(solve_iteration(plan, model, calibration, clocks));
  const NetworkLoad load = network_load(model, &profile);
  const double message_bytes = 8192.0 * 4096 * 2 / (2 * 2);
  const double micro_batches = 32 / (1 * 4);
  // Stages 2 and 3 send both ways for both of their chunks; the first has no stage before its first chunk and the last
  // none after its last.
  const double sends_of_inner = 2 * 2 * micro_batches, sends_of_outer = sends_of_inner - micro_batches;
  const double capacity_bytes = 50e9 * profile.step_s;
  const auto of_rack = [&](std::uint32_t rack) { return load.rack[model.class_of_rack[rack]]; };
  const double working = 16.0 / 72;
  CHECK(of_rack(1) == Approx(working * sends_of_inner * message_bytes / capacity_bytes));
  CHECK(of_rack(2) == Approx(working * sends_of_inner * message_bytes / capacity_bytes));
  CHECK(of_rack(0) == Approx(working * sends_of_outer * message_bytes / capacity_bytes));
  CHECK(of_rack(3) == Approx(working * sends_of_outer * message_bytes / capacity_bytes));
  CHECK(of_rack(4) == 0);
  CHECK(load.spine == 0);  // rails of one unit meet at a leaf
}

TEST_CASE("a fabric without rails sends over the spine, and folding does not change the loads") {
  Plan plan = small_job();
  plan.site.fabric.rail_optimised = false;
  const auto load_of = [&](Folding folding) {
    const Model model = value_of(build_model(plan, folding));
    const std::vector<double> clocks(model.gpu_classes.size(), 1.0);
    const IterationProfile profile = value_of(solve_iteration(plan, model, test_calibration(), clocks));
    const NetworkLoad load = network_load(model, &profile);
    std::vector<double> values;
    for (const std::uint32_t c : model.class_of_rack) values.push_back(load.rack[c]);
    for (const std::uint32_t c : model.class_of_leaf) values.push_back(load.leaf[c]);
    values.push_back(load.spine);
    return values;
  };
  const std::vector<double> folded = load_of(Folding::kFolded), unfolded = load_of(Folding::kUnfolded);
  CHECK(folded.back() > 0);
  REQUIRE(folded.size() == unfolded.size());
  for (std::size_t i = 0; i < folded.size(); ++i) CHECK(folded[i] == Approx(unfolded[i]).epsilon(1e-7));
}

}  // namespace
}  // namespace racktwin
