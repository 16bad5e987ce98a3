// Which way a named camera looks, and how near it goes: as near as the subject allows.
#include "render/scene/camera.h"
#include "render/scene/place_parts.h"
#include "sim/check.h"
#include "sim/nearest_match.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

constexpr float kQuarter = 1.57079633F;  // of a turn [rad]
const std::vector<std::string> kNames = {"overview", "plan", "row", "rack"};

using Points = std::vector<glm::vec3>;

void add_corners(const Place& place, double rise, Points& points) {
  if (!has_box(place)) return;
  for (const double x : {place.x_m, place.x_m + place.width_m})
    for (const double y : {place.y_m, place.y_m + place.depth_m})
      for (const double z : {place.z_m, place.z_m + place.height_m + rise})
        points.push_back(glm::vec3(glm::dvec3(x, y, z)));
}

void add_corners_up_to(float top_m, const Place& place, Points& points) {
  add_corners(place, static_cast<double>(top_m) - place.z_m - place.height_m, points);
}

float top_of(const SiteMap& site) { return deck_of(site) + kOverhead_m; }

// With what runs above them.
void add_racks(const SiteMap& site, const Row& row, float top, Points& points) {
  for (const PlacedRack* rack : row.racks) add_corners_up_to(top, rack->place, points);
  add_corners_up_to(top, site.place({row.component, -1}), points);
}

Points points_of_row(const SiteMap& site, const Row& row, float top) {
  Points points;
  add_racks(site, row, top, points);
  for (const char* kind : {"cdu", "network-rack"})  // at its ends
    for (const PlacedComponent& thing : site.placed(kind)) {
      const double middle_m = thing.place.y_m + thing.place.depth_m / 2;
      if (middle_m > static_cast<double>(row.front) && middle_m < static_cast<double>(row.back))
        add_corners_up_to(top, thing.place, points);
    }
  return points;
}

Points points_of_site(const SiteMap& site) {
  Points points;
  const float top = top_of(site);
  for (const Row& row : rows_of(site)) add_racks(site, row, top, points);
  for (const char* kind : {"cdu", "network-rack"})
    for (const PlacedComponent& thing : site.placed(kind)) add_corners_up_to(top, thing.place, points);
  for (const PlacedComponent& facility : site.placed("facility")) {
    add_corners(facility.place, 0, points);
    for (const PlacedComponent& cdu : site.placed("cdu")) {  // with the pipes between the two
      Place pipes = cdu.place;
      pipes.depth_m = facility.place.y_m + kFacilityInside_m - pipes.y_m;
      add_corners_up_to(top, pipes, points);
    }
  }
  return points;
}

Points points_of(const SiteMap& site, ComponentId id) {
  if (site.kind(id) == "site") return points_of_site(site);
  for (const Row& row : rows_of(site))
    if (ComponentId{row.component, -1} == id) return points_of_row(site, row, top_of(site));
  Place place = site.place(id);
  if (site.kind(id) == "gpu") {  // has no depth of its own
    const Place rack = site.place({id.component, -1});
    place.y_m = rack.y_m;
    place.depth_m = rack.depth_m;
  }
  Points points;
  add_corners(place, 0, points);
  return points;
}

// The part of the picture that is free, from -1 to 1.
struct FreeRange {
  glm::vec2 low{-1, -1}, high{1, 1};
};
FreeRange free_range(const Viewport& viewport, const Viewport& free_px) {
  const glm::vec2 size(viewport.width, viewport.height);
  const glm::vec2 from = glm::vec2(free_px.x - viewport.x, free_px.y - viewport.y) / size;
  const glm::vec2 to = from + glm::vec2(free_px.width, free_px.height) / size;
  return {{2 * from.x - 1, 1 - 2 * to.y}, {2 * to.x - 1, 1 - 2 * from.y}};
}

// Extremes of the points in the directions of the camera.
struct Spread {
  glm::vec3 low{std::numeric_limits<float>::infinity()}, high{-std::numeric_limits<float>::infinity()};
};
Spread spread_of(const Points& points, const glm::mat3& along) {
  Spread spread;
  for (const glm::vec3& point : points) {
    const glm::vec3 p = point * along;
    spread.low = glm::min(spread.low, p);
    spread.high = glm::max(spread.high, p);
  }
  return spread;
}

// Parallel projection: the free part is as wide or as high as the points are. The eye keeps its distance.
void fit_orthographic(const Points& points, const FreeRange& free, float aspect, Camera& camera) {
  const glm::mat3 along(camera.right(), camera.up(), camera.forward());
  const Spread spread = spread_of(points, along);
  const glm::vec2 size = glm::vec2(spread.high) - glm::vec2(spread.low), range = free.high - free.low;
  const float half = std::max({size.x / (range.x * aspect), size.y / range.y, 1e-3F});
  camera.fov_y = 2 * std::atan(half / camera.distance);
  const glm::vec2 centre = (free.low + free.high) / 2.0F * glm::vec2(half * aspect, half);
  const glm::vec2 middle = (glm::vec2(spread.low) + glm::vec2(spread.high)) / 2.0F - centre;
  camera.target = along * glm::vec3(middle, glm::dot(camera.target, camera.forward()));
}

// Perspective: for either direction, the points that touch the left and right (lower and upper) planes of the free
// part's pyramid give the farthest forward that the eye may stand; the smaller of the two holds.
void fit_perspective(const Points& points, const FreeRange& free, float aspect, Camera& camera) {
  const glm::mat3 along(camera.right(), camera.up(), camera.forward());
  const float half = std::tan(camera.fov_y / 2);
  const glm::vec2 low = free.low * glm::vec2(half * aspect, half), high = free.high * glm::vec2(half * aspect, half);
  glm::vec2 least(std::numeric_limits<float>::infinity()), most(-least);
  for (const glm::vec3& point : points) {
    const glm::vec3 p = point * along;
    least = glm::min(least, glm::vec2(p) - low * p.z);
    most = glm::max(most, glm::vec2(p) - high * p.z);
  }
  const glm::vec2 reach = (least - most) / (high - low);
  const float forward = std::min(reach.x, reach.y);
  const glm::vec2 aside = (least + low * forward + most + high * forward) / 2.0F;
  const Spread spread = spread_of(points, along);
  camera.distance = std::max((spread.low.z + spread.high.z) / 2 - forward, 0.1F);
  camera.target = along * glm::vec3(aside, forward + camera.distance);
}

Camera fitted(const Points& points, Camera camera, const Viewport& viewport, const Viewport& free_px) {
  RT_CHECK(!points.empty());
  const FreeRange free = free_range(viewport, free_px);
  camera.is_orthographic ? fit_orthographic(points, free, viewport.aspect(), camera)
                         : fit_perspective(points, free, viewport.aspect(), camera);
  return camera;
}

// In a parallel projection everything behind the eye is cut away: it stands in the aisle, this far before the middle of
// what it shows, so that no other row is in the way.
Camera elevation(const Points& points, float pitch, float before_m) {
  const Spread spread = spread_of(points, glm::mat3(1));
  Camera camera;
  camera.pitch = pitch;
  camera.is_orthographic = true;
  camera.distance = before_m;
  camera.target = (spread.low + spread.high) / 2.0F;
  camera.target.y = spread.low.y;
  return camera;
}

// How far the points reach beyond the target, along the view. [m]
float depth_behind_target(const Points& points, const Camera& camera) {
  constexpr float kSlack_m = 0.02F;
  float depth = 0;
  for (const glm::vec3& point : points) depth = std::max(depth, glm::dot(point - camera.target, camera.forward()));
  return depth + kSlack_m;
}

Camera overview() {
  Camera camera;
  camera.yaw = -0.42F;
  camera.pitch = 0.36F;
  camera.fov_y = 0.35F;
  return camera;
}

Camera plan(const Points& points) {
  Camera camera;
  camera.pitch = kQuarter;
  camera.is_orthographic = true;
  camera.distance = 10;
  camera.target.z = spread_of(points, glm::mat3(1)).high.z;
  return camera;
}

// Turned by a quarter, with the fronts to the left, where that shows the site so much larger that it is worth it.
Camera fitted_plan(const Points& points, const Viewport& viewport, const Viewport& free_px) {
  constexpr float kWorthIt = 1.25F;
  const Camera upright = fitted(points, plan(points), viewport, free_px);
  Camera turned = plan(points);
  turned.yaw = kQuarter;
  Viewport room = free_px;  // labels stand before the fronts and above the rows, not below
  room.x += room.width / 11;
  room.width -= room.width / 11;
  room.y += room.height / 14;
  room.height -= room.height / 14;
  turned = fitted(points, turned, viewport, room);
  return kWorthIt * std::tan(turned.fov_y / 2) < std::tan(upright.fov_y / 2) ? turned : upright;
}

tl::unexpected<Errors> no_place(const std::string& what) {
  return fail(ErrorCode::kBadInput, fmt::format("the recording does not say where {} stands", what));
}

Result<ComponentId> find_path(const SiteMap& site, const std::string& path) {
  if (const std::optional<ComponentId> id = site.find(path)) return *id;
  const std::optional<std::string> near = site.nearest_path(path);
  return fail(Error{ErrorCode::kBadInput,
                    fmt::format("there is no \"{}\" in the recording", path),
                    {},
                    1,
                    near ? fmt::format("did you mean \"{}\"?", *near) : std::string(),
                    {}});
}

Result<Camera> row_camera(const SiteMap& site, const std::string& path, const Viewport& viewport,
                          const Viewport& free_px) {
  const std::vector<Row> rows = rows_of(site);
  if (rows.empty()) return no_place("a rack");
  auto row = rows.begin();
  if (!path.empty()) {
    const Result<ComponentId> id = find_path(site, path);
    if (!id) return tl::unexpected(id.error());
    const PlacedRack* rack = site.rack_of(*id);
    const int component = rack == nullptr ? id->component : site.parent({rack->component, -1}).component;
    row = std::find_if(rows.begin(), rows.end(), [&](const Row& r) { return r.component == component; });
    if (row == rows.end()) return fail(ErrorCode::kBadInput, fmt::format("\"{}\" is no row of racks", path));
  }
  const Points points = points_of_row(site, *row, top_of(site));
  Camera camera = fitted(points, elevation(points, 0.16F, 0.5F), viewport, free_px);
  if (rows.size() > 1) camera.behind_m = depth_behind_target(points, camera);
  return camera;
}

// A row has a camera of its own, and holds racks.
tl::unexpected<Errors> no_rack(const SiteMap& site, ComponentId id) {
  const std::string path = site.path(id);
  if (site.kind(id) != "row")
    return fail(ErrorCode::kBadInput, fmt::format("\"{}\" is no rack, nor inside of one", path));
  return fail(Error{ErrorCode::kBadInput,
                    fmt::format("\"{}\" is a row, not a rack", path),
                    {},
                    1,
                    fmt::format("did you mean \"row:{}\"?", path),
                    {}});
}

Result<Camera> rack_camera(const SiteMap& site, const std::string& path, const Viewport& viewport,
                           const Viewport& free_px) {
  const Result<ComponentId> id = find_path(site, path);
  if (!id) return tl::unexpected(id.error());
  const PlacedRack* rack = site.rack_of(*id);
  if (rack == nullptr) return no_rack(site, *id);
  const Points points = points_of(site, {rack->component, -1});
  if (points.empty()) return no_place(path);
  return fitted(points, elevation(points, 0, 0.5F), viewport, free_px);
}

}  // namespace

Result<Camera> named_camera(const SiteMap& site, const std::string& name, const Viewport& viewport,
                            const Viewport& free_px) {
  const std::size_t colon = std::min(name.find(':'), name.size());
  const std::string kind = name.substr(0, colon), path = name.substr(std::min(colon + 1, name.size()));
  const bool takes_path = kind == "row" || kind == "rack";
  if (kind == "row") return row_camera(site, path, viewport, free_px);
  if (kind == "rack" && !path.empty()) return rack_camera(site, path, viewport, free_px);
  if (std::find(kNames.begin(), kNames.end(), kind) == kNames.end() || takes_path || colon < name.size()) {
    const std::optional<std::string> near = nearest_match(kind, kNames);
    return fail(Error{ErrorCode::kBadInput,
                      fmt::format("there is no camera \"{}\"", name),
                      {},
                      1,
                      near && *near != kind ? fmt::format("did you mean \"{}\"?", *near)
                                            : "overview, plan, row, row:PATH or rack:PATH",
                      {}});
  }
  const Points points = points_of_site(site);
  if (points.empty()) return no_place("anything");
  return kind == "plan" ? fitted_plan(points, viewport, free_px) : fitted(points, overview(), viewport, free_px);
}

std::string camera_note(const SiteMap& site, const std::string& name) {
  const std::vector<Row> rows = rows_of(site);
  if (name != "row" || rows.size() < 2) return {};
  return fmt::format("\"row\" shows {}, the first of {} rows; \"row:PATH\" shows another",
                     site.path({rows.front().component, -1}), rows.size());
}

Camera fitted_to(const SiteMap& site, const Camera& camera, ComponentId id, const Viewport& viewport,
                 const Viewport& free_px) {
  const Points points = points_of(site, id);
  if (points.empty()) return camera;
  Camera moved = camera;
  moved.behind_m = std::numeric_limits<float>::infinity();
  const Spread spread = spread_of(points, glm::mat3(1));
  moved.target = (spread.low + spread.high) / 2.0F;
  if (moved.is_orthographic)  // in front of all of it
    moved.distance = std::max(moved.distance, glm::length(spread.high - spread.low));
  return fitted(points, moved, viewport, free_px);
}

}  // namespace racktwin
