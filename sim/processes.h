// Work in forked processes: SimGrid's engine is one to a process, so that every solve needs a process of its own, and
// what solves often does so on all cores.
#pragma once

#include "sim/result.h"

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

// What work(0) ... work(jobs - 1) return, in that order, computed by at most `processes` forked copies of this process
// that take one job after the other. A job whose process died (or whose work threw) has no answer; the others do.
// `goes_on`, if there is one, is told how many answers there are, after each and after a signal; once it says no, no
// further job is begun and the processes are asked to end (SIGTERM).
// The children die with their parent, and a terminal's interrupt is his. Errors: kIo if the system gives no pipe or
// process. Thread rule: from a process with one thread only. A lock that another thread holds at the fork stays locked
// in the child for ever.
Result<std::vector<std::optional<std::string>>> in_processes(std::size_t jobs, unsigned processes,
                                                             const std::function<std::string(std::size_t)>& work,
                                                             const std::function<bool(std::size_t)>& goes_on = {});

}  // namespace racktwin
