#include "app/ui/navigate.h"

#include <glm/gtc/constants.hpp>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace racktwin {
namespace {

constexpr float kOrbit_per_px = 0.006F;  // [rad]
constexpr float kLowest_pitch = 0.03F;   // [rad] the eye stays above the floor
constexpr float kNearest_m = 0.6F, kFarthest_m = 5000;
constexpr float kZoom_per_notch = 0.88F;

// [m] a pixel at the distance of the target
float metres_per_px(const Camera& camera, const Viewport& viewport) {
  return 2 * camera.distance * std::tan(camera.fov_y / 2) / static_cast<float>(viewport.height);
}

// Rack, tray, GPU: as far as a thing goes; empty where it lies in no rack.
std::vector<ComponentId> path_in_rack(const SiteMap& site, ComponentId id) {
  if (site.rack_of(id) == nullptr) return {};
  std::vector<ComponentId> path = {id};
  while (path.back().part >= 0) path.push_back(site.parent(path.back()));
  std::reverse(path.begin(), path.end());
  return path;
}

}  // namespace

Camera orbited(Camera camera, glm::vec2 drag_px) {
  camera.behind_m = std::numeric_limits<float>::infinity();  // from elsewhere, other things stand behind
  camera.yaw = std::remainder(camera.yaw - kOrbit_per_px * drag_px.x, glm::two_pi<float>());
  camera.pitch = std::clamp(camera.pitch + kOrbit_per_px * drag_px.y, kLowest_pitch, glm::half_pi<float>());
  return camera;
}

Camera panned(Camera camera, const Viewport& viewport, glm::vec2 drag_px) {
  camera.target += metres_per_px(camera, viewport) * (-drag_px.x * camera.right() + drag_px.y * camera.up());
  return camera;
}

Camera zoomed(Camera camera, const Viewport& viewport, glm::vec2 at_px, float notches) {
  const glm::vec2 from_centre = at_px - glm::vec2(viewport.width, viewport.height) / 2.0F;
  const float before = metres_per_px(camera, viewport);
  camera.distance = std::clamp(camera.distance * std::pow(kZoom_per_notch, notches), kNearest_m, kFarthest_m);
  const float shift = before - metres_per_px(camera, viewport);
  camera.target += shift * (from_centre.x * camera.right() - from_centre.y * camera.up());
  return camera;
}

Camera flown(Camera camera, float forward, float right, float seconds) {
  const float step_m = 0.5F * camera.distance * seconds;
  const glm::vec3 ahead{-camera.right().y, camera.right().x, 0};  // over the floor
  camera.target += step_m * (forward * ahead + right * camera.right());
  return camera;
}

std::string rack_camera(const SiteMap& site, ComponentId id) {
  const PlacedRack* rack = site.rack_of(id);
  if (rack == nullptr && !site.racks().empty()) rack = &site.racks().front();
  return rack == nullptr ? std::string() : "rack:" + site.path({rack->component, -1});
}

std::string row_camera(const SiteMap& site, ComponentId id) {
  while (id.exists() && site.kind(id) != "row") id = site.parent(id);
  return id.exists() ? "row:" + site.path(id) : "row";
}

ComponentId click_target(const SiteMap& site, ComponentId picked, ComponentId selected) {
  const std::vector<ComponentId> path = path_in_rack(site, picked), before = path_in_rack(site, selected);
  if (path.empty()) return picked;
  if (before.empty() || before.front() != path.front()) return path.front();
  const bool is_deeper = before.size() <= path.size() && before.back() == path[before.size() - 1];
  const std::size_t depth = is_deeper ? before.size() : before.size() - 1;
  return path[std::min(depth, path.size() - 1)];
}

}  // namespace racktwin
