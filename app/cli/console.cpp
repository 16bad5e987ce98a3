#include "app/cli/console.h"

#include "sim/error_text.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace racktwin {
namespace {

int result_errno = 0;  // the first failure of standard output

void note_result_failure() {
  if (result_errno == 0) result_errno = errno == 0 ? EIO : errno;
}

int exit_code_of(const Errors& errors) {
  const auto any = [&](ErrorCode code) {
    return std::any_of(errors.begin(), errors.end(), [&](const Error& error) { return error.code == code; });
  };
  if (any(ErrorCode::kInternal)) return kExitBug;
  if (any(ErrorCode::kIo)) return kExitIo;
  if (any(ErrorCode::kNoGraphics)) return kExitNoGraphics;
  if (any(ErrorCode::kInterrupted)) return kExitInterrupted;
  return kExitBadInput;
}

}  // namespace

bool is_terminal(int file_descriptor) { return isatty(file_descriptor) == 1; }

bool wants_colour(const GlobalOptions& options, int file_descriptor) {
  if (options.colour != "auto") return options.colour == "always";
  const char* no_colour = std::getenv("NO_COLOR");
  const char* terminal = std::getenv("TERM");
  const bool is_dumb = terminal != nullptr && std::strcmp(terminal, "dumb") == 0;
  return is_terminal(file_descriptor) && (no_colour == nullptr || *no_colour == '\0') && !is_dumb;
}

void print_result(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size()) note_result_failure();
}

void print_message(std::string_view text) {
  std::fflush(stdout);  // keeps the order where both go to the same place
  std::fwrite(text.data(), 1, text.size(), stderr);
  std::fflush(stderr);
}

int print_errors(const Errors& errors, const GlobalOptions& options, std::string_view ending) {
  std::string text = format_errors(errors, wants_colour(options, STDERR_FILENO));
  if (!ending.empty()) text += fmt::format("{} error{}. {}\n", errors.size(), errors.size() == 1 ? "" : "s", ending);
  print_message(text);
  return exit_code_of(errors);
}

void print_warnings(const std::vector<std::string>& warnings, const GlobalOptions& options) {
  if (options.is_quiet) return;
  for (const std::string& warning : warnings) print_message(fmt::format("warning: {}\n", warning));
}

int print_error(Error error, const GlobalOptions& options) { return print_errors({std::move(error)}, options); }

int finish_output(int exit_code) {
  if (std::fflush(stdout) != 0) note_result_failure();
  if (result_errno == 0 || result_errno == EPIPE) return exit_code;
  print_message(fmt::format("error: cannot write to standard output: {}\n", std::strerror(result_errno)));
  return exit_code == 0 ? kExitIo : exit_code;
}

}  // namespace racktwin
