#include "app/cli/commands.h"
#include "app/cli/pace_option.h"
#include "app/cli/simulate.h"
#include "sim/uncertainty/uncertainty.h"

#include <CLI/CLI.hpp>

#include <memory>

namespace racktwin {
Subcommand add_run(CLI::App& program, const GlobalOptions& global) {
  auto request = std::make_shared<SimulationRequest>();
  CLI::App* app = program.add_subcommand("run", "Simulate a scenario, print the summary, write a recording");
  app->footer(
      "  racktwin run hall.toml\n"
      "  racktwin run hall.toml --set workload.dp=4 --set workload.gpus=256 -o smaller.racktwin\n"
      "  racktwin run hall.toml --json --no-recording | jq .step_time_s\n"
      "  racktwin run hall.toml --trace step.json       open it in ui.perfetto.dev\n"
      "  racktwin run hall.toml --uncertainty 200       bands of the figures, and what moves them\n"
      "  racktwin run hall.toml --pace 60 --live        a minute in a second, steered from standard input");
  app->add_option("SCENARIO", request->scenario, "Scenario file")->required();
  CLI::Option* output = app->add_option("-o,--output", request->output,
                                        "Recording to write; default: the scenario's name with .racktwin, here")
                            ->type_name("FILE");
  app->add_flag("--no-recording{false}", request->has_recording, "Write no recording")->excludes(output);
  app->add_option("--trace", request->trace,
                  "Draw the first training step, class by class of GPUs, for ui.perfetto.dev")
      ->type_name("FILE");
  app->add_flag("--force", request->force, "Replace a recording or trace that exists");
  app->add_option("--set", request->assignments, "Set a value of the scenario; repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  app->add_flag("--json", request->is_json, "Print the summary as one JSON object");
  app->add_flag("--strict", request->is_strict, "Exit with 1 if a limit was crossed");
  app->add_flag("--unfolded", request->is_unfolded, "Simulate every GPU by itself: slow, the same result");
  CLI::Option* uncertainty = app->add_option("--uncertainty", request->samples,
                                             "Run N times more with other values of what is not exactly known")
                                 ->type_name("N")
                                 ->check(CLI::Range(kFewestSamples, kMostSamples).description(""));
  app->add_option("--seed", request->seed, "Of the samples; another one takes others")
      ->needs(uncertainty)
      ->capture_default_str();
  CLI::Option* pace =
      app->add_option("--pace", request->pace, "Simulated seconds in a second; default: as fast as possible")
          ->type_name("X")
          ->check(pace_validator());
  CLI::Option* live = app->add_flag("--live", request->is_live, "Take events from standard input while it runs");
  uncertainty->excludes(pace)->excludes(live);
  app->add_flag("--no-progress{false}", request->shows_progress, "Show no progress");
  return {app, [=, &global] { return simulate(*request, global); }};
}

}  // namespace racktwin
