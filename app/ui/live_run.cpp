#include "app/ui/live_run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr std::size_t kKeptWords = 16384;  // [bytes] of standard error
constexpr double kPatience_s = 1, kLastPatience_s = 5;

std::vector<std::string> arguments_of(const LiveRunOptions& options) {
  std::vector<std::string> arguments = {"racktwin",        "run",    options.scenario, "-o",
                                        options.recording, "--live", "--pace",         fmt::format("{}", options.pace),
                                        "--no-progress",   "-q",     "--color",        "never"};
  if (options.force) arguments.push_back("--force");
  for (const std::string& assignment : options.assignments) arguments.insert(arguments.end(), {"--set", assignment});
  if (!options.catalogue_directory.empty()) {
    arguments.push_back("--racks");
    arguments.push_back(options.catalogue_directory);
  }
  return arguments;
}

// In the child, between fork() and exec(): only what is safe there.
[[noreturn]] void become_run(const char* program, char* const* arguments, int input, int words, pid_t parent) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);  // it closes its recording if the viewer dies
  if (getppid() != parent) _exit(1);
  setpgid(0, 0);  // a Ctrl-C at the terminal is for the viewer, which ends the run in its own way
  const int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);
  dup2(input, STDIN_FILENO);
  dup2(nothing, STDOUT_FILENO);
  dup2(words, STDERR_FILENO);
  signal(SIGPIPE, SIG_DFL);
  execv(program, arguments);
  _exit(127);
}

struct Pipe {
  int read = -1, write = -1;
  bool open() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
    read = ends[0];
    write = ends[1];
    return true;
  }
};

void close_end(int& file) {
  if (file >= 0) close(file);
  file = -1;
}

}  // namespace

Result<LiveRun> LiveRun::start(const LiveRunOptions& options) {
  const auto failed = [&] {
    return fail(ErrorCode::kIo, fmt::format("cannot start the simulation: {}", std::strerror(errno)));
  };
  signal(SIGPIPE, SIG_IGN);  // a child that has died shows as EPIPE
  signal(SIGCHLD, SIG_DFL);  // ignored, as some programs start others, it would hide how the child ends
  const std::vector<std::string> arguments = arguments_of(options);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  Pipe input, words;
  if (!input.open()) return failed();
  if (!words.open()) {
    close_end(input.read);
    close_end(input.write);
    return failed();
  }
  LiveRun run;
  run.input_ = input.write;
  run.words_pipe_ = words.read;
  fcntl(input.write, F_SETFL, O_NONBLOCK);
  fcntl(words.read, F_SETFL, O_NONBLOCK);
  const pid_t parent = getpid();
  run.child_ = fork();
  if (run.child_ == 0) become_run(options.program.c_str(), argv.data(), input.read, words.write, parent);
  close_end(input.read);
  close_end(words.write);
  if (run.child_ < 0) return failed();
  return run;
}

void LiveRun::poll() {
  if (ending_) return;
  write_queued();
  read_words();
  int status = 0;
  const pid_t ended = waitpid(child_, &status, WNOHANG);
  if (ended == child_)
    note_ending(WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0);
  if (ended < 0 && errno == ECHILD) note_ending(-1, 0);  // somebody else has waited for it
}

void LiveRun::note_ending(int exit_code, int signal) {
  read_words();
  ending_ = LiveEnding{exit_code, signal, words_};
  close_end(input_);
  close_end(words_pipe_);
}

void LiveRun::read_words() {
  char buffer[4096];
  for (ssize_t n; (n = read(words_pipe_, buffer, sizeof buffer)) > 0;) {
    words_.append(buffer, static_cast<std::size_t>(n));
    if (words_.size() > kKeptWords) words_.erase(0, words_.size() - kKeptWords);
  }
}

void LiveRun::write_queued() {
  while (!queued_.empty()) {
    const ssize_t n = write(input_, queued_.data(), queued_.size());
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;  // full: later; broken: waitpid() tells
    queued_.erase(0, static_cast<std::size_t>(n));
  }
}

void LiveRun::send_block(const std::string& text) {
  if (ending_) return;
  queued_ += text + "\n";  // an empty line ends a block
  write_queued();
}

void LiveRun::send(const WhatIf& what) { send_block(event_text(what)); }
void LiveRun::send_pace(double pace) { send_block(fmt::format("[run]\npace = {}\n", pace)); }

void LiveRun::stop() {
  if (ending_ || child_ < 0) return;
  send_block("[run]\nstop = true\n");
  bool has_term = false;
  const auto since = std::chrono::steady_clock::now();
  while (true) {
    poll();
    if (ending_) return;
    const double waited_s = std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
    if (waited_s > kPatience_s && !std::exchange(has_term, true)) kill(child_, SIGTERM);
    if (waited_s > kLastPatience_s) kill(child_, SIGKILL);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

LiveRun::LiveRun(LiveRun&& other) noexcept
    : child_(std::exchange(other.child_, -1)),
      input_(std::exchange(other.input_, -1)),
      words_pipe_(std::exchange(other.words_pipe_, -1)),
      queued_(std::move(other.queued_)),
      words_(std::move(other.words_)),
      ending_(std::move(other.ending_)) {}

LiveRun::~LiveRun() {
  stop();
  close_end(input_);
  close_end(words_pipe_);
}

std::string event_text(const WhatIf& what) {
  const std::string ramp = what.ramp.empty() ? std::string() : fmt::format("ramp = \"{}\"\n", what.ramp);
  return fmt::format("[[event]]\npath = \"{}\"\n{} = \"{}\"\n{}", what.path, what.key, what.value, ramp);
}

std::string ending_text(const LiveEnding& ending) {
  if (ending.signal != 0) return fmt::format("was ended by signal {} ({})", ending.signal, strsignal(ending.signal));
  if (ending.exit_code < 0) return "ended, it is not known how";
  return fmt::format("ended with exit code {}", ending.exit_code);
}

}  // namespace racktwin
