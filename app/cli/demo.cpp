#include "app/cli/commands.h"
#include "app/cli/simulate.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>

namespace racktwin {
namespace {

constexpr std::string_view kScenario = "scenarios/gb200-su-llama405b.toml";
constexpr std::string_view kFolder = "out";

int run_demo(const GlobalOptions& global) {
  std::error_code error;
  std::filesystem::create_directories(kFolder, error);
  if (error)
    return print_error({ErrorCode::kIo, fmt::format("cannot create {}: {}", kFolder, error.message()), {}, 1, {}, {}},
                       global);
  SimulationRequest request;
  request.scenario = fmt::format("{}/{}", global.catalogue_directory, kScenario);
  request.output = fmt::format("{}/demo.racktwin", kFolder);
  request.force = true;
  const int exit_code = simulate(request, global);
  if (exit_code == 0 && !global.is_quiet)
    print_message(
        fmt::format("next: racktwin show {0}; racktwin export {0} --csv {1}/demo-csv; racktwin new hall.toml\n",
                    request.output, kFolder));
  return exit_code;
}

}  // namespace

Subcommand add_demo(CLI::App& program, const GlobalOptions& global) {
  CLI::App* app = program.add_subcommand("demo", "Simulate the example site and write out/demo.racktwin");
  app->footer("  racktwin demo");
  return {app, [&global] { return run_demo(global); }};
}

}  // namespace racktwin
