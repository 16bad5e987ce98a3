// Tables of GitHub-flavoured Markdown. Thread rule: pure functions.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// Text that no renderer takes for markup, on one line.
std::string markdown_text(std::string_view text);

// "| a | b |\n", cells as markdown_text().
std::string markdown_row(const std::vector<std::string>& cells);

// The line under a heading: 'l' and 'r' align a column left and right.
std::string markdown_rule(std::string_view alignments);

}  // namespace racktwin
