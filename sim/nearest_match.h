// The word that somebody meant. Thread rule: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// The candidate nearest to `word` by edit distance (of two the first), if it is near enough to be a typing mistake.
std::optional<std::string> nearest_match(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace racktwin
