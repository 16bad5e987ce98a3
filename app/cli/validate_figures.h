// Scatter plots of predicted against measured, one for each metric of a table. Thread rule: pure functions.
#pragma once

#include "app/cli/validate_tables.h"
#include "render/plot/figure.h"

namespace racktwin {

struct ValidationFigure {
  std::string file;     // "training-step-time.svg"
  std::string summary;  // for those who do not see it
  Figure figure;
  int width = 0, height = 0;
};

// None for a metric without a prediction beside its measurement.
std::vector<ValidationFigure> validation_figures(const PredictedTable& table);

}  // namespace racktwin
