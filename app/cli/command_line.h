// The program: arguments -> subcommand -> exit code.
//
// Exit codes: 0 ok, 1 a limit was crossed (`run --strict`), 2 bad input or usage, 3 I/O, 4 no graphics, 70 a bug, 130
// interrupted. Thread rule: call once, from main().
#pragma once

namespace racktwin {

int run_command_line(int argc, const char* const* argv);

}  // namespace racktwin
