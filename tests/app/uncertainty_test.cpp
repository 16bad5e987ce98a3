// Transcripts of `racktwin run --uncertainty`.
#include "app/cli/uncertainty.h"

#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <limits>
#include <sstream>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;
using Json = nlohmann::json;

const std::string kSmall = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";

ProgramResult run_in(const TemporaryDirectory& directory, const std::vector<std::string>& arguments) {
  return run_program(arguments, {.directory = directory.path()});
}

TEST_CASE("command run --uncertainty: bands, what moves them, and the same again by show") {
  const TemporaryDirectory directory;
  const ProgramResult run =
      run_in(directory, {"run", kSmall, "--set", "duration=10 s", "--uncertainty", "40", "--seed", "7"});
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.err, Contains("40 samples to run, "));
  CHECK_THAT(run.out, Contains("Uncertainty                       nominal           P5          P50          P95\n"));
  CHECK_THAT(run.out, Contains("  junction, highest  "));
  CHECK_THAT(run.out, Contains("gb200 thermal.junction_to_case") && Contains("0.004 K/W to 0.012 K/W, assumed"));
  CHECK_THAT(run.out, Contains("  samples     40; Latin hypercube over ") && Contains("seed 7"));
  CHECK_THAT(run.out, Contains("  verdicts    40: "));
  CHECK_THAT(run.out, Contains("without a range: gb200 performance.special_functions"));
  std::istringstream lines(run.out);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 100);
  CHECK(run_in(directory, {"show", "small.racktwin"}).out == run.out);

  const Json shown = Json::parse(run_in(directory, {"show", "small.racktwin", "--json"}).out);
  const Json& study = shown["uncertainty"];
  CHECK(study["samples"] == 40);
  CHECK(study["asked"] == 40);
  CHECK(study["failed"] == 0);
  CHECK(study["seed"] == 7);
  const Json& junction = study["figures"]["junction_max_degc"];
  CHECK(junction["nominal"] == shown["junction_max_degc"]);
  CHECK(junction["p5"] < junction["p50"]);
  CHECK(junction["p50"] < junction["p95"]);
  CHECK(junction["moved_by"][0]["key"] == "thermal.junction_to_case");
  CHECK(junction["moved_by"][0]["rank_correlation"] > study["significant_rank_correlation"]);
  CHECK(study["not_varied"].size() > 10);
}

TEST_CASE("a run that is not sampled says nothing of uncertainty") {
  const TemporaryDirectory directory;
  const ProgramResult run = run_in(directory, {"run", kSmall, "--set", "duration=10 s", "--json", "--no-recording"});
  CHECK_FALSE(Json::parse(run.out).contains("uncertainty"));
}

TEST_CASE("too few samples rank nothing and say so") {
  const TemporaryDirectory directory;
  const ProgramResult run =
      run_in(directory, {"run", kSmall, "--set", "duration=10 s", "--uncertainty", "10", "--no-recording", "-q"});
  CHECK(run.exit_code == 0);
  CHECK_THAT(run.out, Contains("ranking     none: 10 samples cannot tell the correlation with one of "));
  CHECK_THAT(run.out, Contains("of fewer than 20, P5 and P95 are"));
  CHECK(run.out.find("    +") == std::string::npos);
}

TEST_CASE("numbers of samples that make no sense are refused, and what cannot be sampled") {
  const TemporaryDirectory directory;
  for (const std::string n : {"0", "-5", "9", "1000000000", "many"}) {
    const ProgramResult run = run_in(directory, {"run", kSmall, "--uncertainty", n});
    INFO(n);
    CHECK(run.exit_code == 2);
    CHECK(run.out.empty());
    CHECK_THAT(run.err, Contains("--uncertainty"));
  }
  CHECK(run_in(directory, {"run", kSmall, "--seed", "3"}).exit_code == 2);
  CHECK(run_in(directory, {"run", kSmall, "--uncertainty", "20", "--live"}).exit_code == 2);
  CHECK(run_in(directory, {"run", kSmall, "--uncertainty", "20", "--pace", "60"}).exit_code == 2);
}

TEST_CASE("an interrupt among the samples prints what there is and closes the recording") {
  const TemporaryDirectory directory;
  const ProgramResult run = run_program({"run", kSmall, "--uncertainty", "100000"},
                                        {.directory = directory.path(), .interrupt_on = " at a time\n"});
  CHECK(run.exit_code == 130);
  CHECK_THAT(run.out,
             Contains("\nVerdict ") && Contains("\nUncertainty") && Contains(" of 100000, then it was interrupted"));
  CHECK_THAT(run.err, Contains("wrote small.racktwin"));
  CHECK(run_in(directory, {"show", "small.racktwin"}).out == run.out);
}

TEST_CASE("failed samples are printed with their reason and how many they are") {
  Uncertainty study;
  study.asked = 12;
  for (int i = 0; i < 12; ++i) study.samples.push_back({i < 2, i < 2 ? "no water" : "ok"});
  std::vector<double> pue;
  for (int i = 0; i < 12; ++i) pue.push_back(i < 2 ? std::numeric_limits<double>::quiet_NaN() : 1.1 + 0.02 * i);
  study.figures = {{"pue", pue}};
  const std::string text = uncertainty_text(study, {{"pue", 1.15, {}, "1", {}}}, false);
  CHECK_THAT(text, Contains("  verdicts    10: ok\n  failed      2: no water\n"));
  CHECK_THAT(text,
             Contains(fmt::format("  {:<26}{:>13}{:>13}{:>13}{:>13}\n", "PUE", "1.150", "1.149", "1.230", "1.311")));
}

}  // namespace
}  // namespace racktwin
