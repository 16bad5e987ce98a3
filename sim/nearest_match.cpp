#include "sim/nearest_match.h"

#include <algorithm>
#include <cctype>
#include <cstddef>

namespace racktwin {
namespace {

// Edits (insert, delete, replace, swap neighbours) from `a` to `b`, ignoring case.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  const auto same = [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) == std::tolower(static_cast<unsigned char>(y));
  };
  std::vector<std::size_t> before_last(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    before_last.swap(last);
    last.swap(row);
    row[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = last[j - 1] + (same(a[i - 1], b[j - 1]) ? 0 : 1);
      row[j] = std::min({last[j] + 1, row[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) && same(a[i - 2], b[j - 1])) {
        row[j] = std::min(row[j], before_last[j - 2] + 1);
      }
    }
  }
  return row[b.size()];
}

// "temp" means "temperature", if nothing else begins with it.
std::optional<std::string> only_one_that_begins(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr std::size_t kLeast = 2;  // letters that mean something
  std::optional<std::string> found;
  for (const std::string& candidate : candidates) {
    if (word.size() < kLeast || candidate.size() <= word.size()) continue;
    if (edit_distance(word, std::string_view(candidate).substr(0, word.size())) != 0) continue;
    if (found) return std::nullopt;
    found = candidate;
  }
  return found;
}

}  // namespace

std::optional<std::string> nearest_match(std::string_view word, const std::vector<std::string>& candidates) {
  const std::size_t limit = std::max<std::size_t>(1, word.size() / 3);
  std::optional<std::string> nearest;
  std::size_t least = limit + 1;
  for (const std::string& candidate : candidates) {
    const std::size_t longer = std::max(word.size(), candidate.size());
    const std::size_t shorter = std::min(word.size(), candidate.size());
    if (longer - shorter > limit) continue;
    const std::size_t distance = edit_distance(word, candidate);
    if (distance >= least || distance >= longer) continue;
    least = distance;
    nearest = candidate;
  }
  return nearest ? nearest : only_one_that_begins(word, candidates);
}

}  // namespace racktwin
