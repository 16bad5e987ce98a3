#include "app/cli/summary.h"

#include "sim/recording/event_reach.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;

const double kNoData = std::nan("");

Summary example() {
  Summary summary;
  summary.rows = {{"verdict", 1, "limits crossed: feed", "", ""}, {"headroom_feed", -0.03, "", "1", "derived"},
                  {"headroom_cdu", 0.25, "", "1", "assumed"},     {"step_time_s", 19.3, "", "s", "measured"},
                  {"step_time_max_s", 20.1, "", "s", "assumed"},  {"mfu", kNoData, "", "1", ""},
                  {"busiest_link_1", 0.92, "NVLink", "1", ""},    {"busiest_link_1_peak", 1, "", "1", "assumed"},
                  {"busiest_link_1_bytes", 2.5e9, "", "B", ""},   {"busiest_link_2", 0.1, "NIC", "1", ""}};
  summary.events = {{600, "hall/facility", "facility supply set to 40 degC", "scenario"},
                    {1260, "hall/feed", "above 1.25 MW", "limit"}};
  summary.run_values = {{"title", "An \x1b[31mexample"}, {"scenario", "example"}, {"defaults", "a = b (why)\n"}};
  return summary;
}

TEST_CASE("the summary shows headroom, events, defaults and the weakest evidence of a line") {
  const std::string text = format_summary(example(), false);
  CHECK_THAT(text, Contains("Verdict   limits crossed: feed\n"));
  CHECK_THAT(text, Contains("feed                      -3.0 %  [####################] 103 % used"));
  CHECK_THAT(text, Contains("CDU                       25.0 %  [###############-----] 75 % used"));
  CHECK_THAT(text, Contains("step time                19.30 s  the longest 20.10 s") && Contains("assumed"));
  CHECK_THAT(text, Contains("0:10:00  hall/facility  facility supply set to 40 degC  (scenario)\n"));
  CHECK_THAT(text, Contains("  a = b (why)\n") && Contains("    92.0 %  100.0 %   2.500 GB  NVLink\n") &&
                       Contains("    10.0 %        -          -  NIC\n"));
}

TEST_CASE("events that are alike are told once where they are many, with how many there are and which is the last") {
  Summary summary = example();
  for (int psu = 1; psu <= 30; ++psu)
    summary.events.push_back({2000, fmt::format("hall/rack-01/psu-{}", psu), "PSU failed", "scenario"});
  for (int i = 0; i < 5; ++i)
    summary.events.push_back({2001.0 + i, "hall/rack-01", fmt::format("GPU throttled: 87.{} degC", i), "limit"});
  summary.events.push_back({3000, "hall/rack-02/psu-1", "PSU failed", "scenario"});
  const std::string text = format_summary(summary, false);
  CHECK_THAT(text, Contains("hall/rack-01/psu-1  PSU failed  (scenario)\n"));
  CHECK_THAT(text, Contains("29 more like it at once, the last hall/rack-01/psu-30\n"));
  CHECK_THAT(text, Contains("GPU throttled: 87.0 degC  (limit)\n") &&
                       Contains("4 more like it until 0:33:25, the last hall/rack-01\n"));
  CHECK_THAT(text, Contains("hall/rack-02/psu-1  PSU failed") && !Contains("--json lists all"));
}

TEST_CASE("a limit that is crossed says how long it is to the next one") {
  Summary summary = example();
  for (const double time_s : {1300.0, 1307.0}) {
    summary.events.push_back({time_s, "hall/rack-01", "too hot", "limit"});
    summary.events.back().value = 88;
    summary.events.back().limit = 87;
  }
  CHECK_THAT(format_summary(summary, false), Contains("too hot  (limit)\n             7 s to the next limit\n"));
  CHECK(reach_of(summary.events, summary.events.back()).empty());
}

TEST_CASE("the critical path is told by what it is made of and where it is, what it has nothing of is left out") {
  Summary summary = example();
  for (SummaryRow& row : summary.rows)
    if (row.name == "step_time_s") row.value = 20;
  const std::vector<SummaryRow> rows = {{"critical_compute_s", 12, "", "s", "derived"},
                                        {"critical_memory_bound_s", 4, "", "s", "assumed"},
                                        {"critical_tp_latency_s", 0.5, "", "s", "reported"},
                                        {"critical_tp_transfer_s", 2.5, "", "s", "reported"},
                                        {"critical_tp_contention_s", 1, "", "s", "reported"},
                                        {"critical_dp_latency_s", 0, "", "s", "reported"},
                                        {"critical_dp_transfer_s", 0, "", "s", "reported"},
                                        {"critical_dp_contention_s", 0, "", "s", "reported"},
                                        {"critical_sections", 9, "", "1", ""},
                                        {"critical_place_1", 18, "stage 1", "s", ""},
                                        {"critical_place_2", 0.01, "stage 2", "s", ""},
                                        {"critical_section_1", 8, "stage 1", "s", ""},
                                        {"critical_section_1_begin_s", 3, "", "s", ""}};
  summary.rows.insert(summary.rows.end(), rows.begin(), rows.end());
  const std::string text = format_summary(summary, false);
  CHECK_THAT(
      text,
      Contains("  compute                  16.00 s  80.0 %, of it 75.0 % bound by the clock               assumed\n"));
  CHECK_THAT(
      text,
      Contains("tensor parallel          4.000 s  20.0 %, latency 500.0 ms, contention 1.000 s          reported\n"));
  CHECK_THAT(text, Contains("  where                    18.00 s  90.0 %, stage 1\n"));
  CHECK_THAT(text, Contains("  longest sections         8.000 s  40.0 %, stage 1, from 3 s on\n"));
  CHECK_THAT(text.substr(text.find("Critical path")),
             !Contains("data parallel") && !Contains("expert parallel") && !Contains("stage 2"));
  CHECK_THAT(format_summary(example(), false), !Contains("Critical path"));  // written before there was one
  const auto json = nlohmann::json::parse(summary_json(summary));
  CHECK(json["critical_tp_contention_s"] == 1);
  CHECK(json["critical_section_1"]["text"] == "stage 1");
}

TEST_CASE("a crossed limit is told with its component and value, in lines that are not too long") {
  Summary summary = example();
  const std::string path = "hall/row-a/rack-03/compute-07/gpu-2";
  const std::string what = "GPU junction above limit: 87.17 degC, limit 87 degC; 287 more GPUs, up to 88.21 degC";
  summary.events.push_back({1300, path, what, "limit", "gpu_junction", 87.17, 87, 288});
  summary.rows.push_back({"throttled_fraction", 0.25, "", "1", "assumed"});
  summary.rows.push_back({"clock_reason_sw_thermal", 0.25, "", "1", "assumed"});
  summary.rows.push_back({"clock_reason_hw_thermal", 0, "", "1", "assumed"});
  const std::string text = format_summary(summary, false);
  CHECK_THAT(text,
             Contains("0:21:40  " + path + "\n             GPU junction above limit: 87.17 degC, limit 87 degC;"));
  CHECK_THAT(text, Contains("thermal slowdown        25.0 %  of GPU time set the clock (SwThermalSlowdown)"));
  CHECK_THAT(text, !Contains("HwThermal"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) CHECK(line.size() <= 110);  // with who says it
  const auto json = nlohmann::json::parse(summary_json(summary));
  CHECK(json["clock_reason_sw_thermal"] == 0.25);
  CHECK(json["events"][2]["path"] == path);
  CHECK(json["events"][2]["metric"] == "gpu_junction");
  CHECK(json["events"][2]["value"] == 87.17);
  CHECK(json["events"][2]["limit"] == 87);
  CHECK(json["events"][2]["count"] == 288);
  CHECK(json["events"][0]["metric"].is_null());
  CHECK(json["events"][0]["value"].is_null());
}

TEST_CASE("what is unknown is shown as a dash and as null") {
  CHECK_THAT(format_summary(example(), false), Contains("MFU                            -\n"));
  Summary partial;
  partial.rows = {{"mfu", 0.38, "", "1", "assumed"}};
  CHECK_THAT(format_summary(partial, false), Contains("Verdict   -\n"));
  const auto json = nlohmann::json::parse(summary_json(example()));
  CHECK(json["mfu"].is_null());
  CHECK(json["recording"].is_null());
}

TEST_CASE("a site that air cools has no lines for coolant, facility water and CDUs, another has") {
  Summary air = example();
  for (SummaryRow& row : air.rows)
    if (row.name == "headroom_cdu") row.value = kNoData;
  for (const char* name : {"coolant_supply_max_degc", "coolant_return_max_degc", "facility_supply_max_degc"})
    air.rows.push_back({name, kNoData, "", "degC", "assumed"});
  const std::string text = format_summary(air, false);
  CHECK_THAT(text, !Contains("coolant") && !Contains("facility water") && !Contains("CDU") && Contains("GPU junction"));
  for (SummaryRow& row : air.rows)
    if (std::isnan(row.value)) row.value = 45;
  CHECK_THAT(format_summary(air, false), Contains("coolant") && Contains("facility water"));
  CHECK(nlohmann::json::parse(summary_json(air))["coolant_supply_max_degc"] == 45);
}

TEST_CASE("a row with text is a string in JSON, or an object if it also has a unit") {
  const auto json = nlohmann::json::parse(summary_json(example()));
  CHECK(json["verdict"] == "limits crossed: feed");
  CHECK(json["busiest_link_1"]["text"] == "NVLink");
  CHECK(json["busiest_link_1"]["value"] == 0.92);
  CHECK(json["defaults"] == nlohmann::json::array({"a = b (why)"}));
  CHECK_FALSE(json["evidence"].contains("mfu"));
}

TEST_CASE("control characters of a file never reach the terminal") {
  CHECK(format_summary(example(), false).find('\x1b') == std::string::npos);
}

TEST_CASE("a limit that is crossed is red") {
  CHECK_THAT(format_summary(example(), true), Contains("\x1b[31m      -3.0 %\x1b[0m"));
}

}  // namespace
}  // namespace racktwin
