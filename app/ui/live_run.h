// `racktwin run SCENARIO --live` as a child process whose recording is watched: started, asked for changes, ended.
//
// What it writes is read from its recording (RunHistory); what it says on standard error is kept for the day it fails.
// It ends by itself if this program dies. Thread rule: one thread per LiveRun.
#pragma once

#include "app/ui/state.h"
#include "sim/result.h"

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

namespace racktwin {

struct LiveRunOptions {
  std::string program = "/proc/self/exe";
  std::string scenario, recording;
  std::vector<std::string> assignments;  // of the scenario, "workload.gpus=256"
  std::string catalogue_directory;       // empty: its default
  double pace = 60;                      // simulated seconds a second
  bool force = false;
};

// How a child has ended.
struct LiveEnding {
  int exit_code = 0;       // -1: by a signal, or not known
  int signal = 0;          // 0: none
  std::string last_words;  // what it said on standard error: its last lines
};

class LiveRun {
 public:
  // Errors: kIo if the program cannot be started.
  static Result<LiveRun> start(const LiveRunOptions& options);

  // Looks after the child; never waits. Call often.
  void poll();
  bool is_running() const { return !ending_; }
  const std::optional<LiveEnding>& ending() const { return ending_; }

  // Queued where the pipe is full. No effect once the child has ended.
  void send(const WhatIf& what);
  void send_pace(double pace);
  // Asks the child to end, and makes it after a while: SIGTERM after 1 s, SIGKILL after 5 s.
  void stop();

  pid_t pid() const { return child_; }

  LiveRun(LiveRun&& other) noexcept;
  LiveRun& operator=(LiveRun&&) = delete;
  ~LiveRun();  // stop()

 private:
  LiveRun() = default;
  void send_block(const std::string& text);
  void write_queued();
  void read_words();
  void note_ending(int exit_code, int signal);

  pid_t child_ = -1;
  int input_ = -1, words_pipe_ = -1;  // its standard input; the end of its standard error
  std::string queued_, words_;
  std::optional<LiveEnding> ending_;
};

// The text of a change as the run reads it: "[[event]]\npath = ...\n".
std::string event_text(const WhatIf& what);
// "was ended by signal 9 (Killed)", "ended with exit code 3"
std::string ending_text(const LiveEnding& ending);

}  // namespace racktwin
