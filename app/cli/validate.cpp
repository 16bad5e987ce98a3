#include "app/cli/commands.h"
#include "app/cli/version.h"
#include "sim/catalog/catalog.h"
#include "sim/document.h"
#include "sim/nearest_match.h"
#include "sim/validation/collectives.h"
#include "sim/validation/training.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>
#include <memory>

namespace racktwin {
namespace {

struct ValidateOptions {
  std::vector<std::string> tables;
  std::string use;  // only rows of this use; empty: all
  std::vector<std::string> assignments;
  bool is_json = false;
  bool shows_parameters = false;
  bool shows_all = false;
};

// Applies "attention.forward_share=0.4".
Errors assign(const std::vector<std::string>& assignments, Calibration& calibration) {
  Errors errors;
  for (const std::string& text : assignments) {
    const std::string key = text.substr(0, text.find('='));
    std::vector<std::string> known;
    bool found = false;
    for (const ParameterRow& row : parameter_rows(calibration)) {
      known.push_back(row.key);
      if (row.key != key) continue;
      found = true;
      const std::string value = text.size() > key.size() ? text.substr(key.size() + 1) : "";
      const auto parsed = parse_quantity(value, row.dimension);
      if (parsed) {
        row.value->value.value = *parsed;
      } else {
        errors.push_back({ErrorCode::kBadInput, fmt::format("--set {}: {}", text, parsed.error()), {}, 1, {}, {}});
      }
    }
    if (found) continue;
    const auto nearest = nearest_match(key, known);
    errors.push_back({ErrorCode::kBadInput,
                      fmt::format("--set {}: there is no parameter \"{}\"", text, key),
                      {},
                      1,
                      nearest ? fmt::format("did you mean \"{}\"?", *nearest) : "see racktwin validate --parameters",
                      {}});
  }
  return errors;
}

std::string parameters_text(Calibration& calibration) {
  std::string out = "Fitted parameters (racks/calibration.toml)\n\n";
  for (const ParameterRow& row : parameter_rows(calibration)) {
    const Sourced& value = row.value->value;
    out += fmt::format("  {:<30}{:>10}  {:<9} {}\n", row.key, format_quantity(value.value, row.dimension),
                       evidence_word(value.evidence), row.meaning);
    out += fmt::format("  {:<30}{:>10}  fitted on: {}\n", "", "", row.value->fitted_on);
  }
  return out + "\nEfficiencies of one chip are in racks/chips, fitted on tests/validation/gemm.csv.\n";
}

nlohmann::json number(double value) { return std::isnan(value) ? nlohmann::json(nullptr) : nlohmann::json(value); }

std::string parameters_json(Calibration& calibration) {
  nlohmann::json rows = nlohmann::json::array();
  for (const ParameterRow& row : parameter_rows(calibration))
    rows.push_back({{"key", row.key},
                    {"value", number(row.value->value.value)},
                    {"unit", std::string(base_unit(row.dimension))},
                    {"evidence", std::string(evidence_word(row.value->value.evidence))},
                    {"source", row.value->value.from},
                    {"fitted_on", row.value->fitted_on},
                    {"meaning", row.meaning}});
  return nlohmann::json({{"schema", 1}, {"parameters", std::move(rows)}}).dump(2) + "\n";
}

nlohmann::json row_json(const RowPrediction& row) {
  return {{"id", row.id},
          {"configuration", row.configuration},
          {"source", row.source},
          {"use", row.use},
          {"metric", row.metric},
          {"unit", row.unit},
          {"value", number(row.value)},
          {"predicted", number(row.predicted)},
          {"rel_error", number(row.rel_error())},
          {"reason", row.reason.empty() ? nlohmann::json(nullptr) : nlohmann::json(row.reason)},
          {"defaults", row.defaults}};
}

nlohmann::json score_json(const Score& s) {
  return {{"source", s.source},
          {"use", s.use},
          {"rows", s.rows},
          {"predicted_rows", s.predicted_rows},
          {"configurations", s.configurations},
          {"median", number(s.median)},
          {"p90", number(s.p90)},
          {"bias", number(s.bias)}};
}

void add_json(const std::vector<RowPrediction>& rows, nlohmann::json& out) {
  for (const RowPrediction& row : rows) out["rows"].push_back(row_json(row));
  for (const Score& s : score(rows)) out["scores"].push_back(score_json(s));
}

void add_json(const std::vector<CollectivePrediction>& rows, nlohmann::json& out) {
  for (const CollectivePrediction& row : rows) {
    nlohmann::json object = row_json(row);
    object["operation"] = row.operation;
    object["size"] = message_size_word(row.size);
    object["algorithm"] = row.how;
    out["rows"].push_back(std::move(object));
  }
  for (const CollectiveScore& s : score_collectives(rows)) {
    nlohmann::json object = score_json(s);
    object["operation"] = s.operation;
    object["size"] = message_size_word(s.size);
    out["scores"].push_back(std::move(object));
  }
}

std::string share(double value, const char* format) {
  return std::isnan(value) ? "-" : fmt::format(fmt::runtime(format), 100 * value);
}

// Rows without a prediction by reason; with their names if `shows_all`.
template <class Row>
std::string reasons_text(const std::vector<Row>& rows, bool shows_all) {
  std::map<std::string, std::vector<std::string>> reasons;
  for (const Row& row : rows)
    if (!row.reason.empty()) reasons[row.reason].push_back(row.id);
  std::string out = reasons.empty() ? "" : "\nRows without a prediction\n\n";
  for (const auto& [reason, ids] : reasons) {
    out += fmt::format("  {:>5}  {}\n", ids.size(), reason);
    for (std::size_t i = 0; shows_all && i < ids.size(); ++i) out += fmt::format("         {}\n", ids[i]);
  }
  return out;
}

std::string table_text(const std::vector<RowPrediction>& rows, bool shows_all) {
  std::string out = "Training steps\n\n";
  out += fmt::format("  {:<20}{:<10}{:<12} {:<15}{:>11}{:>11}  {:>7}  {}\n", "row", "use", "system", "model",
                     "measured", "predicted", "error", "unit, default");
  for (const RowPrediction& row : rows)
    if (row.reason.empty())
      out += fmt::format("  {:<20}{:<10}{:<12} {:<15}{:>11.5g}{:>11.5g}  {:>7}  {}{}\n", row.id, row.use, row.system,
                         row.model, row.value, row.predicted, share(row.rel_error(), "{:+.1f} %"), row.unit,
                         row.defaults.empty() ? "" : ", " + row.defaults);
  out += reasons_text(rows, shows_all);
  out += "\nScores: |relative error| over configurations; duplicates of one are scored once, by their median\n\n";
  out += fmt::format("  {:<10}{:<44}{:>6}{:>10}{:>9}{:>9}{:>9}{:>9}\n", "use", "source", "rows", "predicted", "configs",
                     "median", "p90", "bias");
  for (const Score& s : score(rows))
    out += fmt::format("  {:<10}{:<44}{:>6}{:>10}{:>9}{:>9}{:>9}{:>9}\n", s.use, s.source.substr(0, 42), s.rows,
                       s.predicted_rows, s.configurations, share(s.median, "{:.1f} %"), share(s.p90, "{:.1f} %"),
                       share(s.bias, "{:+.1f} %"));
  return out;
}

// A thousand messages are too many to read: rows are printed on demand, scores always.
std::string table_text(const std::vector<CollectivePrediction>& rows, bool shows_all) {
  std::string out = "Collectives\n\n";
  const bool shows_rows = shows_all || rows.size() <= 60;
  if (shows_rows)
    out += fmt::format("  {:<20}{:<10}{:<13}{:<15}{:<17}{:>10}{:>10}  {:>8}  {}\n", "row", "use", "system", "operation",
                       "algorithm", "measured", "predicted", "error", "unit, default");
  for (const CollectivePrediction& row : rows)
    if (shows_rows && row.reason.empty())
      out +=
          fmt::format("  {:<20}{:<10}{:<13}{:<15}{:<17}{:>10.5g}{:>10.5g}  {:>8}  {}{}\n", row.id, row.use, row.system,
                      row.operation, row.how, row.value, row.predicted, share(row.rel_error(), "{:+.1f} %"), row.unit,
                      row.defaults.empty() ? "" : ", " + row.defaults);
  if (!shows_rows) out += "  Rows one by one: --all or --json\n";
  out += reasons_text(rows, shows_all);
  out += "\nScores: |relative error|; small below 64 KiB, large above 16 MiB\n\n";
  out += fmt::format("  {:<10}{:<38}{:<15}{:<7}{:>6}{:>10}{:>9}{:>9}{:>9}\n", "use", "source", "operation", "size",
                     "rows", "predicted", "median", "p90", "bias");
  for (const CollectiveScore& s : score_collectives(rows))
    out += fmt::format("  {:<10}{:<38}{:<15}{:<7}{:>6}{:>10}{:>9}{:>9}{:>9}\n", s.use, s.source.substr(0, 36),
                       s.operation, message_size_word(s.size), s.rows, s.predicted_rows, share(s.median, "{:.1f} %"),
                       share(s.p90, "{:.1f} %"), share(s.bias, "{:+.1f} %"));
  return out;
}

// Prints the predictions of one table, or adds them to `json`.
template <class Row>
int answer(const Result<std::vector<Row>>& rows, const ValidateOptions& options, const GlobalOptions& global,
           nlohmann::json& json) {
  if (!rows) return print_errors(rows.error(), global);
  if (options.is_json) {
    add_json(*rows, json);
  } else {
    print_result(table_text(*rows, options.shows_all));
  }
  return 0;
}

int validate(const ValidateOptions& options, const GlobalOptions& global) {
  const Catalog catalog(global.catalogue_directory);
  Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return print_errors(calibration.error(), global);
  if (const Errors errors = assign(options.assignments, *calibration); !errors.empty())
    return print_errors(errors, global);
  if (options.shows_parameters) {
    print_result(options.is_json ? parameters_json(*calibration) : parameters_text(*calibration));
    return 0;
  }
  nlohmann::json json = {{"schema", 1}, {"version", version_text()}};
  json["rows"] = json["scores"] = nlohmann::json::array();
  for (const std::string& path : options.tables) {
    Result<CsvTable> table = load_csv(path);
    if (!table) return print_errors(table.error(), global);
    if (!options.use.empty()) keep_rows(*table, "use", options.use);
    if (!options.is_json && path != options.tables.front()) print_result("\n");
    const int code = is_collective_table(*table)
                         ? answer(predict_collective_rows(*table, catalog, *calibration), options, global, json)
                         : answer(predict_training_rows(*table, catalog, *calibration), options, global, json);
    if (code != 0) return code;
  }
  if (options.is_json) print_result(json.dump(2) + "\n");
  return 0;
}

}  // namespace

Subcommand add_validate(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ValidateOptions>();
  options->tables = {RACKTWIN_VALIDATION_DIRECTORY "/training.csv", RACKTWIN_VALIDATION_DIRECTORY "/collectives.csv"};
  CLI::App* app = program.add_subcommand("validate", "Predict published measurements and print the errors");
  app->footer(
      "  racktwin validate\n"
      "  racktwin validate --use calibrate --set attention.forward_share=0.5\n"
      "  racktwin validate --table our-runs.csv --json\n"
      "  racktwin validate --parameters");
  app->add_option("--table", options->tables, "Measurements of training or collectives, see tests/validation")
      ->type_name("FILE")
      ->default_str("");
  app->add_option("--use", options->use, "Only rows of this use: calibrate or test")->type_name("USE");
  app->add_option("--set", options->assignments, "Try another value of a fitted parameter")->type_name("KEY=VALUE");
  app->add_flag("--parameters", options->shows_parameters, "Print the fitted parameters and what they rest on");
  app->add_flag("--all", options->shows_all, "Name every row, also those without a prediction");
  app->add_flag("--json", options->is_json, "Print one JSON object");
  return {app, [=, &global] { return validate(*options, global); }};
}

}  // namespace racktwin
