// The same run over and over with other values of its uncertain inputs, and what that says about its figures.
//
// Each input is sampled for itself: which of them go together nobody has published. A band holds what the ranges of the
// catalogue do to a figure; how far the model itself is off, sim/validation measures.
// README.md says how. Thread rule: sample_run() from a process with one thread only (it forks).
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/plan/plan.h"
#include "sim/quantity.h"
#include "sim/recording/recording.h"
#include "sim/result.h"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

inline constexpr int kFewestSamples = 10, kMostSamples = 100000;

// A number of the summary that bands are given for.
enum class FigureStyle : std::uint8_t { kQuantity, kShare, kCount };
struct HeadlineFigure {
  std::string_view name;  // of its SummaryRow
  std::string_view words;
  Dimension dimension;  // of kQuantity
  FigureStyle style;
};
const std::vector<HeadlineFigure>& headline_figures();

struct SamplingRequest {
  int samples = 0;
  std::uint64_t seed = 1;
  unsigned processes = 1;
  std::function<bool()> is_interrupted;          // polled; a sample that it cuts off does not count
  std::function<void(std::size_t)> on_progress;  // told how many samples are done
};

// What load_plan() made of a plan; a sample loads it anew.
struct ScenarioSource {
  std::string path;
  std::vector<std::string> assignments;
};

// The same to the last bit whatever the number of processes. `summary`: of the run at its nominal values.
// Errors: kIo if no process can be started, kBadInput if the catalogue cannot be read.
Result<Uncertainty> sample_run(const ScenarioSource& scenario, const Plan& plan, const Catalog& catalog,
                               const std::vector<SummaryRow>& summary, const SamplingRequest& request);

// --- What a study says

// An input that moves a figure, by more than chance would.
struct Influence {
  const UncertainInputRow* input;
  double rank_correlation;
};

struct Band {
  const HeadlineFigure* figure;
  double nominal, p5, p50, p95;
  std::vector<Influence> influences;  // strongest first
};

struct CountedText {
  std::string text;
  int count;
};

struct UncertaintyReport {
  int samples = 0, failed = 0;                  // taken, and of them failed
  int inputs = 0;                               // that were varied
  double significant_correlation;               // see there; 1 or more: nothing can be ranked
  std::vector<Band> bands;                      // of figures that are known
  std::vector<CountedText> verdicts, failures;  // most frequent first
  std::vector<const UncertainInputRow*> not_varied;
};

// Points into the study.
UncertaintyReport report_of(const Uncertainty& study, const std::vector<SummaryRow>& summary);

}  // namespace racktwin
