#include "render/gl/overlay_quads.h"

#include <algorithm>
#include <cmath>

namespace racktwin::gl {
namespace {

OverlayQuad quad_of(const OverlayRect& rect) {
  const glm::vec2 from = glm::round(rect.px), to = glm::round(rect.px + rect.size);
  return {from, {to.x - from.x, 0}, {0, to.y - from.y}, {-2, -2}, rect.colour, rect.is_hatched ? 1.0F : 0.0F};
}

// Software renderers pay for the middle of a plate twice if its border is a rectangle below it.
void add_border(const OverlayRect& rect, std::vector<OverlayQuad>& quads) {
  const glm::vec2 low = rect.px, high = rect.px + rect.size;
  const glm::vec2 inner_low = low + rect.border_px, inner_high = high - rect.border_px;
  const auto add = [&](glm::vec2 from, glm::vec2 to) {
    quads.push_back(quad_of(OverlayRect{from, to - from, rect.colour}));
  };
  add(low, {high.x, inner_low.y});
  add({low.x, inner_high.y}, high);
  add({low.x, inner_low.y}, {inner_low.x, inner_high.y});
  add({inner_high.x, inner_low.y}, {high.x, inner_high.y});
}

OverlayQuad quad_of(const OverlayLine& line) {
  const glm::vec2 along = line.to - line.from;
  if (along.x == 0 || along.y == 0) {
    const glm::vec2 half_width = glm::vec2(along.x == 0, along.y == 0) * std::max(line.width_px, 1.0F) * 0.5F;
    const glm::vec2 low = glm::min(line.from, line.to) - half_width;
    return quad_of(OverlayRect{low, glm::abs(along) + 2.0F * half_width, line.colour, false});
  }
  const glm::vec2 across = line.width_px * glm::normalize(glm::vec2(-along.y, along.x));
  return {line.from - 0.5F * across, along, across, {-1, -1}, line.colour, 0};
}

void add_text(const OverlayText& text, FontBook& fonts, std::vector<OverlayQuad>& quads) {
  float pen = text.px.x;
  const float baseline = std::round(text.px.y);
  for (const char32_t character : decode_utf8(text.text)) {
    const Glyph& glyph = fonts.glyph(text.face, text.size_px, character);
    if (glyph.width > 0 && glyph.height > 0) {
      const glm::vec2 origin(std::round(pen + glyph.left), std::round(baseline + glyph.top));
      quads.push_back({origin,
                       {glyph.width, 0},
                       {0, glyph.height},
                       {static_cast<float>(glyph.x), static_cast<float>(glyph.y)},
                       text.colour,
                       0});
    }
    pen += glyph.advance;
  }
}

}  // namespace

OverlayQuads overlay_quads(const Overlay& overlay, FontBook& fonts) {
  OverlayQuads quads;
  for (const OverlayRect& rect : overlay.rects) {
    std::vector<OverlayQuad>& to = rect.is_hatched || rect.colour.a < 255 ? quads.shapes : quads.plates;
    rect.border_px > 0 ? add_border(rect, to) : to.push_back(quad_of(rect));
  }
  for (const OverlayLine& line : overlay.lines) quads.shapes.push_back(quad_of(line));
  for (const OverlayText& text : overlay.texts) add_text(text, fonts, quads.glyphs);
  return quads;
}

}  // namespace racktwin::gl
