#include "app/cli/markdown.h"

namespace racktwin {

// source: GitHub Flavored Markdown Spec, 2.4 "Backslash escapes", 4.10 "Tables"
std::string markdown_text(std::string_view text) {
  constexpr std::string_view kEscaped = "\\`*[]|#~";
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '&') {
      out += "&amp;";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += ' ';
    } else {
      if (kEscaped.find(c) != std::string_view::npos) out += '\\';
      out += c;
    }
  }
  return out;
}

std::string markdown_row(const std::vector<std::string>& cells) {
  std::string row = "|";
  for (const std::string& cell : cells) row += " " + markdown_text(cell) + " |";
  return row + "\n";
}

std::string markdown_rule(std::string_view alignments) {
  std::string rule = "|";
  for (const char alignment : alignments) rule += alignment == 'r' ? "---:|" : "---|";
  return rule + "\n";
}

}  // namespace racktwin
