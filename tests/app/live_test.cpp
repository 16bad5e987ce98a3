// Runs that are watched and steered while they go on, through the built program.
#include "app/cli/live_input.h"
#include "sim/recording/recording.h"
#include "tests/app/program.h"
#include "tests/last_frame.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cmath>
#include <functional>
#include <optional>
#include <thread>

extern char** environ;

namespace racktwin {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

constexpr const char* kScenario = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";
constexpr auto kPatience = std::chrono::seconds(20);
constexpr const char* kTrip = "[[event]]\npath = \"hall/cdu-1/pump-1\"\nstate = \"tripped\"\n\n";

// A run in a process of its own with a pipe for its standard input.
class Steered {
 public:
  Steered(std::vector<std::string> arguments) : recording_(directory_.path("live.racktwin")) {
    std::vector<std::string> words = {RACKTWIN_BINARY, "run", kScenario, "-o", recording_, "--set", "frame=1 s"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (std::string& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    int ends[2];
    REQUIRE(pipe2(ends, O_CLOEXEC) == 0);
    input_ = ends[1];
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors_file().c_str(), O_WRONLY | O_CREAT, 0600);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    posix_spawnattr_setsigdefault(&attributes, &signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
    REQUIRE(posix_spawn(&child_, RACKTWIN_BINARY, &actions, &attributes, argv.data(), environ) == 0);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
  }
  ~Steered() {
    close_input();
    if (child_ == 0) return;
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Steered(const Steered&) = delete;
  Steered& operator=(const Steered&) = delete;

  void send(const std::string& text) {
    REQUIRE(write(input_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close_input() {
    if (input_ >= 0) close(input_);
    input_ = -1;
  }
  void signal(int number) { kill(child_, number); }

  // Exit code, once it has ended.
  int wait() {
    int status = 0;
    REQUIRE(waitpid(child_, &status, 0) == child_);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }
  bool is_running() { return child_ != 0 && waitpid(child_, nullptr, WNOHANG) == 0; }

  std::string errors() const { return read_text(errors_file()); }

  // Looks at the recording until something holds of it.
  RecordingReader wait_for(const std::function<bool(const RecordingReader&)>& holds) {
    const auto end = std::chrono::steady_clock::now() + kPatience;
    while (std::chrono::steady_clock::now() < end) {
      Result<RecordingReader> recording = RecordingReader::open(recording_);
      if (recording && holds(*recording)) return std::move(*recording);
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    FAIL("nothing of the kind was recorded; the run said:\n" << errors());
    throw 0;
  }
  RecordingReader wait_for_time(double time_s) {
    return wait_for([=](const RecordingReader& recording) { return last_time(recording) >= time_s; });
  }
  RecordingReader wait_for_event(const std::string& what) {
    return wait_for([=](const RecordingReader& recording) { return find_event(recording, what).has_value(); });
  }
  RecordingReader recording() {
    return wait_for([](const RecordingReader&) { return true; });
  }

  static double last_time(const RecordingReader& recording) {
    const std::vector<double> times = recording.frame_times();
    return times.empty() ? 0 : times.back();
  }
  // The first event whose text contains `what`.
  static std::optional<EventRow> find_event(const RecordingReader& recording, const std::string& what) {
    for (const EventRow& event : recording.events())
      if (event.what.find(what) != std::string::npos) return event;
    return std::nullopt;
  }

 private:
  std::string errors_file() const { return directory_.path("err"); }

  TemporaryDirectory directory_;
  std::string recording_;
  int input_ = -1;
  pid_t child_ = 0;
};

double mean_at(const RecordingReader& recording, const std::string& name, double time_s) {
  for (const MetricRow& metric : recording.metrics())
    if (metric.name == name)
      if (const auto frame = last_frame(recording, metric.id, time_s)) return static_cast<double>(frame->mean.at(0));
  return std::nan("");
}

TEST_CASE("a pump that is tripped from standard input trips while the run goes on") {
  // As many racks as the CDU is made for, so that each of its two pumps counts.
  Steered run({"--set", "duration=1 h", "--set", "site.racks_per_row=8", "--set", "power.rating=1.25 MW", "--pace",
               "200", "--live"});
  run.wait_for_time(3);
  run.send(kTrip);
  const EventRow event = *Steered::find_event(run.wait_for_event("pump tripped"), "pump tripped");
  CHECK(event.path == "hall/cdu-1/pump-1");
  CHECK(event.by == "operator");
  CHECK(event.time_s >= 3);
  const RecordingReader recording = run.wait_for_time(event.time_s + 20);
  CHECK(run.is_running());
  for (const char* metric : {"tcs_flow", "rack_flow"}) {
    CAPTURE(metric);
    CHECK(mean_at(recording, metric, event.time_s + 20) < 0.8 * mean_at(recording, metric, event.time_s));
  }
  run.send("[[event]]\npath = \"hall/cdu-1/pump-1\"\nstate = \"running\"\n\n");
  const EventRow restored = *Steered::find_event(run.wait_for_event("pump started"), "pump started");
  // The pump runs up with a time constant of 30 s.
  const RecordingReader after = run.wait_for_time(restored.time_s + 200);
  CHECK(mean_at(after, "tcs_flow", restored.time_s + 200) ==
        Approx(mean_at(after, "tcs_flow", event.time_s)).epsilon(0.01));
  run.send("[run]\nstop = true\n\n");
  CHECK(run.wait() == 130);
  CHECK(run.recording().is_complete());
}

TEST_CASE("what a run cannot do for its operator is said at once, and it goes on") {
  Steered run({"--set", "duration=1 h", "--pace", "60", "--live", "-q"});
  run.wait_for_time(2);
  run.send("[[event]]\npath = \"hall/cdu-1/pmup-1\"\nstate = \"tripped\"\n\n");
  const EventRow unknown = *Steered::find_event(run.wait_for_event("rejected"), "rejected");
  CHECK(unknown.path == "hall/cdu-1/pmup-1");
  CHECK(unknown.by == "operator");
  CHECK(unknown.what ==
        "rejected: there is no \"hall/cdu-1/pmup-1\" that this event could act on; did you mean "
        "\"hall/cdu-1/pump-1\"?");
  run.send("[[event]]\nat = \"0 s\"\npath = \"hall/facility\"\nsupply_temperature = \"30 degC\"\n\n");
  CHECK(Steered::find_event(run.wait_for_event("past"), "past")->path == "hall/facility");
  run.send("trip it\n\n");
  CHECK(Steered::find_event(run.wait_for_event("syntax"), "syntax")->path == "hall");
  CHECK_THAT(run.errors(), StartsWith("error: there is no \"hall/cdu-1/pmup-1\"") &&
                               Contains("--> standard input:2:8\n") &&
                               Contains(" 2 | path = \"hall/cdu-1/pmup-1\"\n") && Contains("lies in the past") &&
                               Contains("syntax error"));
  const double time_s = Steered::last_time(run.recording());
  run.wait_for_time(time_s + 10);
  CHECK(run.is_running());
  run.signal(SIGTERM);
  CHECK(run.wait() == 130);
}

TEST_CASE("a run pauses, listens, and goes on without making good for the pause") {
  Steered run({"--set", "duration=1 h", "--pace", "60", "--live", "-q"});
  run.wait_for_time(2);
  run.send("[run]\npace = 0\n\n");
  const auto paused = [](const RecordingReader& recording) { return recording.run_value("pace") == "0"; };
  const double time_s = Steered::last_time(run.wait_for(paused));
  run.send(kTrip);
  run.wait_for_event("pump tripped");
  std::this_thread::sleep_for(std::chrono::milliseconds(700));
  CHECK(Steered::last_time(run.recording()) == time_s);
  const auto resumed = std::chrono::steady_clock::now();
  run.send("[run]\npace = 30\n\n");
  CHECK(run.wait_for_time(time_s + 15).run_value("pace") == "30");
  CHECK(std::chrono::steady_clock::now() - resumed > std::chrono::milliseconds(400));
  run.send("[run]\nstop = true\n");  // not complete yet
  run.close_input();
  CHECK(run.wait() == 130);
  CHECK(run.recording().is_complete());
}

TEST_CASE("a run whose standard input ends goes on at its pace to its end") {
  Steered run({"--set", "duration=40 s", "--pace", "40", "--live", "-q"});
  run.close_input();
  CHECK(run.wait() == 0);
  const RecordingReader recording = run.recording();
  CHECK(recording.is_complete());
  CHECK(Steered::last_time(recording) == 40);
  CHECK(recording.run_value("live") == "1");
  CHECK(std::stod(*recording.run_value("wall_s")) > 0.95);
  CHECK(std::stod(*recording.run_value("wall_s")) < 3);
  CHECK(run.errors().empty());
}

TEST_CASE("a signal ends a run that sleeps, and closes its recording") {
  const std::vector<std::string> live = GENERATE(std::vector<std::string>{}, std::vector<std::string>{"--live"});
  std::vector<std::string> arguments = {"--set", "step=10 s", "--set", "frame=10 s", "--pace", "0.1", "-q"};
  arguments.insert(arguments.end(), live.begin(), live.end());
  Steered run(arguments);
  run.wait_for([](const RecordingReader& recording) { return !recording.components().empty(); });
  std::this_thread::sleep_for(std::chrono::milliseconds(200));
  const auto sent = std::chrono::steady_clock::now();
  for (int i = 0; i < 20; ++i) {  // as the death of a parent is told: more than once
    run.signal(SIGTERM);
    std::this_thread::sleep_for(std::chrono::microseconds(200));
  }
  CHECK(run.wait() == 130);
  CHECK(std::chrono::steady_clock::now() - sent < std::chrono::seconds(2));
  CHECK(run.recording().is_complete());
  CHECK(run.recording().run_value("interrupted") == "1");
}

TEST_CASE("a pace that is none is a usage error") {
  for (const char* pace : {"0", "0.05", "2e6", "-1", "nan", "inf", "fast", "60x", ""}) {
    const ProgramResult result = run_program({"run", kScenario, "--no-recording", "--pace", pace});
    INFO(pace << ": " << result.err);
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, StartsWith("error: ") && Contains("between 0.1 and 1000000"));
    CHECK(result.out.empty());
  }
}

// ------------------------------------------------------------------------------------------------- blocks

struct Pipe {
  Pipe() { REQUIRE(pipe2(ends, O_CLOEXEC) == 0); }
  ~Pipe() {
    close(ends[0]);
    close_input();
  }
  void send(const std::string& text) {
    REQUIRE(write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  void close_input() {
    if (ends[1] >= 0) close(ends[1]);
    ends[1] = -1;
  }
  int ends[2];
};

using Blocks = std::vector<std::string>;

TEST_CASE("an empty line or the end of the input ends a block") {
  Pipe pipe;
  LiveInput input(pipe.ends[0], {});
  CHECK(input.wait(0).empty());
  pipe.send("a = 1\nb =");
  CHECK(input.wait(0).empty());
  pipe.send(" 2\n\n\n  \nc = 3\r\n\r\nd = 4");
  CHECK(input.wait(1) == Blocks{"a = 1\nb = 2\n", "c = 3\r\n"});
  pipe.close_input();
  CHECK(input.wait(1) == Blocks{"d = 4\n"});
  const auto began = std::chrono::steady_clock::now();
  CHECK(input.wait(0.1).empty());
  CHECK(std::chrono::steady_clock::now() - began >= std::chrono::milliseconds(100));
}

TEST_CASE("a block that is too long is an error also if its end comes with it; those before it count") {
  for (const bool is_too_long : {false, true}) {
    Pipe pipe;
    int told = 0;
    LiveInput input(pipe.ends[0], [&](const Errors&) { ++told; });
    const std::string long_block = std::string(64 * 1024 - 4 + (is_too_long ? 4 : 0), 'x') + "\n";
    pipe.send("a = 1\n\n" + long_block.substr(0, 40'000));
    CHECK(input.wait(1) == Blocks{"a = 1\n"});
    pipe.send(long_block.substr(40'000) + "\nb = 2\n\n");
    CHECK(input.wait(1) == (is_too_long ? Blocks{} : Blocks{long_block, "b = 2\n"}));
    CHECK(told == (is_too_long ? 1 : 0));
  }
}

TEST_CASE("a block that never ends is an error, and the end of what is read") {
  Pipe pipe;
  std::vector<Error> told;
  LiveInput input(pipe.ends[0], [&](const Errors& errors) { told.insert(told.end(), errors.begin(), errors.end()); });
  const std::string line(1023, 'x');
  for (int i = 0; i < 80 && told.empty(); ++i) {
    pipe.send(line + "\n");
    CHECK(input.wait(1).empty());
  }
  REQUIRE(told.size() == 1);
  CHECK_THAT(told.front().message, Contains("64 KiB"));
  pipe.send("\na = 1\n\n");
  CHECK(input.wait(0).empty());
}

}  // namespace
}  // namespace racktwin
