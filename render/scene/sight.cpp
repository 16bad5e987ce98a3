#include "render/scene/sight.h"

#include "render/scene/pick.h"

#include <algorithm>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

constexpr float kNear_m = 0.05F;  // what is so near to a thing does not hide it

}  // namespace

Corners corners_of(const Place& p) {
  Corners corners;
  for (std::size_t i = 0; i < 8; ++i)
    corners[i] = glm::vec3(
        glm::dvec3(p.x_m + (i & 1 ? p.width_m : 0), p.y_m + (i & 2 ? p.depth_m : 0), p.z_m + (i & 4 ? p.height_m : 0)));
  return corners;
}

std::optional<PxRect> rect_in_picture(const OverlayParts& parts, const Corners& corners) {
  constexpr float kAll = std::numeric_limits<float>::infinity();
  PxRect rect = {glm::vec2(kAll), glm::vec2(-kAll)};
  for (const glm::vec3& corner : corners) {
    const Projected seen = parts.project_to(corner);
    if (seen.w <= 0) return std::nullopt;
    rect.low = glm::min(rect.low, seen.px);
    rect.high = glm::max(rect.high, seen.px);
  }
  return rect;
}

Sight::Sight(const OverlayParts& parts, const std::vector<Row>& rows) : parts_(parts), in_tile_(parts.view.viewport) {
  const double top = static_cast<double>(deck_of(parts.site()) + kTrayRise_m);
  for (const Row& row : rows) {
    Place place = parts.site().place({row.racks.front()->component, -1});
    place.z_m = 0;
    place.width_m = static_cast<double>(row.right - row.left);
    place.height_m = top;
    add(place, row.component);
  }
  for (const char* kind : {"facility", "cdu", "network-rack"})
    for (const PlacedComponent& thing : parts.site().placed(kind))
      if (has_box(thing.place)) add(thing.place, thing.component);
  sort_blocks();
}

void Sight::add(const Place& place, int component) {
  const Camera& camera = parts_.view.camera;
  float nearest = std::numeric_limits<float>::infinity(), farthest = -nearest;
  const Corners corners = corners_of(place);
  for (const glm::vec3& corner : corners) {
    const float depth = glm::dot(corner - camera.eye(), camera.forward());
    nearest = std::min(nearest, depth);
    farthest = std::max(farthest, depth);
  }
  if (farthest < 0 || nearest > camera.distance + camera.behind_m) return;
  blocks_.push_back({corners, component, nearest, rect_in_picture(parts_, corners)});
}

void Sight::sort_blocks() {
  std::stable_sort(blocks_.begin(), blocks_.end(),
                   [](const Block& a, const Block& b) { return a.nearest < b.nearest; });
  const Viewport& viewport = parts_.view.viewport;
  const PxRect whole = {{0, 0}, {viewport.width, viewport.height}};
  for (std::uint32_t number = 0; number < blocks_.size(); ++number) {
    const std::optional<PxRect>& seen = blocks_[number].seen;
    if (!seen || whole.overlaps(*seen)) in_tile_.add(number, seen.value_or(whole));
  }
}

bool Sight::is_free(glm::vec2 px, const Ray& ray, float way, ComponentId id) const {
  const int holder = parts_.site().parent(id).component;
  const float depth = way * glm::dot(ray.direction, parts_.view.camera.forward());
  for (const std::uint32_t number : in_tile_.at(px)) {
    const Block& block = blocks_[number];
    if (block.nearest > depth) return true;
    if (block.component == id.component || block.component == holder) continue;
    if (block.seen && !block.seen->contains({px, px})) continue;
    const auto entry = enter_box(ray, block.corners[0], block.corners[7] - block.corners[0]);
    if (entry && entry->distance < way) return false;
  }
  return true;
}

bool Sight::is_visible(glm::vec3 point, ComponentId id) const {
  const Projected seen = parts_.project_to(point);
  const Viewport& viewport = parts_.view.viewport;
  const glm::vec2 size(viewport.width, viewport.height);
  if (seen.w <= 0 || seen.px.x < 0 || seen.px.y < 0 || seen.px.x > size.x || seen.px.y > size.y) return false;
  const Ray ray = ray_through(parts_.view.camera, viewport, seen.px);
  return is_free(seen.px, ray, glm::distance(ray.origin, point) - kNear_m, id);
}

bool Sight::covers_only_behind(const PxRect& rect, glm::vec3 anchor, ComponentId id) const {
  for (int i = 0; i < 9; ++i) {
    const glm::vec2 px = rect.low + glm::vec2(i % 3, i / 3) / 2.0F * rect.size();
    const Ray ray = ray_through(parts_.view.camera, parts_.view.viewport, px);
    if (!is_free(px, ray, glm::dot(anchor - ray.origin, ray.direction) - kNear_m, id)) return false;
  }
  return true;
}

}  // namespace racktwin
