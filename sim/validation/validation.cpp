#include "sim/validation/validation.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

Score score_of(const std::vector<const RowPrediction*>& rows, std::string source, std::string use) {
  Score s;
  s.source = std::move(source);
  s.use = std::move(use);
  s.rows = static_cast<int>(rows.size());
  std::map<std::string, std::vector<const RowPrediction*>> configurations;
  for (const RowPrediction* row : rows)
    if (row->reason.empty()) {
      ++s.predicted_rows;
      if (!std::isnan(row->value)) configurations[row->configuration].push_back(row);
    }
  std::vector<double> errors, magnitudes;
  for (const auto& [configuration, duplicates] : configurations) {
    std::vector<double> values;
    for (const RowPrediction* row : duplicates) values.push_back(row->value);
    errors.push_back(duplicates.front()->predicted / quantile(values, 0.5) - 1);
    magnitudes.push_back(std::abs(errors.back()));
  }
  s.configurations = static_cast<int>(errors.size());
  s.median = quantile(magnitudes, 0.5);
  s.p90 = quantile(magnitudes, 0.9);
  s.bias = quantile(errors, 0.5);
  return s;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return kNoValue;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  const double next = i + 1 < values.size() ? values[i + 1] : values[i];
  return values[i] + (at - static_cast<double>(i)) * (next - values[i]);
}

std::vector<Score> score(const std::vector<RowPrediction>& rows) {
  std::set<std::string> uses;
  for (const RowPrediction& row : rows) uses.insert(row.use);
  std::vector<Score> scores;
  for (const std::string& use : uses) {
    std::map<std::string, std::vector<const RowPrediction*>> by_source;
    std::vector<const RowPrediction*> all;
    for (const RowPrediction& row : rows)
      if (row.use == use) {
        by_source[row.source].push_back(&row);
        all.push_back(&row);
      }
    for (const auto& [source, members] : by_source) scores.push_back(score_of(members, source, use));
    scores.push_back(score_of(all, "all", use));
  }
  return scores;
}

}  // namespace racktwin
