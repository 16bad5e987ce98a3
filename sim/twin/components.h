// The components of a site as a recording lists them, each with its place: site, rows, racks, CDUs and pumps, network
// racks with their switches and the facility one by one, and one template of trays, GPUs and shelves per rack type.
//
// Only racks stand where the plan puts them. Everything else follows a rule, for the picture alone: see kLayoutRule.
// Thread rule: pure function.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"

#include <vector>

namespace racktwin {

inline constexpr const char* kLayoutRule =
    "CDUs at the right end and racks of fabric switches at the left end of the rows, in turn; the facility behind the "
    "hall: a rule for the picture, no input";

std::vector<ComponentRow> component_rows(const Plan& plan, const Model& model);

}  // namespace racktwin
