#include "sim/validation/validation.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <tuple>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

bool is_scored(const RowPrediction& row) { return row.reason.empty() && !std::isnan(row.value); }

double median_value(const std::vector<const RowPrediction*>& rows) {
  std::vector<double> values;
  for (const RowPrediction* row : rows) values.push_back(row->value);
  return quantile(values, 0.5);
}

bool is_time(const RowPrediction& row) { return row.metric == "step_time"; }

std::vector<RankedJob> rank_layouts(const std::vector<const RowPrediction*>& rows) {
  using Key = std::tuple<std::string, std::string, std::string>;  // use, source, job
  std::map<Key, std::map<std::string, std::vector<const RowPrediction*>>> jobs;
  std::vector<Key> order;
  for (const RowPrediction* row : rows) {
    if (row->job.empty() || !is_scored(*row)) continue;
    const Key key = {row->use, row->source, row->job};
    if (jobs.find(key) == jobs.end()) order.push_back(key);
    jobs[key][row->layout].push_back(row);
  }
  std::stable_sort(order.begin(), order.end(), [](const Key& a, const Key& b) {
    return std::tie(std::get<0>(a), std::get<1>(a)) < std::tie(std::get<0>(b), std::get<1>(b));
  });
  std::vector<RankedJob> ranked;
  for (const Key& key : order) {
    const auto& layouts = jobs[key];
    if (layouts.size() < 2) continue;
    RankedJob job;
    std::vector<double> measured, predicted;
    for (const auto& [layout, duplicates] : layouts) {
      RankedLayout one = {layout, median_value(duplicates), duplicates.front()->predicted, {}};
      for (const RowPrediction* row : duplicates) one.ids.push_back(row->id);
      measured.push_back(one.measured);
      predicted.push_back(one.predicted);
      job.layouts.push_back(std::move(one));
    }
    job.example = layouts.begin()->second.front();
    job.pairs = count_pairs(measured, predicted);
    const bool is_less_faster = is_time(*job.example);
    std::stable_sort(job.layouts.begin(), job.layouts.end(), [&](const RankedLayout& a, const RankedLayout& b) {
      return is_less_faster ? a.measured < b.measured : a.measured > b.measured;
    });
    ranked.push_back(std::move(job));
  }
  return ranked;
}

PairCounts pairs_of_configurations(const std::vector<const RowPrediction*>& rows) {
  using Key = std::pair<std::string, std::string>;  // source, metric
  std::map<Key, std::map<std::string, std::vector<const RowPrediction*>>> groups;
  for (const RowPrediction* row : rows)
    if (is_scored(*row)) groups[{row->source, row->metric}][row->configuration].push_back(row);
  PairCounts counts;
  for (const auto& [key, configurations] : groups) {
    std::vector<double> measured, predicted;
    for (const auto& [configuration, duplicates] : configurations) {
      measured.push_back(median_value(duplicates));
      predicted.push_back(duplicates.front()->predicted);
    }
    counts += count_pairs(measured, predicted);
  }
  return counts;
}

Score score_of(const std::vector<const RowPrediction*>& rows, std::string source, std::string use) {
  Score s;
  s.source = std::move(source);
  s.use = std::move(use);
  s.rows = static_cast<int>(rows.size());
  std::map<std::string, std::vector<const RowPrediction*>> configurations;
  for (const RowPrediction* row : rows)
    if (row->reason.empty()) {
      ++s.predicted_rows;
      if (is_scored(*row)) configurations[row->configuration].push_back(row);
    }
  std::vector<double> errors, magnitudes;
  for (const auto& [configuration, duplicates] : configurations) {
    errors.push_back(duplicates.front()->predicted / median_value(duplicates) - 1);
    magnitudes.push_back(std::abs(errors.back()));
  }
  s.configurations = static_cast<int>(errors.size());
  s.median = quantile(magnitudes, 0.5);
  s.p90 = quantile(magnitudes, 0.9);
  s.bias = quantile(errors, 0.5);
  for (const RankedJob& job : rank_layouts(rows)) s.layouts += job.pairs;
  s.layout_tau = kendall_tau_b(s.layouts);
  s.tau = kendall_tau_b(pairs_of_configurations(rows));
  return s;
}

}  // namespace

void describe_row(const CsvRow& row, char source_end, RowPrediction& p) {
  p.id = row.text("id");
  p.source = row.text("source").substr(0, row.text("source").find(source_end));
  p.use = row.text("use");
  p.system = row.text("system");
  p.model = row.text("model");
  p.metric = row.text("metric");
  p.unit = row.text("unit");
  p.value = row.number("value").value_or(kNoValue);
  p.predicted = p.step_s = kNoValue;
}

double unit_si(const std::string& unit, Dimension dimension, double usual) {
  if (unit.empty()) return usual;
  static const std::map<std::string, std::string> kSpelt = {
      {"sec", "s"}, {"second", "s"}, {"seconds", "s"}, {"msec", "ms"},     {"usec", "us"},   {"microseconds", "us"},
      {"µs", "us"}, {"μs", "us"},    {"GBps", "GB/s"}, {"GB/sec", "GB/s"}, {"Gbps", "Gb/s"}, {"Gbit/s", "Gb/s"}};
  if (const auto spelt = kSpelt.find(unit); spelt != kSpelt.end()) return unit_si(spelt->second, dimension, usual);
  return parse_quantity("1 " + unit, dimension).value_or(kNoValue);
}

std::string no_such_unit(const std::string& unit, Dimension dimension) {
  return fmt::format("unit {} is not one of {}", unit,
                     dimension == Dimension::kTime    ? "time"
                     : dimension == Dimension::kPower ? "power"
                                                      : "bandwidth");
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return kNoValue;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  const double next = i + 1 < values.size() ? values[i + 1] : values[i];
  return values[i] + (at - static_cast<double>(i)) * (next - values[i]);
}

std::vector<RankedJob> rank_layouts(const std::vector<RowPrediction>& rows) {
  std::vector<const RowPrediction*> pointers;
  for (const RowPrediction& row : rows) pointers.push_back(&row);
  return rank_layouts(pointers);
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
