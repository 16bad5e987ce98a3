#include "app/cli/commands.h"
#include "sim/plan/parse_plan.h"

#include <CLI/CLI.hpp>
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

namespace racktwin {
namespace {

struct NewOptions {
  std::string file;
  bool force = false;
};

int fail_to_write(const std::string& file, const GlobalOptions& global) {
  const int number = errno;
  return print_error({ErrorCode::kIo,
                      fmt::format("cannot write {}: {}", file, std::strerror(number)),
                      {},
                      1,
                      number == EEXIST ? "--force replaces it" : "",
                      {}},
                     global);
}

int write_template(const NewOptions& options, const GlobalOptions& global) {
  const std::string text = scenario_template();
  if (options.file.empty() || options.file == "-") {
    print_result(text);
    return 0;
  }
  const int file =
      ::open(options.file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | (options.force ? O_TRUNC : O_EXCL), 0666);
  if (file < 0) return fail_to_write(options.file, global);
  std::FILE* stream = ::fdopen(file, "w");
  const bool written = std::fwrite(text.data(), 1, text.size(), stream) == text.size();
  if (std::fclose(stream) != 0 || !written) return fail_to_write(options.file, global);
  if (!global.is_quiet) print_message(fmt::format("wrote {0}; next: racktwin check {0}\n", options.file));
  return 0;
}

}  // namespace

Subcommand add_new(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<NewOptions>();
  CLI::App* app = program.add_subcommand("new", "Write a commented scenario to start from");
  app->footer(
      "  racktwin new hall.toml\n"
      "  racktwin new | less");
  app->add_option("FILE", options->file, "File to write; default: standard output");
  app->add_flag("--force", options->force, "Replace a file that exists");
  return {app, [=, &global] { return write_template(*options, global); }};
}

}  // namespace racktwin
