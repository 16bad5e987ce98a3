#include "app/cli/commands.h"
#include "app/cli/entry_text.h"
#include "app/cli/summary.h"
#include "app/cli/waveform.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <filesystem>
#include <memory>

namespace racktwin {
namespace {

struct ShowOptions {
  std::string target;  // a recording, or an entry of the catalogue
  bool is_list = false, is_json = false, is_waveform = false;
  WaveformOptions waveform;
};

// What exists as a file or is written as one; names of entries have dots ("llama3.1-8b") but no such ending.
bool is_file(const std::string& target) {
  const std::filesystem::path path(target);
  std::error_code ignored;
  return path.extension() == ".racktwin" || path.is_absolute() || target.compare(0, 1, ".") == 0 ||
         std::filesystem::exists(path, ignored);
}

int show_list(const ShowOptions& options, const GlobalOptions& global) {
  const Result<std::vector<EntryName>> names = list_entries(Catalog(global.catalogue_directory));
  if (!names) return print_errors(names.error(), global);
  print_result(options.is_json ? entries_json(*names) : entries_text(*names));
  return 0;
}

int show_entry(const ShowOptions& options, const GlobalOptions& global) {
  const Result<CatalogEntry> entry = read_entry(Catalog(global.catalogue_directory), options.target);
  if (!entry) return print_errors(entry.error(), global);
  print_result(options.is_json ? entry_json(*entry) : entry_text(*entry));
  return 0;
}

int show_recording(const ShowOptions& options, const GlobalOptions& global) {
  const Result<Summary> summary = read_summary(options.target);
  if (!summary) return print_errors(summary.error(), global);
  if (summary->rows.empty() && options.is_json && !global.is_quiet)
    print_message(fmt::format("{} has no summary{}\n", options.target,
                              summary->is_growing ? " yet: its run goes on" : ": its run was cut off"));
  print_result(options.is_json ? summary_json(*summary)
                               : format_summary(*summary, wants_colour(global, STDOUT_FILENO)));
  return 0;
}

int show(const ShowOptions& options, const GlobalOptions& global) {
  if (options.is_list) return show_list(options, global);
  if (options.target.empty())
    return print_error({ErrorCode::kBadInput,
                        "show what?",
                        {},
                        1,
                        "a recording, an entry of the catalogue or --list; see racktwin show --help",
                        {}},
                       global);
  if (std::filesystem::path(options.target).extension() == ".toml")
    return print_error({ErrorCode::kBadInput,
                        fmt::format("{} is a scenario, show reads a recording", options.target),
                        {},
                        1,
                        fmt::format("racktwin check {0}, or racktwin run {0}", options.target),
                        {}},
                       global);
  if (options.is_waveform) {
    WaveformOptions waveform = options.waveform;
    waveform.recording = options.target;
    waveform.is_json = options.is_json;
    return show_waveform(waveform, global);
  }
  return is_file(options.target) ? show_recording(options, global) : show_entry(options, global);
}

}  // namespace

Subcommand add_show(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ShowOptions>();
  CLI::App* app = program.add_subcommand("show", "Print the summary of a recording, or an entry of the catalogue");
  app->footer(
      "  racktwin show hall.racktwin\n"
      "  racktwin show hall.racktwin --json\n"
      "  racktwin show hall.racktwin --waveform --svg feed.svg\n"
      "  racktwin show gb200-nvl72      values, evidence and sources of an entry\n"
      "  racktwin show --list           all entries");
  CLI::Option* target = app->add_option("TARGET", options->target, "Recording, or name of an entry");
  app->add_flag("--list", options->is_list, "List the entries of the catalogue")->excludes(target);
  app->add_flag("--json", options->is_json, "Print one JSON object");
  CLI::Option* waveform = app->add_flag("--waveform", options->is_waveform,
                                        "Print what racks and feeder draw within an iteration, at a millisecond");
  app->add_option("--csv", options->waveform.csv, "Write the waveform; - for standard output")
      ->type_name("FILE")
      ->needs(waveform);
  app->add_option("--svg", options->waveform.svg, "Write a plot of it")->type_name("FILE")->needs(waveform);
  app->add_option("--iterations", options->waveform.iterations, "How many of them the file or plot shows")
      ->check(CLI::Range(1, 100))
      ->capture_default_str()
      ->needs(waveform);
  app->add_flag("--force", options->waveform.force, "Replace existing files")->needs(waveform);
  return {app, [=, &global] { return show(*options, global); }};
}

}  // namespace racktwin
