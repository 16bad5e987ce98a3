// Numbers and lines as the summary prints them. Thread rule: pure functions.
#pragma once

#include "sim/quantity.h"

#include <cstddef>
#include <string>

namespace racktwin {

inline constexpr std::size_t kTextColumns = 100;

// Texts come from files: control characters would garble the terminal.
std::string printable(std::string text);

std::string percent(double share);  // "38.2 %", "-" for NaN

// Four digits: 376123 -> "376.1 k", "-" for NaN.
std::string with_prefix(double value, Zeros zeros = Zeros::kTrim);

// Breaks at spaces; every line after the first is indented.
std::string wrap(const std::string& text, std::size_t indent);

}  // namespace racktwin
