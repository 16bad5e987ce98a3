#include "app/ui/live_run.h"

#include "app/ui/session.h"
#include "app/ui/start_live.h"
#include "render/text/value_text.h"
#include "tests/ui/example_run.h"

#include <catch2/catch.hpp>
#include <signal.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <optional>
#include <thread>

namespace racktwin {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

template <class Condition>
bool wait_until(Condition condition, double most_s = 30) {
  const auto start = Clock::now();
  while (!condition()) {
    if (seconds_since(start) > most_s) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

// Stands in for the program: called as NAME run SCENARIO -o FILE ...
LiveRunOptions script(const TemporaryDirectory& directory, const std::string& text) {
  LiveRunOptions options;
  options.program = directory.path("script");
  options.scenario = "scenario.toml";
  options.recording = directory.path("out");
  write_text(options.program, "#!/bin/sh\n" + text + "\n");
  chmod(options.program.c_str(), 0755);
  return options;
}

LiveRunOptions program(const TemporaryDirectory& directory, const std::string& scenario, double pace) {
  LiveRunOptions options;
  options.program = RACKTWIN_BINARY;
  options.scenario = scenario;
  options.recording = directory.path("live.racktwin");
  options.pace = pace;
  return options;
}

const auto kNever = [] { return false; };

TEST_CASE("a child that ends tells its exit code and its last words") {
  const TemporaryDirectory directory;
  Result<LiveRun> run = LiveRun::start(script(directory, "echo 'the disk is full' >&2; exit 3"));
  REQUIRE(run);
  REQUIRE(wait_until([&] {
    run->poll();
    return !run->is_running();
  }));
  CHECK(run->ending()->exit_code == 3);
  CHECK(run->ending()->signal == 0);
  CHECK(run->ending()->last_words == "the disk is full\n");
  CHECK(ending_text(*run->ending()) == "ended with exit code 3");
  run->send({"hall/facility", "supply_temperature", "30 degC"});  // no effect, no harm
}

TEST_CASE("a child that is killed tells the signal") {
  const TemporaryDirectory directory;
  Result<LiveRun> run = LiveRun::start(script(directory, "kill -9 $$"));
  REQUIRE(run);
  REQUIRE(wait_until([&] {
    run->poll();
    return !run->is_running();
  }));
  CHECK(run->ending()->signal == SIGKILL);
  CHECK(ending_text(*run->ending()) == "was ended by signal 9 (Killed)");
}

TEST_CASE("a program that was started with SIGCHLD ignored still learns how its child ends") {
  const TemporaryDirectory directory;
  signal(SIGCHLD, SIG_IGN);
  Result<LiveRun> run = LiveRun::start(script(directory, "exit 3"));
  REQUIRE(run);
  REQUIRE(wait_until([&] {
    run->poll();
    return !run->is_running();
  }));
  CHECK(run->ending()->exit_code == 3);
  CHECK(ending_text({-1, 0, ""}) == "ended, it is not known how");
}

TEST_CASE("the recording that a run is to replace is not taken for its own, though it changes") {
  const TemporaryDirectory directory;
  const LiveRunOptions first = program(directory, write_example(directory), 1e6);
  {
    Result<StartedRun> started = start_live(first, kNever);
    REQUIRE(started);
    REQUIRE(wait_until([&] { return started->run.poll(), !started->run.is_running(); }));
  }
  // Touches the old recording, as leaving WAL mode does, and ends without replacing it.
  LiveRunOptions touches = script(directory, "touch '" + first.recording + "'; sleep 0.3; exit 3");
  touches.recording = first.recording;
  touches.force = true;
  Result<StartedRun> started = start_live(touches, kNever);
  REQUIRE(started);
  CHECK_FALSE(started->history);
  LiveRunOptions again = first;
  again.force = true;
  Result<StartedRun> replaced = start_live(again, kNever);
  REQUIRE(replaced);
  CHECK(replaced->history);
}

TEST_CASE("changes are sent as blocks that an empty line ends, and the end of the run is asked for before it is made") {
  const TemporaryDirectory directory;
  Result<LiveRun> run = LiveRun::start(script(directory, "exec cat >\"$4\""));
  REQUIRE(run);
  run->send({"hall/cdu-1/pump-2", "state", "tripped"});
  run->send({"hall", "power_cap", "600 kW", "5 min"});
  run->send_pace(10);
  const auto start = Clock::now();
  run->stop();
  CHECK(seconds_since(start) > 0.9);
  CHECK(seconds_since(start) < 4);
  CHECK(run->ending()->signal == SIGTERM);
  CHECK(read_text(directory.path("out")) ==
        "[[event]]\npath = \"hall/cdu-1/pump-2\"\nstate = \"tripped\"\n\n"
        "[[event]]\npath = \"hall\"\npower_cap = \"600 kW\"\nramp = \"5 min\"\n\n[run]\npace = 10\n\n[run]\nstop = "
        "true\n\n");
}

TEST_CASE("a child that does not read does not hold up the window") {
  const TemporaryDirectory directory;
  Result<LiveRun> run = LiveRun::start(script(directory, "exec sleep 60"));
  REQUIRE(run);
  const auto start = Clock::now();
  for (int i = 0; i < 5000; ++i) run->send({"hall/cdu-1/pump-2", "state", "tripped"});  // more than a pipe holds
  CHECK(seconds_since(start) < 1);
}

TEST_CASE("a child that will not end is killed", "[slow]") {
  const TemporaryDirectory directory;
  Result<LiveRun> run = LiveRun::start(script(directory, "trap '' TERM; while :; do sleep 1; done"));
  REQUIRE(run);
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  run->stop();
  CHECK(run->ending()->signal == SIGKILL);
}

TEST_CASE("a bad scenario gives what the run said about it, and its exit code") {
  const TemporaryDirectory directory;
  const std::string scenario = directory.path("bad.toml");
  write_text(scenario, "duration = \"4 parsec\"\n");
  Result<StartedRun> started = start_live(program(directory, scenario, 60), kNever);
  REQUIRE(started);
  CHECK_FALSE(started->history);
  CHECK(started->run.ending()->exit_code == 2);
  CHECK(started->run.ending()->last_words.find("bad.toml:1:") != std::string::npos);
}

TEST_CASE("a program that is not there is told apart from one that fails") {
  const TemporaryDirectory directory;
  LiveRunOptions options = program(directory, "x.toml", 60);
  options.program = directory.path("missing");
  Result<StartedRun> started = start_live(options, kNever);
  REQUIRE(started);
  CHECK(started->run.ending()->exit_code == 127);
}

TEST_CASE("a live run is followed, acknowledges a pump trip within a frame, and its flow drops") {
  const TemporaryDirectory directory;
  Result<StartedRun> started = start_live(program(directory, write_example(directory), 60), kNever);
  REQUIRE(started);
  REQUIRE(started->history);
  ViewerState state;
  state.selected = started->history->site().find("hall/cdu-1").value();
  Session session(std::move(*started->history), std::move(started->run), 60);
  const auto poll = [&] { session.poll(0, state); };
  const auto frames = [&] { return session.history().frame_times().size(); };
  REQUIRE(wait_until([&] { return poll(), frames() >= 2; }));
  CHECK(session.kind() == RunKind::kLive);
  state.to_send.push_back({"hall/cdu-1/pump-1", "state", "tripped"});
  session.send(state);
  const double asked_s = session.history().frame_times().back();
  const auto by_operator = [&]() -> std::optional<EventRow> {
    for (const EventRow& row : session.history().events())
      if (row.by == "operator") return row;
    return std::nullopt;
  };
  REQUIRE(wait_until([&] { return poll(), by_operator().has_value(); }));
  const EventRow event = *by_operator();
  CHECK(event.what == "pump tripped");
  CHECK(event.time_s <= asked_s + 15);  // 5 s a frame; the frame that was under way, and what is on its way here
  REQUIRE(wait_until([&] { return poll(), session.history().frame_times().back() > event.time_s + 10; }));
  const MetricRow* flow = session.history().metric("tcs_flow");
  REQUIRE(flow);
  const auto flow_at = [&](double time_s) {
    return session.history().reading(*session.history().frame(time_s), *flow, session.site_id()).mean;
  };
  CHECK(flow_at(1e9) < 0.8 * flow_at(asked_s));
}

TEST_CASE("a run that is held says so itself, and when; one that has ended takes no change") {
  const TemporaryDirectory directory;
  Result<StartedRun> started = start_live(program(directory, write_example(directory), 20), kNever);
  REQUIRE(started);
  REQUIRE(started->history);
  ViewerState state;
  Session session(std::move(*started->history), std::move(started->run), 20);
  const auto poll = [&] { session.poll(0, state); };
  REQUIRE(wait_until([&] { return poll(), session.history().frame_times().size() >= 2; }));
  CHECK(session.pace() == 20);
  CHECK(session.answer(state).text.empty());
  state.pace_to_send = 0;
  session.send(state);
  CHECK(session.answer(state).text == "held: waiting for the run");
  CHECK(session.pace() == 20);  // until the run says otherwise
  REQUIRE(wait_until([&] { return poll(), session.answer(state).is_answered; }));
  CHECK(session.pace() == 0);
  CHECK(session.first_pace() == 20);
  CHECK(session.answer(state).text == time_text(session.history().frame_times().back()) + "  held");

  state.asked.push_back({"hall/cdu-1/pump-9", "state", "tripped"});
  state.to_send.push_back(state.asked.back());
  session.send(state);
  REQUIRE(wait_until([&] { return poll(), session.answer(state).is_answered; }));
  CHECK(session.answer(state).is_rejected);
  CHECK(session.answer(state).text.find("hall/cdu-1/pump-9: rejected") != std::string::npos);

  kill(session.run_pid().value(), SIGKILL);
  REQUIRE(wait_until([&] { return poll(), !session.banner().empty(); }));
  state.pace_to_send = 60;
  session.send(state);
  CHECK(session.answer(state).text == "pace 60×: not done, the run has ended");
}

TEST_CASE("the recording of somebody else's run grows as long as its writer lives, with news or without") {
  const TemporaryDirectory directory;
  Result<StartedRun> started = start_live(program(directory, write_example(directory), 60), kNever);
  REQUIRE(started);
  REQUIRE(started->history);
  started->run.send_pace(0);
  ViewerState state;
  Session session(RunHistory::open(directory.path("live.racktwin")).value(), std::nullopt, 0);
  for (const double wall_s : {0.0, 1000.0}) {
    session.poll(wall_s, state);
    CHECK(session.kind() == RunKind::kGrowing);
    CHECK(session.banner().empty());
  }
  kill(started->run.pid(), SIGKILL);
  REQUIRE(wait_until([&] { return session.poll(1001, state), session.kind() == RunKind::kBroken; }));
  CHECK(session.banner().find("unfinished") != std::string::npos);
  CHECK(Session(RunHistory::open(directory.path("live.racktwin")).value(), std::nullopt, 0).kind() == RunKind::kBroken);
}

TEST_CASE("a run that is killed leaves its recording on the screen, and a banner") {
  const TemporaryDirectory directory;
  Result<StartedRun> started = start_live(program(directory, write_example(directory), 60), kNever);
  REQUIRE(started);
  REQUIRE(started->history);
  ViewerState state;
  Session session(std::move(*started->history), std::move(started->run), 60);
  REQUIRE(wait_until([&] { return session.poll(0, state), session.history().frame_times().size() >= 2; }));
  kill(session.run_pid().value(), SIGKILL);
  REQUIRE(wait_until([&] { return session.poll(0, state), !session.banner().empty(); }));
  CHECK(session.kind() == RunKind::kBroken);
  CHECK(session.banner().find("was ended by signal 9 (Killed)") != std::string::npos);
  CHECK(session.banner().find(directory.path("live.racktwin")) != std::string::npos);
  session.update(state, 1);
  CHECK(session.frame());
  CHECK_FALSE(session.is_growing());
}

TEST_CASE("a recording that is to be replaced is not taken for the new one") {
  const TemporaryDirectory directory;
  const std::string scenario = write_example(directory);
  LiveRunOptions options = program(directory, scenario, 60);
  REQUIRE(run_program({"run", scenario, "-o", options.recording, "-q"}).exit_code == 0);
  options.force = true;
  Result<StartedRun> started = start_live(options, kNever);
  REQUIRE(started);
  REQUIRE(started->history);
  CHECK_FALSE(started->history->is_complete());
  CHECK(started->history->frame_times().size() < 40);
}

TEST_CASE("a name that is taken gets a number") {
  const TemporaryDirectory directory;
  const std::string path = directory.path("hall.racktwin");
  CHECK(free_name(path) == path);
  write_text(path, "");
  CHECK(free_name(path) == directory.path("hall-2.racktwin"));
  write_text(directory.path("hall-2.racktwin"), "");
  CHECK(free_name(path) == directory.path("hall-3.racktwin"));
}

}  // namespace
}  // namespace racktwin
