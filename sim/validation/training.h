// Training steps: predictions of published step times and throughputs.
//
// The columns are those of tests/validation/training.csv. Thread rule: from a process with one thread only (it
// forks).
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/validation.h"

#include <vector>

namespace racktwin {

// One prediction or reason for every row. Errors: kBadInput if a needed column is missing; kIo if no process can be
// started.
Result<std::vector<RowPrediction>> predict_training_rows(const CsvTable& table, const Catalog& catalog,
                                                         const Calibration& calibration);

}  // namespace racktwin
