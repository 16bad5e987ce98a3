#include "app/cli/validate_parameters.h"

#include "app/cli/markdown.h"
#include "app/cli/validate_tables.h"
#include "sim/network/collective.h"

#include <fmt/format.h>

#include <algorithm>

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

}  // namespace

std::string parameters_text(Calibration& calibration) {
  std::vector<ParameterRow> fitted, published;
  for (const ParameterRow& row : parameter_rows(calibration))
    (row.value->is_fitted() ? fitted : published).push_back(row);
  std::string out = fmt::format("{} fitted parameters (racks/calibration.toml)\n\n", fitted.size());
  for (const ParameterRow& row : fitted) {
    const Sourced& value = row.value->value;
    out += fmt::format("  {:<30}{:>10}  {:<9} {}\n", row.key, format_quantity(value.value, row.dimension),
                       evidence_word(value.evidence), row.meaning);
    out += fmt::format("  {:<30}{:>10}  fitted on: {}\n", "", "", row.value->fitted_on);
    if (const std::string range = left_out_text(row); !range.empty())
      out += fmt::format("  {:<30}{:>10}  one part left out: {}; {}\n", "", "", range,
                         carried_text(calibration, row.value->fit));
  }
  const std::vector<NcclConstant> constants = nccl_constants();
  out += fmt::format("\n{} published constants of NCCL (src/graph/tuning.cc, src/graph/topo.h), none fitted\n\n",
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
         "\nInputs, not in the count: efficiencies of one chip (racks/chips, measured on it, "
         "tests/validation/gemm.csv) and "
         "steps over one\ntransport (racks/fabrics). Fit \"power\" is of "
         "three "
         "values of an\n8 x H100 node: what a waiting GPU draws (chips/h100-sxm), the fans and the power supplies "
         "(racks/hgx-h100).\n";
}

std::string parameters_markdown(Calibration& calibration) {
  std::string out = markdown_row({"parameter", "value", "evidence", "is", "fitted on", "with one part left out"}) +
                    markdown_rule("lrllll");
  for (const ParameterRow& row : parameter_rows(calibration)) {
    const std::string range = left_out_text(row);
    const std::string fitted_on = row.value->is_fitted() ? row.value->fitted_on : "not fitted: published";
    out += markdown_row({row.key, format_quantity(row.value->value.value, row.dimension),
                         std::string(evidence_word(row.value->value.evidence)), row.meaning, fitted_on,
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
