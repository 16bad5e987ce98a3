// Which predictor a table is for, and the answer to a table that none is for. Thread rule: pure functions.
#pragma once

#include "sim/validation/csv_table.h"
#include "sim/validation/validation.h"

#include <vector>

namespace racktwin {

enum class TableKind : std::uint8_t { kTraining, kCollectives, kPower, kOther };

// Training steps have a column `model_id`; collectives and powers have `hardware` instead, and are told by their
// metrics. A table of neither whose metrics are other ones ("mean_time_to_failure") is of another kind. What lacks the
// columns of all is left to the predictor of training, which names them.
TableKind table_kind(const CsvTable& table);

// Every row of another kind, with its metric as the reason why there is no prediction. Errors: kBadInput if the table
// has no column `id` or `metric`.
Result<std::vector<RowPrediction>> list_other_rows(const CsvTable& table);

}  // namespace racktwin
