#include "sim/error_text.h"
#include "sim/plan/parse_event.h"
#include "sim/recording/run_history.h"
#include "sim/twin/event_schedule.h"
#include "sim/twin/metrics.h"
#include "sim/twin/pacer.h"
#include "sim/twin/twin.h"
#include "tests/last_frame.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <optional>
#include <thread>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

using Catch::Matchers::Contains;

constexpr const char* kTrip = "[[event]]\npath = \"hall/cdu-1/pump-2\"\nstate = \"tripped\"\n";
constexpr double kForever = std::numeric_limits<double>::infinity();

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// ------------------------------------------------------------------------------------------------- pace

TEST_CASE("simulated time follows wall time from where the pace was set") {
  Pacer pacer(5, 60);
  pacer.set(60, 0, 100);
  CHECK(pacer.left_s(1, 100) == Approx(1 / 60.0));
  CHECK(pacer.left_s(60, 100) == Approx(1));
  CHECK(pacer.left_s(60, 101) == Approx(0).margin(1e-12));
  CHECK(pacer.left_s(60, 101.05) == Approx(-0.05));
  CHECK(pacer.left_s(120, 101.05) == Approx(0.95));  // what came late is made good
}

TEST_CASE("a run without a pace never waits") {
  Pacer pacer(5, kAsFastAsPossible);
  pacer.set(kAsFastAsPossible, 0, 100);
  CHECK_FALSE(pacer.is_paced());
  CHECK(pacer.left_s(1e6, 100) <= 0);
  CHECK(pacer.left_s(1e6, 200) <= 0);
}

TEST_CASE("a run that cannot keep up catches up with one burst at the most") {
  Pacer pacer(5, 10);
  pacer.set(10, 0, 0);
  CHECK(pacer.left_s(1, 100) == Approx(-0.5));  // a minute and a half late: 5 s are caught up with
  CHECK(pacer.left_s(6, 100) == Approx(0));
  CHECK(pacer.left_s(7, 100) == Approx(0.1));
}

TEST_CASE("a change of pace goes on from the time that was reached") {
  Pacer pacer(5, 1);
  pacer.set(1, 0, 0);
  pacer.set(10, 1, 0.4);  // 0.4 s of the first step have gone by
  CHECK(pacer.left_s(1, 0.4) == Approx(0.06));
  for (int i = 0; i < 100; ++i) pacer.set(1, 1, 0.42);
  CHECK(pacer.left_s(1, 0.42) == Approx(0.4));  // asking often does not make it faster
}

TEST_CASE("a pause lasts until the pace is set again, and nothing is made good afterwards") {
  Pacer pacer(5, 10);
  pacer.set(10, 0, 0);
  pacer.set(0, 1, 0.05);
  CHECK(pacer.left_s(1, 0.05) == kForever);
  CHECK(pacer.left_s(1, 1e6) == kForever);
  pacer.set(10, 1, 1e6);
  CHECK(pacer.left_s(1, 1e6) == Approx(0.05));
  Pacer fast(5, kAsFastAsPossible);
  fast.set(0, 7, 3);
  CHECK(fast.left_s(7, 4) == kForever);
}

// ------------------------------------------------------------------------------------------------- blocks

LiveBlock parsed(const std::string& text, const Plan& plan = flagship({}), double time_s = 60) {
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  return parse_live_block(text, plan, *model, {time_s});
}

TEST_CASE("an event without a time takes effect now and is the operator's") {
  const LiveBlock block = parsed(std::string(kTrip) + "for = \"30 s\"\n");
  REQUIRE(block.errors.empty());
  REQUIRE(block.events.size() == 1);
  const Event& event = block.events.front();
  CHECK(event.time_s == 60);
  CHECK(event.until_s == 90);
  CHECK(event.kind == EventKind::kPumpSpeed);
  CHECK(event.path == "hall/cdu-1/pump-2");
  CHECK(event.value == 0);
  CHECK(event.what == "pump tripped");
  CHECK(event.by == "operator");
}

TEST_CASE("a block is read by the code that reads scenarios") {
  const std::string event = "[[event]]\nat = \"5 min\"\npath = \"hall/facility\"\nsupply_temperature = \"40 degC\"\n";
  const LiveBlock block = parsed(event);
  REQUIRE(block.events.size() == 1);
  CHECK(block.events.front().time_s == 300);
  CHECK(block.events.front().value == 40);
  CHECK(block.events.front().what == "facility supply set to 40 degC");
}

TEST_CASE("a block may set the pace, pause and stop") {
  CHECK(parsed("[run]\npace = 120\n").pace == 120.0);
  CHECK(parsed("[run]\npace = 0\n").pace == 0.0);
  CHECK_FALSE(parsed(kTrip).pace);
  CHECK(parsed("[run]\nstop = true\n").stops);
  CHECK_FALSE(parsed("[run]\nstop = false\n").stops);
  CHECK(parsed("# nothing\n").errors.empty());
}

TEST_CASE("what is wrong with a block is said with its place, and nothing of it holds") {
  const auto error_of = [](const std::string& text) {
    const LiveBlock block = parsed(text);
    REQUIRE_FALSE(block.errors.empty());
    CHECK(*block.errors.front().loc.file == "standard input");
    return block.errors.front();
  };
  const auto with = [](const std::string& line) { return kTrip + line + "\n"; };
  CHECK_THAT(error_of("[[event]\n").message, Contains("syntax error"));
  CHECK(error_of("[[event]\n").loc.line == 1);
  CHECK(error_of(with("stat = 1")).message == "unknown key \"stat\"");
  CHECK(error_of(with("stat = 1")).hint == "did you mean \"state\"?");
  CHECK(error_of("duration = \"1 s\"\n").message == "unknown key \"duration\"");
  CHECK(error_of(with("at = \"59 s\"")).message == "at lies in the past: the next step begins at 60 s");
  CHECK(error_of(with("at = \"59 s\"")).loc.line == 4);
  CHECK(error_of(with("at = 70")).message == "a time needs a unit");
  CHECK(error_of(with("speed = 0.5")).message == "an event sets exactly one thing, this one several");
  CHECK(error_of("[[event]]\nspeed = 0.5\n").message == "missing key \"path\"");
  CHECK(error_of("[[event]]\npath = \"hall/facility\"\nsupply_temperature = \"90 degC\"\n").message ==
        "supply_temperature is out of range");
  const std::string misspelt = "[[event]]\npath = \"hall/facilty\"\nsupply_temperature = \"30 degC\"\n";
  CHECK(error_of(misspelt).hint == "did you mean \"hall/facility\"?");
  CHECK(parsed(misspelt).path == "hall/facilty");
  CHECK(parsed("[[event]\n").path.empty());
  for (const char* pace : {"-1", "0.05", "2e6", "nan", "inf", "\"1 s\"", "true"})
    CHECK(error_of(std::string("[run]\npace = ") + pace + "\n").loc.line == 2);
  CHECK(error_of("[run]\nstop = 1\n").message == "\"stop\" must be a boolean, not a whole number");
  CHECK(error_of("[run]\npause = true\n").hint == "known keys here: pace, stop");
}

TEST_CASE("an event at this very step is not past") {
  CHECK(parsed(std::string(kTrip) + "at = \"60 s\"\n").errors.empty());
  CHECK(parsed(std::string(kTrip) + "at = \"1 min\"\n", flagship({}), 60 + 1e-12).errors.empty());
}

TEST_CASE("an event that the run ends before is refused, whatever ends it") {
  const Plan plan = flagship({});
  const Result<Model> model = build_model(plan);
  REQUIRE(model);
  const auto errors_of = [&](const std::string& text) { return parse_live_block(text, plan, *model, {60, 90}).errors; };
  const std::string warm = "[[event]]\npath = \"hall/facility\"\nsupply_temperature = \"40 degC\"\n";
  CHECK(errors_of(warm).empty());
  CHECK(errors_of(warm + "at = \"89 s\"\n").empty());
  REQUIRE(errors_of(warm + "at = \"90 s\"\n").size() == 1);
  const Error late = errors_of(warm + "at = \"90 s\"\n").front();
  CHECK(late.message == "the run ends before it takes effect");
  CHECK(late.hint == "its last step ends at 90 s");
  CHECK(late.loc.line == 4);
  CHECK(errors_of(warm + "at = \"89.5 s\"\n").size() == 1);  // no step begins there any more
  REQUIRE(errors_of(warm + "for = \"0 s\"\n").size() == 1);
  CHECK(errors_of(warm + "for = \"0 s\"\n").front().message ==
        "it takes no effect: it begins and ends between two steps of 1 s");
  REQUIRE(errors_of("[run]\nstop = true\n" + warm).size() == 1);
  CHECK(errors_of("[run]\nstop = true\n" + warm).front().message == late.message);
  CHECK(parse_live_block(warm, plan, *model, {90, 90}).errors.size() == 1);
}

std::string limit(const std::string& path) { return "[[event]]\npath = \"" + path + "\"\nclock_limit = \"80 %\"\n"; }

TEST_CASE("a clock limit is refused where it would tell apart what the run takes for equal") {
  const std::string gpu = "hall/row-a/rack-03/compute-02/gpu-2", idle_rack = "hall/row-a/rack-08";
  const Plan plan = small_job();
  for (const std::string& path : {gpu, idle_rack}) {
    const LiveBlock block = parsed(limit(path), plan);
    REQUIRE(block.errors.size() == 1);
    CHECK(block.errors.front().message == "\"" + path + "\" holds only some of the GPUs that this run takes for equal");
    CHECK_THAT(block.errors.front().hint, Contains("into the scenario"));
    CHECK(block.errors.front().loc.line == 2);
  }
  CHECK(parsed(limit("hall/row-a/rack-03"), plan).errors.empty());  // all of a pipeline stage, and its idle GPUs

  SECTION("unless the scenario's own events have told it apart") {
    Plan touched = small_job();
    Event event;
    event.time_s = 1e6;
    event.kind = EventKind::kClockLimit;
    event.value = 0.5;
    for (const std::string& path : {gpu, idle_rack}) {
      event.path = path;
      touched.events.push_back(event);
    }
    CHECK(parsed(limit(gpu), touched).errors.empty());
    CHECK(parsed(limit(idle_rack), touched).errors.empty());
    CHECK_FALSE(parsed(limit("hall/row-a/rack-03/compute-10/gpu-0"), touched).errors.empty());
  }
  SECTION("or every GPU is simulated by itself") {
    const Result<Model> model = build_model(plan, Folding::kUnfolded);
    REQUIRE(model);
    CHECK(parse_live_block(limit(gpu), plan, *model, {60}).errors.empty());
  }
}

TEST_CASE("a pump of a CDU that does not exist is an error of the CDU") {
  const auto plan = try_flagship({"cooling.cdu=nope", "event.0.path=hall/cdu-1/pump-1", "event.0.state=tripped"});
  REQUIRE_FALSE(plan);
  CHECK_THAT(plan.error().front().message, Contains("nope"));
}

// ------------------------------------------------------------------------------------------------- schedule

Event pump_event(double time_s, double until_s, double value) {
  Event event;
  event.time_s = time_s;
  event.until_s = until_s;
  event.kind = EventKind::kPumpSpeed;
  event.path = "hall/cdu-1/pump-1";
  event.value = value;
  event.what = "set";
  event.what_then = "restored";
  return event;
}

TEST_CASE("an event says its key and setting: of a state whether it works, at its end what holds then") {
  Event slow = pump_event(10, kForever, 0.5), trip = pump_event(20, 30, 0), start = pump_event(40, 50, std::nan(""));
  slow.key = "speed";
  trip.key = start.key = "state";  // a pump that works holds a set-point: it has no speed of its own
  EventSchedule schedule({slow, trip, start});
  std::vector<EventRow> rows;
  for (const double time_s : {10.0, 20.0, 30.0, 40.0, 50.0}) schedule.advance(time_s, rows);
  REQUIRE(rows.size() == 5);
  const std::vector<std::pair<std::string, double>> expected = {
      {"speed", 0.5}, {"state", 0}, {"speed", 0.5}, {"state", 1}, {"speed", 0.5}};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    CAPTURE(i);
    CHECK(rows[i].key == expected[i].first);
    CHECK(rows[i].setting == expected[i].second);
  }
  Event alone = pump_event(10, 20, 0);
  alone.key = "state";
  EventSchedule ends({alone});
  rows.clear();
  ends.advance(10, rows);
  ends.advance(20, rows);
  REQUIRE(rows.size() == 2);
  CHECK(rows[0].setting == 0);
  CHECK(std::isnan(rows[1].setting));
}

TEST_CASE("of several events on one component the latest that lasts holds, whoever added it") {
  EventSchedule schedule({pump_event(10, kForever, 0), pump_event(30, kForever, 0.3)});
  std::vector<EventRow> rows;
  const auto held = [&](double time_s) {
    schedule.advance(time_s, rows);
    const auto in_force = schedule.in_force();
    REQUIRE(in_force.size() <= 1);
    return in_force.empty() ? -1 : in_force.front()->value;
  };
  CHECK(held(0) == -1);
  CHECK(held(10) == 0);
  schedule.add(pump_event(20, 25, 1));
  CHECK(held(19) == 0);
  CHECK(held(20) == 1);
  CHECK(held(25) == 0);  // the trip still lasts
  schedule.add(pump_event(30, kForever, 0.9));
  CHECK(held(30) == 0.9);  // of two at one time the later added
  CHECK(rows.size() == 5);
  CHECK_FALSE(schedule.advance(31, rows));
}

// ------------------------------------------------------------------------------------------------- runs

class File {
 public:
  File() {
    static int number = 0;
    path_ = fs::temp_directory_path() /
            ("racktwin-live-test-" + std::to_string(::getpid()) + "-" + std::to_string(++number) + ".racktwin");
  }
  ~File() {
    for (const char* ending : {"", "-wal", "-shm"}) fs::remove(path_.string() + ending);
  }
  std::string path() const { return path_.string(); }

 private:
  fs::path path_;
};

// An operator who sends blocks while the run waits for the end of given steps.
using Script = std::map<int, std::vector<std::string>>;

RunOptions live(Script script, double pace = kAsFastAsPossible) {
  RunOptions options;
  options.pace = pace;
  options.wait_for_input = [script = std::move(script), calls = 0](double) mutable { return script[++calls]; };
  return options;
}

RecordingReader record(const Plan& plan, RunOptions options, const File& file, RunOutcome* outcome = nullptr) {
  options.output = file.path();
  Result<RunOutcome> ran = run_twin(plan, test_calibration(), options);
  if (!ran) FAIL(format_errors(ran.error(), false));
  if (outcome != nullptr) *outcome = std::move(*ran);
  Result<RecordingReader> recording = RecordingReader::open(file.path());
  if (!recording) FAIL(format_errors(recording.error(), false));
  return std::move(*recording);
}

TEST_CASE("a live run to which nobody says anything is the run that it would be anyway") {
  const Plan plan = small_job({"duration=30 s"});
  const File plain, silent;
  CHECK(record(plan, {}, plain).content_hash() == record(plan, live({}), silent).content_hash());
}

TEST_CASE("what an operator does is what a scenario with the same events does, to the last bit") {
  Plan plan = small_job({"duration=60 s"});
  const File steered_file, planned_file;
  const std::string warm = "[[event]]\nat = \"30 s\"\npath = \"hall/facility\"\nsupply_temperature = \"35 degC\"\n";
  const std::string slow = limit("hall/row-a/rack-03") + "for = \"7 s\"\n";
  const RecordingReader steered = record(plan, live({{12, {kTrip}}, {20, {warm, slow}}}), steered_file);
  for (const auto& [time_s, text] : {std::pair{12.0, std::string(kTrip)}, {20.0, slow}, {30.0, warm}}) {
    const LiveBlock block = parsed(text, plan, time_s);
    REQUIRE(block.events.size() == 1);
    plan.events.push_back(block.events.front());
  }
  // Events on GPUs tell classes apart in a scenario; here they touch whole classes, so there are none more.
  const RecordingReader planned = record(plan, {}, planned_file);
  CHECK(steered.content_hash() == planned.content_hash());
  const std::vector<EventRow> events = steered.events();
  CHECK(std::count_if(events.begin(), events.end(), [](const EventRow& row) { return row.by == "operator"; }) == 4);
  CHECK(events.front().time_s == 12);
  CHECK(events.front().what == "pump tripped");
  CHECK(events.front().by == "operator");
}

TEST_CASE("a block that is refused is an event of the recording and changes nothing else") {
  const Plan plan = small_job({"duration=20 s"});
  const File plain_file, file;
  Errors told;
  RunOptions options = live({{5, {std::string(kTrip) + "at = \"3 s\"\n", "pump off\n"}}});
  options.on_refused = [&](const Errors& errors) { told.insert(told.end(), errors.begin(), errors.end()); };
  const RecordingReader recording = record(plan, options, file), plain = record(plan, {}, plain_file);
  const std::vector<EventRow> events = recording.events();
  REQUIRE(events.size() == 2);
  CHECK(events[0].time_s == 5);
  CHECK(events[0].path == "hall/cdu-1/pump-2");
  CHECK(events[0].what ==
        "rejected: at lies in the past: the next step begins at 5 s; leave it out to act at the next step");
  CHECK(events[0].by == "operator");
  CHECK(events[1].path == "hall");
  CHECK_THAT(events[1].what, Contains("rejected: syntax error"));
  CHECK(told.size() == 2);
  for (const MetricRow& metric : plain.metrics())
    for (const double time_s : plain.frame_times()) {
      const auto one = last_frame(plain, metric.id, time_s), other = last_frame(recording, metric.id, time_s);
      REQUIRE(one.has_value() == other.has_value());
      if (one)
        CHECK(std::equal(one->mean.begin(), one->mean.end(), other->mean.begin(),
                         [](float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }));
    }
}

TEST_CASE("what reaches a run in its last step, or after a stop, is refused and changes nothing") {
  const auto [duration, script] = GENERATE(std::pair{"duration=20 s", Script{{20, {kTrip}}}},
                                           std::pair{"duration=10 min", Script{{20, {"[run]\nstop = true\n", kTrip}}}});
  const Plan plan = small_job({duration});
  const File file;
  const std::vector<EventRow> events = record(plan, live(script), file).events();
  REQUIRE(events.size() == 1);
  CHECK(events.front().time_s == 20);
  CHECK(events.front().path == "hall/cdu-1/pump-2");
  CHECK_THAT(events.front().what, Contains("rejected: the run ends before it takes effect"));
}

TEST_CASE("from an operator's first event on, the recording names him as the source of what he sets") {
  const Plan plan = small_job({"duration=20 s"});
  const File file;
  const auto supply_source = [](const auto& recording) {
    for (const MetricRow& metric : recording.metrics())
      if (metric.name == "facility_supply") return metric.source;
    return std::string();
  };
  RunOptions options = live({});
  std::optional<RunHistory> follower;
  options.wait_for_input = [&, calls = 0](double) mutable -> std::vector<std::string> {
    if (++calls == 5) {
      follower.emplace(*RunHistory::open(file.path()));
      CHECK_THAT(supply_source(*follower), !Contains("operator"));
      return {"[[event]]\npath = \"hall/facility\"\nsupply_temperature = \"30 degC\"\n"};
    }
    if (calls == 10) {
      REQUIRE(follower->follow());
      CHECK_THAT(supply_source(*follower), Contains("operator"));
    }
    return {};
  };
  const RecordingReader recording = record(plan, options, file);
  CHECK_THAT(supply_source(recording), Catch::EndsWith("and operator"));
  CHECK(recording.metrics().size() == kMetrics);
  const std::vector<SummaryRow> summary = recording.summary();
  const auto supply = std::find_if(summary.begin(), summary.end(),
                                   [](const SummaryRow& row) { return row.name == "facility_supply_max_degc"; });
  REQUIRE(supply != summary.end());
  CHECK(supply->evidence.empty());
}

TEST_CASE("what an operator has only announced names him as the source of nothing yet") {
  const auto supply_source = [](const Script& script) {
    const File file;
    const RecordingReader recording = record(small_job({"duration=20 s"}), live(script), file);
    for (const MetricRow& metric : recording.metrics())
      if (metric.name == "facility_supply") return metric.source;
    return std::string();
  };
  const std::string event = "[[event]]\nat = \"12 s\"\npath = \"hall/facility\"\nsupply_temperature = \"30 degC\"\n";
  CHECK_THAT(supply_source({{5, {event}}}), Contains("operator"));
  CHECK_THAT(supply_source({{5, {event}}, {8, {"[run]\nstop = true\n"}}}), !Contains("operator"));
}

TEST_CASE("a stop ends the run like an interrupt") {
  const File file;
  RunOutcome outcome;
  const RecordingReader recording =
      record(small_job({"duration=10 min"}), live({{7, {"[run]\nstop = true\n"}}}), file, &outcome);
  CHECK(outcome.was_interrupted);
  CHECK(recording.is_complete());
  CHECK(recording.run_value("simulated_s") == "7");
  CHECK(recording.frame_times().back() == 7);
}

TEST_CASE("a paced run takes its time, and its recording tells the pace") {
  const File file;
  const double began_s = now_s();
  const RecordingReader recording = record(small_job({"duration=20 s"}), live({}, 40), file);
  CHECK(now_s() - began_s > 0.49);
  CHECK(now_s() - began_s < 5);
  CHECK(recording.run_value("pace") == "40");
  CHECK(recording.run_value("live") == "1");
  const File plain;
  const RecordingReader unpaced = record(small_job({"duration=20 s"}), {}, plain);
  CHECK_FALSE(unpaced.run_value("pace"));
  CHECK_FALSE(unpaced.run_value("live"));
}

TEST_CASE("the operator pauses a run, speaks to it, and lets it go on at another pace") {
  const Plan plan = small_job({"duration=20 s"});
  const File file;
  double paused_s = 0, resumed_s = 0;
  RunOptions options = live({});
  int calls = 0;
  options.wait_for_input = [&](double wait_s) -> std::vector<std::string> {
    ++calls;
    if (calls == 10) return paused_s = now_s(), std::vector<std::string>{"[run]\npace = 0\n"};
    if (calls < 10 || resumed_s > 0) return {};
    CHECK(wait_s <= 0.05);  // so that it hears an interrupt
    if (calls == 11) return {kTrip};
    std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
    if (now_s() < paused_s + 0.2) return {};
    const Result<RecordingReader> seen = RecordingReader::open(file.path());
    REQUIRE(seen);
    CHECK(seen->run_value("pace") == "0");
    REQUIRE(seen->events().size() == 1);  // acknowledged during the pause
    CHECK(seen->events().front().time_s == 10);
    resumed_s = now_s();
    return {"[run]\npace = 1e5\n"};
  };
  const RecordingReader recording = record(plan, options, file);
  CHECK(resumed_s - paused_s >= 0.2);
  CHECK(recording.run_value("pace") == "100000");
  CHECK(recording.frame_times().back() == 20);
}

TEST_CASE("an interrupt reaches a run that waits") {
  const File file;
  RunOptions options;
  options.pace = 0.1;
  const double began_s = now_s();
  options.is_interrupted = [&] { return now_s() > began_s + 0.5; };
  RunOutcome outcome;
  const RecordingReader recording = record(small_job({"duration=20 s"}), options, file, &outcome);
  CHECK(outcome.was_interrupted);
  CHECK(now_s() - began_s < 5);  // a step takes 10 s
  CHECK(recording.is_complete());
}

}  // namespace
}  // namespace racktwin
