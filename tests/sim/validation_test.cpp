#include "sim/validation/validation.h"

#include "sim/error_text.h"
#include "sim/validation/training.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <set>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

Result<CsvTable> table_of(const std::string& text) {
  const fs::path path = fs::temp_directory_path() / ("racktwin-validation-test-" + std::to_string(::getpid()) + ".csv");
  std::ofstream(path, std::ios::binary) << text;
  Result<CsvTable> table = load_csv(path.string());
  fs::remove(path);
  return table;
}

// ------------------------------------------------------------------------------------------------- tables

TEST_CASE("a table is read with quotes, commas and line breaks in its fields") {
  const auto table = table_of("a,b,c\n1,\"x, y\",3\r\n\"two\nlines\",\"said \"\"so\"\"\",\n4,5,6");
  REQUIRE(table);
  CHECK(table->heading == std::vector<std::string>{"a", "b", "c"});
  REQUIRE(table->rows.size() == 3);
  CHECK(table->rows[0] == std::vector<std::string>{"1", "x, y", "3"});
  CHECK(table->rows[1] == std::vector<std::string>{"two\nlines", "said \"so\"", ""});
  CHECK(table->rows[2] == std::vector<std::string>{"4", "5", "6"});
  CHECK(table->lines == std::vector<int>{2, 4, 5});  // where they end
  CHECK(table->column("b") == 1);
  CHECK(table->column("d") == -1);
}

TEST_CASE("rows of the wrong length are errors with their lines") {
  const auto table = table_of("a,b\n1,2\n1,2,3\n1\n4,5\n");
  REQUIRE_FALSE(table);
  REQUIRE(table.error().size() == 2);
  CHECK(table.error()[0].message == "3 fields in a table of 2 columns");
  CHECK(table.error()[0].loc.line == 3);
  CHECK(table.error()[1].message == "1 fields in a table of 2 columns");
  CHECK(table.error()[1].loc.line == 4);
}

TEST_CASE("a last line without a line break is counted like the others") {
  const auto table = table_of("a,b\n1,2\n3");
  REQUIRE_FALSE(table);
  CHECK(table.error().front().loc.line == 3);
  CHECK(table_of("a,b\n1,2\n3,4")->lines == std::vector<int>{2, 3});
}

TEST_CASE("a file that cannot be read and one that holds nothing are told apart") {
  const auto missing = load_csv("/nonexistent/table.csv");
  REQUIRE_FALSE(missing);
  CHECK(missing.error().front().code == ErrorCode::kIo);
  const auto empty = table_of("");
  REQUIRE_FALSE(empty);
  CHECK(empty.error().front().code == ErrorCode::kBadInput);
}

TEST_CASE("rows are kept by the value of a column") {
  auto table = table_of("a,b\n1,x\n2,y\n3,x\n");
  REQUIRE(table);
  keep_rows(*table, "b", "x");
  REQUIRE(table->rows.size() == 2);
  CHECK(table->rows[1][0] == "3");
  CHECK(table->lines == std::vector<int>{2, 4});
}

// ------------------------------------------------------------------------------------------------- predictions

constexpr const char* kHeading =
    "id,use,system,nic_gbps,model_id,task,prec,recompute_id,source,n_gpus,layers,seq,tp,pp,vp,cp,ep,dp,micro_batch,"
    "global_batch,metric,value,unit,notes\n";

std::string row(const std::string& id, const std::string& metric, const std::string& value,
                const std::string& model = "llama3.1-8b", const std::string& notes = "",
                const std::string& gpus = "8") {
  return id + ",calibrate,gb200-nvl72,400," + model + ",pretrain,bf16,,\"A report, page 3\"," + gpus +
         ",,8192,2,1,,1,,,1,64," + metric + "," + value + ",s," + notes + "\n";
}

std::vector<RowPrediction> predicted(const std::string& rows) {
  const auto table = table_of(kHeading + rows);
  REQUIRE(table);
  auto predictions = predict_training_rows(*table, test_catalog(), test_calibration());
  if (!predictions) FAIL(format_errors(predictions.error(), false));
  return std::move(*predictions);
}

TEST_CASE("step time and throughput of one configuration are predicted from one solve") {
  const auto rows = predicted(row("a", "step_time", "2") + row("b", "tokens_per_s_per_gpu", "30000"));
  REQUIRE(rows.size() == 2);
  for (const RowPrediction& r : rows) {
    CAPTURE(r.reason);
    REQUIRE(r.reason.empty());
    CHECK(r.source == "A report");
    CHECK(r.step_s > 0);
  }
  CHECK(rows[0].predicted == rows[0].step_s);
  CHECK(rows[1].step_s == rows[0].step_s);
  CHECK(rows[1].predicted == Approx(64 * 8192 / rows[0].step_s / 8));
  CHECK(rows[0].rel_error() == Approx(rows[0].step_s / 2 - 1));
  CHECK(rows[0].configuration != rows[1].configuration);
  CHECK(rows[0].defaults == "recompute none");
}

TEST_CASE("a scenario of the same job predicts the same step time as its table row") {
  const auto rows = predicted(row("a", "step_time", "2"));
  const Plan plan =
      flagship({"workload.model=llama3.1-8b", "workload.precision=bf16", "workload.gpus=8",
                "workload.gpus_per_domain=8", "workload.tp=2", "workload.cp=1", "workload.pp=1", "workload.vp=1",
                "workload.dp=4", "workload.global_batch=64", "workload.embedding_and_loss_count_as_layers=false"});
  const auto model = build_model(plan);
  REQUIRE(model);
  const auto profile =
      solve_iteration(plan, *model, test_calibration(), std::vector<double>(model->gpu_classes.size(), 1.0));
  REQUIRE(profile);
  CHECK(rows[0].step_s == Approx(profile->step_s).epsilon(1e-9));
}

TEST_CASE("rows that cannot be expressed carry a reason") {
  const auto rows =
      predicted(row("a", "power", "2") + row("b", "step_time", "2", "") + row("c", "step_time", "2", "no-such-model") +
                row("d", "step_time", "") + row("e", "step_time", "2", "llama3.1-8b", "FSDP=2") +
                row("f", "step_time", "2", "llama3.1-8b", "FSDP=0") +
                row("g", "step_time", "2", "llama3.1-8b", "", "7") + row("h", "step_time", "2", "llama3.1-405b"));
  const auto reason = [&](std::size_t i) { return rows[i].reason; };
  CHECK(reason(0) == "metric power is listed, not scored");
  CHECK(reason(1).find("is not in the catalogue") != std::string::npos);
  CHECK(reason(2) == "model no-such-model is not in the catalogue");
  CHECK(reason(3).empty());  // a prediction needs no measurement
  CHECK(reason(4).empty());
  CHECK(reason(5).empty());
  CHECK(reason(6).find("7 GPUs do not divide") == 0);
  CHECK(reason(7).empty());  // it ran, so it fits whatever the estimate says
  for (const RowPrediction& r : rows) CHECK(std::isnan(r.predicted) == !r.reason.empty());
}

TEST_CASE("a stated data-parallel size that contradicts the others is a reason") {
  const std::string contradiction =
      "a,calibrate,gb200-nvl72,400,llama3.1-8b,pretrain,bf16,,S,8,,8192,2,1,,1,,2,1,64,step_time,2,s,\n";
  CHECK_FALSE(predicted(contradiction)[0].reason.empty());
}

TEST_CASE("a table without a needed column is refused") {
  const auto table = table_of("id,system\na,b\n");
  REQUIRE(table);
  const auto rows = predict_training_rows(*table, test_catalog(), test_calibration());
  REQUIRE_FALSE(rows);
  CHECK(rows.error().size() == 7);
  CHECK(rows.error().front().message.find("has no column \"model_id\"") != std::string::npos);
}

// ------------------------------------------------------------------------------------------------- scores

RowPrediction scored(const std::string& source, const std::string& configuration, double value, double forecast,
                     const std::string& use = "test") {
  RowPrediction r;
  r.source = source;
  r.use = use;
  r.configuration = configuration;
  r.value = value;
  r.predicted = forecast;
  return r;
}

TEST_CASE("duplicates of a configuration are scored once, against their median") {
  const auto scores = score({scored("s", "c", 100, 110), scored("s", "c", 1000, 110), scored("s", "c", 50, 110)});
  REQUIRE(scores.size() == 2);
  CHECK(scores[0].source == "s");
  CHECK(scores[1].source == "all");
  for (const Score& s : scores) {
    CHECK(s.rows == 3);
    CHECK(s.predicted_rows == 3);
    CHECK(s.configurations == 1);
    CHECK(s.median == Approx(0.1));
    CHECK(s.bias == Approx(0.1));
  }
}

TEST_CASE("quantiles of the errors are interpolated between rows") {
  std::vector<RowPrediction> rows;
  for (int i = 0; i <= 10; ++i) rows.push_back(scored("s", std::to_string(i), 100, 100 - i));
  const Score s = score(rows)[0];
  CHECK(s.configurations == 11);
  CHECK(s.median == Approx(0.05));
  CHECK(s.p90 == Approx(0.09));
  CHECK(s.bias == Approx(-0.05));
  rows.pop_back();
  CHECK(score(rows)[0].median == Approx(0.045));
}

TEST_CASE("a prediction without a measured value is counted and not scored") {
  const Score s = score({scored("s", "a", std::nan(""), 100), scored("s", "b", 100, 110)}).back();
  CHECK(s.predicted_rows == 2);
  CHECK(s.configurations == 1);
  CHECK(s.median == Approx(0.1));
}

TEST_CASE("rows that differ in what their notes say of the job are solved apart") {
  const auto rows = predicted(row("a", "step_time", "2") + row("b", "step_time", "2", "llama3.1-8b", "FSDP=4") +
                              row("c", "step_time", "2", "qwen3-30b-a3b") +
                              row("d", "step_time", "2", "qwen3-30b-a3b", "force-balanced"));
  std::set<std::string> configurations;
  for (const RowPrediction& r : rows) configurations.insert(r.configuration);
  CHECK(configurations.size() == 4);
  CHECK(rows[0].step_s != rows[1].step_s);
}

TEST_CASE("scores come by use, then by source, rows without a prediction are counted and not scored") {
  RowPrediction silent = scored("b", "z", 1, std::nan(""));
  silent.reason = "not modelled";
  const auto scores =
      score({scored("b", "x", 100, 90), silent, scored("a", "y", 100, 120), scored("a", "y", 100, 120, "calibrate")});
  REQUIRE(scores.size() == 5);
  const auto name = [&](std::size_t i) { return scores[i].use + "/" + scores[i].source; };
  CHECK(name(0) == "calibrate/a");
  CHECK(name(1) == "calibrate/all");
  CHECK(name(2) == "test/a");
  CHECK(name(3) == "test/b");
  CHECK(name(4) == "test/all");
  CHECK(scores[3].rows == 2);
  CHECK(scores[3].predicted_rows == 1);
  CHECK(scores[4].median == Approx(0.15));
  CHECK(std::isnan(score({silent})[0].median));
}

TEST_CASE("the published training table is read and its Llama rows are predicted", "[slow]") {
  const auto table = load_csv(RACKTWIN_SOURCE_DIRECTORY "/tests/validation/training.csv");
  REQUIRE(table);
  CHECK(table->rows.size() == 877);
  const auto rows = predict_training_rows(*table, test_catalog(), test_calibration());
  REQUIRE(rows);
  CHECK(rows->size() == table->rows.size());
  for (const RowPrediction& r : *rows) {
    CAPTURE(r.id, r.reason);
    CHECK(std::isnan(r.predicted) == !r.reason.empty());
    CHECK(r.reason.find("solver") == std::string::npos);
    CHECK(r.reason.find("cycle") == std::string::npos);
  }
}

}  // namespace
}  // namespace racktwin
