#include "sim/workload/link_timeline.h"

#include <catch2/catch.hpp>

namespace racktwin {
namespace {

TEST_CASE("a link is as busy as the transfers that cross it at the moment, and no more than full") {
  ActivityGraphBuilder builder(1);
  const std::uint32_t busy = builder.add_trunk({10, 2}), idle = builder.add_trunk({10, 1});
  const std::uint32_t route = builder.add_route({2, 8, {busy}});
  builder.add_comm(ActivityKind::kGradReduce, 0, route, 20, 1, 0);      // 2-6 s, two flows of 5 B/s
  builder.add_comm(ActivityKind::kTensorParallel, 0, route, 16, 0, 0);  // 4-6 s, two of 8 B/s
  builder.add_comm(ActivityKind::kTensorParallel, 0, route, 0, 0, 0);   // of nothing
  builder.add_exec(ActivityKind::kForward, 0, 3, 1, 0);
  const auto timelines = link_timelines(builder.finish(), {{1, 4, 5, 0}, {6, 6, 5, 3}}, {busy, idle});
  REQUIRE(timelines.size() == 2);
  REQUIRE(timelines[0].size() == 3);  // both end at once
  CHECK(timelines[0][0].time_s == 2);
  CHECK(timelines[0][0].utilization == Approx(0.5));
  CHECK(timelines[0][1].time_s == 4);
  CHECK(timelines[0][1].utilization == 1);  // the mean rates add up to 1.3
  CHECK(timelines[0][2].time_s == 6);
  CHECK(timelines[0][2].utilization == 0);
  CHECK(timelines[1].empty());
}

}  // namespace
}  // namespace racktwin
