// The front of a rack type as a grid of cells, from the places of its parts. Thread rule: pure functions.
#pragma once

#include "render/scene/scene.h"
#include "sim/recording/site_map.h"

#include <optional>

namespace racktwin {

// One cell for every part that has a place and holds no others: GPUs, switch trays, shelves.
FrontGrid front_grid(const RackTemplate& type);

// A part's rectangle on the front, in shares of the rack's width and height from its lower left corner. nullopt: it
// has no place.
struct FrontRect {
  glm::vec2 low{0, 0}, high{1, 1};
};
std::optional<FrontRect> rect_on_front(const RackTemplate& type, int part);

}  // namespace racktwin
