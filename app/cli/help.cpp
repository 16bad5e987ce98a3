#include "app/cli/help.h"

#include <fmt/format.h>

namespace racktwin {
namespace {

// "-o,--output FILE"
std::string left_column(const CLI::Option& option) {
  if (option.get_positional()) return option.get_name(true);
  std::string names;
  for (const std::string& name : option.get_snames()) names += (names.empty() ? "-" : ", -") + name;
  for (const std::string& name : option.get_lnames()) names += (names.empty() ? "    --" : ", --") + name;
  const bool takes_value = option.get_items_expected_max() > 0;
  return takes_value ? names + " " + option.get_type_name() : names;
}

enum class Which { kPositional, kOptions, kOptionsButHelp };

std::string option_lines(const CLI::App& app, Which which) {
  std::string lines;
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional() != (which == Which::kPositional)) continue;
    if (which == Which::kOptionsButHelp && option == app.get_help_ptr()) continue;
    lines += fmt::format("  {:<22}  {}\n", left_column(*option), option->get_description());
  }
  return lines;
}

std::string section(std::string_view title, const std::string& lines) {
  return lines.empty() ? std::string() : fmt::format("\n{}\n{}", title, lines);
}

}  // namespace

std::string HelpFormatter::make_help(const CLI::App* app, std::string, CLI::AppFormatMode) const {
  const bool is_program = app->get_parent() == nullptr;
  std::string usage = is_program ? "racktwin COMMAND" : "racktwin " + app->get_name();
  for (const CLI::Option* option : app->get_options())
    if (option->get_positional())
      usage += option->get_required() ? " " + option->get_name(true) : fmt::format(" [{}]", option->get_name(true));
  std::string text = fmt::format("{}\n", app->get_description());
  text += section("Usage", fmt::format("  {} [OPTIONS]\n", usage));
  text += section("Examples", app->get_footer() + "\n");
  std::string commands;
  for (const CLI::App* sub : app->get_subcommands({}))
    commands += fmt::format("  {:<22}  {}\n", sub->get_name(), sub->get_description());
  text += section("Commands", commands);
  text += section("Arguments", option_lines(*app, Which::kPositional));
  text += section("Options", option_lines(*app, Which::kOptions));
  if (!is_program)
    text += section("Options of every command", option_lines(*app->get_parent(), Which::kOptionsButHelp));
  return text;
}

}  // namespace racktwin
