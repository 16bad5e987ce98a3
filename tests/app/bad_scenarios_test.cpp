// Every file of tests/scenarios/bad is refused with exactly the text in the .expected file beside it. To take over what
// the program says now, after reading it: RACKTWIN_UPDATE_EXPECTED=1 racktwin_app_test "[bad-scenarios]".
#include "tests/app/program.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

namespace racktwin {
namespace {

const std::string kFolder = RACKTWIN_SOURCE_DIRECTORY "/tests/scenarios/bad";

std::vector<std::string> bad_scenarios() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    if (entry.path().extension() == ".toml") names.push_back(entry.path().filename().string());
  std::sort(names.begin(), names.end());
  return names;
}

TEST_CASE("every bad scenario is refused with the expected text", "[bad-scenarios]") {
  const auto names = bad_scenarios();
  REQUIRE(names.size() >= 20);
  for (const std::string& name : names) {
    INFO(name);
    const ProgramResult result = run_program({"check", name}, {.directory = kFolder});
    const std::string expected = kFolder + "/" + std::filesystem::path(name).stem().string() + ".expected";
    if (std::getenv("RACKTWIN_UPDATE_EXPECTED") != nullptr) write_text(expected, result.err);
    CHECK(result.exit_code == 2);
    CHECK(result.out.empty());
    CHECK(result.err == read_text(expected));
  }
}

TEST_CASE("a bad scenario is not simulated and leaves no file behind") {
  const TemporaryDirectory directory;
  const ProgramResult result = run_program({"run", kFolder + "/unknown_unit.toml"}, {.directory = directory.path()});
  CHECK(result.exit_code == 2);
  CHECK(result.out.empty());
  CHECK(std::filesystem::is_empty(directory.path()));
}

}  // namespace
}  // namespace racktwin
