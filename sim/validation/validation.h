// Predictions against published measurements: what a row has, and the scores of many.
//
// Thread rule: pure functions.
#pragma once

#include "sim/quantity.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/ranking.h"

#include <string>
#include <vector>

namespace racktwin {

struct RowPrediction {
  std::string id, source, use, system, model, metric, unit;
  std::string configuration;  // equal for rows that measure the same thing
  std::string job, layout;    // of training: what a planner is given, and how it is laid out; else empty
  double value = 0;           // measured
  double predicted = 0;       // NaN: no prediction, see reason
  double step_s = 0;          // predicted step time
  std::string reason;         // why there is no prediction
  std::string defaults;       // what was chosen where the row is silent
  double rel_error() const { return predicted / value - 1; }
};

// What a row says of itself, without a prediction; the name of its source ends at `source_end`.
void describe_row(const CsvRow& row, char source_end, RowPrediction& prediction);

// The unit that a row states, in SI units ("ms": 1e-3), `usual` where it states none; NaN if it is none of the
// dimension.
double unit_si(const std::string& unit, Dimension dimension, double usual);
std::string no_such_unit(const std::string& unit, Dimension dimension);  // the reason

// Linear between order statistics; NaN of nothing.
double quantile(std::vector<double> values, double q);

// Rows of one source and job, by layout: what a planner ranks. Duplicates of a layout are one, by their median.
struct RankedLayout {
  std::string layout;
  double measured = 0, predicted = 0;
  std::vector<std::string> ids;
};
struct RankedJob {
  const RowPrediction* example = nullptr;  // into the rows
  std::vector<RankedLayout> layouts;       // two or more, from the fastest as measured
  PairCounts pairs;
};
// By use and source, in the order of the rows. Rows without prediction, measurement or job are left out.
std::vector<RankedJob> rank_layouts(const std::vector<RowPrediction>& rows);

// Over rows of one source (or all): the median of duplicates of one configuration is scored once.
struct Score {
  std::string source, use;
  int rows = 0;  // in the table
  int predicted_rows = 0;
  int configurations = 0;                // scored
  double median = 0, p90 = 0, bias = 0;  // of |relative error|; bias: median of the signed one. NaN if none
  PairCounts layouts;                    // pairs of layouts of one job and source, see sim/validation/README.md
  double layout_tau = 0;                 // Kendall's tau-b over them; NaN if there is nothing to rank
  double tau = 0;                        // the same over all pairs of configurations of one source and metric
};

// By use, then source, each followed by the total of the use ("all").
std::vector<Score> score(const std::vector<RowPrediction>& rows);

}  // namespace racktwin
