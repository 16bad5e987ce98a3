// The fronts of racks as small pictures, one texel a cell of the grid, all in one texture: the shader that draws a
// front then looks up one texel for a pixel. Racks that show the same swatches share a tile. No OpenGL in here. Thread
// rule: plain values.
#pragma once

#include "render/scene/scene.h"

#include <glm/glm.hpp>

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

namespace racktwin::gl {

inline constexpr int kFrontTexelsInRow = 1024;

class FrontTiles {
 public:
  explicit FrontTiles(const Scene& scene);

  glm::uvec2 first_texel(const FrontItem& item) const;
  // Colours of the cells with what front.frag wants to know of them: (rows x kFrontTexelsInRow x 4).
  std::vector<std::uint8_t> painted(const Scene& scene) const;

 private:
  using Key = std::pair<std::uint32_t, std::uint32_t>;  // grid, first cell swatch

  std::map<Key, glm::uvec2> tiles_;
  unsigned rows_ = 1;
};

}  // namespace racktwin::gl
