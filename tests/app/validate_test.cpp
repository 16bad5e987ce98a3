// Transcripts of `racktwin validate`: its report, its pictures, and tables that are not as expected.
#include "app/cli/markdown.h"
#include "app/cli/validate_figures.h"
#include "app/cli/validate_report.h"
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>
#include <filesystem>

namespace racktwin {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

const std::string kTraining =
    "id,use,system,nic_gbps,model_id,task,prec,recompute_id,source,n_gpus,seq,tp,pp,cp,micro_batch,global_batch,metric,"
    "value,unit,notes\n"
    "a,calibrate,H100,400,Llama 3.1 8B,pretrain,bf16,,\"One | source, p. 1\",8,8192,2,1,1,1,64,step_time,6,s,\n"
    "b,calibrate,H100,400,llama3.1-8b,pretrain,bf16,,\"One | source, p. 2\",8,8192,4,1,1,1,64,step_time,8,s,\n"
    "c,test,H100,400,llama3.1-8b,pretrain,fp8,,Another,8,8192,2,1,1,1,64,step_time,5,s,\n"
    "d,test,H100,400,llama9-8b,pretrain,fp8,,Another,8,8192,2,1,1,1,64,step_time,5,s,\n";
const std::string kPower =
    "id,use,source,year,hardware,n_gpus,model,precision,metric,value,unit,notes\n"
    "p1,test,S,2024,8x H100 node,8,bert,,node_power_mean,6846.3,W,\n"
    "p2,test,S,2024,8x H100 node,8,,,energy_per_run (nodes only),1.2,kWh,\n";

struct Tables {
  TemporaryDirectory directory;
  std::string file(const std::string& name, const std::string& text) const {
    write_text(directory.path(name), text);
    return directory.path(name);
  }
};

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

}  // namespace

TEST_CASE("validate writes a report that embeds its pictures, twice the same") {
  const Tables tables;
  const std::string table = tables.file("our-runs.csv", kTraining);
  const std::string report = tables.directory.path("report.md"), pictures = tables.directory.path("out/pictures");
  const std::vector<std::string> words = {"validate", "--table", table, "--markdown", report, "--svg", pictures};
  const ProgramResult first = run_program(words);
  INFO(first.err);
  REQUIRE(first.exit_code == 0);
  CHECK_THAT(first.err, Contains("wrote " + pictures + "/our-runs-step-time.svg\n") && Contains("wrote " + report));
  CHECK_THAT(first.out, StartsWith("Training steps\n"));

  const std::string text = read_text(report);
  CHECK_THAT(text, StartsWith("# Predictions against measurements\n\nracktwin "));
  CHECK_THAT(text, Contains("](<out/pictures/our-runs-step-time.svg>)"));
  CHECK_THAT(text, Contains("| our-runs.csv | Training steps | 4 | 3 | 1 |"));
  CHECK_THAT(text, Contains("### Calibrate rows (may be fitted)") && Contains("### Test rows (never fitted)"));
  CHECK_THAT(text, Contains("| One \\| source | 2 | 2 | 2 |"));
  CHECK_THAT(text, Contains("model llama9-8b is not in the catalogue; the nearest is llama3-8b | d |"));
  CHECK_THAT(text,
             Contains("### Worst misses") && Contains("### Layouts of one job") && Contains("tp 4, micro-batch 1"));
  CHECK_THAT(text, Contains("## Fitted parameters") && Contains("| attention.share | "));
  CHECK(text.find("nan") == std::string::npos);

  const std::string svg = read_text(pictures + "/our-runs-step-time.svg");
  CHECK_THAT(svg, StartsWith("<svg ") && Contains("measured [s]") && Contains("predicted [s]") &&
                      Contains("One | source, calibrate") && Contains("Another, test") && Contains("within 10 %"));
  CHECK(count(svg, "<circle") == 2 + 1);  // and one in the legend

  std::vector<std::string> again = words;
  CHECK(run_program(again).exit_code == 3);  // they exist
  again.push_back("--force");
  REQUIRE(run_program(again).exit_code == 0);
  CHECK(read_text(report) == text);
  CHECK(read_text(pictures + "/our-runs-step-time.svg") == svg);
}

TEST_CASE("validate ranks the layouts of one job") {
  const Tables tables;
  const ProgramResult result = run_program({"validate", "--table", tables.file("t.csv", kTraining), "--json"});
  REQUIRE(result.exit_code == 0);
  const auto scores = nlohmann::json::parse(result.out)["scores"];
  CHECK(scores[0]["layout_pairs"] == 1);
  CHECK(std::abs(scores[0]["layout_tau"].get<double>()) == 1);
  CHECK(scores.back()["layout_pairs"] == 0);
  CHECK(scores.back()["layout_tau"].is_null());
}

TEST_CASE("every row of a table of powers has its metric, and a prediction or a reason") {
  const Tables tables;
  const std::string table = tables.file("power.csv", kPower);
  const ProgramResult json = run_program({"validate", "--table", table, "--json"});
  INFO(json.err);
  REQUIRE(json.exit_code == 0);
  const auto rows = nlohmann::json::parse(json.out)["rows"];
  REQUIRE(rows.size() == 2);
  CHECK(rows[0]["id"] == "p1");
  CHECK(rows[0]["metric"] == "node_power_mean");
  CHECK(rows[0]["predicted"].get<double>() == Approx(6846.3).epsilon(0.3));
  CHECK(rows[0]["rel_error"].get<double>() == Approx(rows[0]["predicted"].get<double>() / 6846.3 - 1));
  CHECK(rows[0]["reason"].is_null());
  CHECK(rows[1]["predicted"].is_null());
  CHECK(rows[1]["reason"] == "metric energy_per_run (nodes only) is the mean times the run's time");
  const auto scores = nlohmann::json::parse(json.out)["scores"];
  REQUIRE(scores.size() == 2);
  CHECK(scores[0]["hardware"] == "8x H100 node");
  CHECK(scores[1]["mae_w"].get<double>() == Approx(std::abs(rows[0]["predicted"].get<double>() - 6846.3)));
  CHECK(scores[1]["cv_rmse"].is_null());  // of one row

  const std::string report = tables.directory.path("r.md"), pictures = tables.directory.path("p");
  const ProgramResult text = run_program({"validate", "--table", table, "--markdown", report, "--svg", pictures});
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out, StartsWith("Power\n") && Contains("No power of an NVL72 was\never published"));
  CHECK_THAT(read_text(report), Contains("| power.csv | Power | 2 | 1 | 1 |") && Contains("NVL72 was ever published"));
  CHECK(fs::exists(fs::path(pictures) / "power-node-power-mean.svg"));
}

TEST_CASE("a table that cannot be used is an error before anything is predicted or written") {
  const Tables tables;
  const std::string good = tables.file("good.csv", kPower);
  const std::pair<std::string, std::string> cases[] = {
      {"", "is empty"},
      {"id,metric\n", "has no rows"},
      {"id,model_id,metric\na,b,step_time\n", "has no column \"system\""},
      {"x,y\n1,2\n", "has no column \"id\""},
      {"id,metric\na,\"b\nc,d\n", "a quote of this row is not closed"},
      {"id;metric\na;b\n", "fields are separated by commas"},
      {"id,metric\na,\xFF\n", "this is not UTF-8"}};
  for (const auto& [text, message] : cases) {
    INFO(message);
    const std::string report = tables.directory.path("r.md");
    const ProgramResult result =
        run_program({"validate", "--table", good, tables.file("bad.csv", text), "--markdown", report, "--force"});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(message));
    CHECK(result.out.empty());
    CHECK_FALSE(fs::exists(report));
  }
  CHECK(run_program({"validate", "--table", tables.directory.path("none.csv")}).exit_code == 3);
  CHECK(run_program({"validate", "--table", tables.directory.path()}).exit_code == 3);
  const ProgramResult use = run_program({"validate", "--table", good, "--use", "tset"});
  CHECK(use.exit_code == 2);
  CHECK_THAT(use.err, Contains("--use tset: no row has this use") && Contains("known here: test"));
}

TEST_CASE("a report that cannot be written is an I/O error, and leaves nothing behind") {
  const Tables tables;
  const std::string table = tables.file("t.csv", kPower);
  for (const std::string& report : {std::string("/dev/full"), tables.directory.path("no/such/r.md")}) {
    const ProgramResult result = run_program({"validate", "--table", table, "--markdown", report, "--force"});
    INFO(report);
    CHECK(result.exit_code == 3);
    CHECK_THAT(result.err, Contains("cannot write " + report));
  }
  const ProgramResult result = run_program({"validate", "--table", table, "--svg", table});
  CHECK(result.exit_code == 3);
  CHECK_THAT(result.err, Contains("cannot create the directory"));
  CHECK(std::distance(fs::directory_iterator(tables.directory.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("parameters stand with what they become when a part of the rows is left out") {
  const ProgramResult text = run_program({"validate", "--parameters"});
  REQUIRE(text.exit_code == 0);
  CHECK_THAT(text.out, Contains("attention.share") && Contains("one part left out: ") && Contains("Fit \"training\"") &&
                           Contains("Fit \"collectives\"") && Contains("Fit \"power\"") &&
                           Contains("Dell XE9680, air-cooled"));
  CHECK_THAT(text.out, Contains(" global parameters, fitted (racks/calibration.toml)") &&
                           Contains("of one generation of NVLink or of libraries") && Contains("NVLink 4: ") &&
                           Contains(" constants of NCCL") && Contains("step over NVLink, ll128"));
  const ProgramResult json = run_program({"validate", "--parameters", "--json"});
  const auto out = nlohmann::json::parse(json.out);
  CHECK(out["nccl_constants"].size() > 5);
  const auto has = [&](const char* shares, const char* key, const char* is) {
    return std::any_of(out[shares].begin(), out[shares].end(), [&](const auto& share) {
      return share["chip"] == "gb200" && share[key] == is && share["share"].template get<double>() < 1;
    });
  };
  CHECK(has("gemm_shares", "format", "nvfp4"));
  CHECK(has("attention_shares", "direction", "backward"));
  CHECK_THAT(text.out, Contains("nvfp4               attention forward   attention backward"));
  for (const auto& parameter : out["parameters"])
    CHECK(parameter["is_fitted"] == !parameter["key"].get<std::string>().starts_with("nccl."));
  const auto fits = out["fits"];
  REQUIRE(fits.size() == 3);
  for (const auto& parameter : out["parameters"]) {
    if (parameter["fit"].is_null()) continue;
    const auto fit =
        std::find_if(fits.begin(), fits.end(), [&](const auto& f) { return f["name"] == parameter["fit"]; });
    REQUIRE(fit != fits.end());
    CHECK(parameter["left_out"].size() == (*fit)["parts"].size());
  }
}

TEST_CASE("text in Markdown is not taken for markup") {
  CHECK(markdown_text("a|b *c* <d> [e](f) `g` & h\ni") == "a\\|b \\*c\\* &lt;d> \\[e\\](f) \\`g\\` &amp; h i");
  CHECK(markdown_row({"x|y", ""}) == "| x\\|y |  |\n");
  CHECK(markdown_rule("lr") == "|---|---:|\n");
}

TEST_CASE("calibrate and test rows are told apart by symbol and colour, sources by colour") {
  PredictedTable table;
  table.path = "some/Our runs.csv";
  const auto add = [&](const char* source, const char* use, double value, double predicted) {
    RowPrediction row;
    row.source = source;
    row.use = use;
    row.metric = "step_time";
    row.unit = "s";
    row.value = value;
    row.predicted = predicted;
    table.rows.push_back(row);
  };
  add("A", "calibrate", 1, 1.1);
  add("A", "test", 100, 90);
  add("B", "calibrate", 2, 2);
  add("B", "test", std::nan(""), 3);  // nothing to compare with
  const auto figures = validation_figures(table);
  REQUIRE(figures.size() == 1);
  CHECK(figures[0].file == "our-runs-step-time.svg");
  const Figure& figure = figures[0].figure;
  CHECK(figure.axes == FigureAxes::kLogScatter);
  CHECK(figure.x_low == figure.y_low);
  REQUIRE(figure.series.size() == 3);
  CHECK(figure.series[0].name == "A, calibrate");
  CHECK(figure.series[1].name == "B, calibrate");
  CHECK(figure.series[2].name == "A, test");
  CHECK(figure.series[0].symbol != figure.series[2].symbol);
  CHECK(figure.series[0].colour != figure.series[2].colour);
  CHECK(figure.series[0].colour != figure.series[1].colour);
  for (const FigureSeries& series : figure.series)
    CHECK(contrast_ratio(series.colour, light_theme().plate) >= 3);  // WCAG 2.1, 1.4.11
  CHECK_THAT(figure.note, Contains("racktwin ") && Contains("Our runs.csv, 3 of 4 rows"));
}

}  // namespace racktwin
