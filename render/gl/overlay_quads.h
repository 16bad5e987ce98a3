// An overlay as parallelograms in pixels. No OpenGL in here. Thread rule: that of the FontBook.
#pragma once

#include "render/scene/scene.h"

#include <glm/glm.hpp>

#include <vector>

namespace racktwin::gl {

// Layout of the shader's instances.
struct OverlayQuad {
  glm::vec2 origin{0, 0}, along{0, 0}, down{0, 0};  // [px] corner and sides
  glm::vec2 atlas{-1, -1};                          // texel of a glyph; -1: a line, -2: a rectangle
  Rgba colour;
  float is_hatched = 0;
};

// In the order in which they are drawn. Apart, because blending and looking into textures costs where it is not needed.
struct OverlayQuads {
  std::vector<OverlayQuad> plates;  // opaque rectangles
  std::vector<OverlayQuad> shapes;  // hatched or translucent rectangles, lines
  std::vector<OverlayQuad> glyphs;
};

// Edges of rectangles, of lines along an axis and of glyphs lie between pixels, so that they are sharp.
OverlayQuads overlay_quads(const Overlay& overlay, FontBook& fonts);

}  // namespace racktwin::gl
