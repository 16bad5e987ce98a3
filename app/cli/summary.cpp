#include "app/cli/summary.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {

const SummaryRow* Summary::row(std::string_view name) const {
  const auto it = std::find_if(rows.begin(), rows.end(), [&](const SummaryRow& r) { return r.name == name; });
  return it == rows.end() ? nullptr : &*it;
}

double Summary::value(std::string_view name) const {
  const SummaryRow* found = row(name);
  return found == nullptr ? std::numeric_limits<double>::quiet_NaN() : found->value;
}

std::string Summary::run_value(std::string_view key) const {
  for (const auto& [k, value] : run_values)
    if (k == key) return value;
  return {};
}

Result<Summary> read_summary(const std::string& recording) {
  const Result<RecordingReader> reader = RecordingReader::open(recording);
  if (!reader) return tl::unexpected(reader.error());
  const bool is_growing = reader->is_being_written();  // before the rest: a run that ends meanwhile is no cut-off one
  Summary summary{reader->summary(), reader->events(), reader->run_values(), reader->uncertainty(), recording};
  summary.is_growing = is_growing;
  if (const std::vector<double> times = reader->frame_times(); !times.empty()) summary.recorded_s = times.back();
  if (const auto status = reader->status(); !status) return tl::unexpected(status.error());
  return summary;
}

}  // namespace racktwin
