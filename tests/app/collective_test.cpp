// Transcripts of `racktwin collective` and of validate on a table of collectives.
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <fstream>

namespace racktwin {
namespace {

using Catch::Matchers::Contains;
using Catch::Matchers::StartsWith;

nlohmann::json json_of(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "collective");
  arguments.push_back("--json");
  const ProgramResult result = run_program(arguments);
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  return nlohmann::json::parse(result.out);
}

TEST_CASE("a collective of a rack is printed in the columns of nccl-tests") {
  const ProgramResult result = run_program({"collective", "gb200-nvl72", "-b", "1G", "-e", "1G", "-n", "8"});
  CHECK(result.exit_code == 0);
  CHECK(result.err.empty());
  CHECK_THAT(result.out, StartsWith("# all_reduce over 8 ranks in 1 NVLink domain of up to 8\n"));
  CHECK_THAT(result.out, Contains("size        count    type        time    algbw    busbw"));
  CHECK_THAT(result.out, Contains("\n    1073741824    268435456   float "));
  CHECK_THAT(result.out, Contains("# Weakest input: "));
  CHECK_THAT(result.out, !Contains("NIC"));
}

TEST_CASE("option --links: shows the load of the tiers in use and the bottleneck") {
  const ProgramResult result =
      run_program({"collective", "gb200-nvl72", "--racks", "2", "-b", "8", "-e", "16G", "-f", "2", "--links"});
  CHECK(result.exit_code == 0);
  CHECK_THAT(result.out, Contains("144 ranks in 2 NVLink domains") && Contains("NVLink port") && Contains("NIC") &&
                             Contains("bottleneck") && Contains("  latency\n"));
}

TEST_CASE("sizes grow from -b to -e by -f, and JSON is in SI units") {
  const auto out = json_of({"hgx-h100", "--op", "all_gather", "-b", "1K", "-e", "1MiB", "-f", "4", "-n", "16"});
  REQUIRE(out["rows"].size() == 6);
  CHECK(out["domains"] == 2);
  const auto& last = out["rows"][5];
  CHECK(last["size_bytes"] == 1048576);
  CHECK(last["count"] == 16384);  // one rank's part
  CHECK(last["busbw_bytes_per_s"].get<double>() == Approx(1048576 * 15.0 / 16 / last["time_s"].get<double>()));
  CHECK(last["links"][1]["tier"] == "NIC");
  CHECK(last["links"][1]["utilization"].get<double>() < 1);
}

TEST_CASE("a scenario is a site for a collective") {
  const auto out =
      json_of({RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gb200-su-llama405b.toml", "-b", "1G", "-e", "1G"});
  CHECK(out["ranks"] == 576);
  CHECK(out["domains"] == 8);
}

TEST_CASE("a forced algorithm and protocol are used") {
  const auto out = json_of({"hgx-h100", "--algorithm", "ring", "--protocol", "ll128", "-b", "1G", "-e", "1G"});
  CHECK(out["rows"][0]["algorithm"] == "ring");
  CHECK(out["rows"][0]["protocol"] == "ll128");
}

TEST_CASE("what a collective cannot be is said with exit code 2") {
  const std::pair<std::vector<std::string>, std::string> cases[] = {
      {{"gb200-nvl72", "--op", "all_reduse"}, "did you mean \"all_reduce\"?"},
      {{"gb200-nvl72", "--algorithm", "rnig"}, "did you mean \"ring\"?"},
      {{"gb200-nvl72", "--protocol", "ll129"}, "did you mean \"ll128\"?"},
      {{"gb200-nvl27"}, "did you mean \"gb200-nvl72\"?"},
      {{"gb200-nvl72", "-n", "73"}, "-n: 73 ranks, but the site has 72 GPUs"},
      {{"gb200-nvl72", "-n", "1"}, "at least 2 ranks"},
      {{"gb200-nvl72", "-n", "-3"}, "at least 2 ranks"},
      {{"gb200-nvl72", "-b", "8X"}, "-b: \"8X\" is no size"},
      {{"gb200-nvl72", "-e", ""}, "-e: \"\" is no size"},
      {{"gb200-nvl72", "-b", "2G", "-e", "1G"}, "-b 2G is more than -e 1G"},
      {{"gb200-nvl72", "-f", "1"}, "-f: the factor 1 must be above 1"},
      {{"gb200-nvl72", "-f", "1.0001"}, "more than 1000 sizes"},
      {{"gb200-nvl72", "--racks", "0"}, "--racks: 0 is less than 1"},
      {{"hgx-a100-80g", "--algorithm", "nvls", "-n", "8"}, "nvls needs in-switch reduction, which NVLink 3 lacks"},
      {{"gb200-nvl72", "--algorithm", "nvls", "--protocol", "ll"}, "nvls has the protocol simple only"},
      {{"gb200-nvl72", "--sharp"}, "--sharp: sharp reduces between NVLink domains; there is one"},
      {{"gb200-nvl72", "--op", "all_to_all", "--protocol", "ll128"}, "no algorithm does all_to_all"}};
  for (const auto& [arguments, message] : cases) {
    std::vector<std::string> all = {"collective"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    const ProgramResult result = run_program(all);
    INFO(message << "\n" << result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK_THAT(result.err, Contains(message));
  }
}

TEST_CASE("errors of several options are reported at once") {
  const ProgramResult result = run_program({"collective", "nowhere", "--op", "x", "-b", "y", "--protocol", "z"});
  CHECK(result.exit_code == 2);
  for (const char* word : {"nowhere", "--op", "-b", "--protocol"}) CHECK_THAT(result.err, Contains(word));
}

TEST_CASE("validate takes a table of collectives") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path("rows.csv"))
      << "id,use,source,hardware,n_gpus,model,global_batch,metric,value,unit,notes\n"
         "a,test,S,8x H100,8,all_reduce,1073741824,busbw,460,GB/s,\n"
         "b,test,S,8x MI300X,8,all_reduce,1073741824,busbw,300,GB/s,\n";
  const ProgramResult result = run_program({"validate", "--table", directory.path("rows.csv"), "--json"});
  INFO(result.err);
  REQUIRE(result.exit_code == 0);
  const auto out = nlohmann::json::parse(result.out);
  REQUIRE(out["rows"].size() == 2);
  CHECK(out["rows"][0]["predicted"].get<double>() == Approx(460).epsilon(0.1));
  CHECK(out["rows"][0]["algorithm"] == "nvls simple");
  CHECK(out["rows"][0]["reason"].is_null());
  CHECK(out["rows"][1]["predicted"].is_null());
  CHECK(out["rows"][1]["reason"] == "system hgx-mi300x is not in the catalogue");
  CHECK(out["scores"][0]["size"] == "large");
}

}  // namespace
}  // namespace racktwin
