#include "render/scene/pick.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

// The part on a rack's front where the ray meets it; the rack itself where there is none.
ComponentId thing_on_front(const Scene& scene, const FrontItem& front, glm::vec3 at) {
  const FrontGrid& grid = scene.grids[front.grid];
  const auto index = [](float share, int count) {
    return std::clamp(static_cast<int>(share * static_cast<float>(count)), 0, count - 1);
  };
  const int column = index((at.x - front.corner.x) / front.size.x, grid.columns);
  const int row = index(1 - (at.z - front.corner.z) / front.size.z, grid.rows);
  const FrontGrid::Texel& texel = grid.texels[static_cast<std::size_t>(row * grid.columns + column)];
  return {front.id.component, grid.part_of_cell[texel.cell]};
}

// The nearest thing that a ray meets, and how far away [m].
struct Hit {
  ComponentId id;
  float distance = 0;
};

Hit first_hit(const Scene& scene, const Ray& ray, float farthest) {
  Hit nearest{{}, farthest};
  const auto meet = [&](glm::vec3 corner, glm::vec3 size, ComponentId id) {
    const std::optional<Entry> entry = enter_box(ray, corner, size);
    if (!entry || entry->distance >= nearest.distance) return false;
    nearest = {id, entry->distance};
    return entry->axis == 1 && ray.direction.y > 0;
  };
  const FrontItem* front_met = nullptr;
  for (const FrontItem& front : scene.fronts)
    if (meet(front.corner, front.size, front.id)) front_met = &front;
  if (front_met && nearest.id == front_met->id)
    nearest.id = thing_on_front(scene, *front_met, ray.origin + nearest.distance * ray.direction);
  for (const BoxItem& box : scene.boxes) meet(box.corner, box.size, box.id);
  for (const TubeItem& tube : scene.tubes) {
    const glm::vec3 lowest = glm::min(tube.from, tube.to) - tube.radius;
    meet(lowest, glm::max(tube.from, tube.to) + tube.radius - lowest, tube.id);
  }
  return nearest;
}

}  // namespace

std::optional<Entry> enter_box(const Ray& ray, glm::vec3 corner, glm::vec3 size) {
  Entry in{-std::numeric_limits<float>::infinity(), 0};
  float out = std::numeric_limits<float>::infinity();
  for (int axis = 0; axis < 3; ++axis) {
    const float from = corner[axis] - ray.origin[axis], to = from + size[axis], step = ray.direction[axis];
    if (step == 0) {
      if (from > 0 || to < 0) return std::nullopt;
      continue;
    }
    const float near = std::min(from / step, to / step), far = std::max(from / step, to / step);
    if (near > in.distance) in = {near, axis};
    out = std::min(out, far);
  }
  if (in.distance > out || in.distance < 0) return std::nullopt;
  return in;
}

ComponentId pick(const Scene& scene, const Camera& camera, const Viewport& viewport, glm::vec2 px) {
  const auto lies_in = [&](const LabelBox& label) {
    const glm::vec2 inside = px - label.px;
    return inside.x >= 0 && inside.y >= 0 && inside.x < label.size.x && inside.y < label.size.y;
  };
  const std::vector<LabelBox>& labels = scene.overlay.labels;
  const auto label = std::find_if(labels.begin(), labels.end(), lies_in);
  if (label != labels.end()) return label->id;
  const Ray ray = ray_through(camera, viewport, px);
  const float farthest = (camera.distance + camera.behind_m) / glm::dot(ray.direction, camera.forward());
  return first_hit(scene, ray, farthest).id;
}

}  // namespace racktwin
