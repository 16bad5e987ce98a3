#include "sim/uncertainty/uncertainty.h"

#include "sim/plan/parse_plan.h"
#include "sim/processes.h"
#include "sim/twin/twin.h"
#include "sim/uncertainty/inputs.h"
#include "sim/uncertainty/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

double value_of(const std::vector<SummaryRow>& summary, std::string_view name) {
  for (const SummaryRow& row : summary)
    if (row.name == name) return row.value;
  return kNoValue;
}

// A sample as a process hands it on: what became of it, its figures, its text.
enum class Ending : char { kDone = 'd', kFailed = 'f', kInterrupted = 'i' };

struct Sample {
  Ending ending = Ending::kInterrupted;
  std::vector<double> figures = {};  // (n_headline)
  std::string what = {};
};

std::string text_of(const Sample& sample) {
  const std::size_t bytes = headline_figures().size() * sizeof(double);
  std::string text(1 + bytes, static_cast<char>(sample.ending));
  if (!sample.figures.empty()) std::memcpy(text.data() + 1, sample.figures.data(), bytes);
  return text + sample.what;
}

Sample sample_of(const std::string& text) {
  const std::size_t n = headline_figures().size();
  Sample sample{static_cast<Ending>(text[0]), std::vector<double>(n, kNoValue), text.substr(1 + n * sizeof(double))};
  if (sample.ending == Ending::kDone) std::memcpy(sample.figures.data(), text.data() + 1, n * sizeof(double));
  return sample;
}

Sample failed(const Errors& errors) { return {Ending::kFailed, {}, errors.front().message}; }

Sample take_sample(const ScenarioSource& scenario, const Catalog& catalog,
                   const std::function<bool()>& is_interrupted) {
  if (is_interrupted && is_interrupted()) return {};
  const Result<Plan> plan = load_plan(scenario.path, scenario.assignments, catalog);
  if (!plan) return failed(plan.error());
  const Result<Calibration> calibration = catalog.calibration();
  if (!calibration) return failed(calibration.error());
  RunOptions options;
  options.is_interrupted = is_interrupted;
  const Result<RunOutcome> outcome = run_twin(*plan, *calibration, options);
  if (!outcome) return failed(outcome.error());
  if (outcome->was_interrupted) return {};
  if (!outcome->runaway.empty()) return {Ending::kFailed, {}, outcome->runaway};
  Sample sample{Ending::kDone};
  for (const HeadlineFigure& figure : headline_figures())
    sample.figures.push_back(value_of(outcome->summary, figure.name));
  sample.what = outcome->summary.front().text;
  return sample;
}

void count_text(std::vector<CountedText>& texts, const std::string& text) {
  const auto known = std::find_if(texts.begin(), texts.end(), [&](const CountedText& t) { return t.text == text; });
  if (known == texts.end())
    texts.push_back({text, 1});
  else
    ++known->count;
}

void sort_by_count(std::vector<CountedText>& texts) {
  std::stable_sort(texts.begin(), texts.end(),
                   [](const CountedText& a, const CountedText& b) { return a.count > b.count; });
}

std::vector<Influence> influences_on(const UncertainFigureRow& figure, const std::vector<UncertainInputRow>& inputs,
                                     double significant) {
  std::vector<Influence> influences;
  for (const UncertainInputRow& input : inputs) {
    if (input.samples.empty()) continue;
    const double correlation = rank_correlation(input.samples, figure.samples);
    if (std::abs(correlation) > significant) influences.push_back({&input, correlation});
  }
  std::stable_sort(influences.begin(), influences.end(), [](const Influence& a, const Influence& b) {
    return std::abs(a.rank_correlation) > std::abs(b.rank_correlation);
  });
  return influences;
}

}  // namespace

const std::vector<HeadlineFigure>& headline_figures() {
  using D = Dimension;
  using S = FigureStyle;
  static const std::vector<HeadlineFigure> kFigures = {
      {"step_time_s", "step time", D::kTime, S::kQuantity},
      {"tokens_per_s", "tokens/s", D::kNone, S::kCount},
      {"mfu", "MFU", D::kNone, S::kShare},
      {"tokens_trained", "tokens trained", D::kNone, S::kCount},
      {"tokens_per_joule", "tokens/J", D::kNone, S::kCount},
      {"site_peak_w", "site power, peak", D::kPower, S::kQuantity},
      {"site_mean_w", "site power, mean", D::kPower, S::kQuantity},
      {"rack_peak_w", "rack power, peak", D::kPower, S::kQuantity},
      {"cooling_mean_w", "cooling power, mean", D::kPower, S::kQuantity},
      {"pue", "PUE", D::kNone, S::kCount},
      {"junction_max_degc", "junction, highest", D::kTemperature, S::kQuantity},
      {"headroom_junction_k", "junction to slowdown", D::kTemperatureDelta, S::kQuantity},
      {"coolant_supply_max_degc", "coolant supply, highest", D::kTemperature, S::kQuantity},
      {"coolant_return_max_degc", "coolant return, highest", D::kTemperature, S::kQuantity},
      {"clock_min", "clock, lowest", D::kNone, S::kShare},
      {"throttled_fraction", "throttled GPU time", D::kNone, S::kShare},
  };
  return kFigures;
}

Result<Uncertainty> sample_run(const ScenarioSource& scenario, const Plan& plan, const Catalog& catalog,
                               const std::vector<SummaryRow>& summary, const SamplingRequest& request) {
  Result<std::vector<UncertainInputRow>> inputs = uncertain_inputs(plan, catalog);
  if (!inputs) return tl::unexpected(inputs.error());
  const auto n = static_cast<std::size_t>(request.samples);
  for (UncertainInputRow& input : *inputs) {
    if (!can_vary(input)) continue;
    const double mode = std::clamp(input.nominal, input.low, input.high);
    for (const double u : latin_hypercube_column(n, request.seed, input.entry + " " + input.key))
      input.samples.push_back(triangular_quantile(u, input.low, mode, input.high));
  }
  const auto answers = in_processes(
      n, request.processes,
      [&](std::size_t i) {
        const Catalog changed(catalog.directory(), changes_of(*inputs, i));
        return text_of(take_sample(scenario, changed, request.is_interrupted));
      },
      [&](std::size_t done) {
        if (request.on_progress) request.on_progress(done);
        return !request.is_interrupted || !request.is_interrupted();
      });
  if (!answers) return tl::unexpected(answers.error());

  const bool was_interrupted = request.is_interrupted && request.is_interrupted();
  Uncertainty study;
  study.asked = request.samples;
  study.seed = request.seed;
  for (const HeadlineFigure& figure : headline_figures())
    if (!std::isnan(value_of(summary, figure.name))) study.figures.push_back({std::string(figure.name), {}});
  std::vector<bool> is_taken;
  for (const std::optional<std::string>& answer : *answers) {
    const Sample sample = answer ? sample_of(*answer)
                          : was_interrupted
                              ? Sample{}
                              : failed({{ErrorCode::kInternal, "its process ended early", {}, 1, {}, {}}});
    is_taken.push_back(sample.ending != Ending::kInterrupted);
    if (!is_taken.back()) continue;
    study.samples.push_back({sample.ending == Ending::kFailed, sample.what});
    for (std::size_t f = 0, known = 0; f < headline_figures().size(); ++f)
      if (known < study.figures.size() && study.figures[known].name == headline_figures()[f].name)
        study.figures[known++].samples.push_back(sample.figures.empty() ? kNoValue : sample.figures[f]);
  }
  for (UncertainInputRow& input : *inputs) {
    std::vector<double> taken;
    for (std::size_t i = 0; i < input.samples.size(); ++i)
      if (is_taken[i]) taken.push_back(input.samples[i]);
    input.samples = std::move(taken);
  }
  study.inputs = std::move(*inputs);
  return study;
}

UncertaintyReport report_of(const Uncertainty& study, const std::vector<SummaryRow>& summary) {
  UncertaintyReport report;
  report.samples = static_cast<int>(study.samples.size());
  for (const SampleRow& sample : study.samples) {
    report.failed += sample.has_failed ? 1 : 0;
    count_text(sample.has_failed ? report.failures : report.verdicts, sample.what);
  }
  sort_by_count(report.verdicts);
  sort_by_count(report.failures);
  for (const UncertainInputRow& input : study.inputs) {
    if (can_vary(input))
      ++report.inputs;
    else
      report.not_varied.push_back(&input);
  }
  report.significant_correlation = significant_correlation(static_cast<std::size_t>(report.samples - report.failed),
                                                           static_cast<std::size_t>(report.inputs));
  for (const UncertainFigureRow& row : study.figures) {
    const auto figure = std::find_if(headline_figures().begin(), headline_figures().end(),
                                     [&](const HeadlineFigure& f) { return f.name == row.name; });
    if (figure == headline_figures().end()) continue;  // of a newer version
    report.bands.push_back({&*figure, value_of(summary, row.name), quantile(row.samples, 0.05),
                            quantile(row.samples, 0.5), quantile(row.samples, 0.95),
                            influences_on(row, study.inputs, report.significant_correlation)});
  }
  return report;
}

}  // namespace racktwin
