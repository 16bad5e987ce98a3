#include "sim/recording/recording.h"
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

extern char** environ;

namespace racktwin {
namespace {

constexpr const char* kScenario = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";

// Starts a run that would take long, kills it after a while, and waits for its end.
void run_and_kill(const std::string& recording, double after_s) {
  const std::vector<std::string> arguments = {RACKTWIN_BINARY, "run",   kScenario,   "-q", "--set",
                                              "duration=30 d", "--set", "frame=1 s", "-o", recording};
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  pid_t child = 0;
  REQUIRE(posix_spawn(&child, RACKTWIN_BINARY, &actions, nullptr, argv.data(), environ) == 0);
  posix_spawn_file_actions_destroy(&actions);
  std::this_thread::sleep_for(std::chrono::duration<double>(after_s));
  kill(child, SIGKILL);
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("a run that is killed at any instant leaves a recording up to its last committed frame") {
  std::mt19937 random(20250611);
  std::uniform_real_distribution<double> instant(0.0, 1.5);
  const TemporaryDirectory directory;
  std::size_t most_frames = 0;
  for (int i = 0; i < 20; ++i) {
    const std::string file = directory.path("killed-" + std::to_string(i) + ".racktwin");
    const double after_s = instant(random);
    CAPTURE(i, after_s);
    run_and_kill(file, after_s);
    if (!std::filesystem::exists(file)) continue;  // killed before it began to write
    const Result<RecordingReader> recording = RecordingReader::open(file);
    if (!recording) {  // killed before the first commit: said so, nothing was lost
      CHECK(recording.error().front().code == ErrorCode::kBadInput);
      continue;
    }
    CHECK_FALSE(recording->is_complete());
    const std::vector<double> times = recording->frame_times();
    most_frames = std::max(most_frames, times.size());
    for (std::size_t f = 0; f < times.size(); ++f) {
      REQUIRE(times[f] == Approx(static_cast<double>(f + 1)));  // a prefix without gaps
      if (f + 1 < times.size() && f % 50 != 0) continue;
      const std::vector<FrameRow> frame = recording->frame_at(times[f]);
      REQUIRE(frame.size() == recording->metrics().size());
      for (const FrameRow& row : frame) REQUIRE_FALSE(row.mean.empty());
    }
    CHECK(recording->status());
    const ProgramResult shown = run_program({"show", file});
    CHECK(shown.exit_code == 0);
    CHECK(shown.out.find("no summary: the run was cut off") != std::string::npos);
    CHECK(shown.out.find("Headroom") == std::string::npos);
  }
  CHECK(most_frames > 0);  // at least one lived long enough to be worth the test
}

}  // namespace
}  // namespace racktwin
