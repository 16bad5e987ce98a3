// The components of a site as a recording lists them: site, rows, racks, CDUs and pumps one by one, and one template of
// trays, GPUs, switch trays and shelves per rack type. Thread rule: pure function.
#pragma once

#include "sim/plan/plan.h"
#include "sim/recording/recording.h"

#include <vector>

namespace racktwin {

std::vector<ComponentRow> component_rows(const Plan& plan);

}  // namespace racktwin
