// One function a subcommand, each in the file of its name: adds the options and gives what to do when it is chosen.
//
// A new subcommand is a new file, a line here and a line in the table in command_line.cpp.
#pragma once

#include "app/cli/console.h"

#include <functional>

namespace CLI {
class App;
}

namespace racktwin {

// A subcommand's options and what it does; the action gives the exit code. `global` is filled in when it is called.
struct Subcommand {
  CLI::App* app;
  std::function<int()> action;
};

Subcommand add_run(CLI::App& program, const GlobalOptions& global);
Subcommand add_check(CLI::App& program, const GlobalOptions& global);
Subcommand add_new(CLI::App& program, const GlobalOptions& global);
Subcommand add_show(CLI::App& program, const GlobalOptions& global);
Subcommand add_export(CLI::App& program, const GlobalOptions& global);
Subcommand add_shot(CLI::App& program, const GlobalOptions& global);
Subcommand add_view(CLI::App& program, const GlobalOptions& global);
Subcommand add_demo(CLI::App& program, const GlobalOptions& global);
Subcommand add_collective(CLI::App& program, const GlobalOptions& global);
Subcommand add_validate(CLI::App& program, const GlobalOptions& global);
Subcommand add_doctor(CLI::App& program, const GlobalOptions& global);

}  // namespace racktwin
