#include "app/cli/validate_report.h"

#include "app/cli/markdown.h"
#include "app/cli/validate_parameters.h"
#include "app/cli/version.h"
#include "sim/validation/row_words.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <map>
#include <set>

namespace racktwin {
namespace {

constexpr std::size_t kWorst = 10;

std::string count(std::size_t number) { return fmt::format("{}", number); }
std::string count(int number) { return fmt::format("{}", number); }
std::string error_text(double error) { return percent_text(error, "{:.1f} %"); }
std::string signed_text(double error) { return percent_text(error, "{:+.1f} %"); }
std::string plain_number(double value) { return std::isnan(value) ? "-" : fmt::format("{:.5g}", value); }
std::string name_of(const std::string& path) { return std::filesystem::path(path).filename().string(); }

// "Calibrate rows", "Test rows: never fitted", "Rows"
std::string use_heading(const std::string& use) {
  if (use == "calibrate") return "Calibrate rows (may be fitted)";
  if (use == "test") return "Test rows (never fitted)";
  return use.empty() ? "Rows" : fmt::format("Rows of use {}", markdown_text(use));
}

template <class AnyScore>
std::vector<std::string> uses_of(const std::vector<AnyScore>& scores) {
  std::set<std::string> uses;
  for (const AnyScore& s : scores) uses.insert(s.use);
  return {uses.begin(), uses.end()};
}

std::string scores_markdown(const std::vector<RowPrediction>& rows) {
  const std::vector<Score> scores = score(rows);
  std::string out;
  for (const std::string& use : uses_of(scores)) {
    out += fmt::format("\n### {}\n\n", use_heading(use));
    out += markdown_row({"source", "rows", "predicted", "configurations", "median", "90th percentile", "bias",
                         "layouts: pairs", "layouts: tau-b", "all: tau-b"}) +
           markdown_rule("lrrrrrrrrr");
    for (const Score& s : scores)
      if (s.use == use)
        out += markdown_row({s.source, count(s.rows), count(s.predicted_rows), count(s.configurations),
                             error_text(s.median), error_text(s.p90), signed_text(s.bias), count(s.layouts.pairs()),
                             tau_text(s.layout_tau), tau_text(s.tau)});
  }
  return out;
}

std::string scores_markdown(const std::vector<CollectivePrediction>& rows) {
  const std::vector<CollectiveScore> scores = score_collectives(rows);
  std::string out;
  for (const std::string& use : uses_of(scores)) {
    out += fmt::format("\n### {}\n\n", use_heading(use));
    out += markdown_row({"source", "operation", "size", "rows", "predicted", "median", "90th percentile", "bias"}) +
           markdown_rule("lllrrrrr");
    for (const CollectiveScore& s : scores)
      if (s.use == use)
        out += markdown_row({s.source, s.operation.empty() ? "all" : s.operation,
                             std::string(message_size_word(s.size)), count(s.rows), count(s.predicted_rows),
                             error_text(s.median), error_text(s.p90), signed_text(s.bias)});
  }
  return out;
}

std::string scores_markdown(const std::vector<PowerPrediction>& rows) {
  const std::vector<PowerScore> scores = score_power(rows);
  std::string out =
      "\nScores as ASHRAE Guideline 14 has them, with n - 1; an NMBE above zero is predicted too low. No power of an "
      "NVL72 was ever published: none is compared.\n";
  for (const std::string& use : uses_of(scores)) {
    out += fmt::format("\n### {}\n\n", use_heading(use));
    out +=
        markdown_row({"metric", "hardware", "rows", "predicted", "MAE", "NMBE", "CV(RMSE)"}) + markdown_rule("llrrrrr");
    for (const PowerScore& s : scores)
      if (s.use == use)
        out += markdown_row({s.metric, s.hardware, count(s.rows), count(s.predicted_rows), watts_text(s.mae_w),
                             signed_text(s.nmbe), error_text(s.cv_rmse)});
  }
  return out;
}

std::string what_text(const RowPrediction& row) { return row.layout; }
std::string what_text(const PowerPrediction& row) { return fmt::format("{} GPUs, {}", row.gpus, row.how); }
std::string what_text(const CollectivePrediction& row) { return fmt::format("{}, {}", row.operation, row.how); }

// One row of each configuration: repetitions of a miss are one miss.
template <class Row>
std::string worst_markdown(const std::vector<Row>& rows) {
  std::vector<const Row*> worst;
  for (const Row& row : rows)
    if (row.reason.empty() && !std::isnan(row.value)) worst.push_back(&row);
  std::stable_sort(worst.begin(), worst.end(),
                   [](const Row* a, const Row* b) { return std::abs(a->rel_error()) > std::abs(b->rel_error()); });
  std::set<std::string> seen;
  std::string out;
  for (const Row* row : worst) {
    if (seen.size() == kWorst) break;
    if (!seen.insert(row->configuration).second) continue;
    out += markdown_row({row->id, row->use, row->source, row->system, row->model, what_text(*row),
                         plain_number(row->value), plain_number(row->predicted), row->unit,
                         signed_text(row->rel_error())});
  }
  if (out.empty()) return out;
  return "\n### Worst misses\n\nThe ten configurations furthest off, each by its worst row.\n\n" +
         markdown_row({"row", "use", "source", "system", "model", "how", "measured", "predicted", "unit", "error"}) +
         markdown_rule("llllllrrlr") + out;
}

std::string ranking_markdown(const std::vector<RowPrediction>& rows) {
  const std::vector<RankedJob> jobs = rank_layouts(rows);
  if (jobs.empty()) return {};
  std::string out =
      "\n### Layouts of one job\n\n"
      "Rows of one source with the same model, system, number of GPUs, sequence, global batch and precision, which "
      "differ "
      "in parallelism or micro-batch: what a planner chooses between. The fastest as measured comes first; the order "
      "of "
      "the predictions should be the same.\n\n";
  out += markdown_row({"use", "source", "job", "layout", "measured", "predicted", "unit", "place", "predicted place"}) +
         markdown_rule("llllrrlrr");
  for (const RankedJob& job : jobs) {
    std::vector<double> order;
    for (const RankedLayout& layout : job.layouts) order.push_back(layout.predicted);
    std::sort(order.begin(), order.end());
    if (training_metric(job.example->metric) != "step_time") std::reverse(order.begin(), order.end());
    for (std::size_t i = 0; i < job.layouts.size(); ++i) {
      const RankedLayout& layout = job.layouts[i];
      const auto place = std::find(order.begin(), order.end(), layout.predicted) - order.begin();
      out += markdown_row({i == 0 ? job.example->use : "", i == 0 ? job.example->source : "",
                           i == 0 ? job.example->job : "", layout.layout, plain_number(layout.measured),
                           plain_number(layout.predicted), job.example->unit, count(i + 1),
                           count(static_cast<std::size_t>(place) + 1)});
    }
  }
  return out;
}
std::string ranking_markdown(const std::vector<CollectivePrediction>&) { return {}; }
std::string ranking_markdown(const std::vector<PowerPrediction>&) { return {}; }

template <class Row>
std::string reasons_markdown(const std::vector<Row>& rows) {
  std::map<std::string, std::vector<std::string>> reasons;
  for (const Row& row : rows)
    if (!row.reason.empty()) reasons[row.reason].push_back(row.id);
  if (reasons.empty()) return {};
  std::string out =
      "\n### Rows without a prediction\n\n" + markdown_row({"rows", "reason", "which"}) + markdown_rule("rll");
  for (const auto& [reason, ids] : reasons)
    out += markdown_row({count(ids.size()), reason, fmt::format("{}", fmt::join(ids, ", "))});
  return out;
}

std::string overview_markdown(const std::vector<PredictedTable>& tables) {
  std::string out = "\n## What was predicted\n\n" +
                    markdown_row({"table", "measures", "rows", "predicted", "without a prediction"}) +
                    markdown_rule("llrrr");
  for (const PredictedTable& table : tables)
    with_rows(table, [&](const auto& rows) {
      std::size_t predicted = 0;
      for (const auto& row : rows) predicted += row.reason.empty() ? 1 : 0;
      out += markdown_row(
          {name_of(table.path), table.heading(), count(rows.size()), count(predicted), count(rows.size() - predicted)});
    });
  return out;
}

}  // namespace

std::string validation_report(const std::vector<PredictedTable>& tables, Calibration& calibration,
                              const ReportContext& context) {
  std::string out = fmt::format(
      "# Predictions against measurements\n\nracktwin {}. Errors are |predicted / measured - 1|; duplicates of a "
      "configuration are scored once, against the median of their measurements. The bias is the median of the signed "
      "error. tau-b is Kendall's rank correlation, 1 where predictions order as measurements do.\n",
      markdown_text(version_text()));
  if (!context.use.empty()) out += fmt::format("\nOnly rows of use {}.\n", markdown_text(context.use));
  for (const std::string& assignment : context.assignments)
    out += fmt::format("\nWith {} instead of the fitted value.\n", markdown_text(assignment));
  out += overview_markdown(tables);
  for (std::size_t t = 0; t < tables.size(); ++t) {
    out += fmt::format("\n## {}: {}\n", tables[t].heading(), markdown_text(name_of(tables[t].path)));
    for (const ReportPicture& picture : context.pictures)
      if (picture.table == t) out += fmt::format("\n![{}](<{}>)\n", markdown_text(picture.summary), picture.link);
    out += with_rows(tables[t], [&](const auto& rows) {
      const bool has_scores = tables[t].kind != TableKind::kOther;
      return (has_scores ? scores_markdown(rows) : "") + worst_markdown(rows) + ranking_markdown(rows) +
             reasons_markdown(rows);
    });
  }
  return out + "\n## Fitted parameters\n\n" + parameters_markdown(calibration);
}

}  // namespace racktwin
