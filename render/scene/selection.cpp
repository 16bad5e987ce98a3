// The outlines of what is selected and of what the pointer is over.
#include "render/scene/sight.h"

#include <cstddef>
#include <string_view>

namespace racktwin {
namespace {

// The edges of the faces that are turned to the eye.
void outline_box(OverlayParts& parts, const Place& place, float width, Rgba colour) {
  const Corners corners = corners_of(place);
  const Camera& camera = parts.view.camera;
  const auto draw_edge = [&](std::size_t a, std::size_t b) {
    const Projected from = parts.project_to(corners[a]), to = parts.project_to(corners[b]);
    if (from.w > 0 && to.w > 0) parts.draw_line(from.px, to.px, width, colour);
  };
  const auto is_turned = [&](std::size_t axis, bool is_high) {
    const std::size_t corner = is_high ? std::size_t{1} << axis : 0;
    const glm::vec3 towards = camera.is_orthographic ? camera.forward() : corners[corner] - camera.eye();
    const int a = static_cast<int>(axis);
    return is_high ? towards[a] < 0 : towards[a] > 0;
  };
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::size_t i = 0; i < 8; ++i) {
      if (i & (std::size_t{1} << axis)) continue;
      const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
      if (is_turned(u, (i >> u) & 1) || is_turned(v, (i >> v) & 1)) draw_edge(i, i | (std::size_t{1} << axis));
    }
}

void outline(OverlayParts& parts, ComponentId id, float width) {
  if (!id.exists()) return;
  const Place place = place_to_point_at(parts.site(), id);
  if (has_box(place)) outline_box(parts, place, width, parts.theme.selection);
}

}  // namespace

Place place_to_point_at(const SiteMap& site, ComponentId id) {
  Place place = site.place(id);
  if (site.part_of(id) != nullptr) {  // only its front is to be seen
    place.y_m = site.place({id.component, -1}).y_m;
    place.depth_m = 1e-3;
  }
  const std::string_view kind = site.kind(id);
  if (kind == "pump" || kind == "leaf" || kind == "spine" ||
      kind == "core") {  // drawn as a plate on the front of what holds it
    place.y_m = site.place(site.parent(id)).y_m;
    place.depth_m = 1e-3;
  }
  if (kind != "row" || has_box(place)) return place;
  for (const Row& row : rows_of(site)) {
    if (row.component != id.component) continue;
    place = row.racks.front()->place;
    place.width_m = static_cast<double>(row.right) - place.x_m;
  }
  return place;
}

void outline_chosen(OverlayParts& parts) {
  if (parts.view.hovered != parts.view.selected) outline(parts, parts.view.hovered, 1);
  outline(parts, parts.view.selected, 2);
}

}  // namespace racktwin
