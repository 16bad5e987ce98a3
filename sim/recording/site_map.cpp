#include "sim/recording/site_map.h"

#include "sim/check.h"
#include "sim/nearest_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace racktwin {
namespace {

constexpr double kNoData = std::numeric_limits<double>::quiet_NaN();
constexpr Place kNoPlace = {kNoData, kNoData, kNoData, kNoData, kNoData, kNoData};

tl::unexpected<Errors> contradiction(std::string message) {
  return fail(ErrorCode::kBadInput, "the recording's component table contradicts itself: " + std::move(message));
}

std::size_t index_of(int id) { return static_cast<std::size_t>(id); }

// Ids count from 0, and a parent stands before its children.
Result<void> check_ids(const std::vector<ComponentRow>& rows) {
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const ComponentRow& row = rows[i];
    if (row.id != static_cast<int>(i)) return contradiction(fmt::format("there is no component {}", i));
    if (row.parent < -1 || row.parent >= row.id)
      return contradiction(fmt::format("\"{}\" has component {} as its parent", row.path, row.parent));
  }
  return {};
}

// Which rack type a component is the template of, or of a part of; kNoType: of the site.
constexpr int kNoType = -1;
std::vector<int> types_of(const std::vector<ComponentRow>& rows) {
  std::vector<int> types;
  int count = 0;
  for (const ComponentRow& row : rows)
    types.push_back(row.kind == "rack-type" ? count++ : row.parent < 0 ? kNoType : types[index_of(row.parent)]);
  return types;
}

// A component's box, its corner counted from that of its parent.
Place place_in(const Place& parent, const ComponentRow& row) {
  return {parent.x_m + row.x_m, parent.y_m + row.y_m, parent.z_m + row.z_m, row.width_m, row.depth_m, row.height_m};
}

Result<void> add_part(RackTemplate& type, const ComponentRow& row) {
  const std::string prefix = type.name + "/";
  if (row.path.compare(0, prefix.size(), prefix) != 0)
    return contradiction(fmt::format("\"{}\" is part of \"{}\"", row.path, type.name));
  RackPartPlace part;
  part.id = row.id;
  part.name = row.path.substr(prefix.size());
  part.kind = row.kind;
  const auto parent = std::find_if(type.parts.begin(), type.parts.end(),
                                   [&](const RackPartPlace& other) { return other.id == row.parent; });
  if (parent != type.parts.end()) {
    part.parent = static_cast<int>(parent - type.parts.begin());
    part.tray = parent->tray;
  }
  part.place = place_in(part.parent >= 0 ? parent->place : Place{}, row);
  if (row.kind == "compute-tray") part.tray = type.trays++;
  if (row.kind == "gpu") part.gpu = type.gpus++;
  type.parts.push_back(std::move(part));
  return {};
}

Result<std::vector<RackTemplate>> read_rack_types(const std::vector<ComponentRow>& rows,
                                                  const std::vector<int>& types) {
  std::vector<RackTemplate> out;
  for (const ComponentRow& row : rows) {
    const int type = types[index_of(row.id)];
    if (type == kNoType) continue;
    if (row.kind == "rack-type") {
      out.push_back({row.id, row.path, place_in({}, row), {}, 0, 0});
    } else if (auto added = add_part(out[index_of(type)], row); !added) {
      return tl::unexpected(added.error());
    }
  }
  return out;
}

bool has_box(const Place& place) {
  return std::isfinite(place.x_m + place.y_m + place.z_m + place.width_m + place.depth_m + place.height_m);
}

}  // namespace

Result<SiteMap> SiteMap::create(std::vector<ComponentRow> components) {
  std::sort(components.begin(), components.end(),
            [](const ComponentRow& a, const ComponentRow& b) { return a.id < b.id; });
  if (auto checked = check_ids(components); !checked) return tl::unexpected(checked.error());
  const std::vector<int> types = types_of(components);
  auto rack_types = read_rack_types(components, types);
  if (!rack_types) return tl::unexpected(rack_types.error());
  SiteMap map;
  map.rack_types_ = std::move(*rack_types);
  map.components_ = std::move(components);
  map.rack_of_component_.assign(map.components_.size(), -1);
  map.children_of_component_.resize(map.components_.size());
  for (const ComponentRow& row : map.components_) {
    const bool is_root = row.parent < 0;
    const Place parent = is_root ? Place{} : map.place_of_component_[index_of(row.parent)];
    Place place = place_in(parent, row);
    if (is_root && !has_box(place)) place.x_m = place.y_m = place.z_m = 0;  // the site itself: others count from it
    map.place_of_component_.push_back(place);
    if (types[index_of(row.id)] != kNoType) continue;
    if (!map.id_of_path_.emplace(row.path, ComponentId{row.id, -1}).second)
      return contradiction(fmt::format("there are two \"{}\"", row.path));
    if (!is_root) map.children_of_component_[index_of(row.parent)].push_back(row.id);
    if (row.kind == "rack")
      if (auto added = map.add_rack(row.id); !added) return tl::unexpected(added.error());
  }
  return map;
}

Result<void> SiteMap::add_rack(int component) {
  if (rack_types_.size() != 1)
    return contradiction(
        fmt::format("\"{}\" is of one of {} rack types", components_[index_of(component)].path, rack_types_.size()));
  PlacedRack rack;
  rack.component = component;
  rack.place = place_of_component_[index_of(component)];
  rack.number = static_cast<std::uint32_t>(racks_.size());
  rack.first_gpu = rack.number * static_cast<std::uint32_t>(rack_types_.front().gpus);
  rack.first_tray = rack.number * static_cast<std::uint32_t>(rack_types_.front().trays);
  rack_of_component_[index_of(component)] = static_cast<int>(racks_.size());
  racks_.push_back(rack);
  return {};
}

std::vector<PlacedComponent> SiteMap::placed(std::string_view kind) const {
  std::vector<PlacedComponent> out;
  for (const ComponentRow& row : components_) {
    if (row.kind != kind || id_of_path_.count(row.path) == 0) continue;
    out.push_back({row.id, place_of_component_[index_of(row.id)], static_cast<std::uint32_t>(out.size())});
  }
  return out;
}

std::vector<int> SiteMap::children(int component) const {
  const bool is_known = component >= 0 && index_of(component) < components_.size();
  return is_known ? children_of_component_[index_of(component)] : std::vector<int>{};
}

const PlacedRack* SiteMap::rack_of(ComponentId id) const {
  if (!id.exists() || index_of(id.component) >= components_.size()) return nullptr;
  const int rack = rack_of_component_[index_of(id.component)];
  return rack < 0 ? nullptr : &racks_[index_of(rack)];
}

const RackPartPlace* SiteMap::part_of(ComponentId id) const {
  const PlacedRack* rack = rack_of(id);
  if (rack == nullptr || id.part < 0) return nullptr;
  const auto& parts = rack_types_[index_of(rack->type)].parts;
  const auto part = std::lower_bound(parts.begin(), parts.end(), id.part,
                                     [](const RackPartPlace& a, std::int32_t b) { return a.id < b; });
  return part == parts.end() || part->id != id.part ? nullptr : &*part;
}

std::string SiteMap::path(ComponentId id) const {
  if (!id.exists() || index_of(id.component) >= components_.size()) return {};
  const std::string& component = components_[index_of(id.component)].path;
  const RackPartPlace* part = part_of(id);
  return part == nullptr ? component : component + "/" + part->name;
}

std::string SiteMap::name(ComponentId id) const {
  const std::string whole = path(id);
  return whole.substr(whole.rfind('/') + 1);
}

std::string_view SiteMap::kind(ComponentId id) const {
  if (!id.exists() || index_of(id.component) >= components_.size()) return {};
  if (const RackPartPlace* part = part_of(id); part != nullptr) return part->kind;
  return components_[index_of(id.component)].kind;
}

ComponentId SiteMap::parent(ComponentId id) const {
  if (!id.exists() || index_of(id.component) >= components_.size()) return {};
  const RackPartPlace* part = part_of(id);
  if (part == nullptr) return {components_[index_of(id.component)].parent, -1};
  if (part->parent < 0) return {id.component, -1};
  return {id.component, rack_types_[index_of(rack_of(id)->type)].parts[index_of(part->parent)].id};
}

Place SiteMap::place(ComponentId id) const {
  if (!id.exists() || index_of(id.component) >= components_.size()) return kNoPlace;
  Place place = place_of_component_[index_of(id.component)];
  if (const RackPartPlace* part = part_of(id); part != nullptr) {
    const Place& inside = part->place;
    place = {place.x_m + inside.x_m, place.y_m + inside.y_m, place.z_m + inside.z_m,
             inside.width_m,         inside.depth_m,         inside.height_m};
  }
  return place;
}

std::optional<ComponentId> SiteMap::find(std::string_view path) const {
  if (const auto found = id_of_path_.find(std::string(path)); found != id_of_path_.end()) return found->second;
  for (std::size_t end = path.rfind('/'); end != std::string_view::npos && end > 0; end = path.rfind('/', end - 1)) {
    const auto found = id_of_path_.find(std::string(path.substr(0, end)));
    if (found == id_of_path_.end()) continue;
    const PlacedRack* rack = rack_of(found->second);
    if (rack == nullptr) return std::nullopt;
    for (const RackPartPlace& part : rack_types_[index_of(rack->type)].parts)
      if (part.name == path.substr(end + 1)) return ComponentId{found->second.component, part.id};
    return std::nullopt;
  }
  return std::nullopt;
}

// Word by word from the top: what stands below a word that is near decides what the next may be.
std::optional<std::string> SiteMap::nearest_path(std::string_view path) const {
  ComponentId at;
  std::string done;
  for (std::size_t begin = 0; begin <= path.size();) {
    const std::size_t end = std::min(path.find('/', begin), path.size());
    const std::vector<std::string> words = names_below(at);
    const std::string word(path.substr(begin, end - begin));
    const bool is_right = std::find(words.begin(), words.end(), word) != words.end();
    const std::optional<std::string> near = is_right ? word : nearest_match(word, words);
    if (!near) return std::nullopt;
    done += (done.empty() ? "" : "/") + *near;
    const auto found = find(done);
    if (!found) return std::nullopt;
    at = *found;
    begin = end + 1;
  }
  return done;
}

std::vector<std::string> SiteMap::names_below(ComponentId id) const {
  std::vector<std::string> names;
  if (!id.exists()) {
    for (const ComponentRow& row : components_)
      if (row.parent < 0 && id_of_path_.count(row.path) > 0) names.push_back(row.path);
    return names;
  }
  if (const PlacedRack* rack = rack_of(id); rack != nullptr) {
    for (const RackPartPlace& part : rack_types_[index_of(rack->type)].parts) {
      const ComponentId inside = {id.component, part.id};
      if (parent(inside) == id) names.push_back(name(inside));
    }
    return names;
  }
  for (const int child : children_of_component_[index_of(id.component)]) names.push_back(name({child, -1}));
  return names;
}

std::vector<std::string> SiteMap::unit_paths(UnitKind kind) const {
  std::vector<std::string> paths;
  if (kind == UnitKind::kPump || kind == UnitKind::kLeaf || kind == UnitKind::kSite) {
    for (const PlacedComponent& unit : placed(unit_kind_word(kind))) paths.push_back(path({unit.component, -1}));
    return paths;
  }
  for (const PlacedRack& rack : racks_) {
    const std::string& rack_path = components_[index_of(rack.component)].path;
    if (kind == UnitKind::kRack) paths.push_back(rack_path);
    for (const RackPartPlace& part : rack_types_[index_of(rack.type)].parts) {
      const bool is_tray = part.tray >= 0 && part.gpu < 0;
      if ((kind == UnitKind::kGpu && part.gpu >= 0) || (kind == UnitKind::kTray && is_tray))
        paths.push_back(rack_path + "/" + part.name);
    }
  }
  return paths;
}

Place SiteMap::extent() const {
  double low[3] = {kNoData, kNoData, kNoData}, high[3] = {kNoData, kNoData, kNoData};
  for (const ComponentRow& row : components_) {
    const Place& p = place_of_component_[index_of(row.id)];
    if (id_of_path_.count(row.path) == 0 || !has_box(p)) continue;
    const double from[3] = {p.x_m, p.y_m, p.z_m}, size[3] = {p.width_m, p.depth_m, p.height_m};
    for (int i = 0; i < 3; ++i) {
      low[i] = std::fmin(low[i], from[i]);
      high[i] = std::fmax(high[i], from[i] + size[i]);
    }
  }
  return {low[0], low[1], low[2], high[0] - low[0], high[1] - low[1], high[2] - low[2]};
}

}  // namespace racktwin
