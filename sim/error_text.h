// Errors as people read them, with the lines that they are about. Thread rule: any thread.
#pragma once

#include "sim/result.h"

#include <memory>
#include <string>

namespace racktwin {

// Formats errors as
//   error: unknown unit "kv" for power
//     --> scenarios/hall_a.toml:41:17
//      |
//   41 |   rack_budget = "132 kv"
//      |                 ^^^^^^^^ expected a power, e.g. "132 kW"
// The source lines are those of remembered texts, else of the files.
std::string format_errors(const Errors& errors, bool colour);

// Keeps a text that was parsed in this process, so that errors can quote it.
std::shared_ptr<const std::string> remember_text(const std::string& name, std::string text);

}  // namespace racktwin
