#include "app/ui/tree_rows.h"

#include <algorithm>
#include <cctype>

namespace racktwin {
namespace {

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

struct TreeWalk {
  const SiteMap& site;
  const std::set<std::pair<int, int>>& unfolded;
  std::string filter;  // lower case
  std::vector<TreeRow> rows;

  std::vector<ComponentId> children_of(ComponentId id) const {
    std::vector<ComponentId> found;
    for (const int child : site.children(id.component))
      if (id.part < 0) found.push_back({child, -1});
    const PlacedRack* rack = site.rack_of(id);
    if (rack == nullptr) return found;
    const RackTemplate& type = site.rack_types()[static_cast<std::size_t>(rack->type)];
    for (const RackPartPlace& part : type.parts) {
      const int parent = part.parent < 0 ? -1 : type.parts[static_cast<std::size_t>(part.parent)].id;
      if (parent == id.part) found.push_back({id.component, part.id});
    }
    return found;
  }

  void show(ComponentId id, int depth) {
    const std::vector<ComponentId> children = children_of(id);
    const bool is_unfolded = unfolded.count({id.component, id.part}) > 0;
    rows.push_back({id, depth, !children.empty(), is_unfolded});
    if (!is_unfolded) return;
    for (const ComponentId child : children) show(child, depth + 1);
  }

  // True if the thing or something in it is shown. What is found is folded unless the user has unfolded it.
  bool find(ComponentId id, int depth) {
    const std::size_t row = rows.size();
    if (lower(site.path(id)).find(filter) != std::string::npos) {
      show(id, depth);
      return true;
    }
    rows.push_back({id, depth, true, true});
    bool has_found = false;
    for (const ComponentId child : children_of(id)) has_found = find(child, depth + 1) || has_found;
    if (!has_found) rows.resize(row);
    return has_found;
  }
};

}  // namespace

std::vector<TreeRow> tree_rows(const SiteMap& site, const std::set<std::pair<int, int>>& unfolded,
                               const std::string& filter) {
  TreeWalk walk{site, unfolded, lower(filter), {}};
  for (const ComponentRow& component : site.components()) {
    if (component.kind != "site") continue;
    if (filter.empty())
      walk.show({component.id, -1}, 0);
    else
      walk.find({component.id, -1}, 0);
  }
  return std::move(walk.rows);
}

}  // namespace racktwin
