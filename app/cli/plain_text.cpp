#include "app/cli/plain_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <sstream>
#include <string_view>

namespace racktwin {

std::string printable(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < ' ' || c == '\x7f'; }, '?');
  return text;
}

std::string percent(double share) { return std::isnan(share) ? "-" : fmt::format("{:.1f} %", 100 * share); }

std::string with_prefix(double value, Zeros zeros) {
  if (std::isnan(value)) return "-";
  static constexpr std::string_view kPrefixes[] = {"", " k", " M", " G", " T"};
  std::size_t i = 0;
  while (std::abs(value) >= 999.95 && i + 1 < std::size(kPrefixes)) {
    value /= 1000;
    ++i;
  }
  return fmt::format("{}{}", zeros == Zeros::kKeep ? fmt::format("{:#.4g}", value) : fmt::format("{:.4g}", value),
                     kPrefixes[i]);
}

std::string wrap(const std::string& text, std::size_t indent) {
  std::string out, word;
  std::size_t column = indent;
  std::istringstream words(text);
  while (words >> word) {
    if (column > indent && column + 1 + word.size() > kTextColumns) {
      out += fmt::format("\n{:{}}", "", indent);
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
  }
  return out;
}

}  // namespace racktwin
