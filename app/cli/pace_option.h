// --pace of `run` and `view`. Thread rule: pure function.
#pragma once

#include <CLI/CLI.hpp>

namespace racktwin {

// Takes the paces that a live run does, a pause apart.
CLI::Validator pace_validator();

}  // namespace racktwin
