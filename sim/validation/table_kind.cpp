#include "sim/validation/table_kind.h"

#include "sim/validation/collectives.h"
#include "sim/validation/node_power.h"
#include "sim/validation/row_words.h"

#include <fmt/core.h>

namespace racktwin {

TableKind table_kind(const CsvTable& table) {
  if (table.column("model_id") >= 0) return TableKind::kTraining;
  bool has_collectives = table.rows.empty(), has_powers = false, has_training = false;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const std::string& metric = CsvRow(table, i).text("metric");
    has_collectives = has_collectives || is_collective_metric(metric);
    has_powers = has_powers || is_power_metric(metric);
    std::string unit = CsvRow(table, i).text("unit");
    has_training = has_training || !training_metric(metric, &unit).empty();
  }
  if (has_training && !has_collectives && !has_powers) return TableKind::kTraining;
  if (has_powers && !has_collectives && table.column("hardware") >= 0) return TableKind::kPower;
  if (table.column("metric") >= 0 && !has_collectives) return TableKind::kOther;
  return table.column("hardware") >= 0 ? TableKind::kCollectives : TableKind::kTraining;
}

Result<std::vector<RowPrediction>> list_other_rows(const CsvTable& table) {
  Errors errors = missing_columns(table, {"id", "metric"});
  if (!errors.empty()) return fail(std::move(errors));
  std::vector<RowPrediction> rows;
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    const CsvRow row(table, i);
    RowPrediction p;
    describe_row(row, ',', p);
    p.reason = p.metric.empty() ? "the metric is not stated"
                                : fmt::format("metric {} is of no kind that is predicted", p.metric);
    rows.push_back(std::move(p));
  }
  return rows;
}

}  // namespace racktwin
