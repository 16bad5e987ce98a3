// The main loop: one job on one site, stepped through time, recorded.
//
// while t < end: apply events; find the iteration's profile at the present clocks; power; cooling; clocks; wait until
// the step is due and hear the operator; frame.
// Thread rule: one run per thread at a time (the network solver forks).
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/result.h"
#include "sim/twin/pacer.h"
#include "sim/workload/trace.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

struct RunProgress {
  double time_s = 0, duration_s = 0;  // simulated
};

struct RunOptions {
  std::string output;  // recording; empty: none is written
  bool force = false;  // overwrite
  Folding folding = Folding::kFolded;
  std::string version;                                  // provenance, "0.1.0 (commit)"
  std::function<void(const RunProgress&)> on_progress;  // now and then; may be empty
  // Given the step that the run begins with, once its recording is open. An error ends the run; may be empty.
  std::function<Result<void>(const TracedStep&)> on_first_step;
  std::function<bool()> is_interrupted;  // polled every step and while the run waits; may be empty
  double pace = kAsFastAsPossible;       // simulated seconds in a second of wall time
  // Makes the run live: waits for at most so many seconds and gives the blocks of input that an operator has sent (see
  // sim/plan/README.md); it may return earlier.
  std::function<std::vector<std::string>(double)> wait_for_input;
  std::function<void(const Errors&)> on_refused;  // why a block was refused; may be empty
  // Given the summary of a run that went to its end, samples the run for its recording; may be empty.
  std::function<Result<Uncertainty>(const std::vector<SummaryRow>&)> sample;
};

struct RunOutcome {
  std::vector<SummaryRow> summary;
  std::vector<EventRow> events;
  std::vector<std::pair<std::string, std::string>> run_values;  // provenance, defaults used
  bool was_interrupted = false;
  bool has_crossed_limit = false;          // `run --strict` exits with 1
  std::string runaway;                     // from when on the equations do not hold any more; empty: they do
  std::optional<Uncertainty> uncertainty;  // of a run that was sampled
};

// Errors: kBadInput if the job does not fit, kIo if the recording cannot be written (what was committed is kept),
// kInternal. An interrupted run is no error: its recording is closed and says so.
Result<RunOutcome> run_twin(const Plan& plan, const Calibration& calibration, const RunOptions& options);

}  // namespace racktwin
