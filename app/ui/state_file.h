// --state-file: what the window shows, as a line of JSON whenever it changes, for scripts that drive it.
//
// Keys: time_s, frames, playing, following, layer, camera ("" once it was moved by hand), theme, help, selected and
// hovered (paths), run ("replay", "growing", "live", "broken"), run_pid (of a live run, else 0), pace (that a live run
// has; 0: held), status (first words of the status bar), verdict (its next ones), banner, answer (to what was asked of
// the run last), viewport
// ([x, y, width, height] in pixels of the window), values (of the selection, by metric, in SI units), items (where
// buttons are, as viewport). Keys are only ever added. Thread rule: one thread per StateFile.
#pragma once

#include "app/ui/panels.h"
#include "sim/result.h"

#include <cstdio>
#include <memory>
#include <string>

namespace racktwin {

// "replay", "growing", "live", "broken"
const char* run_word(RunKind kind);
std::string state_json(const ViewerData& data, const ViewerState& state);

class StateFile {
 public:
  // Replaces a file of this name. Errors: kIo.
  static Result<StateFile> create(const std::string& path);
  void note(const std::string& line);  // appends it if it is not the last one

 private:
  explicit StateFile(std::FILE* file) : file_(file, &std::fclose) {}
  std::unique_ptr<std::FILE, int (*)(std::FILE*)> file_;
  std::string last_;
};

}  // namespace racktwin
