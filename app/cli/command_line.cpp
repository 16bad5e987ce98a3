#include "app/cli/command_line.h"

#include "app/cli/commands.h"
#include "app/cli/help.h"
#include "app/cli/version.h"
#include "sim/catalog/catalog.h"
#include "sim/nearest_match.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <exception>
#include <vector>

namespace racktwin {
namespace {

using AddSubcommand = Subcommand (*)(CLI::App&, const GlobalOptions&);

// In the order of the help.
constexpr AddSubcommand kSubcommands[] = {add_run,  add_check,  add_new,  add_show,     add_shot,
                                          add_view, add_export, add_demo, add_validate, add_doctor};

constexpr const char* kExamples =
    "  racktwin demo                        simulate the example site\n"
    "  racktwin new hall.toml               start a scenario of your own\n"
    "  racktwin check hall.toml             all its errors at once\n"
    "  racktwin run hall.toml               simulate it, write hall.racktwin\n"
    "  racktwin show hall.racktwin          the summary again\n"
    "  racktwin shot hall.racktwin          a picture of it\n"
    "  racktwin view hall.racktwin          a window on it; of a scenario: live\n"
    "  racktwin validate                    predictions against published measurements";

void add_global_options(CLI::App& program, GlobalOptions& global) {
  program.add_option("--color", global.colour, "auto, always or never; NO_COLOR is honoured")
      ->type_name("WHEN")
      ->check(CLI::IsMember({"auto", "always", "never"}).description(""));
  program.add_flag("-q,--quiet", global.is_quiet, "No messages but errors");
  program.add_flag("-v,--verbose", global.is_verbose, "More messages");
  program.add_option("--racks", global.catalogue_directory, "Catalogue of hardware and models; or set RACKTWIN_RACKS")
      ->type_name("DIR");
  program.set_version_flag("--version", fmt::format("racktwin {}\n", version_text()), "Print the version");
  program.set_help_flag("-h,--help", "Print this help");
}

Error usage_error(std::string message, std::string hint) {
  return {ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}};
}

// What the user typed that nobody expected, with what they may have meant.
Error unexpected_argument(const CLI::App& program, const std::vector<std::string>& rest) {
  const auto chosen = program.get_subcommands();
  const CLI::App& app = chosen.empty() ? program : *chosen.back();
  const std::string name = chosen.empty() ? "racktwin" : "racktwin " + app.get_name();
  const std::string word = rest.front().substr(0, rest.front().find('='));
  const bool is_option = word.size() > 1 && word[0] == '-';
  std::vector<std::string> candidates;
  if (is_option) {
    for (const CLI::App* a : {&app, &program})
      for (const CLI::Option* option : a->get_options())
        for (const std::string& known : option->get_lnames()) candidates.push_back("--" + known);
  } else if (chosen.empty()) {
    for (const CLI::App* sub : program.get_subcommands({})) candidates.push_back(sub->get_name());
  }
  const auto nearest = nearest_match(word, candidates);
  const std::string hint = nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("see {} --help", name);
  if (is_option) return usage_error(fmt::format("{} has no option \"{}\"", name, word), hint);
  if (chosen.empty()) return usage_error(fmt::format("there is no command \"{}\"", word), hint);
  return usage_error(fmt::format("{} does not expect \"{}\"", name, rest.front()), hint);
}

// 0 for --help and --version, else the exit code of a usage error.
int answer(const CLI::ParseError& error, const CLI::App& program, const GlobalOptions& global) {
  if (dynamic_cast<const CLI::CallForHelp*>(&error) != nullptr) {
    print_result(program.help());
    return 0;
  }
  if (dynamic_cast<const CLI::CallForVersion*>(&error) != nullptr) {
    print_result(error.what());
    return 0;
  }
  const std::vector<std::string> rest = program.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) != nullptr && !rest.empty())
    return print_error(unexpected_argument(program, rest), global);
  const auto chosen = program.get_subcommands();
  return print_error(usage_error(error.what(), fmt::format("see racktwin {}--help",
                                                           chosen.empty() ? "" : chosen.back()->get_name() + " ")),
                     global);
}

int parse_and_act(int argc, const char* const* argv) {
  GlobalOptions global;
  global.catalogue_directory = Catalog::default_directory();
  CLI::App program("A digital twin of rack-scale AI clusters: speed, power, heat.", "racktwin");
  program.formatter(std::make_shared<HelpFormatter>());
  program.footer(kExamples);
  program.fallthrough();  // global options may stand after the subcommand
  program.require_subcommand(0, 1);
  add_global_options(program, global);
  std::vector<Subcommand> subcommands;
  for (const AddSubcommand add : kSubcommands) subcommands.push_back(add(program, global));
  try {
    program.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return answer(error, program, global);
  }
  const auto chosen = std::find_if(subcommands.begin(), subcommands.end(),
                                   [](const Subcommand& subcommand) { return subcommand.app->parsed(); });
  if (chosen != subcommands.end()) return chosen->action();
  print_result(program.help());
  return 0;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  std::signal(SIGPIPE, SIG_IGN);  // a closed pipe shows as EPIPE, see console.h
  std::signal(SIGCHLD, SIG_DFL);  // who has ignored it and started this program would make it lose how children end
  try {
    return finish_output(parse_and_act(argc, argv));
  } catch (const std::exception& error) {
    print_message(fmt::format("racktwin: internal error: {}\n", error.what()));
    return kExitBug;
  }
}

}  // namespace racktwin
