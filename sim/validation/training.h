// Training steps: predictions of published step times and throughputs.
//
// The columns are those of tests/validation/training.csv. Thread rule: from a process with one thread only (it
// forks).
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/catalog/entry.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/validation.h"
#include "sim/workload/profile.h"

#include <tl/expected.hpp>

#include <string>
#include <vector>

namespace racktwin {

// A value, or in plain words why there is none.
template <class T>
using Explained = tl::expected<T, std::string>;

// The site and the job that a row describes, and one step of it at clock 1.
struct TrainingStep {
  Plan plan;
  Model model;
  IterationProfile profile;
  std::string defaults;  // what was chosen where the row is silent
};

// What predicts a row, for others who need more of a step than its time. names: list_entries() of the catalogue. Needs
// a process of its own for every call, see sim/processes.h.
Explained<TrainingStep> solve_training_row(const CsvRow& row, const Catalog& catalog, const Calibration& calibration,
                                           const std::vector<EntryName>& names);

// One prediction or reason for every row. Errors: kBadInput if a needed column is missing; kIo if no process can be
// started.
Result<std::vector<RowPrediction>> predict_training_rows(const CsvTable& table, const Catalog& catalog,
                                                         const Calibration& calibration);

}  // namespace racktwin
