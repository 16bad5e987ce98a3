// What a time step does to the results: every shipped scenario as it is and with half the step.
#include "sim/network/solver.h"
#include "sim/power/waveform.h"
#include "sim/twin/feeder_waveform.h"
#include "sim/workload/iteration.h"
#include "sim/workload/profile.h"
#include "tests/sim/outcome.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

namespace racktwin {
namespace {

constexpr double kMost = 0.005;  // by which half the step may move a peak

// Of a year its hottest fortnight, of a gigawatt's day its first event, with what happens then.
Plan part_of(const std::string& scenario) {
  Plan plan = shipped(scenario);
  if (scenario == "gigawatt") plan.duration_s = 5 * 3600.0;
  if (plan.duration_s > 86400) {
    plan.weather.start_s = 190 * 86400.0;
    plan.duration_s = 14 * 86400.0;
    for (Event& each : plan.events) {
      each.until_s -= each.time_s - 4 * 86400.0;
      each.time_s = 4 * 86400.0;
    }
  }
  return plan;
}

// The first training step at full clock, as the feed sees it in samples of at most step_s.
Waveform feed_of(const Plan& plan, double step_s) {
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  const std::size_t n = model->gpu_classes.size();
  const std::vector<double> clocks(n, 1.0), junction_degc(n, 60.0);
  const Iteration iteration = build_iteration(plan, *model, test_calibration(), clocks);
  const Result<ActivityTimes> times = solve(iteration.graph);
  REQUIRE(times);
  const double period_s = profile_of(*model, iteration, *times).step_s;
  const auto samples = static_cast<int>(waveform_samples(period_s, step_s));
  const std::vector<WaveformRow> rows = feeder_waveforms(
      plan, *model, 0, period_s, activity_profiles(*model, iteration, *times, samples), clocks, junction_degc, {});
  REQUIRE(rows.front().channel == "site_power");
  return {period_s, std::vector<double>(rows.front().values.begin(), rows.front().values.end())};
}

TEST_CASE("every shipped scenario conserves energy and coolant, and half its step moves no peak by half a percent",
          "[slow]") {
  for (const std::string& scenario : shipped_scenarios()) {
    Plan plan = part_of(scenario);
    const RunOutcome whole = run(plan);
    plan.step_s /= 2;
    const RunOutcome half = run(plan);
    for (const RunOutcome* outcome : {&whole, &half}) {
      CAPTURE(scenario, outcome == &half);
      CHECK(value(*outcome, "energy_residual") < 1e-9);
      CHECK(value(*outcome, "coolant_residual") < 1e-12);
    }
    for (const std::string name :
         {"site_peak_w", "rack_peak_w", "junction_max_degc", "coolant_supply_max_degc", "coolant_return_max_degc",
          "facility_return_max_degc", "step_time_max_s", "clock_min"}) {
      CAPTURE(scenario, name);
      CHECK(value(half, name) == Approx(value(whole, name)).epsilon(kMost));
    }
  }
}

TEST_CASE("half a millisecond instead of one moves no peak of a shipped waveform by half a percent", "[slow]") {
  constexpr double kRampWindow_s = 0.1;
  for (const std::string& scenario : shipped_scenarios()) {
    CAPTURE(scenario);
    const Plan plan = shipped(scenario);
    const WaveformFacts whole = facts_of(feed_of(plan, 1e-3), kRampWindow_s),
                        half = facts_of(feed_of(plan, 0.5e-3), kRampWindow_s);
    CHECK(half.high_w == Approx(whole.high_w).epsilon(kMost));
    CHECK(half.high_w - half.low_w == Approx(whole.high_w - whole.low_w).epsilon(kMost));
    CHECK(half.rise_w_per_s == Approx(whole.rise_w_per_s).epsilon(kMost));
    CHECK(half.fall_w_per_s == Approx(whole.fall_w_per_s).epsilon(kMost));
  }
}

}  // namespace
}  // namespace racktwin
