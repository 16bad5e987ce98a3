#include "app/cli/commands.h"
#include "app/cli/summary.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

namespace racktwin {
namespace {

struct ShowOptions {
  std::string recording;
  bool is_json = false;
};

int show(const ShowOptions& options, const GlobalOptions& global) {
  if (std::filesystem::path(options.recording).extension() == ".toml")
    return print_error({ErrorCode::kBadInput,
                        fmt::format("{} is a scenario, show reads a recording", options.recording),
                        {},
                        1,
                        fmt::format("racktwin check {0}, or racktwin run {0}", options.recording),
                        {}},
                       global);
  const Result<Summary> summary = read_summary(options.recording);
  if (!summary) return print_errors(summary.error(), global);
  if (summary->rows.empty() && options.is_json && !global.is_quiet)
    print_message(fmt::format("{} has no summary{}\n", options.recording,
                              summary->is_growing ? " yet: its run goes on" : ": its run was cut off"));
  print_result(options.is_json ? summary_json(*summary)
                               : format_summary(*summary, wants_colour(global, STDOUT_FILENO)));
  return 0;
}

}  // namespace

Subcommand add_show(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* app = program.add_subcommand("show", "Print the summary of a recording");
  app->footer(
      "  racktwin show hall.racktwin\n"
      "  racktwin show hall.racktwin --json");
  app->add_option("FILE", options->recording, "Recording")->required();
  app->add_flag("--json", options->is_json, "Print the summary as one JSON object");
  return {app, [=, &global] { return show(*options, global); }};
}

}  // namespace racktwin
