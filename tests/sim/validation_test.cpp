#include "sim/validation/validation.h"

#include "sim/error_text.h"
#include "sim/validation/table_kind.h"
#include "sim/validation/training.h"
#include "sim/workload/profile.h"
#include "tests/sim/flagship.h"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <map>
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

std::string first_error(const std::string& text) {
  const auto table = table_of(text);
  if (table) return "";
  return std::to_string(table.error().front().loc.line) + ": " + table.error().front().message;
}

TEST_CASE("a byte order mark is no part of the first column, and lines may end as on Windows") {
  const auto table = table_of("\xEF\xBB\xBFid,b\r\n1,\"x\r\ny\"\r\n");
  REQUIRE(table);
  CHECK(table->column("id") == 0);
  REQUIRE(table->rows.size() == 1);
  CHECK(table->rows[0][0] == "1");
}

TEST_CASE("a table that is none says what is wrong, and where") {
  CHECK(first_error("a,b\n").find("has no rows") != std::string::npos);
  CHECK(first_error("a,b\n1,\"x\n3,4\n5,6\n") == "2: a quote of this row is not closed");
  CHECK(first_error("a,b\n1,2\n3,5\" disk\n").find("3: a quote stands inside a field") == 0);
  CHECK(first_error("a,b\n1,M\xFCnchen\n") == "2: this is not UTF-8");
  CHECK(first_error(std::string("a,b\n1,\0\n", 8)) == "2: this is not UTF-8");
  CHECK(first_error("a,b,a\n1,2,3\n") == "1: column \"a\" is there twice");
  CHECK(first_error("a;b\n1;2\n") == "1: fields are separated by commas");
  const auto directory = load_csv(fs::temp_directory_path().string());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().front().code == ErrorCode::kIo);
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

std::vector<RowPrediction> rows_of(const std::string& text) {
  const auto table = table_of(text);
  REQUIRE(table);
  auto predictions = predict_training_rows(*table, test_catalog(), test_calibration());
  if (!predictions) FAIL(format_errors(predictions.error(), false));
  return std::move(*predictions);
}

std::vector<RowPrediction> predicted(const std::string& rows) { return rows_of(kHeading + rows); }

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
  CHECK(reason(1) == "the model is not stated");
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

TEST_CASE("models, systems and precisions are found however they are spelt") {
  const std::string usual =
      "a,calibrate,gb200-nvl72,400,llama3.1-8b,pretrain,mxfp8,full,S,8,,8192,2,1,,1,,,1,64,step_time,2,s,\n";
  const std::string spelt =
      "b,calibrate,GB200,400,Llama-3.1 8B,Pre-Training,FP8-MX,Full,S,8,,8192,2,1,,1,,,1,64,step_time,2,s,\n";
  const auto rows = predicted(usual + spelt);
  for (const RowPrediction& r : rows) {
    CAPTURE(r.reason);
    REQUIRE(r.reason.empty());
    CHECK(r.system == "gb200-nvl72");
    CHECK(r.model == "llama3.1-8b");
  }
  CHECK(rows[0].predicted == rows[1].predicted);
}

TEST_CASE("what a row names and nobody knows is said with the nearest that is known") {
  const auto with = [](const std::string& system, const std::string& model, const std::string& task,
                       const std::string& precision, const std::string& recompute) {
    return "a,test," + system + ",400," + model + "," + task + "," + precision + "," + recompute +
           ",S,8,,8192,2,1,,1,,,1,64,step_time,2,s,\n";
  };
  const auto reason = [](const std::string& text) { return predicted(text)[0].reason; };
  CHECK(reason(with("gb200-nvl27", "llama3.1-8b", "", "bf16", "")) ==
        "system gb200-nvl27 is not in the catalogue; the nearest is gb200-nvl72");
  CHECK(reason(with("gb200", "Lama 3.1 8B", "", "bf16", "")) ==
        "model Lama 3.1 8B is not in the catalogue; the nearest is llama3.1-8b");
  CHECK(reason(with("gb200", "llama3.1-8b", "", "nvfp5", "")) ==
        "precision nvfp5 is not modelled; the nearest is nvfp4");
  CHECK(reason(with("gb200", "llama3.1-8b", "", "", "")) == "the precision is not stated");
  CHECK(reason(with("", "llama3.1-8b", "", "bf16", "")) == "the system is not stated");
  CHECK(reason(with("gb200", "llama3.1-8b", "pretrian", "bf16", "")) ==
        "task pretrian is not modelled; the nearest is pretrain");
  CHECK(reason(with("gb200", "llama3.1-8b", "", "bf16", "some")) == "recompute_id some is not modelled");
}

TEST_CASE("a number that is none is a reason, not another number") {
  const auto reason = [](const std::string& gpus, const std::string& tp, const std::string& nic,
                         const std::string& value) {
    return predicted("a,test,gb200," + nic + ",llama3.1-8b,,bf16,,S," + gpus + ",,8192," + tp +
                     ",1,,1,,,1,64,step_time," + value + ",s,\n")[0]
        .reason;
  };
  CHECK(reason("8", "2", "400", "2") == "");
  CHECK(reason("\"1,02\"", "2", "400", "2") == "n_gpus \"1,02\" is no whole number");
  CHECK(reason("8 nodes", "2", "400", "2") == "n_gpus \"8 nodes\" is no whole number");
  CHECK(reason("8.5", "2", "400", "2") == "n_gpus \"8.5\" is no whole number");
  CHECK(reason("0", "2", "400", "2") == "n_gpus \"0\" is no whole number");
  CHECK(reason("1e30", "2", "400", "2") == "n_gpus \"1e30\" is no whole number");
  CHECK(reason("nan", "2", "400", "2") == "n_gpus \"nan\" is no whole number");
  CHECK(reason("", "2", "400", "2") == "n_gpus is not stated");
  CHECK(reason("8", "two", "400", "2") == "tp \"two\" is no whole number");
  CHECK(reason("8", "2", "fast", "2") == "nic_gbps \"fast\" is no number above zero");
  CHECK(reason("8", "2", "400", "-1") == "value \"-1\" is no number above zero");
}

TEST_CASE("a step time is predicted in the unit that its row states") {
  const auto in_unit = [](const std::string& unit) {
    std::string text = row("a", "step_time", "2");
    text.replace(text.find(",2,s,"), 5, ",2," + unit + ",");
    return predicted(text).front();
  };
  const RowPrediction s = in_unit("s"), ms = in_unit("ms"), silent = in_unit(""), odd = in_unit("furlong");
  CHECK(ms.step_s == s.step_s);
  CHECK(ms.predicted == Approx(1000 * s.predicted));
  CHECK(silent.predicted == s.predicted);
  CHECK(ms.configuration != s.configuration);  // or their medians would be mixed
  CHECK(odd.reason == "unit furlong is not one of time");
  CHECK(std::isnan(odd.predicted));
}

// A row of 64 GPUs in four stages as another source would print it: `changed` replaces columns of the usual row.
RowPrediction printed(const std::map<std::string, std::string>& changed) {
  std::map<std::string, std::string> row = {{"id", "a"},
                                            {"use", "test"},
                                            {"system", "hgx-h100"},
                                            {"hardware", ""},
                                            {"model_id", "llama3.1-8b"},
                                            {"model", ""},
                                            {"prec", "bf16"},
                                            {"task", "pretrain"},
                                            {"recompute_id", ""},
                                            {"n_gpus", "64"},
                                            {"seq", "8192"},
                                            {"tp", "2"},
                                            {"pp", "4"},
                                            {"vp", "2"},
                                            {"cp", "1"},
                                            {"ep", ""},
                                            {"micro_batch", "1"},
                                            {"global_batch", "128"},
                                            {"metric", "step_time"},
                                            {"value", "2"},
                                            {"unit", "s"},
                                            {"notes", ""},
                                            {"layers", ""},
                                            {"hidden", ""},
                                            {"heads", ""},
                                            {"expert_dispatch", ""},
                                            {"nic_gbps", "400"}};
  for (const auto& [column, text] : changed) row[column] = text;
  std::string heading, fields;
  for (const auto& [column, text] : row) {
    heading += (heading.empty() ? "" : ",") + column;
    fields += (fields.empty() ? "\"" : ",\"") + text + "\"";
  }
  return rows_of(heading + "\n" + fields + "\n").front();
}

TEST_CASE("a row says the same in the words of another source") {
  const RowPrediction usual = printed({});
  REQUIRE(usual.reason.empty());
  const std::map<std::string, std::string> same[] = {
      {{"system", "NVIDIA H100-SXM5-80GB"}},
      {{"system", "1024x H100"}},
      {{"system", ""}, {"hardware", "DGX H100 (8x H100 80GB SXM, NVLink4, 8x400G IB)"}},
      {{"model_id", "meta-llama/Llama-3.1-8B-Instruct"}},
      {{"model_id", ""}, {"model", "Llama 3.1 8b BF16"}},
      {{"prec", "bf16-mixed"}},
      {{"task", "Training"}},
      {{"n_gpus", "64 GPUs"}},
      {{"seq", "8k"}},
      {{"seq", "8,192"}},
      {{"cp", "N/A"}},
      {{"ep", "0"}},
      {{"micro_batch", ""}},
      {{"nic_gbps", "400G"}},
      {{"unit", "sec/step"}},
      {{"metric", "step_time_s"}, {"unit", ""}},
      {{"metric", "Iteration time"}}};
  for (const auto& changed : same) {
    const RowPrediction row = printed(changed);
    CAPTURE(changed.begin()->first, changed.begin()->second, row.reason);
    CHECK(row.predicted == usual.predicted);
  }
  CHECK(printed({{"micro_batch", ""}}).defaults.find("micro-batch 1") != std::string::npos);
  CHECK(printed({{"metric", "step_time_ms"}, {"unit", ""}}).predicted == Approx(1000 * usual.predicted));
  CHECK(printed({{"metric", "step_time_ms"}}).metric == "step_time_ms");  // as printed

  const double tokens_per_s = 128 * 8192 / usual.step_s;
  const auto rate = [](const char* metric, const char* unit) {
    return printed({{"metric", metric}, {"unit", unit}}).predicted;
  };
  CHECK(rate("tokens/sec/gpu", "") == Approx(tokens_per_s / 64));
  CHECK(rate("tokens_per_s_per_gpu", "k tokens/s/GPU") == Approx(tokens_per_s / 64e3));
  CHECK(rate("throughput", "tokens/s") == Approx(tokens_per_s));
  CHECK(rate("tokens_per_s", "tokens/s/GPU") == Approx(tokens_per_s / 64));
  CHECK(rate("samples_per_s", "") == Approx(tokens_per_s / 8192));
  CHECK(printed({{"metric", "tokens_per_s_per_gpu"}, {"unit", "tokens/day"}}).reason ==
        "unit tokens/day is not one of throughput");
}

TEST_CASE("texts that are near to a known word and mean something else are not read as it") {
  CHECK(printed({{"system", "H100 PCIe"}}).reason.find("system H100 PCIe is not in the catalogue") == 0);
  CHECK(printed({{"system", "GH200"}}).reason.find("system GH200 is not in the catalogue") == 0);
  CHECK(printed({{"system", "GB200 NVL4"}}).reason.find("system GB200 NVL4 is not in the catalogue") == 0);
  CHECK(printed({{"model_id", "DeepSeek-V2-Lite"}}).reason.find("model DeepSeek-V2-Lite is not in") == 0);
  CHECK(printed({{"prec", "bf16/fp8"}}).reason == "precision bf16/fp8 is not modelled");
  CHECK(printed({{"prec", "fp8 rowwise"}}).reason == "precision fp8 rowwise is not modelled");
  CHECK(printed({{"metric", "steps_per_s"}}).reason == "metric steps_per_s is listed, not scored");
  CHECK(printed({{"metric", "time_to_train"}}).reason == "metric time_to_train is listed, not scored");
}

TEST_CASE("formats of numbers are told apart by their scaling") {
  const auto predicted_with = [](const char* precision) { return printed({{"prec", precision}}).predicted; };
  CHECK(predicted_with("FP8 (current scaling)") == predicted_with("fp8-current"));
  CHECK(predicted_with("FP8 delayed scaling") == predicted_with("fp8"));
  CHECK(predicted_with("FP8-SC") == predicted_with("mxfp8"));  // blocks
  CHECK(predicted_with("FP8-MX (32x32)") == predicted_with("mxfp8"));
  CHECK(predicted_with("fp8-current") != predicted_with("fp8"));
}

TEST_CASE("interleaving that a row does not state is none where its micro-batches do not divide") {
  const RowPrediction row = printed({{"vp", ""}, {"global_batch", "24"}});  // three for four stages
  CHECK(row.reason.empty());
  CHECK(row.predicted == printed({{"vp", "1"}, {"global_batch", "24"}}).predicted);
  CHECK(printed({{"vp", ""}}).predicted == printed({{"vp", "2"}}).predicted);
}

TEST_CASE("ranks of another kind in the notes are not those that share the parameters") {
  const auto sharded = [](const char* notes) { return printed({{"pp", "1"}, {"vp", ""}, {"notes", notes}}).predicted; };
  CHECK(sharded("FSDP2 with TP=2; torch.compile") == sharded("FSDP2; torch.compile"));
  CHECK(sharded("FSDP2 shard=8; torch.compile") != sharded("FSDP2; torch.compile"));
}

TEST_CASE("what is wrong with a row does not stand for its duplicates, nor its duplicates for it") {
  const std::string heading =
      "id,system,model_id,model,layers,hidden,heads,prec,n_gpus,seq,micro_batch,global_batch,metric,value,"
      "expert_dispatch\n";
  const auto rows = rows_of(heading + "a,gb200,llama3.1-8b,,,,,bf16,8,8192,1,64,step_time,2,somehow\n" +
                            "b,gb200,llama3.1-8b,,,,,bf16,8,8192,1,64,step_time,2,\n" +
                            "c,gb200,,mine,8,2048,16,bf16,8,8192,1,64,step_time,2,\n" +
                            "d,gb200,,mine,8,4096,32,bf16,8,8192,1,64,step_time,2,\n");
  CHECK(rows[0].reason == "expert_dispatch somehow is not modelled");
  CHECK(rows[1].reason.empty());
  CHECK(rows[3].predicted > 1.5 * rows[2].predicted);
}

TEST_CASE("a table as its source prints it, without columns of known words, is one of training") {
  const std::string text =
      "ID,Hardware,GPUs,Model,Precision,Sequence Length,MBS,GBS,TP,Metric,Value\n"
      "a,DGX H100,16,Llama 3.1 8B,FP8,8192,1,128,2,tokens/sec/GPU,12000\n";
  REQUIRE(table_kind(*table_of(text)) == TableKind::kTraining);
  const auto rows = rows_of(text);
  CHECK(rows[0].reason.empty());
  CHECK(rows[0].id == "a");
  CHECK(rows[0].predicted > 5000);
  CHECK(rows[0].predicted < 25000);
}

TEST_CASE("every row of a table of another kind is listed with its metric as the reason") {
  const auto table = table_of(
      "id,use,source,hardware,n_gpus,model,metric,value,unit\n"
      "a,test,\"S, page 2\",8x H100 node,8,bert,mean_time_to_failure,6846.3,h\n"
      "b,test,S,8x H100 node,8,bert,,1,W\n");
  REQUIRE(table);
  CHECK(table_kind(*table) == TableKind::kOther);
  const auto rows = list_other_rows(*table);
  REQUIRE(rows);
  REQUIRE(rows->size() == 2);
  CHECK((*rows)[0].id == "a");
  CHECK((*rows)[0].source == "S");
  CHECK((*rows)[0].value == 6846.3);
  CHECK(std::isnan((*rows)[0].predicted));
  CHECK((*rows)[0].reason == "metric mean_time_to_failure is of no kind that is predicted");
  CHECK((*rows)[1].reason == "the metric is not stated");
  CHECK(table_kind(*table_of("id,hardware,metric\na,H100,busbw\nb,H100,node_power\n")) == TableKind::kCollectives);
  CHECK(table_kind(*table_of("id,hardware,metric\na,H100,\nb,H100,node_power_mean\n")) == TableKind::kPower);
  CHECK(table_kind(*table_of("id,model_id,metric\na,x,power\n")) == TableKind::kTraining);
  CHECK(table_kind(*table_of("x,y\n1,2\n")) == TableKind::kTraining);  // which names the columns that it lacks
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

RowPrediction laid_out(const std::string& job, const std::string& layout, double value, double forecast,
                       const std::string& source = "s", const std::string& metric = "step_time") {
  RowPrediction r = scored(source, job + layout, value, forecast);
  r.id = layout;
  r.job = job;
  r.layout = layout;
  r.metric = metric;
  return r;
}

TEST_CASE("layouts are ranked within a job of a source, and repetitions of one are one") {
  const std::vector<RowPrediction> rows = {laid_out("x", "tp 4", 10, 11), laid_out("x", "tp 2", 12, 13),
                                           laid_out("x", "tp 2", 8, 13),  laid_out("x", "tp 8", 20, 12),
                                           laid_out("y", "tp 4", 1, 9),   laid_out("x", "tp 1", 5, 99, "other")};
  const auto jobs = rank_layouts(rows);
  REQUIRE(jobs.size() == 1);  // of job y, and of the other source, there is one layout each
  REQUIRE(jobs[0].layouts.size() == 3);
  CHECK(jobs[0].layouts[2].layout == "tp 8");
  CHECK(jobs[0].layouts[2].measured == 20);
  CHECK(jobs[0].example->job == "x");
  const Score s = score(rows)[1];
  CHECK(s.source == "s");
  // tp 4: 10 -> 11, tp 2: median of 12 and 8 is 10 -> 13, tp 8: 20 -> 12.
  CHECK(s.layouts.pairs() == 3);
  CHECK(s.layouts.concordant == 1);
  CHECK(s.layouts.discordant == 1);
  CHECK(s.layouts.tied_measured == 1);
  CHECK(s.layout_tau == Approx(0));
  CHECK(score(rows).back().layouts.pairs() == 3);
}

TEST_CASE("throughputs are ranked from the highest, and a source without two layouts has no rank correlation") {
  const auto jobs = rank_layouts({laid_out("x", "tp 4", 10, 11, "s", "tokens_per_s_per_gpu"),
                                  laid_out("x", "tp 2", 12, 13, "s", "tokens_per_s_per_gpu")});
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].layouts[0].layout == "tp 2");
  CHECK(std::isnan(score({laid_out("x", "tp 4", 10, 11)})[0].layout_tau));
}

TEST_CASE("the rank correlation of a source does not mix metrics") {
  const auto scores = score({laid_out("x", "a", 1, 1), laid_out("y", "b", 2, 2),
                             laid_out("x", "a", 30, 30, "s", "tokens_per_s_per_gpu"),
                             laid_out("y", "b", 20, 20, "s", "tokens_per_s_per_gpu")});
  CHECK(scores[0].tau == 1);
}

TEST_CASE("a row says which job it is and how that is laid out, idle axes left out") {
  const std::string rows_text =
      "a,test,gb200,400,llama3.1-8b,pretrain,bf16,,S,8,,8192,2,1,1,1,1,4,1,64,step_time,2,s,\n"
      "b,test,gb200,400,llama3.1-8b,pretrain,bf16,,S,8,,8192,2,1,,,,,1,64,step_time,2,s,\n"
      "c,test,gb200,400,llama3.1-8b,pretrain,bf16,,S,8,,8192,1,2,4,1,,,2,64,step_time,2,s,\n"
      "d,test,gb200,400,llama3.1-8b,pretrain,fp8,,S,8,,8192,1,2,4,1,,,2,64,step_time,2,s,\n";
  const auto rows = predicted(rows_text);
  CHECK(rows[0].layout == "tp 2, micro-batch 1");
  CHECK(rows[1].layout == rows[0].layout);
  CHECK(rows[2].layout == "pp 2, vp 4, micro-batch 2");
  CHECK(rows[0].job == rows[2].job);
  CHECK(rows[0].job != rows[3].job);
  const auto jobs = rank_layouts(rows);
  REQUIRE(jobs.size() == 1);
  CHECK(jobs[0].layouts.size() == 2);
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

// The predicted step of a row that must have one.
double step_of(const RowPrediction& row) {
  INFO(row.reason);
  CHECK(row.reason.empty());
  return row.step_s;
}

TEST_CASE("how tokens reach their experts is a column, and else what the release of a row could do") {
  const auto text = [](const std::string& id, const std::string& source, const std::string& dispatch,
                       const std::string& overlap) {
    return id + ",calibrate,hgx-h100,400,qwen3-30b-a3b,pretrain,bf16,,\"" + source + "\"," + dispatch + "," + overlap +
           ",16,48,4096,1,2,4,1,8,8,1,64,step_time,2,s,\n";
  };
  const auto table = table_of(
      "id,use,system,nic_gbps,model_id,task,prec,recompute_id,source,expert_dispatch,overlap_expert_parallel,n_gpus,"
      "layers,seq,tp,pp,vp,cp,ep,dp,micro_batch,global_batch,metric,value,unit,notes\n" +
      text("a", "S, x/y:README.md", "", "") + text("b", "S, x/y:README.md", "alltoall", "true") +
      text("c", "S, x/y:README.md@v25.02.02", "", "") + text("d", "S, x/y:README.md", "alltoall", "false") +
      text("e", "S, x/y:README.md (release 25.09)", "", "") + text("f", "S, x/y:README.md@v25.02.02", "deepep", "") +
      text("g", "S", "Deep-EP", "maybe"));
  REQUIRE(table);
  const auto rows = predict_training_rows(*table, test_catalog(), test_calibration());
  REQUIRE(rows);
  const auto step = [&](std::size_t i) { return step_of((*rows)[i]); };
  CHECK(step(1) < step(3));   // beside the compute
  CHECK(step(2) == step(3));  // before 25.09: exposed
  CHECK(step(4) == step(0));  // as a scenario's default
  CHECK(step(5) != step(3));
  CHECK((*rows)[2].configuration == (*rows)[3].configuration);
  CHECK((*rows)[5].configuration != (*rows)[3].configuration);
  CHECK((*rows)[6].reason == "overlap_expert_parallel maybe is not modelled");
}

TEST_CASE("whose kernels run is a column, then the notes, and else what the release of a row had") {
  const auto text = [](const std::string& id, const std::string& source, const std::string& kernels,
                       const std::string& notes) {
    return id + ",calibrate,hgx-h100,400,llama3-8b,pretrain,bf16,,\"" + source + "\"," + kernels +
           ",8,32,8192,1,1,,1,8,1,128,step_time,2,s," + notes + "\n";
  };
  const auto table = table_of(
      "id,use,system,nic_gbps,model_id,task,prec,recompute_id,source,kernels,n_gpus,layers,seq,tp,pp,vp,cp,dp,"
      "micro_batch,global_batch,metric,value,unit,notes\n" +
      text("a", "S", "", "") + text("b", "S", "FlashAttention 2", "") + text("c", "NeMo 24.07 summary", "", "") +
      text("d", "NeMo 24.07 summary", "native", "") + text("e", "S@v24.11.1", "", "") +
      text("f", "S", "compiled", "FSDP FULL_SHARD") + text("g", "S", "", "FSDP FULL_SHARD") +
      text("h", "NeMo 24.07 summary", "", "FSDP FULL_SHARD") + text("i", "S", "own", ""));
  REQUIRE(table);
  const auto rows = predict_training_rows(*table, test_catalog(), test_calibration());
  REQUIRE(rows);
  const auto step = [&](std::size_t i) { return step_of((*rows)[i]); };
  CHECK(step(0) < step(1));  // cuDNN's attention is the faster one
  CHECK(step(2) == step(1));
  CHECK(step(3) == step(0));
  CHECK(step(4) == step(0));
  CHECK(step(5) < step(6));   // the column, not the notes
  CHECK(step(7) == step(6));  // the notes, not the release
  CHECK((*rows)[0].configuration == (*rows)[4].configuration);
  CHECK((*rows)[8].reason == "kernels own is not modelled");
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
