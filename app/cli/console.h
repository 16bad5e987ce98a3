// Standard output for results, standard error for messages.
//
// A reader that closes its end of a pipe is no error: what is left of the output is dropped. Thread rule: main thread.
#pragma once

#include "sim/result.h"

#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// Exit codes other than 0.
inline constexpr int kExitLimitCrossed = 1;
inline constexpr int kExitBadInput = 2;
inline constexpr int kExitIo = 3;
inline constexpr int kExitNoGraphics = 4;
inline constexpr int kExitBug = 70;
inline constexpr int kExitInterrupted = 130;

// The options that every subcommand takes.
struct GlobalOptions {
  std::string colour = "auto";  // "auto", "always", "never"
  bool is_quiet = false;        // no messages but errors
  bool is_verbose = false;
  std::string catalogue_directory;
};

// Whether to colour what goes to a file descriptor: as told, or if it is a terminal, and NO_COLOR is not set.
bool wants_colour(const GlobalOptions& options, int file_descriptor);
bool is_terminal(int file_descriptor);

void print_result(std::string_view text);
void print_message(std::string_view text);  // whatever happens to it

// Prints errors, with `ending` as the last line ("Nothing was simulated."), and gives their exit code.
int print_errors(const Errors& errors, const GlobalOptions& options, std::string_view ending = {});
void print_warnings(const std::vector<std::string>& warnings, const GlobalOptions& options);
int print_error(Error error, const GlobalOptions& options);

// Flushes standard output. Gives `exit_code`, or kExitIo if results were lost for another reason than a closed pipe.
int finish_output(int exit_code);

}  // namespace racktwin
