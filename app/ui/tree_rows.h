// The hierarchy of a site as the rows of a list: what is unfolded, or what a filter finds. Thread rule: one thread
// per TreeCache, otherwise pure functions.
#pragma once

#include "sim/recording/site_map.h"

#include <set>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

struct TreeRow {
  ComponentId id;
  int depth = 0;
  bool has_children = false, is_unfolded = false;
};

// A filter shows the things whose path contains it, in any case of letters, under what holds them.
std::vector<TreeRow> tree_rows(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded,
                               const std::string& filter);

// tree_rows(), made again only for another question.
class TreeCache {
 public:
  const std::vector<TreeRow>& rows(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded,
                                   const std::string& filter);
  void forget() { is_made_ = false; }  // another site

 private:
  std::vector<TreeRow> rows_;
  std::set<std::pair<int, int>> unfolded_;
  std::string filter_;
  bool is_made_ = false;
};

}  // namespace racktwin
