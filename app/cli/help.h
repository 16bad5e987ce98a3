// Help as short text: what it does, how it is called, examples first, then arguments and options.
#pragma once

#include <CLI/CLI.hpp>

#include <string>

namespace racktwin {

// An App's footer holds its examples.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const override;
};

}  // namespace racktwin
