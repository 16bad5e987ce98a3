// Caps, lost feeds and shelves in a run: what they do to power, clocks and the step.
#include "sim/twin/twin.h"
#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <algorithm>

namespace racktwin {
namespace {

struct Run {
  RunOutcome outcome;
  std::vector<EventRow> events;
  std::vector<MetricRow> metrics;
  std::vector<std::vector<FrameRow>> frames;  // (n_metric) over time
  double value(const std::string& name) const {
    for (const SummaryRow& row : outcome.summary)
      if (row.name == name) return row.value;
    FAIL("no summary row " << name);
    return 0;
  }
  // Mean of a metric of the class of rack `first`, or of the first class, in the frame that ends at a time.
  double at(const std::string& name, double time_s, std::size_t unit_class = 0) const {
    for (const MetricRow& metric : metrics)
      if (metric.name == name)
        for (const FrameRow& frame : frames[static_cast<std::size_t>(metric.id)])
          if (frame.time_s == time_s) return static_cast<double>(frame.mean.at(unit_class));
    FAIL("no " << name << " at " << time_s);
    return 0;
  }
  bool says(const std::string& path, const std::string& what) const {
    return std::any_of(events.begin(), events.end(),
                       [&](const EventRow& e) { return e.path == path && e.what.find(what) != std::string::npos; });
  }
};

Run run(const std::string& events, std::vector<std::string> more = {}) {
  const Folder folder;
  more.insert(more.end(), {"duration=400 s", "frame=20 s", "event=[" + events + "]"});
  RunOptions options;
  options.output = folder.file("run.racktwin");
  Result<RunOutcome> outcome = run_twin(small_job(more), test_calibration(), options);
  if (!outcome) FAIL(format_errors(outcome.error(), false));
  Run out{std::move(*outcome), {}, {}, {}};
  const auto reader = RecordingReader::open(options.output);
  REQUIRE(reader);
  out.events = reader->events();
  out.metrics = reader->metrics();
  out.frames.resize(out.metrics.size());
  for (const MetricRow& metric : out.metrics)
    out.frames[static_cast<std::size_t>(metric.id)] = reader->frames(metric.id, 0, 1e9);
  return out;
}

TEST_CASE("a site runs at the highest clock at which its mean power is under the cap") {
  const Run free = run("");
  const double cap_w = 0.94 * free.at("site_power", 400);  // most of the site idles
  const Run capped = run(fmt::format("{{at='0 s', path='hall', power_cap='{} W'}}", cap_w));
  CHECK(capped.at("site_power", 400) <= cap_w * 1.001);
  CHECK(capped.at("site_power", 400) > cap_w * 0.99);  // a percent of clock is worth less than a percent of power
  CHECK(capped.at("gpu_clock", 400) < 1);
  CHECK(capped.at("step_time", 400) > free.at("step_time", 400));
  CHECK(capped.at("site_power", 20) <= cap_w * 1.001);  // from the start, and without hunting
  CHECK(capped.at("gpu_clock", 20) == Approx(capped.at("gpu_clock", 400)));
  CHECK(capped.value("tokens_lost_to_power") > 0);
  CHECK(capped.value("tokens_lost_to_heat") == 0);
  CHECK(free.value("tokens_lost_to_power") == 0);
}

TEST_CASE("a curtailed site ramps down to its share, stays there and ramps back") {
  const Run free = run("");
  const Run r = run("{at='40 s', for='160 s', path='hall', curtail='6 %', ramp='80 s'}");
  const double before_w = r.at("site_power", 40);
  CHECK(before_w == Approx(free.at("site_power", 40)));
  CHECK(r.at("site_power", 80) < before_w);  // half way down the ramp
  CHECK(r.at("site_power", 80) > 0.96 * before_w);
  CHECK(r.at("site_power", 140) <= 0.94 * before_w * 1.001);
  CHECK(r.at("site_power", 200) <= 0.94 * before_w * 1.001);
  CHECK(r.at("site_power", 260) > 0.95 * before_w);  // on the way back
  CHECK(r.at("site_power", 400) == Approx(free.at("site_power", 400)).epsilon(2e-3));
  CHECK(r.says("hall", "power curtailed by 6 %, ramp "));
  CHECK(r.says("hall", "curtailment over"));
}

TEST_CASE("a capped rack slows the whole job, and only its own clocks are held") {
  const Run free = run("");
  const double cap_w = 0.8 * free.at("rack_power", 400);
  const Run r = run(fmt::format("{{at='0 s', path='hall/row-a/rack-02', power_cap='{} W'}}", cap_w));
  CHECK(r.at("step_time", 400) > free.at("step_time", 400));
  double lowest = 1, highest = 0;
  for (const MetricRow& metric : r.metrics)
    if (metric.name == "gpu_clock")
      for (const float clock : r.frames[static_cast<std::size_t>(metric.id)].back().mean) {
        lowest = std::min(lowest, static_cast<double>(clock));
        highest = std::max(highest, static_cast<double>(clock));
      }
  CHECK(lowest < 0.95);
  CHECK(highest == Approx(1));
}

TEST_CASE("a power limit of each GPU is kept by its clock") {
  const Run r = run("{at='0 s', path='hall', gpu_power_limit='800 W'}");
  CHECK(r.at("gpu_power", 400) <= 800);
  CHECK(r.value("step_time_s") == r.value("step_time_max_s"));  // from the first step on
  CHECK(r.at("gpu_clock", 400) < 0.95);
}

TEST_CASE("a cap that no clock can hold says so once") {
  const Run r = run("{at='100 s', path='hall/row-a', power_cap='50 kW'}");
  CHECK(std::count_if(r.events.begin(), r.events.end(), [](const EventRow& e) {
          return e.what.find("power cap of 50 kW not held") != std::string::npos;
        }) == 1);
}

TEST_CASE("a lost feed leaves half of the shelves to carry the racks, and the other feed all of the load") {
  const std::vector<std::string> two = {"power.feeds=2"};
  const Run r = run("{at='100 s', for='100 s', path='hall/feed-b', state='failed'}", two);
  CHECK(r.at("rack_shelf_load", 400) == Approx(r.at("rack_shelf_load", 100)).epsilon(1e-3));
  // The shelf load is against what the shelves give without their redundant PSUs: half of the shelves give as much.
  CHECK(r.at("rack_power", 180) != Approx(r.at("rack_power", 100)).epsilon(1e-6));  // another point of the curve
  CHECK(r.value("headroom_feed") == Approx(r.value("headroom_one_feed")).margin(0.01));
  CHECK(1 - r.value("headroom_feed") > 1.9 * (1 - run("", two).value("headroom_feed")));
  CHECK(r.value("tokens_lost_to_power") == 0);
}

TEST_CASE("racks without power draw nothing, and the job goes on when it is back") {
  const Run r = run("{at='100 s', for='100 s', path='hall/feed-a', state='failed'}");
  CHECK(r.at("it_power", 180) == 0);
  CHECK(r.at("gpu_power", 180) == 0);
  CHECK(r.at("it_power", 300) > 0.9 * r.at("it_power", 80));
  CHECK(r.says("hall", "racks without power: the job stands still"));
  CHECK(r.value("tokens_lost_to_power") == Approx(100 * r.value("tokens_per_s")).epsilon(0.02));
}

TEST_CASE("batteries bridge a lost utility until the generator runs") {
  const Run r = run("{at='100 s', for='100 s', path='hall/utility', state='failed'}",
                    {"power.ups_ride_through=2 min", "power.generator_start=20 s"});
  CHECK(r.says("hall/utility", "batteries carry the load"));
  CHECK(r.says("hall/utility", "generator carries the load"));
  CHECK(r.value("tokens_lost_to_power") == 0);
}

TEST_CASE("a failed shelf tells its rack apart, whose others carry the load") {
  const Run r = run("{at='0 s', path='hall/row-a/rack-03/power-shelf-05', state='failed'}");
  CHECK(r.says("hall/row-a/rack-03/power-shelf-05", "power shelf failed"));
  double lowest = 1e9, highest = 0;
  for (const MetricRow& metric : r.metrics)
    if (metric.name == "rack_power")
      for (const float w : r.frames[static_cast<std::size_t>(metric.id)].back().mean) {
        lowest = std::min(lowest, static_cast<double>(w));
        highest = std::max(highest, static_cast<double>(w));
      }
  CHECK(highest != Approx(lowest).epsilon(1e-6));
}

}  // namespace
}  // namespace racktwin
