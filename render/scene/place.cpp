#include "render/scene/build_scene.h"
#include "render/scene/front_grid.h"
#include "render/scene/place_parts.h"
#include "sim/hash.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace racktwin {
namespace {

constexpr float kFloorMargin_m = 3;
constexpr float kProud_m = 0.015F;  // pumps and switches stand out from what holds them
constexpr float kInset_m = 0.006F;  // and leave a gap to what is beside; rims tell apart what is above

glm::vec3 corner_of(const Place& p) { return glm::vec3(glm::dvec3(p.x_m, p.y_m, p.z_m)); }
glm::vec3 size_of(const Place& p) { return glm::vec3(glm::dvec3(p.width_m, p.depth_m, p.height_m)); }

// Swatches of racks that hold the same classes of GPUs.
struct Look {
  std::uint32_t first_swatch = 0;
  SwatchIndex summary = 0;
};

Look add_look(PlaceParts& parts, const LayerSpec& layer, const RackTemplate& type, const FrontGrid& grid,
              const std::vector<std::uint32_t>& gpu_classes) {
  Look look;
  look.first_swatch = static_cast<std::uint32_t>(parts.scene.cell_swatches.size());
  look.summary = parts.swatches.of_units(layer.gpu, gpu_classes, layer.summary);
  for (const int id : grid.part_of_cell) {
    const auto part = std::find_if(type.parts.begin(), type.parts.end(),
                                   [id](const RackPartPlace& candidate) { return candidate.id == id; });
    SwatchIndex swatch = swatch_of(id < 0 ? Neutral::kBodyDark : Neutral::kMetal);
    if (part != type.parts.end() && part->gpu >= 0) {
      const auto gpu = static_cast<std::size_t>(part->gpu);
      swatch =
          parts.swatches.of_units(layer.gpu, gpu < gpu_classes.size() ? std::vector<std::uint32_t>{gpu_classes[gpu]}
                                                                      : std::vector<std::uint32_t>{});
    }
    parts.scene.cell_swatches.push_back(swatch);
  }
  return look;
}

void add_racks(PlaceParts& parts, const LayerSpec& layer) {
  const std::vector<RackTemplate>& types = parts.site.rack_types();
  for (const RackTemplate& type : types) parts.scene.grids.push_back(front_grid(type));
  const std::vector<std::uint32_t>& all = parts.history.membership(parts.epoch, UnitKind::kGpu);
  std::map<std::pair<int, std::vector<std::uint32_t>>, Look> looks;
  for (const PlacedRack& rack : parts.site.racks()) {
    if (!has_box(rack.place)) continue;
    const RackTemplate& type = types[static_cast<std::size_t>(rack.type)];
    const std::size_t first = std::min<std::size_t>(rack.first_gpu, all.size());
    const std::size_t end = std::min(first + static_cast<std::size_t>(type.gpus), all.size());
    std::vector<std::uint32_t> classes(all.begin() + static_cast<std::ptrdiff_t>(first),
                                       all.begin() + static_cast<std::ptrdiff_t>(end));
    const auto grid = static_cast<std::uint32_t>(rack.type);
    const auto [look, is_new] = looks.try_emplace({rack.type, std::move(classes)});
    if (is_new) look->second = add_look(parts, layer, type, parts.scene.grids[grid], look->first.second);
    parts.scene.fronts.push_back({corner_of(rack.place),
                                  size_of(rack.place),
                                  grid,
                                  look->second.first_swatch,
                                  look->second.summary,
                                  swatch_of(Neutral::kBody),
                                  {rack.component, -1}});
  }
}

void add_box(PlaceParts& parts, const PlacedComponent& thing, Neutral neutral) {
  if (!has_box(thing.place)) return;
  parts.scene.boxes.push_back(
      {corner_of(thing.place), size_of(thing.place), swatch_of(neutral), {thing.component, -1}});
  parts.scene.shadows.push_back({glm::vec2(corner_of(thing.place)), glm::vec2(size_of(thing.place))});
}

// A plate on the front of what holds the thing: pumps on a CDU, switches on a network rack.
void add_on_front(PlaceParts& parts, const PlacedComponent& thing, SwatchIndex swatch) {
  const Place host = parts.site.place(parts.site.parent({thing.component, -1}));
  if (!has_box(thing.place) || !has_box(host)) return;
  glm::vec3 corner = corner_of(thing.place), size = size_of(thing.place);
  corner.y = static_cast<float>(host.y_m) - kProud_m;
  size.y = kProud_m;
  const glm::vec3 inset(std::min(kInset_m, size.x / 4), 0, 0);
  parts.scene.boxes.push_back({corner + inset, size - 2.0F * inset, swatch, {thing.component, -1}});
}

void add_standing_boxes(PlaceParts& parts) {
  for (const PlacedComponent& cdu : parts.site.placed("cdu")) add_box(parts, cdu, Neutral::kBody);
  const MetricRow* speed = parts.history.metric("pump_speed");
  for (const PlacedComponent& pump : parts.site.placed("pump"))
    add_on_front(parts, pump,
                 speed == nullptr ? swatch_of(Neutral::kMetal)
                                  : parts.swatches.of_units(speed, parts.unit(UnitKind::kPump, pump.number),
                                                            Statistic::kMean, Shows::kStopped));
  for (const PlacedComponent& rack : parts.site.placed("network-rack")) add_box(parts, rack, Neutral::kBody);
  for (const PlacedComponent& facility : parts.site.placed("facility")) add_box(parts, facility, Neutral::kFacility);
  for (const PlacedComponent& leaf : parts.site.placed("leaf"))
    add_on_front(
        parts, leaf,
        parts.in_layer(Layer::kUtilization, "leaf_network", parts.unit(UnitKind::kLeaf, leaf.number), Neutral::kMetal));
  for (const PlacedComponent& spine : parts.site.placed("spine"))
    add_on_front(parts, spine, parts.in_layer(Layer::kUtilization, "spine_network", {0}, Neutral::kMetal));
  for (const PlacedComponent& core : parts.site.placed("core")) add_on_front(parts, core, swatch_of(Neutral::kMetal));
}

void add_floor(PlaceParts& parts) {
  Scene& scene = parts.scene;
  const Place extent = parts.site.extent();
  if (!has_box(extent)) return;
  const float grid = scene.floor_grid_m;
  const glm::vec2 low = glm::vec2(corner_of(extent)) - kFloorMargin_m;
  const glm::vec2 high = glm::vec2(corner_of(extent) + size_of(extent)) + kFloorMargin_m;
  scene.floor_corner = glm::floor(low / grid) * grid;
  scene.floor_size = glm::ceil(high / grid) * grid - scene.floor_corner;
}

template <class T>
void add(const std::vector<T>& items, Fnv1a& hash) {
  static_assert(sizeof(T) % alignof(std::uint32_t) == 0 && alignof(T) <= alignof(std::uint32_t));  // no padding
  const std::size_t size = items.size();
  hash.add(&size, sizeof(size));
  hash.add(items.data(), sizeof(T) * size);
}

std::uint64_t version_of(const Scene& scene) {
  Fnv1a hash;
  add(scene.boxes, hash);
  add(scene.tubes, hash);
  add(scene.fronts, hash);
  for (const FrontGrid& grid : scene.grids) {
    hash.add(&grid.columns, sizeof(grid.columns));
    add(grid.texels, hash);
    add(grid.part_of_cell, hash);
  }
  add(scene.cell_swatches, hash);
  add(scene.swatch_sources, hash);
  add(scene.class_counts, hash);
  add(scene.shadows, hash);
  hash.add(&scene.floor_corner, sizeof(scene.floor_corner));
  hash.add(&scene.floor_size, sizeof(scene.floor_size));
  return hash.value();
}

}  // namespace

bool has_box(const Place& p) {
  return std::isfinite(p.x_m + p.y_m + p.z_m + p.width_m + p.depth_m + p.height_m) && p.width_m > 0 && p.depth_m > 0 &&
         p.height_m > 0;
}

std::vector<Row> rows_of(const SiteMap& site) {
  std::map<int, std::vector<const PlacedRack*>> racks_of;
  for (const PlacedRack& rack : site.racks())
    if (has_box(rack.place)) racks_of[site.parent({rack.component, -1}).component].push_back(&rack);
  std::vector<Row> rows;
  for (auto& [component, racks] : racks_of) {
    std::sort(racks.begin(), racks.end(),
              [](const PlacedRack* a, const PlacedRack* b) { return a->place.x_m < b->place.x_m; });
    const Place& first = racks.front()->place;
    const Place& last = racks.back()->place;
    rows.push_back({component, racks, static_cast<float>(first.x_m), static_cast<float>(last.x_m + last.width_m),
                    static_cast<float>(first.y_m), static_cast<float>(first.y_m + first.depth_m)});
  }
  return rows;
}

float deck_of(const SiteMap& site) {
  double deck = 0;
  const auto raise = [&](const Place& p) { deck = has_box(p) ? std::max(deck, p.z_m + p.height_m) : deck; };
  for (const PlacedRack& rack : site.racks()) raise(rack.place);
  for (const char* kind : {"cdu", "network-rack"})
    for (const PlacedComponent& thing : site.placed(kind)) raise(thing.place);
  return static_cast<float>(deck);
}

std::vector<std::uint32_t> PlaceParts::unit(UnitKind kind, std::uint32_t number) const {
  const std::vector<std::uint32_t>& classes = history.membership(epoch, kind);
  return number < classes.size() ? std::vector<std::uint32_t>{classes[number]} : std::vector<std::uint32_t>{};
}

SwatchIndex PlaceParts::in_layer(Layer shown_in, const char* metric, std::vector<std::uint32_t> classes,
                                 Neutral otherwise) {
  return layer == shown_in ? swatches.of_units(history.metric(metric), std::move(classes)) : swatch_of(otherwise);
}

void build_place(const RunHistory& history, int epoch, const LayerSpec& layer, Scene& scene) {
  Scene place;
  const SiteMap& site = history.site();
  PlaceParts parts{history, site, epoch, layer.layer, place, SwatchPlan(place), rows_of(site), deck_of(site)};
  add_racks(parts, layer);
  add_standing_boxes(parts);
  add_coolant_pipes(parts);
  add_cable_trays(parts);
  for (const Row& row : parts.rows)
    place.shadows.push_back({{row.left, row.front}, {row.right - row.left, row.back - row.front}});
  add_floor(parts);
  place.place_version = version_of(place);
  place.overlay = std::move(scene.overlay);
  scene = std::move(place);
}

}  // namespace racktwin
