// Predictions against published measurements: what a row has, and the scores of many.
//
// Thread rule: pure functions.
#pragma once

#include <string>
#include <vector>

namespace racktwin {

struct RowPrediction {
  std::string id, source, use, system, model, metric, unit;
  std::string configuration;  // equal for rows that measure the same thing
  double value = 0;           // measured
  double predicted = 0;       // NaN: no prediction, see reason
  double step_s = 0;          // predicted step time
  std::string reason;         // why there is no prediction
  std::string defaults;       // what was chosen where the row is silent
  double rel_error() const { return predicted / value - 1; }
};

// Linear between order statistics; NaN of nothing.
double quantile(std::vector<double> values, double q);

// Over rows of one source (or all): the median of duplicates of one configuration is scored once.
struct Score {
  std::string source, use;
  int rows = 0;  // in the table
  int predicted_rows = 0;
  int configurations = 0;                // scored
  double median = 0, p90 = 0, bias = 0;  // of |relative error|; bias: median of the signed one. NaN if none
};

// By use, then source, each followed by the total of the use ("all").
std::vector<Score> score(const std::vector<RowPrediction>& rows);

}  // namespace racktwin
