#include "app/cli/commands.h"
#include "app/cli/validate_figures.h"
#include "app/cli/validate_parameters.h"
#include "app/cli/validate_report.h"
#include "app/cli/validate_tables.h"
#include "app/cli/version.h"
#include "render/colour/colour_map.h"
#include "render/plot/svg.h"
#include "sim/catalog/catalog.h"
#include "sim/nearest_match.h"
#include "sim/new_file.h"
#include "sim/validation/training.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <set>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

struct ValidateOptions {
  std::vector<std::string> tables;
  std::string use;  // only rows of this use; empty: all
  std::vector<std::string> assignments;
  std::string markdown;  // file to write the report to; empty: none
  std::string svg;       // directory to write pictures to; empty: none
  bool is_json = false;
  bool shows_parameters = false;
  bool shows_all = false;
  bool force = false;
};

// Applies "attention.share=0.4".
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

nlohmann::json number(double value) { return std::isnan(value) ? nlohmann::json(nullptr) : nlohmann::json(value); }

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
  for (const Score& s : score(rows)) {
    nlohmann::json object = score_json(s);
    object["layout_pairs"] = s.layouts.pairs();
    object["layout_tau"] = number(s.layout_tau);
    object["tau"] = number(s.tau);
    out["scores"].push_back(std::move(object));
  }
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

void add_json(const std::vector<PowerPrediction>& rows, nlohmann::json& out) {
  for (const PowerPrediction& row : rows) {
    nlohmann::json object = row_json(row);
    object["hardware"] = row.hardware;
    object["how"] = row.how;
    out["rows"].push_back(std::move(object));
  }
  for (const PowerScore& s : score_power(rows))
    out["scores"].push_back({{"use", s.use},
                             {"metric", s.metric},
                             {"hardware", s.hardware},
                             {"rows", s.rows},
                             {"predicted_rows", s.predicted_rows},
                             {"mae_w", number(s.mae_w)},
                             {"nmbe", number(s.nmbe)},
                             {"cv_rmse", number(s.cv_rmse)}});
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
  std::string out;
  out += fmt::format("  {:<20}{:<10}{:<12} {:<15}{:>11}{:>11}  {:>7}  {}\n", "row", "use", "system", "model",
                     "measured", "predicted", "error", "unit, default");
  for (const RowPrediction& row : rows)
    if (row.reason.empty())
      out += fmt::format("  {:<20}{:<10}{:<12} {:<15}{:>11.5g}{:>11.5g}  {:>7}  {}{}\n", row.id, row.use, row.system,
                         row.model, row.value, row.predicted, percent_text(row.rel_error(), "{:+.1f} %"), row.unit,
                         row.defaults.empty() ? "" : ", " + row.defaults);
  out += reasons_text(rows, shows_all);
  out +=
      "\nScores: |relative error| over configurations; duplicates of one are scored once, by their median. tau: "
      "Kendall's\n"
      "tau-b over pairs of layouts (parallelism, micro-batch) of one job; 1 if predictions order all as measured\n\n";
  out += fmt::format("  {:<10}{:<43}{:>5}{:>10}{:>8}{:>8}{:>8}{:>9}{:>6}{:>7}\n", "use", "source", "rows", "predicted",
                     "configs", "median", "p90", "bias", "pairs", "tau");
  for (const Score& s : score(rows))
    out += fmt::format("  {:<10}{:<43}{:>5}{:>10}{:>8}{:>8}{:>8}{:>9}{:>6}{:>7}\n", s.use, s.source.substr(0, 42),
                       s.rows, s.predicted_rows, s.configurations, percent_text(s.median, "{:.1f} %"),
                       percent_text(s.p90, "{:.1f} %"), percent_text(s.bias, "{:+.1f} %"), s.layouts.pairs(),
                       tau_text(s.layout_tau));
  return out;
}

// A thousand messages are too many to read: rows are printed on demand, scores always.
std::string table_text(const std::vector<CollectivePrediction>& rows, bool shows_all) {
  std::string out;
  const bool shows_rows = shows_all || rows.size() <= 60;
  if (shows_rows)
    out += fmt::format("  {:<20}{:<10}{:<13}{:<15}{:<17}{:>10}{:>10}  {:>8}  {}\n", "row", "use", "system", "operation",
                       "algorithm", "measured", "predicted", "error", "unit, default");
  for (const CollectivePrediction& row : rows)
    if (shows_rows && row.reason.empty())
      out +=
          fmt::format("  {:<20}{:<10}{:<13}{:<15}{:<17}{:>10.5g}{:>10.5g}  {:>8}  {}{}\n", row.id, row.use, row.system,
                      row.operation, row.how, row.value, row.predicted, percent_text(row.rel_error(), "{:+.1f} %"),
                      row.unit, row.defaults.empty() ? "" : ", " + row.defaults);
  if (!shows_rows) out += "  Rows one by one: --all or --json\n";
  out += reasons_text(rows, shows_all);
  out += "\nScores: |relative error|; small below 64 KiB, large above 16 MiB\n\n";
  out += fmt::format("  {:<10}{:<38}{:<15}{:<7}{:>6}{:>10}{:>9}{:>9}{:>9}\n", "use", "source", "operation", "size",
                     "rows", "predicted", "median", "p90", "bias");
  for (const CollectiveScore& s : score_collectives(rows))
    out +=
        fmt::format("  {:<10}{:<38}{:<15}{:<7}{:>6}{:>10}{:>9}{:>9}{:>9}\n", s.use, s.source.substr(0, 36), s.operation,
                    message_size_word(s.size), s.rows, s.predicted_rows, percent_text(s.median, "{:.1f} %"),
                    percent_text(s.p90, "{:.1f} %"), percent_text(s.bias, "{:+.1f} %"));
  return out;
}

std::string table_text(const std::vector<PowerPrediction>& rows, bool shows_all) {
  std::string out =
      fmt::format("  {:<20}{:<10}{:<26}{:<20}{:>6}  {:<16}{:>10}{:>10}  {:>8}  {}\n", "row", "use", "system",
                  "benchmark", "GPUs", "metric", "measured", "predicted", "error", "unit, default");
  for (const PowerPrediction& row : rows)
    if (row.reason.empty())
      out += fmt::format("  {:<20}{:<10}{:<26}{:<20}{:>6}  {:<16}{:>10.5g}{:>10.5g}  {:>8}  {}{}\n", row.id, row.use,
                         row.how, row.model.substr(0, 18), row.gpus, row.metric, row.value, row.predicted,
                         percent_text(row.rel_error(), "{:+.1f} %"), row.unit,
                         row.defaults.empty() ? "" : ", " + row.defaults);
  out += reasons_text(rows, shows_all);
  out +=
      "\nScores as ASHRAE Guideline 14 has them, with n - 1: NMBE above zero is predicted too low. No power of an "
      "NVL72 "
      "was\never published: none is compared.\n\n";
  out += fmt::format("  {:<10}{:<17}{:<58}{:>5}{:>10}{:>8}{:>9}{:>10}\n", "use", "metric", "hardware", "rows",
                     "predicted", "MAE", "NMBE", "CV(RMSE)");
  for (const PowerScore& s : score_power(rows))
    out += fmt::format("  {:<10}{:<17}{:<58}{:>5}{:>10}{:>8}{:>9}{:>10}\n", s.use, s.metric, s.hardware.substr(0, 56),
                       s.rows, s.predicted_rows, watts_text(s.mae_w), percent_text(s.nmbe, "{:+.1f} %"),
                       percent_text(s.cv_rmse, "{:.1f} %"));
  return out;
}

Error usage(std::string message, std::string hint) {
  return {ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}};
}

// All tables, with the rows that are asked for.
Result<std::vector<CsvTable>> load_tables(const ValidateOptions& options) {
  Errors errors;
  std::vector<CsvTable> tables;
  std::set<std::string> uses;
  for (const std::string& path : options.tables) {
    Result<CsvTable> table = load_csv(path);
    if (!table) {
      errors.insert(errors.end(), table.error().begin(), table.error().end());
      continue;
    }
    for (std::size_t i = 0; i < table->rows.size(); ++i) uses.insert(CsvRow(*table, i).text("use"));
    if (!options.use.empty()) keep_rows(*table, "use", options.use);
    if (!table->rows.empty()) tables.push_back(std::move(*table));
  }
  if (errors.empty() && tables.empty()) {
    uses.erase("");
    errors.push_back(usage(
        fmt::format("--use {}: no row has this use", options.use),
        uses.empty() ? "the tables have no column \"use\"" : fmt::format("known here: {}", fmt::join(uses, ", "))));
  }
  if (!errors.empty()) return fail(std::move(errors));
  return tables;
}

Result<PredictedTable> predict(const CsvTable& table, const Catalog& catalog, const Calibration& calibration) {
  PredictedTable out;
  out.path = table.path;
  out.kind = table_kind(table);
  if (out.kind == TableKind::kCollectives) {
    auto rows = predict_collective_rows(table, catalog, calibration);
    if (!rows) return tl::unexpected(rows.error());
    out.collectives = std::move(*rows);
  } else if (out.kind == TableKind::kPower) {
    auto rows = predict_power_rows(table, catalog, calibration);
    if (!rows) return tl::unexpected(rows.error());
    out.powers = std::move(*rows);
  } else {
    auto rows =
        out.kind == TableKind::kOther ? list_other_rows(table) : predict_training_rows(table, catalog, calibration);
    if (!rows) return tl::unexpected(rows.error());
    out.rows = std::move(*rows);
  }
  return out;
}

std::string tables_text(const std::vector<PredictedTable>& tables, bool shows_all) {
  std::string out;
  for (const PredictedTable& table : tables) {
    if (!out.empty()) out += "\n";
    out += table.heading() + "\n";
    if (table.kind == TableKind::kOther) {
      out += reasons_text(table.rows, shows_all);
    } else {
      out += "\n" + with_rows(table, [&](const auto& rows) { return table_text(rows, shows_all); });
    }
  }
  return out;
}

std::string tables_json(const std::vector<PredictedTable>& tables) {
  nlohmann::json json = {{"schema", 1}, {"version", version_text()}};
  json["rows"] = json["scores"] = nlohmann::json::array();
  for (const PredictedTable& table : tables) {
    if (table.kind == TableKind::kOther) {  // nothing to score
      for (const RowPrediction& row : table.rows) json["rows"].push_back(row_json(row));
    } else {
      with_rows(table, [&](const auto& rows) { add_json(rows, json); });
    }
  }
  return json.dump(2) + "\n";
}

Result<void> make_directory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (fs::is_directory(path)) return {};
  return fail(ErrorCode::kIo, fmt::format("cannot create the directory {}: {}", path,
                                          error ? error.message() : "something else has this name"));
}

Result<void> write_whole(NewFile& file, std::string_view text) {
  if (auto written = file.write(text); !written) return written;
  return file.finish();
}

// As a report at `report` refers to a file; both may be relative.
std::string link_from(const std::string& report, const fs::path& file) {
  std::error_code error;
  const fs::path from = fs::absolute(report, error).lexically_normal().parent_path();
  return fs::absolute(file, error).lexically_normal().lexically_relative(from).generic_string();
}

// The pictures, and the report that embeds them.
Result<void> write_outputs(const std::vector<PredictedTable>& tables, Calibration& calibration,
                           const ValidateOptions& options, const GlobalOptions& global,
                           std::optional<NewFile>& report) {
  ReportContext context = {options.use, options.assignments, {}};
  for (std::size_t t = 0; t < tables.size() && !options.svg.empty(); ++t) {
    for (const ValidationFigure& figure : validation_figures(tables[t])) {
      const fs::path path = fs::path(options.svg) / figure.file;
      Result<NewFile> file = NewFile::create(path.string(), options.force);
      if (!file) return fail(file.error());
      const std::string svg = figure_svg(figure.figure, figure.width, figure.height, light_theme());
      if (auto written = write_whole(*file, svg); !written) return written;
      if (!global.is_quiet) print_message(fmt::format("wrote {}\n", path.string()));
      context.pictures.push_back({t, link_from(options.markdown, path), figure.summary});
    }
  }
  if (!report) return {};
  auto written = write_whole(*report, validation_report(tables, calibration, context));
  if (written && !global.is_quiet) print_message(fmt::format("wrote {}\n", options.markdown));
  return written;
}

int validate(const ValidateOptions& options, const GlobalOptions& global) {
  const Catalog catalog(global.catalogue_directory);
  Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return print_errors(calibration.error(), global);
  if (const Errors errors = assign(options.assignments, *calibration); !errors.empty())
    return print_errors(errors, global);
  if (options.shows_parameters) {
    const Result<std::vector<KernelShare>> shares = kernel_shares(catalog);
    if (!shares) return print_errors(shares.error(), global);
    print_result(options.is_json ? parameters_json(*calibration, *shares) : parameters_text(*calibration, *shares));
    return 0;
  }
  const Result<std::vector<CsvTable>> loaded = load_tables(options);
  if (!loaded) return print_errors(loaded.error(), global);
  // What cannot be written is said before minutes are spent on predictions.
  if (!options.svg.empty())
    if (const auto made = make_directory(options.svg); !made) return print_errors(made.error(), global);
  std::optional<NewFile> report;
  if (!options.markdown.empty()) {
    Result<NewFile> file = NewFile::create(options.markdown, options.force);
    if (!file) return print_errors(file.error(), global);
    report.emplace(std::move(*file));
  }
  std::vector<PredictedTable> tables;
  for (const CsvTable& table : *loaded) {
    Result<PredictedTable> predicted = predict(table, catalog, *calibration);
    if (!predicted) return print_errors(predicted.error(), global);
    tables.push_back(std::move(*predicted));
  }
  print_result(options.is_json ? tables_json(tables) : tables_text(tables, options.shows_all));
  const auto written = write_outputs(tables, *calibration, options, global, report);
  return written ? 0 : print_errors(written.error(), global);
}

}  // namespace

std::string percent_text(double share, const char* format) {
  return std::isnan(share) ? "-" : fmt::format(fmt::runtime(format), 100 * share);
}

std::string watts_text(double power_w) { return std::isnan(power_w) ? "-" : fmt::format("{:.0f} W", power_w); }

std::string tau_text(double tau) { return std::isnan(tau) ? "-" : fmt::format("{:+.2f}", tau); }

Subcommand add_validate(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ValidateOptions>();
  options->tables = {RACKTWIN_VALIDATION_DIRECTORY "/training.csv", RACKTWIN_VALIDATION_DIRECTORY "/collectives.csv",
                     RACKTWIN_VALIDATION_DIRECTORY "/power.csv"};
  CLI::App* app = program.add_subcommand("validate", "Predict published measurements and print the errors");
  app->footer(
      "  racktwin validate\n"
      "  racktwin validate --use calibrate --set attention.share=0.5\n"
      "  racktwin validate --table our-runs.csv --json\n"
      "  racktwin validate --markdown report.md --svg report-pictures\n"
      "  racktwin validate --parameters");
  app->add_option("--table", options->tables, "Measurements of training, collectives or power, see tests/validation")
      ->type_name("FILE")
      ->default_str("");
  app->add_option("--use", options->use, "Only rows of this use: calibrate or test")->type_name("USE");
  app->add_option("--set", options->assignments, "Try another value of a fitted parameter")->type_name("KEY=VALUE");
  app->add_flag("--parameters", options->shows_parameters, "Print the fitted parameters and what they rest on");
  app->add_flag("--all", options->shows_all, "Name every row, also those without a prediction");
  app->add_flag("--json", options->is_json, "Print one JSON object");
  app->add_option("--markdown", options->markdown, "Write a report as GitHub-flavoured Markdown")->type_name("FILE");
  app->add_option("--svg", options->svg, "Write scatter plots; directory, created if missing")->type_name("DIR");
  app->add_flag("--force", options->force, "Replace files that exist");
  return {app, [=, &global] { return validate(*options, global); }};
}

}  // namespace racktwin
