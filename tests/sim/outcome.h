// A run and the rows of its summary, for tests; and the scenarios that are shipped.
#pragma once

#include "sim/twin/twin.h"
#include "tests/sim/flagship.h"

#include <algorithm>
#include <filesystem>

namespace racktwin {

inline RunOutcome run(const Plan& plan, const RunOptions& options = {}) {
  const Calibration calibration = test_calibration();
  Result<RunOutcome> outcome = run_twin(plan, calibration, options);
  if (!outcome) FAIL(format_errors(outcome.error(), false));
  return std::move(*outcome);
}

inline double value(const RunOutcome& outcome, const std::string& name) {
  for (const SummaryRow& row : outcome.summary)
    if (row.name == name) return row.value;
  FAIL("no summary row " << name);
  return 0;
}

// "curtailment".
inline Plan shipped(const std::string& scenario) {
  Result<Plan> plan = load_plan(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/" + scenario + ".toml", {}, test_catalog());
  if (!plan) FAIL(format_errors(plan.error(), false));
  return std::move(*plan);
}

inline std::vector<std::string> shipped_scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios"))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().stem().string());
  std::sort(names.begin(), names.end());
  REQUIRE(names.size() >= 13);
  return names;
}

}  // namespace racktwin
