// Runs the built program as a child process, as a user would, and collects what it says. No shell in between.
#pragma once

#include <string>
#include <vector>

namespace racktwin {

struct ProgramResult {
  int exit_code = -1;  // 128 + the signal if one ended it
  std::string out, err;
};

// A directory of a test's own, removed with what is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string path(const std::string& name = {}) const { return name.empty() ? path_ : path_ + "/" + name; }

 private:
  std::string path_;
};

struct ProgramOptions {
  std::string directory = ".";                // to run in
  bool has_closed_pipe = false;               // standard output is a pipe that nobody reads
  std::string standard_output = {};           // a file to write to instead ("/dev/full")
  std::string interrupt_on = {};              // send SIGINT once standard error holds this text
  std::vector<std::string> environment = {};  // "NAME=value", besides the test's own
};

ProgramResult run_program(const std::vector<std::string>& arguments, const ProgramOptions& options = {});

std::string read_text(const std::string& path);
void write_text(const std::string& path, const std::string& text);

}  // namespace racktwin
