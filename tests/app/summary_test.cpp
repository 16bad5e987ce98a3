#include "app/cli/summary.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <cmath>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;

const double kNoData = std::nan("");

Summary example() {
  Summary summary;
  summary.rows = {{"verdict", 1, "limits crossed: feed", "", ""}, {"headroom_feed", -0.03, "", "1", "derived"},
                  {"headroom_cdu", 0.25, "", "1", "assumed"},     {"step_time_s", 19.3, "", "s", "measured"},
                  {"step_time_max_s", 20.1, "", "s", "assumed"},  {"mfu", kNoData, "", "1", ""},
                  {"busiest_link_1", 0.92, "NVLink", "1", ""}};
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
  CHECK_THAT(text, Contains("  a = b (why)\n") && Contains("  92.0 %  NVLink\n"));
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
