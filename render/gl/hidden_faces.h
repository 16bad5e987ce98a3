// Faces of boxes that the next box hides from everywhere: racks stand side by side, and software renderers pay for what
// is hidden as well.
#pragma once

#include <glm/vec3.hpp>

#include <cstdint>
#include <vector>

namespace racktwin::gl {

struct Cuboid {
  glm::vec3 corner{0}, size{1};  // [m] lowest x, y, z
};

// Of each box, bit 2 * axis + side (0: low, 1: high) where another's face lies on the whole of that face. Only of boxes
// whose lowest corners are beside each other, which is how rows stand.
std::vector<std::uint32_t> hidden_faces(const std::vector<Cuboid>& boxes);

}  // namespace racktwin::gl
