// Scenario file -> Plan.
//
// Every error of the file is collected, each with its place; nothing is simulated if there is one. The format is
// documented in sim/plan/README.md and by the template of `racktwin new`. Thread rule: pure functions.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/plan/plan.h"

#include <string>
#include <vector>

namespace racktwin {

// Reads a scenario with what it includes, applies `assignments` ("workload.gpus=256"), and validates.
Result<Plan> load_plan(const std::string& path, const std::vector<std::string>& assignments, const Catalog& catalog);

// A commented scenario to start from.
std::string scenario_template();

}  // namespace racktwin
