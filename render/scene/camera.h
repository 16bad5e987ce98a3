// Where a picture is seen from, as data: an orbit around a target. Thread rule: pure functions.
#pragma once

#include "sim/recording/site_map.h"
#include "sim/result.h"

#include <glm/glm.hpp>

#include <limits>
#include <string>

namespace racktwin {

// World: metres, x along rows, y from front to back, z up. View: OpenGL (looks along -z).
struct Camera {
  glm::vec3 target{0, 0, 0};
  float yaw = 0;                 // [rad] 0 looks along +y (at the fronts), positive turns the eye to the right (+x)
  float pitch = 0;               // [rad] of the eye above the target, pi/2 looks straight down (up is then +y)
  float distance = 10;           // [m] eye to target
  float fov_y = 0.6F;            // [rad]
  bool is_orthographic = false;  // then the height of the view is 2 distance tan(fov_y / 2), and what stands behind the
                                 // eye is cut away
  float behind_m = std::numeric_limits<float>::infinity();  // beyond the target, along the view: what lies farther is
                                                            // cut away

  glm::vec3 eye() const;
  glm::vec3 right() const;  // of length 1, as up() and forward()
  glm::vec3 up() const;
  glm::vec3 forward() const;  // from the eye to the target
  glm::mat4 view_from_world() const;
  glm::mat4 clip_from_view(float aspect) const;  // near and far follow from the distance
  glm::mat4 clip_from_world(float aspect) const;
};

// Part of a window that shows the scene [px], y down; the picture of a camera fills it. Points in a picture count from
// its upper left corner, wherever in the window that is.
struct Viewport {
  int x = 0, y = 0, width = 0, height = 0;
  float aspect() const { return static_cast<float>(width) / static_cast<float>(height); }
};

// World to pixel (x, y down) and depth [m] along the view; w <= 0: behind the eye, or cut away.
struct Projected {
  glm::vec2 px{0, 0};
  float depth = 0, w = 0;
};
Projected project(const Camera& camera, const Viewport& viewport, glm::vec3 world);

// project() for many points.
class Projector {
 public:
  Projector(const Camera& camera, const Viewport& viewport);
  Projected operator()(glm::vec3 world) const;

 private:
  glm::mat4 clip_from_world_;
  glm::vec3 eye_, forward_;
  float farthest_m_;
  glm::vec2 half_px_;
  bool is_orthographic_;
};

struct Ray {
  glm::vec3 origin, direction;  // direction of length 1
};
Ray ray_through(const Camera& camera, const Viewport& viewport, glm::vec2 px);

// "overview", "plan", "row" (the first), "row:hall/row-b", "rack:PATH" (also a tray or GPU: its rack is shown). Of
// several rows, what stands behind the one that is shown is cut away.
// `free_px` is what the legend and the title leave of the viewport (free_part() in build_scene.h), in the coordinates
// of the window; the subject is fitted into it.
// Errors: kBadInput with the nearest name or path, or if the site says of nothing where it stands.
Result<Camera> named_camera(const SiteMap& site, const std::string& name, const Viewport& viewport,
                            const Viewport& free_px);
// What a user should know of a named camera: which of several rows "row" shows. Empty: nothing.
std::string camera_note(const SiteMap& site, const std::string& name);
// Keeps the angles and fits one thing into view; a thing without a place leaves the camera as it is.
Camera fitted_to(const SiteMap& site, const Camera& camera, ComponentId id, const Viewport& viewport,
                 const Viewport& free_px);

}  // namespace racktwin
