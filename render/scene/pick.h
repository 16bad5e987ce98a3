// What is under a pixel: a ray against the boxes of the scene. Exact on every machine, needs no graphics library.
// Thread rule: pure functions.
#pragma once

#include "render/scene/camera.h"
#include "render/scene/scene.h"

#include <optional>

namespace racktwin {

// The nearest thing under a pixel, down to the GPU on a rack's front; a label counts as its component. Does not exist:
// floor, background, or a plate that belongs to no component (legend, title, scale).
ComponentId pick(const Scene& scene, const Camera& camera, const Viewport& viewport, glm::vec2 px);

// Where a ray enters a box from outside: how far away [m], and through a face across which axis (0..2).
struct Entry {
  float distance = 0;
  int axis = 0;
};
std::optional<Entry> enter_box(const Ray& ray, glm::vec3 corner, glm::vec3 size);

}  // namespace racktwin
