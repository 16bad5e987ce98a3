// The mouse and the keys of a camera. Pixels are those of the viewport, from its upper left corner. Thread rule: pure
// functions.
#pragma once

#include "render/scene/camera.h"

namespace racktwin {

Camera orbited(Camera camera, glm::vec2 drag_px);
// The floor stays under the cursor.
Camera panned(Camera camera, const Viewport& viewport, glm::vec2 drag_px);
// Positive notches come nearer; what is under the cursor stays there.
Camera zoomed(Camera camera, const Viewport& viewport, glm::vec2 at_px, float notches);
// W and D for `seconds`: half the distance to the target a second.
Camera flown(Camera camera, float forward, float right, float seconds);

// The camera of the rack that a thing is or lies in, else of the first: "rack:hall/row-a/rack-03"; empty: no racks.
std::string rack_camera(const SiteMap& site, ComponentId id);
// Of the row that a component stands in, else of the first.
std::string row_camera(const SiteMap& site, ComponentId id);

// What a click takes: a rack first, then the tray in it, then the GPU; once inside a rack, others of the same depth.
// `picked` where it lies in no rack.
ComponentId click_target(const SiteMap& site, ComponentId picked, ComponentId selected);

}  // namespace racktwin
