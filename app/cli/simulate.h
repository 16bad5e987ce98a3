// Scenario -> summary on standard output and a recording: what `run` and `demo` have in common.
#pragma once

#include "app/cli/console.h"
#include "sim/twin/pacer.h"

#include <cstdint>
#include <string>
#include <vector>

namespace racktwin {

struct SimulationRequest {
  std::string scenario;
  std::vector<std::string> assignments;  // "workload.gpus=256"
  std::string output;                    // recording; empty: `<scenario>.racktwin` in the current directory
  bool has_recording = true;
  std::string trace;  // of the first step, in Chrome's JSON format; empty: none
  bool force = false;
  bool is_json = false;
  bool is_strict = false;  // a limit crossed is exit code 1
  bool shows_progress = true;
  bool is_unfolded = false;
  double pace = kAsFastAsPossible;
  bool is_live = false;  // takes events from standard input
  int samples = 0;       // of the uncertain inputs, each a run; 0: none
  std::uint64_t seed = 1;
};

// Gives the exit code.
int simulate(const SimulationRequest& request, const GlobalOptions& global);

}  // namespace racktwin
