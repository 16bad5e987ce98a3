// What sampling a run has shown, as its summary prints it. Thread rule: pure functions.
#pragma once

#include "sim/uncertainty/uncertainty.h"

#include <string>
#include <vector>

namespace racktwin {

// The section "Uncertainty": each figure with its band and what moves it most.
std::string uncertainty_text(const Uncertainty& study, const std::vector<SummaryRow>& summary, bool colour);

}  // namespace racktwin
