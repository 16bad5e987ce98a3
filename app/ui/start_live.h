// Starts a live run and waits for the first tables of its recording. Thread rule: one thread.
#pragma once

#include "app/ui/live_run.h"
#include "sim/recording/run_history.h"

#include <functional>
#include <optional>

namespace racktwin {

struct StartedRun {
  std::optional<RunHistory> history;  // none: the run ended before it recorded anything
  LiveRun run;
};

// Errors: those of LiveRun::start() and RunHistory::open(); kInterrupted if is_interrupted() says so.
Result<StartedRun> start_live(const LiveRunOptions& options, const std::function<bool()>& is_interrupted);

// FILE, or FILE-2, FILE-3, ... before its extension: the first that does not exist.
std::string free_name(const std::string& path);

}  // namespace racktwin
