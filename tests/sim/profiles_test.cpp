#include "sim/twin/profiles.h"

#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

// Two sequences at a time: the host keeps up with the launches, whatever the clock.
struct SmallJob {
  const Plan plan = small_job({"workload.micro_batch=2", "workload.global_batch=64"});
  const Model model = build_model(plan).value();
  const Calibration calibration = test_calibration();
  Profiles profiles{plan, model, calibration};
};

TEST_CASE_METHOD(SmallJob, "between whole percents a step takes what it is solved to, and nothing jumps at one") {
  std::vector<double> clocks(model.gpu_classes.size(), 1.0);
  const auto working = [&](int stage, double clock) {
    for (std::uint32_t c = 0; c < clocks.size(); ++c)
      if (model.gpu_classes[c].stage == stage) clocks[c] = clock;
  };
  const auto step_s = [&] { return profiles.at(clocks, {}).value().step_s; };
  const auto solved_s = [&] { return solve_iteration(plan, model, calibration, clocks).value().step_s; };
  for (const double slowest : {0.95, 0.9449, 0.9301, 0.9299, 0.905}) {
    for (const double other : {1.0, 0.95, 0.947}) {
      for (int stage = 0; stage < 4; ++stage) working(stage, other);
      working(2, slowest);
      CAPTURE(slowest, other);
      CHECK(step_s() == Approx(solved_s()).epsilon(1e-6));  // as long as the path is the same
    }
  }
  for (int stage = 0; stage < 4; ++stage) working(stage, 0.9237);  // all alike: but for what is not the slope
  CHECK(step_s() == Approx(solved_s()).epsilon(2e-5));
  const auto at = [&](double clock) {
    for (int stage = 0; stage < 4; ++stage) working(stage, clock);
    return step_s();
  };
  CHECK(at(0.93 - 1e-9) == Approx(at(0.93 + 1e-9)).epsilon(2e-5));
  CHECK(at(0.9337) > at(0.9338));
}

TEST_CASE("the step of a whole scalable unit between whole percents is what it is solved to") {
  const Plan plan = flagship({});
  const Model model = build_model(plan).value();
  const Calibration calibration = test_calibration();
  Profiles profiles(plan, model, calibration);
  std::vector<double> clocks(model.gpu_classes.size());
  for (const double slowest : {0.9863, 0.9749, 0.9301, 0.8437, 0.7912}) {
    // As leakage leaves them: each class a little apart.
    for (std::uint32_t c = 0; c < clocks.size(); ++c)
      clocks[c] = model.gpu_classes[c].stage == 3 ? slowest : 0.9871 + 0.0009 * c;
    CAPTURE(slowest);
    const double solved_s = solve_iteration(plan, model, calibration, clocks).value().step_s;
    // Among clocks within a percent, solved alike, another path may be the longest.
    const double most = slowest > 0.98 ? 2e-3 : 2e-6;
    CHECK(profiles.at(clocks, {}).value().step_s == Approx(solved_s).epsilon(most));
  }
}

TEST_CASE_METHOD(SmallJob, "clocks that share their whole percents share the solution") {
  const std::vector<double> whole(model.gpu_classes.size(), 0.9), between(model.gpu_classes.size(), 0.9058);
  const auto first = profiles.timeline_at(whole, {}).value().profile;
  CHECK(profiles.at(whole, {}).value().profile == first);
  CHECK(profiles.at(between, {}).value().profile == first);
  CHECK(profiles.solves() == 1);
  const double solved_s = profiles.timeline_at(between, {}).value().profile->step_s;
  CHECK(profiles.at(between, {}).value().step_s == Approx(solved_s).epsilon(2e-5));
  CHECK(profiles.at(whole, {}).value().step_s > profiles.at(between, {}).value().step_s);
  CHECK(profiles.solves() == 2);
}

}  // namespace
}  // namespace racktwin
