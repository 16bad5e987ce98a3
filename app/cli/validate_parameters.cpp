#include "app/cli/validate_parameters.h"

#include "app/cli/markdown.h"
#include "app/cli/validate_tables.h"
#include "sim/catalog/entry.h"
#include "sim/network/nccl.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <map>

namespace racktwin {
namespace {

// "0.366 to 0.391"; empty if no fit with a part left out is recorded.
std::string left_out_text(const ParameterRow& row) {
  const std::vector<double>& values = row.value->left_out;
  if (values.empty()) return {};
  const auto [low, high] = std::minmax_element(values.begin(), values.end());
  return fmt::format("{} to {}", format_quantity(*low, row.dimension), format_quantity(*high, row.dimension));
}

// "4.6 to 14.1 %", over the parts.
std::string span_text(const FitRecord& fit, double FitPart::*error) {
  double low = fit.parts.front().*error, high = low;
  for (const FitPart& part : fit.parts) {
    low = std::min(low, part.*error);
    high = std::max(high, part.*error);
  }
  return fmt::format("{:.1f} to {:.1f} %", 100 * low, 100 * high);
}

// How a fit does on parts that it never saw, beside how it does on those that it did.
std::string carried_text(const Calibration& calibration, const std::string& name) {
  for (const FitRecord& fit : calibration.fits)
    if (fit.name == name && !fit.parts.empty())
      return fmt::format("median error on it {}, {} when fitted", span_text(fit, &FitPart::left_out_error),
                         span_text(fit, &FitPart::error));
  return {};
}

std::string owner_text(const ParameterRow& row) {
  return row.belongs_to.empty() ? row.meaning : fmt::format("{}: {}", row.belongs_to, row.meaning);
}

std::string fitted_text(const std::vector<ParameterRow>& rows, const Calibration& calibration) {
  std::string out;
  for (const ParameterRow& row : rows) {
    const Sourced& value = row.value->value;
    out += fmt::format("  {:<30}{:>10}  {:<9} {}\n", row.key, format_quantity(value.value, row.dimension),
                       evidence_word(value.evidence), owner_text(row));
    out += fmt::format("  {:<30}{:>10}  fitted on: {}\n", "", "", row.value->fitted_on);
    if (const std::string range = left_out_text(row); !range.empty())
      out += fmt::format("  {:<30}{:>10}  one part left out: {}; {}\n", "", "", range,
                         carried_text(calibration, row.value->fit));
  }
  return out;
}

std::string shares_text(const std::vector<KernelShare>& shares) {
  const auto is_measured = [](const KernelShare& s) { return s.evidence == "measured"; };
  std::string out = fmt::format(
      "\n{} values of one chip, {} of them fitted on its own kernels: share of the dense peak that large GEMMs, and\n"
      "attention over whole sequences, reach (racks/chips)\n\n  {:<14}",
      shares.size(), std::count_if(shares.begin(), shares.end(), is_measured), "chip");
  std::vector<std::string> columns;
  std::map<std::string, std::map<std::string, std::string>> by_chip;
  for (const char* table : {"gemm", "attention"})
    for (const KernelShare& s : shares) {
      if (s.table != table) continue;
      const std::string column = s.table == "gemm" ? s.kernel : s.table + " " + s.kernel;
      if (std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(column);
      by_chip[s.chip][column] = fmt::format("{:.3g} {}", s.share, s.evidence);
    }
  for (const std::string& column : columns) out += fmt::format("  {:<18}", column);
  out += "\n";
  for (auto& [chip, cells] : by_chip) {
    out += fmt::format("  {:<14}", chip);
    for (const std::string& column : columns)
      out += fmt::format("  {:<18}", cells[column].empty() ? "-" : cells[column]);
    out += "\n";
  }
  return out;
}

nlohmann::json number(double value) { return std::isnan(value) ? nlohmann::json(nullptr) : nlohmann::json(value); }
nlohmann::json word(const std::string& text) { return text.empty() ? nlohmann::json(nullptr) : nlohmann::json(text); }

}  // namespace

Result<std::vector<KernelShare>> kernel_shares(const Catalog& catalog) {
  const Result<std::vector<EntryName>> entries = list_entries(catalog);
  if (!entries) return tl::unexpected(entries.error());
  std::vector<KernelShare> out;
  for (const EntryName& entry : *entries) {
    if (entry.folder != "chips") continue;
    const Result<std::vector<EntryValue>> values = read_values(catalog, "chips/" + entry.name);
    if (!values) return tl::unexpected(values.error());
    for (const EntryValue& v : *values)
      if (v.table == "gemm" || v.table == "attention")
        out.push_back({entry.name, v.table, v.key.substr(0, v.key.find('_')), v.value, v.evidence, v.from});
  }
  return out;
}

std::string parameters_text(Calibration& calibration, const std::vector<KernelShare>& shares) {
  std::vector<ParameterRow> global, owned, published;
  for (const ParameterRow& row : parameter_rows(calibration))
    (!row.value->is_fitted() ? published : row.belongs_to.empty() ? global : owned).push_back(row);
  std::string out =
      fmt::format("{} global parameters, fitted (racks/calibration.toml)\n\n", global.size()) +
      fitted_text(global, calibration) +
      fmt::format("\n{} of one generation of NVLink or of libraries of kernels, fitted\n\n", owned.size()) +
      fitted_text(owned, calibration) + shares_text(shares);
  const std::vector<NcclConstant> constants = nccl_constants();
  out += fmt::format(
      "\n{} constants of NCCL, published or derived from published ones, none fitted (sim/network/nccl.h)\n\n",
      published.size() + constants.size());
  for (const ParameterRow& row : published)
    out += fmt::format("  {:<30}{:>10}  {}\n", row.key, format_quantity(row.value->value.value, row.dimension),
                       row.meaning);
  for (const NcclConstant& constant : constants)
    out +=
        fmt::format("  {:<30}{:>10}  {}\n", "", format_quantity(constant.value, constant.dimension), constant.meaning);
  for (const FitRecord& fit : calibration.fits) {
    out += fmt::format("\nFit \"{}\": {} configurations, median error {}, printed by {}\n\n", fit.name,
                       fit.configurations, percent_text(fit.error, "{:.1f} %"), fit.by);
    out += fmt::format("  {:<46}{:>9}{:>9}{:>15}\n", "part", "configs", "fitted", "when left out");
    for (const FitPart& part : fit.parts)
      out += fmt::format("  {:<46}{:>9}{:>9}{:>15}\n", part.name, part.configurations,
                         percent_text(part.error, "{:.1f} %"), percent_text(part.left_out_error, "{:.1f} %"));
  }
  return out +
         "\nGEMMs: Blackwell's from its own kernels (MXFP8: those of FP8), times what a B300 reaches of them in"
         "\ntraining; Rubin's are the GB200's; the A100's, one chip with two memories, is fitted on training steps."
         "\nAttention: H100 as H200, B200 and B300 as GB200 and GB300, A100 FlashAttention-2 on the PCIe card, Rubin"
         "\nas GB200. Fitted and listed elsewhere: steps over one transport (racks/fabrics, in the notes), and of fit"
         "\n\"power\" three values of an 8 x H100 node: what a waiting GPU draws (chips/h100-sxm), the fans and the"
         "\npower supplies (racks/hgx-h100).\n";
}

std::string parameters_json(Calibration& calibration, const std::vector<KernelShare>& shares) {
  nlohmann::json rows = nlohmann::json::array(), fits = nlohmann::json::array();
  nlohmann::json constants = nlohmann::json::array();
  nlohmann::json gemms = nlohmann::json::array(), attention = nlohmann::json::array();
  for (const NcclConstant& constant : nccl_constants())
    constants.push_back({{"value", number(constant.value)},
                         {"unit", std::string(base_unit(constant.dimension))},
                         {"meaning", constant.meaning}});
  for (const ParameterRow& row : parameter_rows(calibration))
    rows.push_back({{"key", row.key},
                    {"value", number(row.value->value.value)},
                    {"unit", std::string(base_unit(row.dimension))},
                    {"evidence", std::string(evidence_word(row.value->value.evidence))},
                    {"source", row.value->value.from},
                    {"is_fitted", row.value->is_fitted()},
                    {"fitted_on", row.value->fitted_on},
                    {"meaning", row.meaning},
                    {"belongs_to", word(row.belongs_to)},
                    {"fit", word(row.value->fit)},
                    {"left_out", row.value->left_out}});
  for (const KernelShare& s : shares)
    (s.table == "gemm" ? gemms : attention)
        .push_back({{"chip", s.chip},
                    {s.table == "gemm" ? "format" : "direction", s.kernel},
                    {"share", number(s.share)},
                    {"evidence", s.evidence},
                    {"source", s.source}});
  for (const FitRecord& fit : calibration.fits) {
    nlohmann::json parts = nlohmann::json::array();
    for (const FitPart& part : fit.parts)
      parts.push_back({{"name", part.name},
                       {"configurations", part.configurations},
                       {"error", number(part.error)},
                       {"left_out_error", number(part.left_out_error)}});
    fits.push_back({{"name", fit.name},
                    {"by", fit.by},
                    {"configurations", fit.configurations},
                    {"error", number(fit.error)},
                    {"parts", std::move(parts)}});
  }
  const nlohmann::json out = {{"schema", 1},
                              {"parameters", std::move(rows)},
                              {"gemm_shares", std::move(gemms)},
                              {"attention_shares", std::move(attention)},
                              {"nccl_constants", std::move(constants)},
                              {"fits", std::move(fits)}};
  return out.dump(2) + "\n";
}

std::string parameters_markdown(Calibration& calibration) {
  std::string out = markdown_row({"parameter", "value", "evidence", "is", "fitted on", "with one part left out"}) +
                    markdown_rule("lrllll");
  for (const ParameterRow& row : parameter_rows(calibration)) {
    const std::string range = left_out_text(row);
    const std::string fitted_on = row.value->is_fitted() ? row.value->fitted_on : "not fitted: published";
    out += markdown_row({row.key, format_quantity(row.value->value.value, row.dimension),
                         std::string(evidence_word(row.value->value.evidence)), owner_text(row), fitted_on,
                         range.empty() ? "-" : range});
  }
  for (const FitRecord& fit : calibration.fits) {
    out += fmt::format("\nFit \"{}\": {} configurations, median error {}; printed by `{}`.\n\n", fit.name,
                       fit.configurations, percent_text(fit.error, "{:.1f} %"), fit.by);
    out += markdown_row({"part", "configurations", "error, fitted", "error, left out"}) + markdown_rule("lrrr");
    for (const FitPart& part : fit.parts)
      out += markdown_row({part.name, fmt::format("{}", part.configurations), percent_text(part.error, "{:.1f} %"),
                           percent_text(part.left_out_error, "{:.1f} %")});
  }
  return out;
}

}  // namespace racktwin
