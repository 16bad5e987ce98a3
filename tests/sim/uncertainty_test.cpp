#include "sim/uncertainty/uncertainty.h"

#include "sim/catalog/entry.h"
#include "sim/twin/twin.h"
#include "sim/uncertainty/inputs.h"
#include "sim/uncertainty/statistics.h"
#include "tests/sim/outcome.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <limits>
#include <numeric>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
const std::string kSmall = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";
const std::vector<std::string> kShort = {"duration=10 s", "event=[]"};

Plan small_plan(const Catalog& catalog = test_catalog()) {
  Result<Plan> plan = load_plan(kSmall, kShort, catalog);
  if (!plan) FAIL(format_errors(plan.error(), false));
  return std::move(*plan);
}

std::vector<UncertainInputRow> inputs_of(const Plan& plan) {
  Result<std::vector<UncertainInputRow>> inputs = uncertain_inputs(plan, test_catalog());
  if (!inputs) FAIL(format_errors(inputs.error(), false));
  return std::move(*inputs);
}

const UncertainInputRow* find(const std::vector<UncertainInputRow>& inputs, const std::string& entry,
                              const std::string& key) {
  const auto found =
      std::find_if(inputs.begin(), inputs.end(), [&](const auto& i) { return i.entry == entry && i.key == key; });
  return found == inputs.end() ? nullptr : &*found;
}

Uncertainty sampled(int samples, unsigned processes, std::uint64_t seed = 1,
                    std::vector<std::string> assignments = kShort) {
  const Result<Plan> plan = load_plan(kSmall, assignments, test_catalog());
  REQUIRE(plan);
  SamplingRequest request;
  request.samples = samples;
  request.seed = seed;
  request.processes = processes;
  Result<Uncertainty> study = sample_run({kSmall, assignments}, *plan, test_catalog(), run(*plan).summary, request);
  if (!study) FAIL(format_errors(study.error(), false));
  return std::move(*study);
}

// ------------------------------------------------------------------------------------------------- statistics

TEST_CASE("a triangular distribution has its mode where it is told and its ends at the range") {
  CHECK(triangular_quantile(0, 2, 5, 6) == 2);
  CHECK(triangular_quantile(1, 2, 5, 6) == 6);
  CHECK(triangular_quantile(0.75, 2, 5, 6) == Approx(5));  // (5 - 2) / (6 - 2) lies below the mode
  CHECK(triangular_quantile(0.5, 0, 1, 2) == Approx(1));
  CHECK(triangular_quantile(0.19, 0, 1, 1) == Approx(std::sqrt(0.19)));  // the mode at an end
  CHECK(triangular_quantile(0.19, 0, 0, 1) == Approx(1 - std::sqrt(0.81)));
  double sum = 0;
  for (int i = 0; i < 10000; ++i) sum += triangular_quantile((i + 0.5) / 10000, 1, 2, 6);
  CHECK(sum / 10000 == Approx((1 + 2 + 6) / 3.0).epsilon(1e-4));
}

TEST_CASE("a column of a Latin hypercube has one number in each part, in an order of its own") {
  const auto parts_of = [](const std::vector<double>& column) {
    std::vector<std::size_t> parts;
    for (const double u : column) parts.push_back(static_cast<std::size_t>(u * static_cast<double>(column.size())));
    return parts;
  };
  const std::vector<double> column = latin_hypercube_column(100, 1, "a");
  std::vector<std::size_t> parts = parts_of(column), all(100);
  std::iota(all.begin(), all.end(), std::size_t{0});
  CHECK(parts != all);
  CHECK(parts != parts_of(latin_hypercube_column(100, 1, "b")));
  CHECK(parts != parts_of(latin_hypercube_column(100, 2, "a")));
  CHECK(column == latin_hypercube_column(100, 1, "a"));
  std::sort(parts.begin(), parts.end());
  CHECK(parts == all);
}

TEST_CASE("columns of a Latin hypercube do not go together more often than chance says") {
  int together = 0;
  for (int i = 0; i < 1000; ++i)
    together += std::abs(rank_correlation(latin_hypercube_column(50, 1, fmt::format("x{}", i)),
                                          latin_hypercube_column(50, 1, fmt::format("y{}", i)))) >
                        significant_correlation(50, 1)
                    ? 1
                    : 0;
  CHECK(together > 20);  // 5 % of 1000, give or take
  CHECK(together < 80);
}

TEST_CASE("a quantile lies between the values, and no data does not count") {
  CHECK(quantile({3, 1, 2}, 0.5) == 2);
  CHECK(quantile({3, 1, kNoData, 2}, 0.25) == Approx(1.5));
  CHECK(quantile({3, 1, 2}, 0) == 1);
  CHECK(quantile({3, 1, 2}, 1) == 3);
  CHECK(std::isnan(quantile({kNoData}, 0.5)));
}

TEST_CASE("a rank correlation sees order, not size, and gives ties their mean rank") {
  CHECK(rank_correlation({1, 2, 3, 4}, {1, 10, 100, 1000}) == Approx(1));
  CHECK(rank_correlation({1, 2, 3, 4}, {8, 4, 2, 1}) == Approx(-1));
  CHECK(rank_correlation({1, 2, 3, 4, 9}, {1, 3, 2, 4, kNoData}) == Approx(0.8));  // 1 - 6 * 2 / (4 * 15)
  CHECK(rank_correlation({1, 2, 3}, {5, 5, 7}) == Approx(std::sqrt(3.0) / 2));
  CHECK(std::isnan(rank_correlation({1, 2, 3}, {5, 5, 5})));
}

TEST_CASE("what is significant falls with the samples and grows with the inputs") {
  CHECK(significant_correlation(101, 1) == Approx(0.1960).margin(1e-4));   // 1.960 / sqrt(100)
  CHECK(significant_correlation(101, 50) == Approx(0.3291).margin(1e-4));  // 3.2905: 0.1 % two-sided
  CHECK(significant_correlation(401, 50) == Approx(0.1645).margin(1e-4));
  CHECK(significant_correlation(10, 50) > 1);
  CHECK(significant_correlation(2, 1) > 1);
}

// ------------------------------------------------------------------------------------------------- inputs

TEST_CASE("uncertain inputs are what is assumed or reported, or has a range, each once") {
  const std::vector<UncertainInputRow> inputs = inputs_of(small_plan());
  const UncertainInputRow* junction = find(inputs, "chips/gb200", "thermal.junction_to_case");
  REQUIRE(junction != nullptr);
  CHECK(junction->unit == "K/W");
  CHECK(junction->nominal == 0.008);
  CHECK(junction->low == 0.004);
  CHECK(junction->high == 0.012);
  CHECK(junction->evidence == "assumed");
  CHECK(can_vary(*junction));
  const UncertainInputRow* approach = find(inputs, "cooling/vertiv-xdu1350", "approach");
  REQUIRE(approach != nullptr);
  CHECK(approach->unit == "K");
  CHECK(approach->nominal == 4);
  CHECK_FALSE(can_vary(*approach));  // no range
  const UncertainInputRow* other = find(inputs, "racks/gb200-nvl72", "power.compute_tray_other");
  REQUIRE(other != nullptr);
  CHECK_FALSE(can_vary(*other));                                         // derived
  CHECK(find(inputs, "calibration", "kernel.launch.value") == nullptr);  // measured
  CHECK(find(inputs, "power/feed-415v", "ups.efficiency.efficiency") != nullptr);
  CHECK(find(inputs, "power/feed-415v", "ups.efficiency.load") == nullptr);
  CHECK(find(inputs, "chips/gb200", "power.tdp") == nullptr);  // published, without a range
  CHECK(find(inputs, "racks/gb200-nvl72", "mechanical.price") == nullptr);
  for (const UncertainInputRow& input : inputs)
    CHECK(std::count_if(inputs.begin(), inputs.end(),
                        [&](const auto& each) { return each.entry == input.entry && each.key == input.key; }) == 1);
}

TEST_CASE("every value that can vary lies in its range, and a catalogue takes the values of a sample") {
  std::vector<UncertainInputRow> inputs = inputs_of(small_plan());
  int varied = 0;
  for (UncertainInputRow& input : inputs) {
    CAPTURE(input.entry, input.key);
    if (!can_vary(input)) continue;
    ++varied;
    CHECK(input.nominal >= input.low);
    CHECK(input.nominal <= input.high);
    input.samples = {input.low, input.high};
  }
  CHECK(varied > 40);
  const CatalogChanges low = changes_of(inputs, 0), high = changes_of(inputs, 1);
  const Catalog all_low(test_catalog().directory(), low);
  const Plan plan = small_plan(all_low);
  CHECK(plan.site.rack_type.gpu.junction_to_case_k_per_w.value == 0.004);
  CHECK(plan.site.rack_type.gpu.software_slowdown_degc.value == 80);
  CHECK(plan.cooling.cdu.pump_shutoff_head_pa.value == 3.4e5);
  CHECK(plan.cooling.facility.approach_rated_k.value == 6);
  CHECK(plan.cooling.facility.loop_volume_m3_per_w.value == Approx(1.5e-6));
  CHECK(plan.power.feed.busway_efficiency.value == Approx(0.995));
  CHECK(all_low.calibration()->kernel_launch_s.value.value ==
        test_calibration().kernel_launch_s.value.value);  // measured: not varied
  CHECK(small_plan(Catalog(test_catalog().directory(), high)).site.rack_type.gpu.junction_to_case_k_per_w.value ==
        0.012);
}

TEST_CASE("what is not computed with moves nothing, and what is does") {
  const Plan nominal = small_plan();
  CatalogChanges for_people;
  int changed = 0;
  for (const std::string file : {"chips/gb200", "chips/grace", "racks/gb200-nvl72", "fabrics/ndr-rail-2tier",
                                 "cooling/vertiv-xdu1350", "cooling/dry-cooler-loop", "power/feed-415v"}) {
    const Result<std::vector<EntryValue>> values = read_values(test_catalog(), file);
    REQUIRE(values);
    for (const EntryValue& value : *values) {
      const std::string key = value.table.empty() ? value.key : value.table + "." + value.key;
      if (is_computed_with(key) || value.evidence.empty()) continue;
      for_people[file].push_back(
          fmt::format("{}.is=\"{} {}\"", key, 1.1 * value.value, value.unit == "1" ? "" : value.unit));
      ++changed;
    }
  }
  CHECK(changed >= 14);
  const auto differing = [&](const CatalogChanges& changes) {
    const std::vector<SummaryRow> a = run(nominal).summary,
                                  b = run(small_plan(Catalog(test_catalog().directory(), changes))).summary;
    std::vector<std::string> names;
    for (std::size_t i = 0; i < a.size(); ++i)
      if (a[i].text != b[i].text || (a[i].value != b[i].value && !(std::isnan(a[i].value) && std::isnan(b[i].value))))
        names.push_back(a[i].name);
    return names;
  };
  CHECK(differing(for_people) == std::vector<std::string>{});
  CHECK(differing({{"chips/gb200", {"thermal.junction_to_case.is=\"0.009 K/W\""}}}).size() >= 2);
}

// ------------------------------------------------------------------------------------------------- samples

TEST_CASE("samples are the same whatever the number of processes, and others with another seed") {
  const Uncertainty one = sampled(10, 1), three = sampled(10, 3), other = sampled(10, 3, 2);
  REQUIRE(one.samples.size() == 10);
  REQUIRE(one.figures.size() == three.figures.size());
  REQUIRE(one.figures.size() >= 12);
  for (std::size_t f = 0; f < one.figures.size(); ++f) {
    CHECK(one.figures[f].name == three.figures[f].name);
    CHECK(one.figures[f].samples == three.figures[f].samples);
  }
  CHECK(one.inputs.front().samples == three.inputs.front().samples);
  CHECK(one.figures.front().samples != other.figures.front().samples);
}

TEST_CASE("a band holds its median, and the junction follows its resistance most") {
  const std::vector<SummaryRow> summary = run(small_plan()).summary;
  const Uncertainty study = sampled(60, 2);
  const UncertaintyReport report = report_of(study, summary);
  CHECK(report.samples == 60);
  CHECK(report.failed == 0);
  REQUIRE(report.verdicts.size() == 1);
  CHECK(report.verdicts.front().count == 60);
  CHECK(report.inputs > 40);
  CHECK(report.significant_correlation < 0.5);
  for (const Band& band : report.bands) {
    CAPTURE(band.figure->name);
    CHECK(band.p5 <= band.p50);
    CHECK(band.p50 <= band.p95);
    CHECK_FALSE(std::isnan(band.nominal));
    for (const Influence& influence : band.influences)
      CHECK(std::abs(influence.rank_correlation) > report.significant_correlation);
  }
  const auto junction = std::find_if(report.bands.begin(), report.bands.end(),
                                     [](const Band& b) { return b.figure->name == "junction_max_degc"; });
  REQUIRE(junction != report.bands.end());
  REQUIRE_FALSE(junction->influences.empty());
  CHECK(junction->influences.front().input->key == "thermal.junction_to_case");
  CHECK(junction->influences.front().rank_correlation > 0.6);
  CHECK(junction->p95 - junction->p5 > 3);
}

// A coolant pump that may lift less at no flow than at its rated flow cannot be read.
TEST_CASE("samples that cannot be run are counted with their reason and stay out of the bands") {
  namespace fs = std::filesystem;
  const fs::path racks = fs::temp_directory_path() / fmt::format("racktwin-uncertainty-{}", ::getpid());
  fs::copy(test_catalog().directory(), racks, fs::copy_options::recursive);
  const fs::path file = racks / "cooling/vertiv-xdu1350.toml";
  std::string text;
  std::getline(std::ifstream(file), text, '\0');
  const std::string range = "[\"3.4 bar\", \"5.0 bar\"]";
  REQUIRE(text.find(range) != std::string::npos);
  text.replace(text.find(range), range.size(), "[\"0.5 bar\", \"5.0 bar\"]");
  std::ofstream(file) << text;
  const Catalog catalog(racks.string());
  const Plan plan = small_plan(catalog);
  const std::vector<SummaryRow> summary = run(plan).summary;
  SamplingRequest request;
  request.samples = 30;
  request.processes = 2;
  const Result<Uncertainty> study = sample_run({kSmall, kShort}, plan, catalog, summary, request);
  fs::remove_all(racks);
  REQUIRE(study);
  const UncertaintyReport report = report_of(*study, summary);
  CHECK(report.samples == 30);
  CHECK(report.failed >= 3);  // of a triangle from 0.5 to 5 with its mode at 4.76 bar 19 % lie below 2.44: 5 or 6
  CHECK(report.failed <= 8);
  REQUIRE(report.failures.size() == 1);
  CHECK(report.failures.front().text == "the shut-off head must be above the head at rated flow");
  CHECK(report.failures.front().count == report.failed);
  for (const UncertainFigureRow& figure : study->figures)
    CHECK(std::count_if(figure.samples.begin(), figure.samples.end(), [](double v) { return std::isnan(v); }) ==
          report.failed);
  for (const Band& band : report.bands) CHECK_FALSE(std::isnan(band.p95));
}

TEST_CASE("an interrupt keeps the samples that have ended") {
  std::signal(SIGTERM, SIG_DFL);  // else the processes that are asked to end report it as failures of this test
  const Plan plan = small_plan();
  std::size_t done = 0;
  SamplingRequest request;
  request.samples = 40;
  request.processes = 2;
  request.on_progress = [&](std::size_t n) { done = n; };
  request.is_interrupted = [&] { return done >= 3; };
  const Result<Uncertainty> study = sample_run({kSmall, kShort}, plan, test_catalog(), run(plan).summary, request);
  REQUIRE(study);
  CHECK(study->asked == 40);
  CHECK(study->samples.size() >= 3);
  CHECK(study->samples.size() < 40);
  for (const UncertainFigureRow& figure : study->figures) CHECK(figure.samples.size() == study->samples.size());
  for (const UncertainInputRow& input : study->inputs)
    if (can_vary(input)) CHECK(input.samples.size() == study->samples.size());
}

}  // namespace
}  // namespace racktwin
