#include "sim/workload/profile.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

// One GPU class of two GPUs that works.
Model one_class() {
  Model model;
  GpuClass gpu;
  gpu.count = 2;
  gpu.stage = 0;
  model.gpu_classes = {gpu};
  return model;
}

TEST_CASE("an activity profile integrates what was added, exactly over any window") {
  ActivityProfile profile;
  profile.add(ActivityProfile::kTensor, 2, 6, 0.5, 10);        // half the tensor units from phase 0.2 to 0.6
  profile.add(ActivityProfile::kCommunication, 0, 10, 1, 10);  // always
  profile.finish();
  CHECK(profile.mean(0, 1).tensor == Approx(0.2));
  CHECK(profile.mean(0.25, 0.5).tensor == Approx(0.5));
  CHECK(profile.mean(0.7, 0.9).tensor == Approx(0).margin(1e-12));
  CHECK(profile.mean(0.1, 0.9).tensor == Approx(0.2 / 0.8).epsilon(2e-3));
  CHECK(profile.mean(0.3, 0.8).communication == Approx(1));
  CHECK(profile.mean(0, 1).memory == 0);
  CHECK(profile.bin(100).tensor == Approx(0.5));
  CHECK(profile.bin(200).tensor == Approx(0).margin(1e-12));
}

TEST_CASE("beyond its end the iteration repeats") {
  ActivityProfile profile;
  profile.add(ActivityProfile::kTensor, 0, 5, 1, 10);
  profile.finish();
  CHECK(profile.mean(0, 7).tensor == Approx(0.5));
  CHECK(profile.mean(0.75, 1.25).tensor == Approx(0.5));
  CHECK(profile.mean(3.0, 3.5).tensor == Approx(1));
  CHECK(profile.mean(0.25, 0.25).tensor == Approx(1));  // an instant
  CHECK(profile.mean(2.75, 2.75).tensor == Approx(0).margin(1e-12));
}

TEST_CASE("every moment of a step is booked to one part, a transfer beside compute to none") {
  ActivityGraphBuilder builder(1);
  const std::uint32_t trunk = builder.add_trunk({10, 2});
  const std::uint32_t route = builder.add_route({2, 100, {trunk}});
  builder.add_exec(ActivityKind::kForward, 0, 4, 0.75, 0);
  builder.add_comm(ActivityKind::kTensorParallel, 0, route, 10, 0, 0);
  builder.add_comm(ActivityKind::kContextParallel, 0, route, 10, 0, 0);
  builder.add_exec(ActivityKind::kBackward, 0, 2, 0.5, 0);
  builder.add_comm(ActivityKind::kGradReduce, 0, route, 10, 0, 0);
  builder.add_exec(ActivityKind::kOptimizer, 0, 1, 0, 0);
  Iteration iteration;
  iteration.graph = builder.finish();
  iteration.trunk_owners = {{TrunkKind::kNicUp, 0}};
  iteration.hidden_bytes = {0};
  ActivityTimes times;  // forward 0-4, tp 3-6, cp 5-7, backward 8-10, gradients 9-13, optimizer 13-14
  times.start_s = {0, 3, 5, 8, 9, 13};
  times.end_s = {4, 6, 7, 10, 13, 14};
  const IterationProfile profile = profile_of(one_class(), iteration, times);
  CHECK(profile.step_s == 14);
  const StepParts& parts = profile.parts_of_class[0];
  CHECK(parts.compute_s == Approx(4 * 0.75 + 2 * 0.5));
  CHECK(parts.memory_s == Approx(4 * 0.25 + 2 * 0.5));
  CHECK(parts.tensor_exposed_s == Approx(2));   // 4-6
  CHECK(parts.context_exposed_s == Approx(1));  // 6-7, before that the tensor-parallel one counts
  CHECK(parts.bubble_s == Approx(1));           // 7-8
  CHECK(parts.data_exposed_s == Approx(3));     // 10-13
  CHECK(parts.pipeline_exposed_s == 0);
  CHECK(parts.optimizer_s == Approx(1));
  CHECK(parts.total_s() == Approx(14));
  CHECK(profile.parts.total_s() == Approx(14));
  CHECK(profile.activity[0]->mean(0, 1).communication == Approx((3 + 1 + 4) / 14.0));
  CHECK(profile.activity[0]->mean(0, 1).tensor == Approx(4 / 14.0));
  CHECK(profile.activity[0]->mean(0, 1).memory == Approx(3 / 14.0));  // the optimizer is bound by memory
  REQUIRE(profile.links.size() == 1);
  CHECK(profile.links[0].utilization == Approx(3 * 2 * 10 / (2 * 10 * 14.0)));
  CHECK(profile.links[0].bytes == 30);
  REQUIRE(profile.busiest.size() == 1);
  CHECK(profile.busiest[0].peak == Approx((10 / 3.0 + 10 / 2.0) / 10));  // 5-6: two transfers at their mean rates
}

TEST_CASE("the parts of every class of a job sum to its step, idle GPUs have none") {
  for (const char* order : {"workload.order=tp-cp-dp-pp", "workload.order=tp-cp-pp-dp", "workload.order=pp-dp-tp-cp"}) {
    CAPTURE(order);
    const Plan plan = small_job({order});
    const Result<Model> model = build_model(plan);
    REQUIRE(model);
    const auto profile =
        solve_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
    REQUIRE(profile);
    CHECK(profile->parts.total_s() == Approx(profile->step_s).epsilon(1e-9));
    for (std::size_t c = 0; c < model->gpu_classes.size(); ++c) {
      const double total_s = profile->parts_of_class[c].total_s();
      CHECK(total_s == (model->gpu_classes[c].stage < 0 ? Approx(0) : Approx(profile->step_s).epsilon(1e-9)));
    }
    CHECK(profile->path.parts.total_s() == Approx(profile->step_s).epsilon(1e-9));
    CHECK(profile->path.parts.compute_s > 0);
    CHECK(profile->path.parts.compute_s < profile->step_s);
    for (std::size_t i = 0; i < profile->links.size(); ++i) {
      CHECK(profile->links[i].utilization >= 0);
      CHECK(profile->links[i].utilization <= 1 + 1e-9);
      if (i > 0) CHECK(profile->links[i].utilization <= profile->links[i - 1].utilization);
    }
  }
}

TEST_CASE("no link carries more than its capacity, however narrow the fabric") {
  Plan plan =
      small_job({"workload.order=tp-pp-dp-cp", "workload.sequence=131072"});  // keys and values cross the fabric
  plan.site.fabric.rail_optimised = false;
  for (const int uplinks : {32, 4, 1}) {
    CAPTURE(uplinks);
    plan.site.fabric.leaf_ports_up = uplinks;
    plan.site.fabric.port_bytes_per_s.value = 50e9;
    const Result<Model> model = build_model(plan);
    REQUIRE(model);
    for (const double share : {1.0, 0.25}) {  // of the bandwidth of a port
      plan.site.fabric.port_bytes_per_s.value = share * 50e9;
      const auto profile =
          solve_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
      REQUIRE(profile);
      CHECK(profile->links.front().utilization <= 1 + 1e-9);
    }
  }
}

TEST_CASE("gradients that do not overlap wait until all backward passes have ended") {
  const Plan plan = small_job({"workload.overlap_grad_reduce=false"});
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  const Iteration iteration =
      build_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
  const auto times = solve(iteration.graph);
  REQUIRE(times);
  std::vector<double> last_backward(model->gpu_classes.size());
  for (std::size_t a = 0; a < iteration.graph.size(); ++a)
    if (iteration.graph.kind[a] == ActivityKind::kBackward)
      last_backward[iteration.graph.gpu_class[a]] =
          std::max(last_backward[iteration.graph.gpu_class[a]], times->end_s[a]);
  int early = 0;
  for (std::size_t a = 0; a < iteration.graph.size(); ++a)
    if (iteration.graph.kind[a] == ActivityKind::kGradReduce &&
        times->start_s[a] < last_backward[iteration.graph.gpu_class[a]])
      ++early;
  CHECK(early == 0);
}

TEST_CASE("full recompute repeats the exchange of keys and values") {
  const auto context_bytes = [](const char* recompute) {
    const Plan plan = small_job({recompute});
    const Result<Model> model = build_model(plan);
    REQUIRE(model);
    const Iteration iteration =
        build_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
    double bytes = 0;  // of activities and hidden ones, all on NVLink
    for (std::size_t a = 0; a < iteration.graph.size(); ++a)
      if (iteration.graph.kind[a] == ActivityKind::kContextParallel)
        bytes += iteration.graph.amount[a] * iteration.graph.routes[iteration.graph.route[a]].flows;
    for (std::size_t t = 0; t < iteration.hidden_bytes.size(); ++t)
      if (iteration.trunk_owners[t].kind == TrunkKind::kNvlinkUp) bytes += iteration.hidden_bytes[t];
    return bytes;
  };
  CHECK(context_bytes("workload.recompute=full") == Approx(context_bytes("workload.recompute=none") * 4 / 3));
}

}  // namespace
}  // namespace racktwin
