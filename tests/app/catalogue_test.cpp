// The catalogue from outside: shown, and extended by files alone.
#include "tests/app/program.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <regex>

namespace racktwin {
namespace {

namespace fs = std::filesystem;
using Catch::Matchers::Contains;

const std::string kRacks = RACKTWIN_SOURCE_DIRECTORY "/racks";
const std::string kSmall = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/small.toml";

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const std::size_t at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

// A catalogue of one's own to add to.
struct OwnCatalogue {
  TemporaryDirectory directory;
  std::string racks = directory.path("racks");
  OwnCatalogue() { fs::copy(kRacks, racks, fs::copy_options::recursive); }
};

// The first TOML block of the section "Adding a product", as its reader copies it.
std::string example_of_readme() {
  const std::string readme = read_text(kRacks + "/README.md");
  const std::size_t begin = readme.find("    # racks/fabrics/", readme.find("## Adding a product"));
  REQUIRE(begin != std::string::npos);
  std::string block;
  for (std::size_t at = begin; readme.compare(at, 4, "    ") == 0 || readme[at] == '\n';) {
    const std::size_t end = readme.find('\n', at) + 1;
    block += readme[at] == '\n' ? "\n" : readme.substr(at + 4, end - at - 4);
    at = end;
  }
  return block;
}

TEST_CASE("the example of the catalogue's README is a fabric that a scenario can use at once") {
  const OwnCatalogue own;
  write_text(own.racks + "/fabrics/my-lab-ndr.toml", example_of_readme());
  const ProgramResult checked = run_program({"check", kSmall, "--racks", own.racks, "--set", "site.fabric=my-lab-ndr"});
  INFO(checked.err);
  CHECK(checked.exit_code == 0);
  const ProgramResult shown = run_program({"show", "my-lab-ndr", "--racks", own.racks});
  CHECK(shown.exit_code == 0);
  CHECK_THAT(shown.out, Contains("3:1"));
}

TEST_CASE("a rack that is added as a file runs, without a line of C++") {
  const OwnCatalogue own;
  std::string rack = read_text(kRacks + "/racks/gb200-nvl72.toml");
  rack = replaced(rack, "compute_trays = 18", "compute_trays = 9");
  rack = replaced(rack, "title = \"NVIDIA GB200 NVL72\"", "title = \"Half a rack\"");
  write_text(own.racks + "/racks/half-rack.toml", rack);
  const ProgramResult run = run_program({"run", kSmall, "--racks", own.racks, "--no-recording", "--json", "--set",
                                         "site.rack=half-rack", "--set", "workload.gpus=32"});
  INFO(run.err);
  REQUIRE(run.exit_code == 0);
  CHECK(nlohmann::json::parse(run.out)["gpus_used"] == 32);
  CHECK(run_program({"check", kSmall, "--set", "site.rack=half-rack"}).exit_code ==
        2);  // not in the one that is shipped
}

ProgramResult run_rack(const std::string& racks, const std::string& name) {
  return run_program({"run",
                      kSmall,
                      "--racks",
                      racks,
                      "--no-recording",
                      "--json",
                      "--set",
                      "site.rack=" + name,
                      "--set",
                      "site.racks_per_row=4",
                      "--set",
                      "workload.gpus=16",
                      "--set",
                      "workload.global_batch=32",
                      "--set",
                      "duration=30 s",
                      "--set",
                      "power.rating=2 MW",
                      "--set",
                      "event=[]"});
}

TEST_CASE("a chip that nobody measured is refused by name, and runs once its entry says what kernels reach") {
  const OwnCatalogue own;
  const std::string rubin = own.racks + "/chips/rubin.toml";
  std::string unmeasured = read_text(rubin);
  const std::size_t begin = unmeasured.find("\n[gemm]");
  REQUIRE(begin != std::string::npos);
  write_text(rubin, unmeasured.erase(begin, unmeasured.find("\n[", begin + 1) - begin));
  int refused = 0;
  for (const auto& file : fs::directory_iterator(own.racks + "/racks")) {
    const std::string name = file.path().stem().string();
    const ProgramResult run = run_rack(own.racks, name);
    CAPTURE(name, run.err);
    if (run.exit_code == 0) continue;
    ++refused;
    CHECK(run.exit_code == 2);
    CHECK_THAT(run.err, Contains("the catalogue has no bf16 GEMM efficiency for the NVIDIA") &&
                            Contains("its entry has no table [gemm]"));
  }
  CHECK(refused == 1);
  for (const auto& file : fs::directory_iterator(own.racks + "/chips")) {
    const std::string chip = read_text(file.path());
    if (chip.find("kind = \"gpu\"") == std::string::npos || chip.find("\n[gemm]") != std::string::npos) continue;
    write_text(file.path(), chip +
                                "\n[gemm]\nbf16_share = { is = \"0.7\", from = \"engineering-estimate\", evidence = "
                                "\"assumed\", note = \"A test's.\" }\n");
  }
  for (const auto& file : fs::directory_iterator(own.racks + "/racks")) {
    const std::string name = file.path().stem().string();
    const ProgramResult run = run_rack(own.racks, name);
    CAPTURE(name, run.err);
    REQUIRE(run.exit_code == 0);
    const auto summary = nlohmann::json::parse(run.out);
    CHECK(summary["step_time_s"] > 0);
    CHECK(summary["verdict"] == "ok");
    CHECK(summary["junction_max_degc"] > 30);
    CHECK(summary["junction_max_degc"] < 87);
  }
}

TEST_CASE("every entry of the catalogue is shown with its values, units, evidence and sources") {
  const ProgramResult list = run_program({"show", "--list", "--json"});
  REQUIRE(list.exit_code == 0);
  const auto entries = nlohmann::json::parse(list.out)["entries"];
  CHECK(entries.size() >= 40);
  for (const auto& entry : entries) {
    const std::string name = entry["folder"].get<std::string>() + "/" + entry["name"].get<std::string>();
    CAPTURE(name);
    const ProgramResult shown = run_program({"show", name, "--json"});
    REQUIRE(shown.exit_code == 0);
    const auto json = nlohmann::json::parse(shown.out);
    CHECK(json["title"] == entry["title"]);
    CHECK_FALSE(json["values"].empty());
    for (const auto& value : json["values"]) {
      if (value["from"].is_null()) continue;
      CAPTURE(value["key"]);
      CHECK(json["sources"].contains(value["from"].get<std::string>()));
    }
  }
}

TEST_CASE("an entry is shown with what its file says") {
  const ProgramResult text = run_program({"show", "gb200"});
  CHECK(text.exit_code == 0);
  CHECK_THAT(text.out, Contains("NVIDIA GB200 (Blackwell GPU, 1200 W)\ngpu gb200, ") && Contains("[performance]\n") &&
                           Contains("bf16_dense                  2.5 PFLOP/s         derived    aiwiki-gb200\n") &&
                           Contains("nvlink_generation           5\n") && Contains("\nSources\n"));
  const auto json = nlohmann::json::parse(run_program({"show", "gb200", "--json"}).out);
  bool found = false;
  for (const auto& value : json["values"]) {
    if (value["key"] == "leakage_doubling") CHECK((value["value"] == 35 && value["unit"] == "K"));  // a difference
    if (value["key"] != "memory_bound_share" && value["key"] != "tdp") continue;
    if (value["key"] == "memory_bound_share") CHECK(value["range"] == nlohmann::json({"0.55", "0.85"}));
    if (value["key"] != "tdp") continue;
    found = true;
    CHECK(value["value"] == 1200);
    CHECK(value["unit"] == "W");
    CHECK(value["evidence"] == "published");
    CHECK(value["table"] == "power");
  }
  CHECK(found);
}

TEST_CASE("an entry that does not exist is answered with the nearest") {
  const ProgramResult missing = run_program({"show", "gb200-nvl27"});
  CHECK(missing.exit_code == 2);
  CHECK(missing.out.empty());
  CHECK(missing.err ==
        "error: there is no \"gb200-nvl27\" in the catalogue\n   = help: did you mean \"gb200-nvl72\"?\n");
  CHECK_THAT(run_program({"show", "toaster-oven"}).err, Contains("racktwin show --list"));
}

TEST_CASE("what is wrong with a fabric is said at its place in the file") {
  const OwnCatalogue own;
  const std::string fabric = read_text(kRacks + "/fabrics/ndr-rail-2tier.toml");
  const auto errors_of = [&](const std::string& from, const std::string& to, const std::string& racks_per_row = "1") {
    write_text(own.racks + "/fabrics/odd.toml", replaced(fabric, from, to));
    const ProgramResult result = run_program({"check", kSmall, "--racks", own.racks, "--set", "site.fabric=odd",
                                              "--set", "site.racks_per_row=" + racks_per_row});
    CHECK(result.exit_code == 2);
    CHECK_THAT(result.err, Contains(own.racks + "/fabrics/odd.toml:"));
    return result.err;
  };
  CHECK_THAT(errors_of("\"1:1\"", "\"2:1\""), Contains("64 ports of a switch do not divide into 2 down : 1 up"));
  CHECK_THAT(errors_of("\"1:1\"", "\"twice\""), Contains("the ratio of a leaf's ports down and up"));
  CHECK_THAT(errors_of("is = \"50 GB/s\"", "is = \"0 GB/s\""), Contains("port_bandwidth must be above zero"));
  CHECK_THAT(errors_of("tiers = 2", "tiers = 4"), Contains("two or three tiers"));
  CHECK_THAT(errors_of("ports = 64", "ports = 0"), Contains("ports must be at least 1"));
  CHECK_THAT(errors_of("ports = 64", "ports = 4", "8"),
             Contains("2 tiers of switches with 4 ports do not join the 288 leaves") && Contains("tiers = 3"));
}

}  // namespace
}  // namespace racktwin
