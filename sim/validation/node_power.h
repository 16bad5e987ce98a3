// Power of a node in training: predictions of MLPerf's power logs.
//
// The columns are those of tests/validation/power.csv. They do not say how a benchmark ran; racks/mlperf_runs.csv does,
// from MLPerf's public configurations. Hardware, cooling and where the meter sits are read from the texts of a row.
// Thread rule: from a process with one thread only (it forks).
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/validation/csv_table.h"
#include "sim/validation/validation.h"

#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

struct PowerPrediction : RowPrediction {
  std::string hardware;  // as printed: rows of equal text are of one system
  int gpus = 0;
  std::string how;  // "hgx-h100, no fans, AC"
};

// Whether power or energy is measured in it.
bool is_power_metric(std::string_view metric);

// One prediction or reason for every row. Errors: kBadInput if a needed column is missing or racks/mlperf_runs.csv is
// not as it should be; kIo if that cannot be read or no process can be started.
Result<std::vector<PowerPrediction>> predict_power_rows(const CsvTable& table, const Catalog& catalog,
                                                        const Calibration& calibration);

// With y measured, p predicted, n rows and y_m the mean of y:
//   NMBE     = sum(y - p) / ((n - 1) y_m)             above zero: predicted too low
//   CV(RMSE) = sqrt(sum((y - p)^2) / (n - 1)) / y_m
//   MAE      = sum(|y - p|) / n
// The number of parameters in n - p is 1, as the guideline has it for calibrated simulations.
// source: ASHRAE Guideline 14-2014, section 4.2.11 and annex B; the guideline does not define the MAE.
struct PowerScore {
  std::string use, metric, hardware;  // "all": over all systems
  int rows = 0, predicted_rows = 0;
  double mae_w = 0, nmbe = 0, cv_rmse = 0;  // NaN if there are too few rows: MAE needs one, the others two
};

// By use and metric, then hardware, each followed by the total of the metric ("all"). Metrics without any prediction
// are left out.
std::vector<PowerScore> score_power(const std::vector<PowerPrediction>& rows);

}  // namespace racktwin
