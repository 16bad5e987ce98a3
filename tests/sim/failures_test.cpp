#include "sim/model/failures.h"

#include "sim/twin/twin.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

// On two planes, and so that pipeline sends and data-parallel rings cross the spines.
const std::vector<std::string> kTwoPlanes = {"site.fabric=superpod-b300-spectrum", "workload.order=tp-cp-pp-dp",
                                             "workload.gpus_per_domain=16", "site.racks_per_row=4"};

Plan with_failures(const std::vector<std::string>& paths, const std::vector<std::string>& assignments = {}) {
  Plan plan = small_job(assignments);
  for (const std::string& path : paths) {
    Event event;
    event.kind = EventKind::kFailure;
    event.path = path;
    plan.events.push_back(event);
  }
  return plan;
}

Model compiled(const Plan& plan, Folding folding = Folding::kFolded) {
  Result<Model> model = build_model(plan, folding);
  if (!model) FAIL(format_errors(model.error(), false));
  return std::move(*model);
}

struct Outcome {
  Model model;
  NetworkShare share;
  const GpuClass& gpu(std::uint32_t g) const { return model.gpu_classes[model.class_of_gpu[g]]; }
  double nvlink(std::uint32_t g) const { return share.nvlink_of(model.class_of_gpu[g]); }
  double nic(std::uint32_t g) const { return share.nic_of(model.class_of_gpu[g]); }
  double uplinks(std::uint32_t leaf) const { return share.uplinks_of(model.class_of_leaf[leaf]); }
};

Outcome outcome_of(const std::vector<std::string>& paths, const std::vector<std::string>& assignments = {}) {
  const Plan plan = with_failures(paths, assignments);
  Outcome outcome{compiled(plan), {}};
  outcome.share = network_share(plan.site, outcome.model, paths);
  return outcome;
}

double step_s(const std::vector<std::string>& paths, const std::vector<std::string>& assignments = {},
              Folding folding = Folding::kFolded) {
  const Plan plan = with_failures(paths, assignments);
  const Model model = compiled(plan, folding);
  const auto profile =
      solve_iteration(plan, model, test_calibration(), std::vector<double>(model.gpu_classes.size(), 1),
                      network_share(plan.site, model, paths));
  if (!profile) FAIL(format_errors(profile.error(), false));
  return profile->step_s;
}

const std::string kRack = "hall/row-a/rack-02";
constexpr std::uint32_t kInRack = 72 + 5, kElsewhere = 5;

TEST_CASE("an NVSwitch chip is an eighteenth of its rack's NVLink, a switch tray a ninth") {
  const Outcome chip = outcome_of({kRack + "/switch-tray-03/nvswitch-2"});
  CHECK(chip.nvlink(kInRack) == Approx(17.0 / 18));
  CHECK(chip.nvlink(kElsewhere) == 1);
  CHECK(chip.nic(kInRack) == 1);
  CHECK(outcome_of({kRack + "/switch-tray-03"}).nvlink(kInRack) == Approx(8.0 / 9));
  const std::vector<std::string> two = {kRack + "/switch-tray-03/nvswitch-1", kRack + "/switch-tray-04/nvswitch-1"};
  CHECK(outcome_of(two).nvlink(kInRack) == Approx(16.0 / 18));
  const std::vector<std::string> nested = {kRack + "/switch-tray-03", kRack + "/switch-tray-03/nvswitch-1"};
  CHECK(outcome_of(nested).nvlink(kInRack) == Approx(8.0 / 9));
}

TEST_CASE("an NVSwitch chip of a node is a quarter of that node's NVLink and of no other's") {
  Plan plan = with_failures({"hall/row-a/rack-01/compute-02/nvswitch-4"},
                            {"site.rack=hgx-h100", "site.racks_per_row=4", "workload.gpus_per_domain=8", "event=[]"});
  const Model model = compiled(plan);
  const NetworkShare share = network_share(plan.site, model, {plan.events.back().path});
  CHECK(share.nvlink_of(model.class_of_gpu[8]) == Approx(0.75));
  CHECK(share.nvlink_of(model.class_of_gpu[0]) == 1);
}

TEST_CASE("one NVLink of a GPU is that GPU's alone") {
  const Outcome link = outcome_of({kRack + "/compute-02/gpu-1/nvlink-18"});
  CHECK(link.nvlink(72 + 5) == Approx(17.0 / 18));
  CHECK(link.nvlink(72 + 4) == 1);
  CHECK(link.gpu(72 + 5).count == 1);
}

TEST_CASE("a plane is half of everybody's fabric, a leaf of a plane half of its own GPUs'") {
  const Outcome plane = outcome_of({"hall/network/plane-2"}, kTwoPlanes);
  for (std::uint32_t g = 0; g < plane.model.gpus(); ++g) REQUIRE(plane.nic(g) == Approx(0.5));
  CHECK(plane.uplinks(0) == Approx(0.5));
  CHECK(plane.nvlink(0) == 1);
  const Outcome leaf = outcome_of({"hall/network-1/leaf-02"}, kTwoPlanes);
  REQUIRE(leaf.model.fabric.leaves > 1);
  for (std::uint32_t g = 0; g < leaf.model.gpus(); ++g)
    REQUIRE(leaf.nic(g) == (leaf.model.leaf_of_gpu[g] == 1 ? 0.5 : 1));
  const Outcome both = outcome_of({"hall/network/plane-1", "hall/network-1/leaf-02"}, kTwoPlanes);
  for (std::uint32_t g = 0; g < both.model.gpus(); ++g) REQUIRE(both.nic(g) == Approx(0.5));  // the leaf is of plane 1
}

TEST_CASE("an uplink and a spine take their share of a leaf's way up") {
  const std::vector<std::string> one_plane = {"site.racks_per_row=8"};
  const Outcome uplink = outcome_of({"hall/network-1/leaf-03/uplink-7"}, one_plane);
  REQUIRE(uplink.model.fabric.leaf_uplinks == 32);
  CHECK(uplink.uplinks(2) == Approx(31.0 / 32));
  CHECK(uplink.uplinks(1) == 1);
  const Outcome spine = outcome_of({"hall/network-1/spine-01"}, one_plane);
  REQUIRE(spine.model.fabric.spines == 16);
  for (std::uint32_t l = 0; l < 18; ++l) REQUIRE(spine.uplinks(l) == Approx(15.0 / 16));
  CHECK(spine.nic(0) == 1);
}

TEST_CASE("with its only leaf lost a GPU that needs the fabric is cut off, one that does not works on") {
  const Outcome leaf = outcome_of({"hall/network-1/leaf-01"}, {"site.racks_per_row=8"});
  CHECK(leaf.nic(0) == 0);
  CHECK(is_cut_off(leaf.model, leaf.share));
  CHECK_FALSE(is_cut_off(leaf.model, {}));
  const std::vector<std::string> one_rack = {"workload.pp=1", "workload.vp=1", "workload.dp=16",
                                             "workload.gpus_per_domain=64", "site.racks_per_row=8"};
  const Outcome inside = outcome_of({"hall/network-1/leaf-01"}, one_rack);
  CHECK(inside.nic(0) == 0);
  CHECK_FALSE(is_cut_off(inside.model, inside.share));
}

TEST_CASE("what fails slows the step, the more the more of it fails, and folding changes nothing") {
  const double healthy = step_s({});
  const double chip = step_s({kRack + "/switch-tray-03/nvswitch-2"});
  const double tray = step_s({kRack + "/switch-tray-03"});
  CHECK(chip > healthy * 1.0001);
  CHECK(tray > chip * 1.0001);
  CHECK(step_s({kRack + "/switch-tray-03"}, {}, Folding::kUnfolded) == Approx(tray).epsilon(1e-8));
  const double planes = step_s({}, kTwoPlanes);
  const double plane = step_s({"hall/network/plane-1"}, kTwoPlanes);
  CHECK(plane > planes * 1.01);
  const double leaf = step_s({"hall/network-1/leaf-02"}, kTwoPlanes);
  CHECK(leaf > planes * 1.01);
  CHECK(leaf <= plane * (1 + 1e-9));
  CHECK(step_s({"hall/network-1/leaf-02"}, kTwoPlanes, Folding::kUnfolded) == Approx(leaf).epsilon(1e-8));
}

TEST_CASE("paths of parts that do not exist are none") {
  const Plan plan = small_job({"site.racks_per_row=8"});
  const Fabric fabric = fabric_of(plan.site).value();
  for (const std::string& path : network_part_examples(plan.site, fabric)) {
    CAPTURE(path);
    CHECK(network_part(plan.site, fabric, path).has_value());
  }
  for (const char* path : {"hall/row-a/rack-02/switch-tray-10", "hall/row-a/rack-09/switch-tray-01",
                           "hall/row-a/rack-02/switch-tray-01/nvswitch-3", "hall/row-a/rack-02/compute-01/nvswitch-1",
                           "hall/row-a/rack-02/compute-01/gpu-0/nvlink-19", "hall/network-1/leaf-19",
                           "hall/network-2/leaf-01", "hall/network-1/core-01", "hall/network/plane-2",
                           "hall/network-1/leaf-01/uplink-33", "hall/row-a/rack-02", "plane-1", ""}) {
    CAPTURE(path);
    CHECK_FALSE(network_part(plan.site, fabric, path).has_value());
  }
}

TEST_CASE("in a run a failure lasts until it is repaired, and a cut network stops the job meanwhile") {
  Plan plan = small_job({"site.racks_per_row=8", "duration=3 min"});
  plan.events.clear();
  Event event;
  event.kind = EventKind::kFailure;
  event.path = "hall/network-1/leaf-01";
  event.what = "failed";
  event.what_then = "repaired";
  event.time_s = 60;
  event.until_s = 120;
  plan.events.push_back(event);
  const Calibration calibration = test_calibration();
  RunOptions options;
  const auto cut = run_twin(plan, calibration, options);
  REQUIRE(cut);
  bool is_told = false;
  for (const EventRow& row : cut->events) is_told = is_told || row.what == "the network is cut: the job stands still";
  CHECK(is_told);
  plan.events.clear();
  const auto whole = run_twin(plan, calibration, options);
  REQUIRE(whole);
  const auto steps = [](const RunOutcome& outcome) {
    for (const SummaryRow& row : outcome.summary)
      if (row.name == "steps_completed") return row.value;
    return 0.0;
  };
  CHECK(steps(*cut) == Approx(steps(*whole) * 2 / 3).epsilon(0.02));
}

}  // namespace
}  // namespace racktwin
