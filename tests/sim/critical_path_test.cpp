#include "sim/workload/critical_path.h"

#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

// `classes` classes of one GPU, each a stage; the next of each is the one behind it.
Model pipeline(std::uint32_t classes) {
  Model model;
  for (std::uint32_t c = 0; c < classes; ++c) {
    GpuClass gpu;
    gpu.count = 1;
    gpu.stage = static_cast<int>(c);
    gpu.next = (c + 1) % classes;
    gpu.previous = (c + classes - 1) % classes;
    model.gpu_classes.push_back(gpu);
  }
  return model;
}

TEST_CASE("the critical path goes back through the predecessor that ended last") {
  ActivityGraphBuilder builder(1);
  const std::uint32_t quick = builder.add_exec(ActivityKind::kForward, 0, 1, 1, 0);
  const std::uint32_t slow = builder.add_exec(ActivityKind::kForward, 0, 3, 0.5, 0);
  const std::uint32_t join = builder.add_join();
  const std::uint32_t last = builder.add_exec(ActivityKind::kBackward, 0, 2, 0.25, 0);
  builder.connect(quick, join);
  builder.connect(slow, join);
  builder.connect(join, last);
  const CriticalPath path = critical_path(pipeline(1), builder.finish(), {{0, 0, 3, 3}, {1, 3, 3, 5}});
  CHECK(path.activities == std::vector<std::uint32_t>{slow, last});
  CHECK(path.parts.compute_s == Approx(3 * 0.5 + 2 * 0.25));
  CHECK(path.parts.memory_s == Approx(3 * 0.5 + 2 * 0.75));
  CHECK(path.parts.total_s() == Approx(5));
  REQUIRE(path.sections.size() == 1);
  CHECK(path.sections[0].end_s == 5);
}

TEST_CASE("a transfer on the critical path is split into latency, its time alone, and contention") {
  ActivityGraphBuilder builder(2);
  const std::uint32_t trunk = builder.add_trunk({10, 1});
  const std::uint32_t route = builder.add_route({1, 8, {trunk}}), other = builder.add_route({1, 8, {trunk}});
  const std::uint32_t forward = builder.add_exec(ActivityKind::kForward, 0, 2, 1, 0);
  const std::uint32_t send = builder.add_comm(ActivityKind::kPipelineForward, 0, route, 16, 0.5, 0);
  const std::uint32_t received = builder.add_exec(ActivityKind::kForward, 1, 1, 1, 0);
  const std::uint32_t gather = builder.add_comm(ActivityKind::kParamGather, 0, other, 16, 0.25, 0);  // shares the trunk
  builder.connect(forward, send);
  builder.connect(send, received);
  builder.connect(forward, gather);
  const ActivityGraph graph = builder.finish();
  const Result<ActivityTimes> times = solve(graph);
  REQUIRE(times);
  // Alone 2 s at 8 B/s; both flows have 5 B/s from 2.5 s on, until the gather has moved its 16 B.
  const CriticalPath path = critical_path(pipeline(2), graph, *times);
  CHECK(path.activities == std::vector<std::uint32_t>{forward, send, received});
  CHECK(path.parts.pipeline.latency_s == Approx(0.5));
  CHECK(path.parts.pipeline.transfer_s == Approx(2));
  const double gathered_s = 2.5 + (16 - 0.25 * 8) / 5, sent = (gathered_s - 2.5) * 5;
  CHECK(path.parts.pipeline.contention_s == Approx(gathered_s + (16 - sent) / 8 - 2.5 - 2));
  CHECK(path.parts.data.total_s() == 0);
  CHECK(path.parts.total_s() == Approx(times->end_s[received]));
  // A send is its receiver's: it waits.
  REQUIRE(path.sections.size() == 2);
  CHECK(path.sections[0].gpu_class == 0);
  CHECK(path.sections[0].end_s == Approx(2));
  CHECK(path.sections[1].gpu_class == 1);
}

TEST_CASE("of predecessors that end at once the critical path takes one of its own class") {
  ActivityGraphBuilder builder(2);
  const std::uint32_t other = builder.add_exec(ActivityKind::kForward, 0, 3, 1, 0);
  const std::uint32_t own = builder.add_exec(ActivityKind::kForward, 1, 3, 0, 0);
  const std::uint32_t inner = builder.add_join(), outer = builder.add_join();
  const std::uint32_t last = builder.add_exec(ActivityKind::kBackward, 1, 1, 0, 0);
  builder.connect(other, inner);
  builder.connect(own, inner);
  builder.connect(inner, outer);
  builder.connect(other, outer);
  builder.connect(outer, last);
  const CriticalPath path = critical_path(pipeline(2), builder.finish(), {{0, 0, 3, 3, 3}, {3, 3, 3, 3, 4}});
  CHECK(path.activities == std::vector<std::uint32_t>{own, last});
}

TEST_CASE("sections are listed by length, places with all their sections together") {
  CriticalPath path;
  path.sections = {{0, 0, 2}, {1, 2, 5}, {0, 5, 7}, {2, 7, 7.5}};
  const std::vector<PathSection> longest = longest_sections(path, 2);
  REQUIRE(longest.size() == 2);
  CHECK(longest[0].begin_s == 2);
  CHECK(longest[1].begin_s == 0);
  const std::vector<PathPlace> places = path_places(path);
  REQUIRE(places.size() == 3);
  CHECK(places[0].gpu_class == 0);
  CHECK(places[0].time_s == 4);
  CHECK(places[2].time_s == 0.5);
}

TEST_CASE("the critical path of a job has no gap: each activity begins when the one before ends") {
  for (const Plan& plan :
       {small_job(), expert_job(), sharded_job(), small_job({"workload.overlap_grad_reduce=false"})}) {
    const Result<Model> model = build_model(plan);
    REQUIRE(model);
    const Iteration iteration =
        build_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
    const auto times = solve(iteration.graph);
    REQUIRE(times);
    const CriticalPath path = critical_path(*model, iteration.graph, *times);
    const double step_s = *std::max_element(times->end_s.begin(), times->end_s.end());
    double now_s = 0;
    for (const std::uint32_t a : path.activities) {
      REQUIRE(times->start_s[a] == Approx(now_s).margin(1e-9 * step_s));
      now_s = times->end_s[a];
    }
    CHECK(now_s == step_s);
    CHECK(path.parts.total_s() == Approx(step_s).epsilon(1e-9));
    double sections_s = 0;
    for (const PathSection& section : path.sections) sections_s += section.end_s - section.begin_s;
    CHECK(sections_s == Approx(step_s).epsilon(1e-9));
  }
}

TEST_CASE("the critical path stays on the GPU that is slow") {
  Plan slow = small_job();
  Event event;
  event.kind = EventKind::kClockLimit;
  event.path = "hall/row-a/rack-03/compute-02/gpu-1";
  event.value = 0.3;
  slow.events.push_back(event);
  const Result<Model> model = build_model(slow);
  REQUIRE(model);
  const std::uint32_t limited = model->class_of_gpu[gpus_at(slow, event.path).begin];
  REQUIRE(model->gpu_classes[limited].count == 1);
  std::vector<double> clocks(model->gpu_classes.size(), 1.0);
  clocks[limited] = event.value;
  const auto profile = solve_iteration(slow, *model, test_calibration(), clocks);
  REQUIRE(profile);
  const std::vector<PathPlace> places = path_places(profile->path);
  CHECK(places[0].gpu_class == limited);
  CHECK(places[0].time_s > 0.5 * profile->step_s);
}

}  // namespace
}  // namespace racktwin
