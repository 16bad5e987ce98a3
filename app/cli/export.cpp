#include "app/cli/commands.h"
#include "sim/recording/recording.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <memory>

namespace racktwin {
namespace {

struct ExportOptions {
  std::string recording, directory;
  bool force = false;
};

int export_recording(const ExportOptions& options, const GlobalOptions& global) {
  const Result<RecordingReader> reader = RecordingReader::open(options.recording);
  if (!reader) return print_errors(reader.error(), global);
  if (const auto done = reader->export_csv(options.directory, options.force); !done)
    return print_errors(done.error(), global);
  if (!global.is_quiet)
    print_message(fmt::format("wrote {} to {}\n", fmt::join(RecordingReader::csv_names(), ", "), options.directory));
  return 0;
}

}  // namespace

Subcommand add_export(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ExportOptions>();
  CLI::App* app = program.add_subcommand("export", "Write the time series and events of a recording as CSV");
  app->footer("  racktwin export hall.racktwin --csv hall-csv");
  app->add_option("FILE", options->recording, "Recording")->required();
  app->add_option("--csv", options->directory, "Directory to write to; created if missing")
      ->type_name("DIR")
      ->required();
  app->add_flag("--force", options->force, "Replace files that exist");
  return {app, [=, &global] { return export_recording(*options, global); }};
}

}  // namespace racktwin
