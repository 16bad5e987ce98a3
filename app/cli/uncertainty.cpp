#include "app/cli/uncertainty.h"

#include "app/cli/plain_text.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

namespace racktwin {
namespace {

constexpr std::size_t kMostInfluences = 3;  // of a figure
constexpr std::size_t kMostTexts = 4;       // verdicts, and reasons of failures
constexpr int kFewForTails = 20;            // samples; P5 of fewer lies beyond the second lowest
constexpr std::size_t kNoteIndent = 14;

class UncertaintyText {
 public:
  UncertaintyText(const Uncertainty& study, const std::vector<SummaryRow>& summary, bool colour)
      : study_(study), report_(report_of(study, summary)), has_colour_(colour) {
    for (const Band& band : report_.bands)
      for (std::size_t i = 0; i < shown(band); ++i)
        name_width_ = std::max(name_width_, name_of(*band.influences[i].input).size());
  }

  std::string format() {
    out_ += fmt::format("\n{}Uncertainty{}", has_colour_ ? "\x1b[1m" : "", has_colour_ ? "\x1b[0m" : "");
    const int usable = report_.samples - report_.failed;
    if (usable >= kFewestSamples) {
      add_line("", {"nominal", "P5", "P50", "P95"}, kLabelWidth - std::string_view("Uncertainty").size() + 2);
      for (const Band& band : report_.bands) add_band(band);
    }
    out_ += "\n";
    add_samples(usable);
    add_texts("verdicts", report_.verdicts);
    add_texts("failed", report_.failures);
    if (usable >= kFewestSamples) add_ranking();
    add_not_varied();
    add_note("not in it", "how far the model itself is off, which racktwin validate measures");
    return std::move(out_);
  }

 private:
  static constexpr std::size_t kLabelWidth = 26, kValueWidth = 13;

  static std::size_t shown(const Band& band) { return std::min(band.influences.size(), kMostInfluences); }

  // "gb200 thermal.junction_to_case"
  static std::string name_of(const UncertainInputRow& input) {
    return printable(fmt::format("{} {}", input.entry.substr(input.entry.find('/') + 1), input.key));
  }

  static std::string quantity(double value, const std::string& unit) {
    for (int d = 0; d <= static_cast<int>(kLastDimension); ++d)
      if (base_unit(static_cast<Dimension>(d)) == unit) return format_quantity(value, static_cast<Dimension>(d));
    return fmt::format("{:.4g}", value);
  }

  static std::string figure_text(const HeadlineFigure& figure, double value) {
    if (std::isnan(value)) return "-";
    if (figure.style == FigureStyle::kShare) return percent(value);
    if (figure.style == FigureStyle::kCount) return with_prefix(value, Zeros::kKeep);
    if (figure.dimension == Dimension::kTemperature) return fmt::format("{:.1f} degC", value);
    if (figure.dimension == Dimension::kTemperatureDelta)
      return fmt::format("{:.1f} K", std::abs(value) < 0.05 ? 0.0 : value);  // not "-0.0"
    return format_quantity(value, figure.dimension, 4, Zeros::kKeep);
  }

  void add_line(std::string_view label, const std::vector<std::string>& values, std::size_t label_width) {
    out_ += fmt::format("{:<{}}", label, label_width);
    for (const std::string& value : values) out_ += fmt::format("{:>{}}", value, kValueWidth);
    out_ += "\n";
  }

  void add_band(const Band& band) {
    std::vector<std::string> values;
    for (const double value : {band.nominal, band.p5, band.p50, band.p95})
      values.push_back(figure_text(*band.figure, value));
    out_ += "  ";
    add_line(band.figure->words, values, kLabelWidth);
    for (std::size_t i = 0; i < shown(band); ++i) {
      const Influence& influence = band.influences[i];
      const UncertainInputRow& input = *influence.input;
      out_ += fmt::format("    {}{:+.2f}  {:<{}}  {} to {}, {}{}\n", dim(), influence.rank_correlation, name_of(input),
                          name_width_, quantity(input.low, input.unit), quantity(input.high, input.unit),
                          printable(input.evidence), reset());
    }
  }

  void add_note(std::string_view label, const std::string& text) {
    out_ += fmt::format("  {:<{}}{}\n", label, kNoteIndent - 2, wrap(text, kNoteIndent));
  }

  void add_samples(int usable) {
    std::string text = fmt::format("{}", report_.samples);
    if (report_.samples < study_.asked) text += fmt::format(" of {}, then it was interrupted", study_.asked);
    text += fmt::format(
        "; Latin hypercube over {} inputs, seed {}: each by itself, triangular over its range with the "
        "nominal value as its mode",
        report_.inputs, study_.seed);
    if (usable < kFewestSamples)
      text += fmt::format("; {} that ended are too few for bands, which take {}", usable, kFewestSamples);
    else if (usable < kFewForTails)
      text += fmt::format("; of fewer than {}, P5 and P95 are little more than the two outermost", kFewForTails);
    add_note("samples", text);
  }

  void add_texts(std::string_view label, const std::vector<CountedText>& texts) {
    for (std::size_t i = 0; i < std::min(texts.size(), kMostTexts); ++i)
      add_note(i == 0 ? label : "", fmt::format("{}: {}", texts[i].count, printable(texts[i].text)));
    if (texts.size() > kMostTexts) add_note("", fmt::format("and {} others", texts.size() - kMostTexts));
  }

  void add_ranking() {
    const double least = report_.significant_correlation;
    std::string text =
        least >= 1 ? fmt::format("none: {} samples cannot tell the correlation with one of {} inputs from chance",
                                 report_.samples - report_.failed, report_.inputs)
                   : fmt::format(
                         "under a figure the inputs that move it most, by Spearman's rank correlation; below {:.2f} "
                         "it may be chance and is left out, its square is about the share of the spread",
                         least);
    add_note("ranking", text);
  }

  void add_not_varied() {
    const auto add = [&](std::string_view label, std::string_view why, bool has_range) {
      std::string text, entry;
      int n = 0;
      for (const UncertainInputRow* input : report_.not_varied) {
        if (std::isnan(input->low) == has_range) continue;
        text += input->entry == entry ? ", " + printable(input->key) : (n > 0 ? "; " : "") + name_of(*input);
        entry = input->entry;
        ++n;
      }
      if (n > 0) add_note(label, fmt::format("{} {}: {}", n, why, text));
      return n > 0;
    };
    const bool is_first = !add("not varied", "without a range", false);
    add(is_first ? "not varied" : "", "with a range, but graded better than reported", true);
  }

  std::string_view dim() const { return has_colour_ ? "\x1b[2m" : ""; }
  std::string_view reset() const { return has_colour_ ? "\x1b[0m" : ""; }

  const Uncertainty& study_;
  const UncertaintyReport report_;
  const bool has_colour_;
  std::size_t name_width_ = 0;
  std::string out_;
};

}  // namespace

std::string uncertainty_text(const Uncertainty& study, const std::vector<SummaryRow>& summary, bool colour) {
  return UncertaintyText(study, summary, colour).format();
}

}  // namespace racktwin
