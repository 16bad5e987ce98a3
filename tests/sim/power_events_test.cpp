// Caps, lost feeds and shelves in a run: what they do to power, clocks and the step.
#include "sim/recording/event_reach.h"
#include "sim/twin/twin.h"
#include "tests/last_frame.h"
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
  more.insert(more.begin(), "workload.restart=0 s");
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
  CHECK(capped.at("site_power_cap", 400) == Approx(cap_w));
  CHECK(std::isnan(free.at("site_power_cap", 400)));
  CHECK(capped.at("site_power", 400) <= cap_w * 1.001);
  CHECK(capped.at("site_power", 400) > cap_w * 0.998);
  CHECK(capped.at("gpu_clock", 400) < 1);
  CHECK(capped.at("step_time", 400) > free.at("step_time", 400));
  CHECK(capped.at("site_power", 20) <= cap_w * 1.001);  // from the start, and without hunting
  CHECK(capped.at("gpu_clock", 20) == Approx(capped.at("gpu_clock", 400)));
  CHECK(capped.value("tokens_lost_to_power") > 0);
  CHECK(capped.value("tokens_lost_to_heat") == 0);
  CHECK(free.value("tokens_lost_to_power") == 0);
}

TEST_CASE("what a rack's cap leaves of the site's cap is for the others") {
  const Plan plan = flagship({"duration=2 min", "frame=60 s",
                              "event=[{at='0 s', path='hall', power_cap='900 kW'}, {at='0 s', "
                              "path='hall/row-a/rack-03', power_cap='90 kW'}]"});
  const Folder folder;
  RunOptions options;
  options.output = folder.file("run.racktwin");
  REQUIRE(run_twin(plan, test_calibration(), options));
  const auto reader = RecordingReader::open(options.output);
  for (const MetricRow& metric : reader->metrics())
    if (metric.name == "site_power")  // 893 kW if the cap is kept as if the rack drew more
      CHECK(last_frame(*reader, metric.id, 120)->mean.at(0) == Approx(900e3).epsilon(0.004));
}

TEST_CASE("what a clock limit takes is lost to it, not to power") {
  const Run r = run("{at='100 s', for='100 s', path='hall/row-a/rack-02', clock_limit='80 %'}");
  const double lost = run("").value("tokens_trained") - r.value("tokens_trained");
  CHECK(r.value("tokens_lost_to_clock_limit") == Approx(lost).epsilon(1e-3));
  CHECK(r.value("tokens_lost_to_heat") == 0);
  CHECK(r.value("tokens_lost_to_power") == 0);
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

TEST_CASE("a cap is kept on its ramp, and its clocks come back, in long steps as in short ones") {
  const std::string curtailed = "{at='80 s', for='120 s', path='hall', curtail='6 %', ramp='80 s'}";
  const Run fine = run(curtailed), coarse = run(curtailed, {"step=20 s"});
  for (const double time_s : {120.0, 160.0, 240.0, 300.0, 400.0}) {
    CAPTURE(time_s);
    CHECK(coarse.at("gpu_clock", time_s) == Approx(fine.at("gpu_clock", time_s)).epsilon(0.02));
  }
  CHECK(coarse.value("tokens_lost_to_power") == Approx(fine.value("tokens_lost_to_power")).epsilon(0.1));
}

TEST_CASE("a curtailment counts from what the site drew before, not from a site that is dark") {
  const std::string dark = "{at='100 s', for='60 s', path='hall/feed-a', state='failed'},";
  const Run r = run(dark + "{at='140 s', path='hall', curtail='6 %', ramp='20 s'}");
  CHECK(r.at("it_power", 140) == 0);
  CHECK(r.at("site_power_cap", 400) == Approx(0.94 * r.at("site_power", 100)).epsilon(0.01));
  CHECK(r.at("site_power", 400) == Approx(0.94 * r.at("site_power", 100)).epsilon(0.01));
  CHECK_FALSE(r.says("hall", "not held"));
  const Run both =
      run("{at='100 s', for='60 s', path='hall/feed-a', state='failed'},"
          "{at='100 s', path='hall', curtail='6 %'}");
  CHECK(both.at("site_power_cap", 400) == Approx(0.94 * both.at("site_power", 100)).epsilon(0.01));
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
  int capped = 0;
  for (const MetricRow& metric : r.metrics)
    if (metric.name == "rack_power_cap")
      for (const float power_w : r.frames[static_cast<std::size_t>(metric.id)].back().mean)
        capped += static_cast<double>(power_w) == Approx(cap_w) ? 1 : 0;
  CHECK(capped == 1);
}

TEST_CASE("a power limit of each GPU is kept by its clock") {
  const Run r = run("{at='0 s', path='hall', gpu_power_limit='800 W'}");
  CHECK(r.at("gpu_power", 400) <= 800);
  CHECK(r.value("step_time_max_s") == Approx(r.value("step_time_s")).epsilon(2e-3));  // from the first step on; leakage
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

TEST_CASE("a ramp that its end cuts short goes back from where it is") {
  const std::string event = "{{at='40 s', for='{} s', path='hall', curtail='6 %', ramp='120 s'}}";
  const Run cut = run(fmt::format(fmt::runtime(event), 60)), whole = run(fmt::format(fmt::runtime(event), 240));
  const double before_w = cut.at("site_power_cap", 60);
  CHECK(cut.at("site_power_cap", 100) == Approx(whole.at("site_power_cap", 100)));
  CHECK(cut.at("site_power_cap", 140) > cut.at("site_power_cap", 120));
  CHECK(cut.at("site_power_cap", 140) <= before_w * 1.01);
}

TEST_CASE("a cap that is not held and a job that stands still are no ok run") {
  const auto verdict = [](const Run& r) { return r.outcome.summary.front().text; };
  CHECK(verdict(run("")) == "ok");
  const Run missed = run("{at='100 s', path='hall/row-a', power_cap='50 kW'}");
  CHECK(verdict(missed) == "power cap of 50 kW not held");
  CHECK(missed.outcome.has_crossed_limit);
  CHECK(verdict(run("{at='100 s', for='100 s', path='hall/row-a/rack-01', state='leaking'}")) ==
        "the job stood still for 100 s");
}

TEST_CASE("GPUs without power draw nothing, and the job goes on when it is back") {
  const Run r = run("{at='100 s', for='100 s', path='hall/feed-a', state='failed'}");
  CHECK(r.at("pump_power", 180) < 1);  // the cooling hangs on the feed too
  CHECK(r.at("pump_power", 400) == Approx(r.at("pump_power", 80)).epsilon(0.01));
  CHECK(r.value("energy_residual") < 1e-9);
  CHECK(r.at("it_power", 180) == 0);
  CHECK(r.at("gpu_power", 180) == 0);
  CHECK(std::isnan(r.at("gpu_clock", 180)));  // no data, not its clock of before
  CHECK(std::isnan(r.at("clock_reason_power_cap", 180)));
  CHECK(r.at("gpu_clock", 300) > 0.9);
  CHECK(r.at("it_power", 300) > 0.9 * r.at("it_power", 80));
  CHECK(r.says("hall", "GPUs without power: the job stands still"));
  CHECK(r.value("tokens_lost_to_power") == Approx(100 * r.value("tokens_per_s")).epsilon(0.02));
}

TEST_CASE("a job whose GPUs lost power goes on once its nodes have booted, idle until then") {
  const std::string lost = "{at='80 s', for='100 s', path='hall/feed-a', state='failed'}";
  const Run r = run(lost, {"workload.restart=2 min"}), at_once = run(lost);
  CHECK(at_once.at("gpu_power", 200) > 0.9 * at_once.at("gpu_power", 60));
  const double idle_w = flagship({}).site.rack_type.gpu.idle_w.value;
  for (const double time_s : {200.0, 300.0}) {
    CHECK(r.at("gpu_power", time_s) < idle_w);  // cold
    CHECK(r.at("gpu_power", time_s) > 0.5 * idle_w);
  }
  CHECK(r.at("tcs_flow", 300) == Approx(r.at("tcs_flow", 60)).epsilon(0.01));  // the coolant is there before the load
  CHECK(r.at("it_power", 340) > 0.9 * r.at("it_power", 60));
  CHECK(r.says("hall", "all GPUs of the job have power again: it restarts, which takes 2 min"));
  CHECK(r.says("hall", "the job runs again"));
  CHECK(at_once.says("hall", "the job runs again"));
  CHECK_FALSE(at_once.says("hall", "it restarts"));
  CHECK(r.value("tokens_lost_to_power") == Approx(220 * r.value("tokens_per_s")).epsilon(0.01));
  CHECK(flagship({}).workload.restart_s == 900);
}

TEST_CASE("batteries bridge a lost utility until the generator runs") {
  const Run r = run("{at='100 s', for='100 s', path='hall/utility', state='failed'}",
                    {"power.ups_ride_through=2 min", "power.generator_start=20 s"});
  CHECK(r.says("hall/utility", "batteries carry the load"));
  CHECK(r.says("hall/utility", "generator carries the load"));
  CHECK(r.value("tokens_lost_to_power") == 0);
  CHECK(r.at("ups_charge", 100) == 1);
  const double rating_w = small_job().power.ups_rating_w;  // the charge lasts two minutes at that
  CHECK(1 - r.at("ups_charge", 200) == Approx(20 / 120.0 * r.at("it_power", 120) / rating_w).epsilon(0.05));
}

TEST_CASE("what a job loses has one cause at a time: power while it is dark, the network while that is cut") {
  const Run dark =
      run("{at='40 s', for='100 s', path='hall/utility', state='failed'}", {"power.ups_ride_through=10 s"});
  CHECK(dark.says("hall/utility", "batteries empty"));
  CHECK(dark.value("tokens_lost_to_power") > 0);
  CHECK(dark.value("tokens_lost_to_network") == 0);
  // Warm water holds the clocks a little all the time; with two sequences at a time GPUs do not wait for the host.
  const std::vector<std::string> warm = {"cooling.facility_supply=42 degC", "workload.micro_batch=2",
                                         "workload.global_batch=64"};
  const std::string link = "path='hall/row-a/rack-02/compute-01/gpu-1/nic-link-1', state='failed'}";
  const Run whole = run("", warm), cut = run("{at='100 s', for='100 s', " + link, warm);
  CHECK(cut.value("clock_start") < 1);
  const double tokens = whole.value("tokens_trained") - cut.value("tokens_trained");
  CHECK(cut.value("tokens_lost_to_network") == Approx(tokens).epsilon(0.02));
  CHECK(cut.value("tokens_lost_to_power") < whole.value("tokens_lost_to_power"));
  const Run slow = run("{at='0 s', path='hall/row-a/rack-02/switch-tray-02', state='failed'}", warm);
  CHECK(slow.value("tokens_lost_to_network") > 0);
  CHECK(slow.value("tokens_lost_to_power") == Approx(whole.value("tokens_lost_to_power")).epsilon(0.1));
}

TEST_CASE("batteries run out, and the site comes back, in long steps as in short ones") {
  const std::string lost = "{at='60 s', for='180 s', path='hall/utility', state='failed'}";
  const std::vector<std::string> battery = {"power.ups_ride_through=20 s", "power.ups_recharge=10 min"};
  std::vector<std::string> long_steps = battery;
  long_steps.insert(long_steps.end(), {"step=20 s"});
  const Run fine = run(lost, battery), coarse = run(lost, long_steps);
  REQUIRE(fine.says("hall/utility", "batteries empty"));
  CHECK(coarse.value("tokens_lost_to_power") == Approx(fine.value("tokens_lost_to_power")).epsilon(0.02));
  CHECK(coarse.value("junction_max_degc") == Approx(fine.value("junction_max_degc")).margin(1));
  CHECK(coarse.outcome.summary.front().text == fine.outcome.summary.front().text);
  for (const double time_s : {80.0, 200.0, 260.0, 400.0}) {
    CAPTURE(time_s);
    CHECK(coarse.at("pump_speed", time_s) == Approx(fine.at("pump_speed", time_s)).margin(0.02));
    CHECK(coarse.at("site_power", time_s) == Approx(fine.at("site_power", time_s)).epsilon(0.02).margin(1));
  }
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

TEST_CASE("PSUs that fail leave the others their load, and no less room until more than the redundant ones are gone") {
  const std::string shelf = "hall/row-a/rack-01/power-shelf-0";
  const auto failed = [&](int shelves, int psus) {
    std::string events;
    for (int s = 1; s <= shelves; ++s)
      for (int p = 1; p <= psus; ++p)
        events += fmt::format("{{at='0 s', path='{}{}/psu-{}', state='failed'}},", shelf, s, p);
    return events;
  };
  const Run whole = run(""), one = run(failed(1, 1)), half = run(failed(8, 3)), most = run(failed(8, 4));
  CHECK(one.says(shelf + "1/psu-1", "PSU failed"));
  CHECK(one.events.front().gpus_behind == 72);
  CHECK(one.events.front().gpus_lost == 0);
  CHECK(one.value("headroom_shelf") == Approx(whole.value("headroom_shelf")).margin(1e-6));
  CHECK(half.value("headroom_shelf") == Approx(whole.value("headroom_shelf")).margin(1e-6));  // 3 + 3 in a shelf
  CHECK(most.at("rack_shelf_load", 400) == Approx(1.5 * whole.at("rack_shelf_load", 400)).epsilon(1e-3));
}

TEST_CASE("PSUs that are left brake the GPUs of their rack to what they can give, or the rack goes down") {
  const std::string rack = "hall/row-a/rack-01";
  const auto left = [&](int psus, const char* lasts) {
    std::string events;
    for (int p = psus; p < 48; ++p)
      events += fmt::format("{{at='100 s', {} path='{}/power-shelf-{:02}/psu-{}', state='failed'}},", lasts, rack,
                            1 + p / 6, 1 + p % 6);
    return events;
  };
  const std::vector<std::string> on_one_rack = {"workload.gpus_per_domain=64"};
  const Run whole = run("", on_one_rack);
  const RackType type = small_job().site.rack_type;
  // The peak at the rack's input, less what the shelves lose of it, at 97 %.
  const int some = static_cast<int>(0.97 * 0.97 * whole.value("rack_peak_w") / type.psu_rating_w.value);
  const Run r = run(left(some, "for='200 s',"), on_one_rack);
  CHECK(whole.at("gpu_clock", 200) == 1);
  CHECK(r.says(rack, "brake the GPUs"));
  CHECK(r.at("gpu_clock", 200) < 0.99);
  CHECK(r.at("rack_shelf_load", 200) <= 1);
  CHECK(r.at("rack_shelf_load", 200) > 0.7);  // the mean; it is the peak that is at the rating
  CHECK(r.value("tokens_lost_to_power") > 0);
  CHECK(r.at("gpu_clock", 400) == 1);  // they are repaired, and the clock is back a percent a second
  const Run few = run(left(4, "for='200 s',"), on_one_rack);
  CHECK(few.says(rack, "and it goes down"));
  const auto lost = [](const Run& of) {
    int most = 0;
    for (const EventRow& event : of.events) most = std::max(most, event.gpus_lost);
    return most;
  };
  CHECK(lost(few) == 72);  // foreseen, of all that fail at once
  CHECK(lost(r) == 0);     // braked, not lost
  std::string at_start = left(4, "");
  for (std::size_t i; (i = at_start.find("at='100 s'")) != std::string::npos;) at_start.replace(i, 10, "at='0 s'");
  CHECK(lost(run(at_start, on_one_rack)) == 72);
  CHECK(few.at("rack_power", 200) == 0);
  CHECK(few.says("hall", "GPUs without power: the job stands still"));
  CHECK(few.at("rack_power", 400) == Approx(whole.at("rack_power", 400)).epsilon(0.01));
}

TEST_CASE("a tray that leaks loses its coolant and its power, its neighbours nothing, and the job waits for it") {
  const std::string tray = "hall/row-a/rack-01/compute-01";
  const Run r = run(fmt::format("{{at='100 s', for='100 s', path='{}', state='leaking'}}", tray));
  CHECK(r.events.front().path == tray);
  CHECK(r.events.front().what == "leak: coolant shut off, power off");
  CHECK(r.events.front().gpus_behind == 4);
  CHECK(r.events.front().gpus_lost == 4);
  CHECK(r.says("hall", "GPUs without power: the job stands still"));
  CHECK(r.value("tokens_lost_to_power") == Approx(100 * r.value("tokens_per_s")).epsilon(0.02));
  int dark = 0;
  for (const MetricRow& metric : r.metrics)
    if (metric.name == "tray_power")
      for (const FrameRow& frame : r.frames[static_cast<std::size_t>(metric.id)])
        if (frame.time_s == 180) dark = static_cast<int>(std::count(frame.mean.begin(), frame.mean.end(), 0.0F));
  CHECK(dark == 1);
  CHECK(r.at("it_power", 400) > 0.98 * r.at("it_power", 80));
  CHECK(r.value("energy_residual") < 1e-9);
}

TEST_CASE("a rack that leaks from the start is cold and dark, and the others have its coolant") {
  const Run r = run("{at='0 s', path='hall/row-a/rack-08', state='leaking'}"), whole = run("");
  const auto values = [](const Run& of, const std::string& name) {
    for (const MetricRow& metric : of.metrics)
      if (metric.name == name) return of.frames[static_cast<std::size_t>(metric.id)].back().mean;
    return std::vector<float>();
  };
  const std::vector<float> power = values(r, "rack_power"), flow = values(r, "rack_flow");
  CHECK(std::count(power.begin(), power.end(), 0.0F) == 1);
  CHECK(std::count(flow.begin(), flow.end(), 0.0F) == 1);
  CHECK(*std::max_element(flow.begin(), flow.end()) > values(whole, "rack_flow").front());
  CHECK(r.value("tokens_lost_to_power") == 0);  // no rank of the small job is in it
}

TEST_CASE("a feed past its failed UPS goes on, and loses its racks with the utility") {
  const std::string failed = "{at='50 s', path='hall/feed-a/ups', state='failed'},",
                    lost = "{at='100 s', for='50 s', path='hall/utility', state='failed'}";
  const std::vector<std::string> one = {"power.ups_ride_through=2 min"},
                                 two = {"power.ups_ride_through=2 min", "power.feeds=2"};
  const Run alone = run(failed + lost, one);
  CHECK(alone.events.front().gpus_lost == 0);
  CHECK(alone.at("it_power", 80) > 0);
  CHECK(alone.says("hall/utility", "no batteries: the racks are dark"));
  CHECK(alone.at("it_power", 140) == 0);
  CHECK(alone.at("it_power", 300) > 0);
  // The shelves on the other feed carry the racks, from batteries that are drawn twice as fast.
  const Run other = run(failed + lost, two);
  CHECK(other.value("tokens_lost_to_power") == 0);
  CHECK(other.at("it_power", 140) > 0);
  CHECK_FALSE(other.says("hall/utility", "dark"));
}

TEST_CASE("past its UPS a feed draws less, and past a rectifier there is no way") {
  const std::string failed = "{at='100 s', path='hall/feed-a/ups', state='failed'}";
  const Run ac = run(failed), dc = run(failed, {"power.feed=feed-800vdc"});
  CHECK(ac.at("it_power", 400) == Approx(ac.at("it_power", 100)).epsilon(1e-3));
  CHECK(ac.at("site_power", 400) < 0.99 * ac.at("site_power", 100));
  CHECK(dc.at("it_power", 400) == 0);
  CHECK(dc.says("hall/feed-a/ups", "carries nothing without the rectifier"));
}

const EventRow& event_of(const Run& r, const std::string& path, const std::string& what) {
  for (const EventRow& event : r.events)
    if (event.path == path && event.what.find(what) != std::string::npos) return event;
  FAIL("no event \"" << what << "\" at " << path);
  return r.events.front();
}

TEST_CASE("a feed that cannot carry what the other leaves it is tripped by its breaker, and all goes dark") {
  const double all_w = run("").at("site_power", 400);
  const std::vector<std::string> site = {"power.feeds=2", fmt::format("power.rating={} W", all_w / 1.5),
                                         "power.breaker_delay=4 s"};
  const Run r = run("{at='100 s', path='hall/feed-a', state='failed'}", site);
  const EventRow& warning = event_of(r, "hall/feed-b", "feed overloaded");
  const EventRow& trip = event_of(r, "hall/feed-b", "breaker of feed tripped");
  CHECK(warning.time_s == 101);
  CHECK(warning.value > warning.limit);
  CHECK(trip.time_s > warning.time_s + 10);
  CHECK(r.at("it_power", 400) == 0);
  CHECK(r.says("hall", "GPUs without power"));
  // With room for the other's load nothing trips.
  const Run roomy = run("{at='100 s', path='hall/feed-a', state='failed'}",
                        {"power.feeds=2", fmt::format("power.rating={} W", 1.1 * all_w), "power.breaker_delay=4 s"});
  CHECK_FALSE(roomy.says("hall/feed-b", "breaker"));
  CHECK(roomy.at("it_power", 400) > 0);
}

TEST_CASE("a UPS that carries too much hands the load to its bypass, on batteries it shuts down, and it comes back") {
  const double it_w = run("").at("it_power", 400);
  const std::vector<std::string> site = {fmt::format("power.ups_rating={} W", it_w / 1.18),
                                         "power.ups_ride_through=10 min"};
  const Run r = run("", site);
  const EventRow& trip = event_of(r, "hall/feed-a/ups", "its feed goes past it");
  CHECK(event_of(r, "hall/feed-a/ups", "UPS overloaded").time_s == 1);
  CHECK(trip.time_s == Approx(60).margin(2));
  CHECK(trip.value > 1.1 * trip.limit);
  CHECK(r.at("it_power", 400) == Approx(it_w).epsilon(1e-3));
  CHECK(r.at("site_power", 400) < 0.99 * r.at("site_power", 20));
  CHECK_FALSE(r.says("hall/feed-a/ups", "again"));
  const Run down = run("{at='20 s', for='200 s', path='hall/utility', state='failed'}", site);
  CHECK(down.says("hall/feed-a/ups", "it has shut down"));
  CHECK(down.at("it_power", 180) == 0);
  CHECK(down.at("it_power", 400) > 0.9 * it_w);
  std::string leaks;  // of idle racks
  for (const int idle : {5, 6, 7, 8})
    leaks += fmt::format("{{at='200 s', path='hall/row-a/rack-{:02}', state='leaking'}},", idle);
  const Run back = run(leaks, site);
  CHECK(back.says("hall/feed-a/ups", "UPS carries its load again"));
}

TEST_CASE("a busway that trips takes the shelves of its row on its feed, of no other row") {
  const double row_w = 8 * run("").at("rack_power", 400);
  const Run r = run("{at='100 s', path='hall/feed-a', state='failed'}",
                    {"power.feeds=2", fmt::format("power.busway_rating={} W", row_w / 1.5), "power.breaker_delay=2 s"});
  CHECK(event_of(r, "hall/row-a", "breaker of busway B tripped").value > row_w / 1.5);
  CHECK_FALSE(r.says("hall/feed-b", "breaker"));
  CHECK(r.at("rack_power", 400) == 0);
}

TEST_CASE("feeds come back together from the batteries, also where one of them has lost its UPS") {
  const double all_w = run("").at("site_power", 400);
  const Run r =
      run("{at='60 s', path='hall/feed-a/ups', state='failed'}, {at='120 s', for='60 s', path='hall/utility', "
          "state='failed'}, {at='240 s', for='10 s', path='hall/utility', state='failed'}",
          {"power.feeds=2", fmt::format("power.rating={} W", 0.8 * all_w), "power.ups_ride_through=5 min",
           "power.generator_start=20 s"});
  CHECK(r.says("hall/utility", "generator carries the load"));
  CHECK_FALSE(r.says("hall/feed-b", "power of a feed above limit"));
  CHECK(r.value("headroom_feed") > 0.2);
}

TEST_CASE("the busway that is left carries all of its row, and its limit knows") {
  const double row_w = 8 * run("").at("rack_power", 400);
  const Run r = run("{at='100 s', for='250 s', path='hall/feed-b', state='failed'}",
                    {"power.feeds=2", fmt::format("power.busway_rating={} W", row_w / 1.5), "power.breaker_delay=2 s"});
  REQUIRE(event_of(r, "hall/row-a", "breaker of busway A tripped").time_s < 280);
  CHECK(std::any_of(r.events.begin(), r.events.end(), [](const EventRow& event) {
    return event.time_s > 350 && event.what.find("busway load above limit") != std::string::npos;
  }));
}

TEST_CASE("an event says how many GPUs hang on what it takes away and how many lose it") {
  const std::vector<std::string> two = {"power.feeds=2"};
  const EventRow one =
      event_of(run("{at='100 s', path='hall/feed-a', state='failed'}", two), "hall/feed-a", "feed lost");
  CHECK(one.gpus_behind == 576);
  CHECK(one.gpus_lost == 0);  // the other feed carries them
  const Run both =
      run("{at='100 s', path='hall/feed-a', state='failed'}, {at='200 s', path='hall/feed-b', state='failed'}", two);
  CHECK(event_of(both, "hall/feed-a", "feed lost").gpus_lost == 0);
  CHECK(event_of(both, "hall/feed-b", "feed lost").gpus_lost == 576);
  const Run rack = run("{at='390 s', path='hall/row-a/rack-03', valve=0}, {at='0 s', path='hall', clock_limit=0.9}");
  CHECK(event_of(rack, "hall/row-a/rack-03", "valve closed").gpus_behind == 72);
  CHECK(event_of(rack, "hall/row-a/rack-03", "valve closed").gpus_lost == 72);
  EventRow gpu{0, "hall/row-a/rack-03/compute-01/gpu-1", "clogged", "scenario"};
  gpu.gpus_behind = 1;
  gpu.gpus_lost = 0;
  CHECK(reach_of({gpu}, gpu) == "1 GPU hangs on it, none lost");
  CHECK(event_of(rack, "hall", "clock limited").gpus_behind == -1);
  const Run pumps = run("{at='100 s', path='hall/cdu-1/pump-1', state='tripped'}");
  CHECK(event_of(pumps, "hall/cdu-1/pump-1", "pump tripped").gpus_behind == 576);
  CHECK(event_of(pumps, "hall/cdu-1/pump-1", "pump tripped").gpus_lost == 0);
}

TEST_CASE("on batteries the feed carries nothing, and afterwards what recharges them") {
  const Run r = run("{at='100 s', for='60 s', path='hall/utility', state='failed'}",
                    {"power.ups_ride_through=2 min", "power.ups_recharge=1 h"});
  CHECK(r.at("site_power", 140) == 0);
  CHECK(r.at("it_power", 140) > 0);
  CHECK(r.at("site_power", 300) > 1.02 * r.at("site_power", 80));
  CHECK(r.value("tokens_lost_to_power") == 0);
}

TEST_CASE("a floor under the power of GPUs burns what their work does not need") {
  const Run free = run(""), floor = run("", {"power.smoothing={floor='80 %', ramp_down_hysteresis='1 min'}"});
  const double tdp_w = small_job().site.rack_type.gpu.tdp_w.value;
  CHECK(free.at("gpu_power", 400) < 0.8 * tdp_w);
  CHECK(floor.at("gpu_power", 400) >= 0.8 * tdp_w);
  CHECK(floor.value("step_time_s") == free.value("step_time_s"));
  const double burnt_w = floor.value("smoothing_burn_mean_w");
  // The racks take as much more, and what shelves lose of it and hotter chips leak.
  CHECK(floor.at("it_power", 400) - free.at("it_power", 400) == Approx(1.025 * burnt_w).epsilon(0.06));
  CHECK(floor.value("tokens_per_joule") < free.value("tokens_per_joule"));
}

TEST_CASE("a ramp up holds clocks back and lengthens the step") {
  const Run free = run(""), ramp = run("", {"power.smoothing={floor='60 %', ramp_up='300 W/s'}"});
  CHECK(ramp.value("step_time_s") > free.value("step_time_s"));
  CHECK(ramp.value("clock_min") < 1);
  CHECK(ramp.value("tokens_lost_to_power") > 0);
}

TEST_CASE("racks at 800 V DC have converters in the place of shelves, and the site loses less") {
  const Run ac = run(""), dc = run("", {"power.feed=feed-800vdc"});
  CHECK(dc.at("rack_power", 400) < ac.at("rack_power", 400));
  CHECK(dc.at("gpu_power", 400) == Approx(ac.at("gpu_power", 400)));
  const auto chain = [](const Run& r) { return r.at("site_power", 400) / r.at("it_power", 400); };
  CHECK(chain(dc) < chain(ac));
}

}  // namespace
}  // namespace racktwin
