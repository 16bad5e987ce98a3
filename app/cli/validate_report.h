// The report of `racktwin validate` as GitHub-flavoured Markdown: without dates, equal for equal input. Thread rule:
// pure function.
#pragma once

#include "app/cli/validate_tables.h"
#include "sim/catalog/calibration.h"

#include <string>
#include <vector>

namespace racktwin {

struct ReportPicture {
  std::size_t table = 0;  // whose picture it is
  std::string link;       // as the report refers to it
  std::string summary;
};

struct ReportContext {
  std::string use;                       // only rows of this use were asked for; empty: all
  std::vector<std::string> assignments;  // other values of parameters
  std::vector<ReportPicture> pictures;
};

std::string validation_report(const std::vector<PredictedTable>& tables, Calibration& calibration,
                              const ReportContext& context);

}  // namespace racktwin
