// What the README answers for the scenarios that it lists: run again, and held against its words.
#include "tests/sim/outcome.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <fstream>
#include <iterator>

namespace racktwin {
namespace {

double time_of(const RunOutcome& outcome, const std::string& what) {
  for (const EventRow& event : outcome.events)
    if (event.what.find(what) != std::string::npos) return event.time_s;
  FAIL("no event \"" << what << "\"");
  return 0;
}

// The line of the README's table that begins with this scenario.
std::string answer_to(const std::string& scenario) {
  std::ifstream file(RACKTWIN_SOURCE_DIRECTORY "/README.md");
  for (std::string line; std::getline(file, line);)
    if (line.rfind(fmt::format("| `{}` |", scenario), 0) == 0 || line.rfind(fmt::format("| `{}`,", scenario), 0) == 0)
      return line;
  FAIL("the README does not list " << scenario);
  return {};
}

void check_says(const std::string& scenario, const std::string& words) {
  INFO(scenario);
  CHECK_THAT(answer_to(scenario), Catch::Contains(words));
}

double lost_share(const RunOutcome& o) {
  const double lost = value(o, "tokens_lost_to_heat") + value(o, "tokens_lost_to_power") +
                      value(o, "tokens_lost_to_clock_limit") + value(o, "tokens_lost_to_network");
  return lost / (lost + value(o, "tokens_trained"));
}

TEST_CASE("the README's answers are what its scenarios give", "[slow]") {
  const RunOutcome flagship = run(shipped("gb200-su-llama405b"));
  check_says("gb200-su-llama405b", fmt::format("{:.1f} degC at most", value(flagship, "junction_max_degc")));
  check_says("gb200-su-llama405b", fmt::format("up to {:.0f} %", 100 * (1 - value(flagship, "clock_min"))));
  check_says("gb200-su-llama405b", fmt::format("{:.1f} % of its tokens", 100 * lost_share(flagship)));

  CHECK(value(run(shipped("gb200-su-hot")), "throttled_fraction") > 0.1);
  check_says("gb200-su-hot", "it throttles");

  check_says("cdu-pump-trip",
             fmt::format("junctions {:.1f} degC", value(run(shipped("cdu-pump-trip")), "junction_max_degc")));
  check_says("cdu-pump-trip",
             fmt::format("and {:.1f} degC", value(run(shipped("cdu-pump-trip-spare")), "junction_max_degc")));

  const RunOutcome four = run(shipped("four-racks-power-of-three"));
  check_says("four-racks-power-of-three", fmt::format("({:.1f} k against", value(four, "tokens_per_s") / 1e3));

  const RunOutcome curtailed = run(shipped("curtailment"));
  check_says("curtailment", fmt::format("{:.1f} % fewer tokens", 100 * lost_share(curtailed)));
  check_says("curtailment", fmt::format("{:.1f} instead of {:.1f} s a step", value(curtailed, "step_time_max_s"),
                                        value(curtailed, "step_time_s")));

  const RunOutcome clogged = run(shipped("clogged-rack"));
  check_says("clogged-rack", fmt::format("{:.1f} % fewer tokens", 100 * lost_share(clogged)));

  Plan uncapped = shipped("vera-rubin-132kw");
  const RunOutcome capped = run(uncapped);
  uncapped.events.clear();
  const RunOutcome rubin = run(uncapped);
  check_says("vera-rubin-132kw",
             fmt::format("{:.0f} % fewer", 100 * (1 - value(capped, "tokens_per_s") / value(rubin, "tokens_per_s"))));
  check_says("vera-rubin-132kw", fmt::format("peak at {:.0f} kW", value(rubin, "rack_peak_w") / 1e3));

  for (const char* climate : {"temperate", "tropical"})
    check_says("year-temperate", fmt::format("{:.3f}", value(run(shipped(std::string("year-") + climate)), "pue")));

  const RunOutcome desert = run(shipped("year-hot-desert"));
  check_says("year-temperate", fmt::format("on {} days, {:.0f} h", value(desert, "above_coolant_supply_days"),
                                           value(desert, "above_coolant_supply_s") / 3600));
  check_says("year-temperate", fmt::format("for {:.2f} % of the year", 100 * value(desert, "throttled_fraction")));

  // Its first six hours, of which a rack is clogged for two.
  Plan gigawatt = shipped("gigawatt");
  gigawatt.duration_s = 6 * 3600.0;
  const RunOutcome heat = run(gigawatt);
  const double all =
      value(heat, "tokens_trained") + value(heat, "tokens_lost_to_heat") + value(heat, "tokens_lost_to_power");
  check_says("gigawatt", fmt::format("{:.1f} % of its tokens", 100 * 3 * value(heat, "tokens_lost_to_heat") / all));

  const RunOutcome lost = run(shipped("feed-loss"));
  CHECK(value(lost, "tokens_lost_to_power") == 0);
  check_says("feed-loss", fmt::format("at {:.0f} % of its rating", 100 * (1 - value(lost, "headroom_feed"))));
  check_says("feed-loss", fmt::format("busway at {:.0f} %", 100 * (1 - value(lost, "headroom_busway"))));

  const RunOutcome overload = run(shipped("feed-overload"));
  const double held_s = time_of(overload, "breaker of feed tripped") - time_of(overload, "feed lost");
  check_says("feed-overload", fmt::format("{:.0f} min at", held_s / 60));
  check_says("feed-overload", "all racks are dark");
  CHECK(time_of(overload, "GPUs without power") >= 180 + held_s);

  const RunOutcome smoothed = run(shipped("gb300-smoothing")), plain = run(shipped("gb300-su-llama405b"));
  check_says("gb300-smoothing", fmt::format("for {:.1f} kW", value(smoothed, "smoothing_burn_mean_w") / 1e3));
  check_says("gb300-smoothing", fmt::format("or {:.1f} % more power",
                                            100 * (value(smoothed, "site_mean_w") / value(plain, "site_mean_w") - 1)));
  CHECK(value(smoothed, "step_time_s") == value(plain, "step_time_s"));
}

}  // namespace
}  // namespace racktwin
