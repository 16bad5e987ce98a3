// Which values behind a run are not known exactly, and other values in their place.
//
// A value of the catalogue is an uncertain input if it is graded `assumed` or `reported`, or has a range; it is one
// input wherever the run uses it. What is both is varied. Thread rule: pure functions.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/result.h"

#include <cstddef>
#include <string>
#include <vector>

namespace racktwin {

// The uncertain inputs of the files behind a plan that something is computed with, file by file in their order. A curve
// is one input without a range.
Result<std::vector<UncertainInputRow>> uncertain_inputs(const Plan& plan, const Catalog& catalog);

// Whether anything is computed from the value at a key, "mechanical.mass": left out are places and sizes, masses,
// prices, and what a file tells for people only.
bool is_computed_with(const std::string& key);

// Whether a sample may put another value in its place.
bool can_vary(const UncertainInputRow& input);

// The changes that make a catalogue give the values of one sample.
CatalogChanges changes_of(const std::vector<UncertainInputRow>& inputs, std::size_t sample);

}  // namespace racktwin
