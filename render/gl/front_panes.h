// The front of a rack in panes: rectangles of cells that are alike, so that no pixel looks its cell up. Most racks are
// a handful of panes. No OpenGL in here. Thread rule: pure functions.
#pragma once

#include "render/scene/scene.h"

#include <glm/glm.hpp>

#include <vector>

namespace racktwin::gl {

// Cells of one size, one swatch and one kind.
struct FrontPane {
  glm::vec2 low{0, 0}, high{1, 1};  // in shares of the front, from its lower left
  glm::vec2 cells{1, 1};            // across, upwards
  SwatchIndex swatch = 0;
  float ports_per_m = 0;
};

// Panes that cover the front once. `cell_swatches`: one a cell.
std::vector<FrontPane> front_panes(const FrontGrid& grid, const SwatchIndex* cell_swatches);

}  // namespace racktwin::gl
