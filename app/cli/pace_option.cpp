#include "app/cli/pace_option.h"

#include "sim/plan/parse_event.h"

#include <fmt/format.h>

namespace racktwin {

CLI::Validator pace_validator() {
  const auto error_of = [](const std::string& text) -> std::string {
    double pace = 0;
    if (CLI::detail::lexical_cast(text, pace) && pace >= kLowestPace && pace <= kHighestPace) return {};
    return fmt::format("\"{}\" is no pace, which is a number between {} and {:.0f}", text, kLowestPace, kHighestPace);
  };
  return CLI::Validator(error_of, "");
}

}  // namespace racktwin
