#include "render/scene/camera.h"

#include <glm/gtc/matrix_transform.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {

glm::vec3 Camera::forward() const {
  return {-std::sin(yaw) * std::cos(pitch), std::cos(yaw) * std::cos(pitch), -std::sin(pitch)};
}

glm::vec3 Camera::right() const { return {std::cos(yaw), std::sin(yaw), 0}; }

glm::vec3 Camera::up() const { return glm::cross(right(), forward()); }

glm::vec3 Camera::eye() const { return target - distance * forward(); }

glm::mat4 Camera::view_from_world() const {
  const glm::vec3 x = right(), y = up(), z = -forward(), at = eye();
  return glm::mat4(glm::vec4(x.x, y.x, z.x, 0), glm::vec4(x.y, y.y, z.y, 0), glm::vec4(x.z, y.z, z.z, 0),
                   glm::vec4(-glm::dot(x, at), -glm::dot(y, at), -glm::dot(z, at), 1));
}

glm::mat4 Camera::clip_from_view(float aspect) const {
  const float far = std::min(10 * distance + 500, distance + behind_m);
  if (!is_orthographic) return glm::perspective(fov_y, aspect, std::max(0.02F, 0.02F * distance), far);
  const float half = distance * std::tan(fov_y / 2);
  return glm::ortho(-half * aspect, half * aspect, -half, half, 0.0F, far);
}

glm::mat4 Camera::clip_from_world(float aspect) const { return clip_from_view(aspect) * view_from_world(); }

Projector::Projector(const Camera& camera, const Viewport& viewport)
    : clip_from_world_(camera.clip_from_world(viewport.aspect())),
      eye_(camera.eye()),
      forward_(camera.forward()),
      farthest_m_(camera.distance + camera.behind_m),
      half_px_(glm::vec2(viewport.width, viewport.height) / 2.0F),
      is_orthographic_(camera.is_orthographic) {}

Projected Projector::operator()(glm::vec3 world) const {
  const glm::vec4 clip = clip_from_world_ * glm::vec4(world, 1);
  const float depth = glm::dot(world - eye_, forward_);
  const glm::vec2 ndc = glm::vec2(clip) / clip.w;
  const float w = depth > farthest_m_ ? -1 : is_orthographic_ ? depth : clip.w;
  return {glm::vec2(1 + ndc.x, 1 - ndc.y) * half_px_, depth, w};
}

Projected project(const Camera& camera, const Viewport& viewport, glm::vec3 world) {
  return Projector(camera, viewport)(world);
}

Ray ray_through(const Camera& camera, const Viewport& viewport, glm::vec2 px) {
  const float half = std::tan(camera.fov_y / 2);
  const float x = (2 * px.x / static_cast<float>(viewport.width) - 1) * half * viewport.aspect();
  const float y = (1 - 2 * px.y / static_cast<float>(viewport.height)) * half;
  const glm::vec3 aside = x * camera.right() + y * camera.up();
  if (camera.is_orthographic) return {camera.eye() + camera.distance * aside, camera.forward()};
  return {camera.eye(), glm::normalize(camera.forward() + aside)};
}

}  // namespace racktwin
