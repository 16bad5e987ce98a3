#include "sim/validation/node_power.h"

#include "tests/sim/flagship.h"
#include "tests/sim/folder.h"

#include <catch2/catch.hpp>

#include <cmath>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::EndsWith;

const std::string kImmersedDc = "\"8x H100 SXM5 node, immersion cooling, DC (after PSU)\"";
const std::string kImmersedAc = "\"8x H100 SXM5 node, immersion cooling, AC input\"";
const std::string kAirAc = "\"XE9680 8xH100 SXM 80GB (air), AC input\"";

std::vector<PowerPrediction> predicted(const std::string& rows) {
  const Folder folder;
  write_text(folder.file("power.csv"), "id,use,source,hardware,n_gpus,model,metric,value,unit,notes\n" + rows);
  const CsvTable table = value_of(load_csv(folder.file("power.csv")));
  return value_of(predict_power_rows(table, test_catalog(), test_calibration()));
}

PowerPrediction one(const std::string& hardware, int gpus, const std::string& model, const std::string& metric,
                    const std::string& notes = "", const std::string& unit = "W") {
  return predicted("a,test,S," + hardware + "," + std::to_string(gpus) + "," + model + "," + metric + ",1," + unit +
                   "," + notes + "\n")
      .front();
}

TEST_CASE("the power of a node adds up over its parts and the meter's place") {
  const RackType rack = value_of(test_catalog().rack("hgx-h100"));
  // One node at the GPUs' limit: LoRA on eight GPUs.
  const double cpu_w = rack.cpu.idle_w.value + rack.cpu.training_load.value * (350 - rack.cpu.idle_w.value);
  const double bare_w = 8 * 700 + 2 * cpu_w + rack.compute_tray_other_w.value - rack.compute_tray_fans_w.value;
  const PowerPrediction dc = one(kImmersedDc, 8, "llama2_70b_lora", "node_power_p50");
  CHECK(dc.reason.empty());
  CHECK(dc.how == "hgx-h100, no fans, DC");
  CHECK(dc.predicted == Approx(bare_w));
  const double ac_w = one(kImmersedAc, 8, "Llama-2 70B LoRA", "node_power_p50").predicted;
  CHECK(ac_w == Approx(bare_w / rack.shelf_efficiency.at(bare_w / (6 * rack.psu_rating_w.value))));
  CHECK(one(kAirAc, 8, "llama2_70b_lora", "node_power_p50").predicted > ac_w + rack.compute_tray_fans_w.value);
  CHECK(one(kImmersedDc, 8, "llama2_70b_lora", "node_power_p50", "", "kW").predicted == Approx(bare_w / 1000));
  CHECK(one("64x8xH100 AC", 8, "bert", "node_power_mean").system == "hgx-h100");
  CHECK(one("8x H100 node", 8, "bert", "node_power_mean").defaults ==
        "metered AC, how long it ran is not stated: all of it at work");
}

TEST_CASE("a run that takes longer for the same work draws less, and its pauses less still") {
  const auto mean = [](const std::string& notes) {
    return one(kImmersedDc, 64, "llama2_70b_lora", "node_power_mean", notes);
  };
  const PowerPrediction quick = mean("time-to-train 3 min"), slow = mean("time-to-train 6 min"),
                        endless = mean("time-to-train 60000 min");
  CHECK(quick.predicted < mean("").predicted);
  CHECK(slow.predicted < quick.predicted);
  CHECK_THAT(slow.defaults, EndsWith("of 360 s, pauses of 30 s"));
  const RackType rack = value_of(test_catalog().rack("hgx-h100"));
  const double rest_w =
      2 * 200 + rack.compute_tray_other_w.value - rack.compute_tray_fans_w.value;  // CPUs as in training
  CHECK(endless.predicted == Approx(8 * rack.gpu.waiting_w.value + rest_w).epsilon(0.001));
}

TEST_CASE("a run on other numbers of GPUs is laid out as the nearest that is known") {
  const PowerPrediction more = one(kImmersedDc, 1024, "gpt3", "node_power_mean");
  CHECK(more.reason.empty());
  CHECK_THAT(more.defaults, Contains("laid out as on 512 hgx-h100"));
  CHECK(more.predicted ==
        Approx(one(kImmersedDc, 512, "GPT-3 175B pretrain", "node_power_mean").predicted).epsilon(0.02));
  CHECK(one(kImmersedDc, 8, "gpt3", "node_power_mean").reason == "the layout of gpt3 on 512 GPUs does not divide 8");
}

TEST_CASE("a row of power says the same in the words of another source") {
  const auto rows = predicted(
      "a,test,S,8x H100 node AC,64,bert,node_power_mean,7000,W,\n"
      "b,test,S,NVIDIA DGX H100-SXM5-80GB AC,64 GPUs,bert,Node power (avg),\"7,000\",,\n"
      "c,test,S,8x H100 node AC,64,bert,mean node power,,kW,\n"
      "d,test,S,8x H100 PCIe node AC,64,bert,node_power_mean,7000,W,\n"
      "e,test,S,8x H100 node AC,64,bert,node_power_mean,7000,hp,\n"
      "f,test,S,8x H100 node AC,64,bert,node_power_mean,-,W,\n"
      "g,test,S,8x H100 node AC,64,bert,node_power_mean,much,W,\n");
  REQUIRE(rows[0].reason.empty());
  CHECK(rows[1].predicted == rows[0].predicted);
  CHECK(rows[1].value == 7000);
  CHECK(rows[1].metric == "Node power (avg)");
  CHECK(rows[2].predicted == Approx(rows[0].predicted / 1000));
  CHECK_THAT(rows[3].reason, Contains("names no system of the catalogue"));
  CHECK(rows[4].reason == "unit hp is not one of power");
  CHECK(rows[5].reason.empty());
  CHECK(rows[6].reason == "value \"much\" is no number above zero");
}

TEST_CASE("what is not predicted has a reason") {
  const auto reason = [](const std::string& hardware, int gpus, const std::string& model, const std::string& metric) {
    return one(hardware, gpus, model, metric).reason;
  };
  CHECK_THAT(reason(kAirAc, 8, "resnet", "node_power_mean"), Contains("is a convolutional network, no transformer"));
  CHECK_THAT(reason(kAirAc, 8, "alphafold", "node_power_mean"), Contains("benchmark alphafold is not in "));
  CHECK_THAT(reason(kAirAc, 8, "bert", "node_power_p95"), Contains("evaluations, pauses and differences"));
  CHECK_THAT(reason("H100", 1, "llama", "gpu_power_avg_per_gpu"), Contains("is of serving, which is not modelled"));
  CHECK_THAT(reason("4x MI300X", 4, "bert", "node_power_mean"), Contains("names no system of the catalogue"));
  CHECK_THAT(reason("GB200 NVL72", 72, "bert", "node_power_mean"), Contains("what a node of gb200-nvl72 is"));
  CHECK(reason(kAirAc, 12, "bert", "node_power_mean") == "n_gpus \"12\" is no number of whole nodes of 8 GPUs");
  CHECK(reason("", 8, "bert", "node_power_mean") == "the hardware is not stated");
  CHECK(reason(kAirAc, 8, "", "node_power_mean") == "the model is not stated");
}

TEST_CASE("every run of MLPerf that the catalogue knows can be predicted") {
  const CsvTable runs = value_of(load_csv(test_catalog().directory() + "/mlperf_runs.csv"));
  std::string rows;
  int transformers = 0;
  for (std::size_t i = 0; i < runs.rows.size(); ++i) {
    const CsvRow run(runs, i);
    const std::string& system = run.text("system");
    if (system.empty()) continue;
    ++transformers;
    rows += "r" + std::to_string(i) + ",test,S,8x " +
            (system == "hgx-b200"   ? "B200"
             : system == "hgx-h200" ? "H200"
                                    : "H100") +
            " AC," + run.text("n_gpus") + "," + run.text("benchmark").substr(0, run.text("benchmark").find('|')) +
            ",node_power_mean,1,W,\n";
  }
  REQUIRE(transformers > 8);
  for (const PowerPrediction& p : predicted(rows)) {
    CAPTURE(p.id, p.model, p.system);
    CHECK(p.reason == "");
    CHECK(p.defaults == "how long it ran is not stated: all of it at work");  // not laid out as another
    CHECK(p.predicted > 5000);
    CHECK(p.predicted < 13000);
  }
}

TEST_CASE("scores of power are those of ASHRAE Guideline 14") {
  std::vector<PowerPrediction> rows(4);
  const double measured[] = {6000, 7000, 8000, 5000}, predictions[] = {6300, 6900, 7900, 1};
  for (std::size_t i = 0; i < rows.size(); ++i) {
    rows[i].hardware = i < 2 ? "a" : "b";
    rows[i].metric = "node_power_mean";
    rows[i].value = measured[i];
    rows[i].predicted = predictions[i];
  }
  rows[3].reason = "not predicted";
  const std::vector<PowerScore> scores = score_power(rows);
  REQUIRE(scores.size() == 3);
  CHECK(scores[0].hardware == "a");
  CHECK(scores[0].mae_w == Approx(200));
  CHECK(scores[0].nmbe == Approx((-300 + 100) / 1.0 / 6500));
  CHECK(scores[0].cv_rmse == Approx(std::sqrt(300.0 * 300 + 100 * 100) / 6500));
  CHECK(scores[1].rows == 2);
  CHECK(scores[1].predicted_rows == 1);
  CHECK(scores[1].mae_w == Approx(100));
  CHECK(std::isnan(scores[1].cv_rmse));
  CHECK(scores[2].hardware == "all");
  CHECK(scores[2].nmbe == Approx((-300 + 100 + 100) / 2.0 / 7000));
  CHECK(scores[2].cv_rmse == Approx(std::sqrt((90000.0 + 10000 + 10000) / 2) / 7000));
}

TEST_CASE("the mean power of the published runs is predicted within 10 percent each") {
  const CsvTable table = value_of(load_csv(RACKTWIN_SOURCE_DIRECTORY "/tests/validation/power.csv"));
  int means = 0;
  for (const PowerPrediction& p : value_of(predict_power_rows(table, test_catalog(), test_calibration()))) {
    CHECK(std::isnan(p.predicted) != p.reason.empty());
    if (p.metric != "node_power_mean" || !p.reason.empty()) continue;
    ++means;
    CAPTURE(p.id);
    CHECK(std::abs(p.rel_error()) < 0.1);
  }
  CHECK(means == 9);
}

}  // namespace
}  // namespace racktwin
