// Tables of measurements with their predictions, as the outputs of `racktwin validate` share them. Thread rule: plain
// values.
#pragma once

#include "sim/validation/collectives.h"
#include "sim/validation/node_power.h"
#include "sim/validation/table_kind.h"
#include "sim/validation/validation.h"

#include <string>
#include <vector>

namespace racktwin {

struct PredictedTable {
  std::string path;
  TableKind kind = TableKind::kTraining;
  std::vector<RowPrediction> rows;  // of training and of other kinds
  std::vector<CollectivePrediction> collectives;
  std::vector<PowerPrediction> powers;

  std::string heading() const {
    return kind == TableKind::kTraining      ? "Training steps"
           : kind == TableKind::kCollectives ? "Collectives"
           : kind == TableKind::kPower       ? "Power"
                                             : "Other measurements";
  }
};

// Calls `visit` with the rows of a table, whichever they are.
template <class Visit>
auto with_rows(const PredictedTable& table, Visit visit) {
  return table.kind == TableKind::kCollectives ? visit(table.collectives)
         : table.kind == TableKind::kPower     ? visit(table.powers)
                                               : visit(table.rows);
}

// "+4.1 %", "-" for NaN; the format has one place.
std::string percent_text(double share, const char* format);
// "412 W"; "-" for NaN.
std::string watts_text(double power_w);
// "+0.31"; "-" for NaN.
std::string tau_text(double tau);

}  // namespace racktwin
