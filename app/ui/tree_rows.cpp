#include "app/ui/tree_rows.h"

#include <algorithm>
#include <cctype>
#include <utility>

namespace racktwin {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

// What each part of a rack type holds, by index into its parts; what the rack itself holds comes last.
using TypeTree = std::vector<std::vector<int>>;

TypeTree tree_of(const RackTemplate& type) {
  TypeTree tree(type.parts.size() + 1);
  for (std::size_t i = 0; i < type.parts.size(); ++i) {
    const int parent = type.parts[i].parent;
    tree[parent < 0 ? type.parts.size() : static_cast<std::size_t>(parent)].push_back(static_cast<int>(i));
  }
  return tree;
}

class TreeWalk {
 public:
  TreeWalk(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded, std::string filter)
      : site_(site), unfolded_(unfolded), filter_(std::move(filter)) {
    for (const RackTemplate& type : site.rack_types()) trees_.push_back(tree_of(type));
  }

  std::vector<TreeRow> rows() {
    for (const ComponentRow& component : site_.components()) {
      if (component.kind != "site") continue;
      if (filter_.empty())
        show({{component.id, -1}, nullptr, -1}, 0);
      else
        find({{component.id, -1}, nullptr, -1}, 0);
    }
    return std::move(rows_);
  }

 private:
  struct Node {
    ComponentId id;
    const PlacedRack* rack = nullptr;  // that it is or lies in
    int part = -1;                     // index among the parts of the rack's type
  };

  const RackPartPlace& part_of(const PlacedRack& rack, int part) const {
    return site_.rack_types()[static_cast<std::size_t>(rack.type)].parts[static_cast<std::size_t>(part)];
  }

  std::vector<Node> children_of(const Node& node) const {
    std::vector<Node> found;
    if (node.part < 0)
      for (const int child : site_.children(node.id.component))
        found.push_back({{child, -1}, site_.rack_of({child, -1}), -1});
    if (node.rack == nullptr) return found;
    const TypeTree& tree = trees_[static_cast<std::size_t>(node.rack->type)];
    for (const int part : node.part < 0 ? tree.back() : tree[static_cast<std::size_t>(node.part)])
      found.push_back({{node.id.component, part_of(*node.rack, part).id}, node.rack, part});
    return found;
  }

  void show(const Node& node, int depth) {
    const std::vector<Node> children = children_of(node);
    const bool is_unfolded = unfolded_.count({node.id.component, node.id.part}) > 0;
    rows_.push_back({node.id, depth, !children.empty(), is_unfolded});
    if (!is_unfolded) return;
    for (const Node& child : children) show(child, depth + 1);
  }

  bool is_found(const Node& node) {
    if (node.part < 0) {
      path_ = lower(site_.path(node.id));
      return path_.find(filter_) != std::string::npos;
    }
    return lower(path_ + "/" + part_of(*node.rack, node.part).name).find(filter_) != std::string::npos;
  }

  // True if the thing or something in it is shown. What is found is folded unless the user has unfolded it.
  bool find(const Node& node, int depth) {
    const std::size_t row = rows_.size();
    if (is_found(node)) {
      show(node, depth);
      return true;
    }
    rows_.push_back({node.id, depth, true, true});
    bool has_found = false;
    for (const Node& child : children_of(node)) has_found = find(child, depth + 1) || has_found;
    if (!has_found) rows_.resize(row);
    return has_found;
  }

  const SiteMap& site_;
  const std::set<std::pair<int, int>>& unfolded_;
  std::string filter_;  // lower case
  std::string path_;    // of what was looked at last outside racks: of the rack, while its parts are; lower case
  std::vector<TypeTree> trees_;
  std::vector<TreeRow> rows_;
};

}  // namespace

std::vector<TreeRow> tree_rows(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded,
                               const std::string& filter) {
  return TreeWalk(site, unfolded, lower(filter)).rows();
}

const std::vector<TreeRow>& TreeCache::rows(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded,
                                            const std::string& filter) {
  if (is_made_ && filter == filter_ && unfolded == unfolded_) return rows_;
  rows_ = tree_rows(site, unfolded, filter);
  unfolded_ = unfolded;
  filter_ = filter;
  is_made_ = true;
  return rows_;
}

}  // namespace racktwin
