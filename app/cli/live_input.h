// What an operator sends to a run that is going on: blocks of text from a descriptor, each ended by an empty line.
//
// It does not know what a block means. Thread rule: one thread per LiveInput.
#pragma once

#include "sim/result.h"

#include <functional>
#include <string>
#include <vector>

namespace racktwin {

class LiveInput {
 public:
  // Reads from `descriptor`, which stays the caller's. A block that never ends is an error, after which no more is
  // read.
  LiveInput(int descriptor, std::function<void(const Errors&)> on_error);

  // Waits until something comes, or a signal, but for at most so many seconds; gives the blocks that are complete. The
  // end of the input ends a block too; after it, this only waits.
  std::vector<std::string> wait(double seconds);

 private:
  std::vector<std::string> take_blocks();

  int descriptor_;  // -1: no more will come
  std::function<void(const Errors&)> on_error_;
  std::string text_;  // not yet a complete block
};

}  // namespace racktwin
