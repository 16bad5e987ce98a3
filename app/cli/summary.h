// The result of a run as it is shown: to people as text, to programs as JSON.
//
// A run that has just ended and a recording that was read back give the same Summary, so they look the same.
#pragma once

#include "sim/recording/recording.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

struct Summary {
  std::vector<SummaryRow> rows;
  std::vector<EventRow> events;
  std::vector<std::pair<std::string, std::string>> run_values;
  std::optional<Uncertainty> uncertainty = {};  // of a run that was sampled
  std::string recording = {};                   // path; empty: none was written
  double recorded_s = 0;                        // end of the last frame
  bool is_growing = false;                      // its run goes on; without rows and this: it was cut off

  // nullptr / NaN / "" if there is none.
  const SummaryRow* row(std::string_view name) const;
  double value(std::string_view name) const;
  std::string run_value(std::string_view key) const;
};

Result<Summary> read_summary(const std::string& recording);

// About 40 lines of at most 100 columns. What is unknown is "-".
std::string format_summary(const Summary& summary, bool colour);

// One object on one line; its schema is in app/README.md.
std::string summary_json(const Summary& summary);

}  // namespace racktwin
