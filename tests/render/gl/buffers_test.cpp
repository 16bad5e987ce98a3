// What goes to the graphics card, as data.
#include "render/gl/front_tiles.h"
#include "render/gl/overlay_quads.h"
#include "tests/render/gl/sample_scene.h"

#include <catch2/catch.hpp>

using namespace racktwin;
using namespace racktwin::gl;

namespace {

const std::uint8_t* texel(const std::vector<std::uint8_t>& texels, glm::uvec2 at) {
  return texels.data() + 4 * (static_cast<std::size_t>(at.y) * kFrontTexelsInRow + at.x);
}

}  // namespace

TEST_CASE("a front's tile holds the colour, the edges and the look of each cell") {
  const Scene scene = sample_scene();
  const FrontTiles tiles(scene);
  const std::vector<std::uint8_t> texels = tiles.painted(scene);
  const FrontItem& front = scene.fronts[3];
  const glm::uvec2 first = tiles.first_texel(front);
  const std::uint8_t* gpu = texel(texels, first + glm::uvec2(2, kSampleGpuRow));
  const Rgba colour = scene.swatches[sample_swatch(scene, front, kSampleGpuRow, 2)].colour;
  CHECK(Rgba{gpu[0], gpu[1], gpu[2], 255} == colour);
  CHECK(gpu[3] == 15);                                                         // data, an edge on each side
  CHECK(texel(texels, first + glm::uvec2(0, 12))[3] == (1 | 4 | 8 | 5 << 4));  // a switch tray, left end
  CHECK(texel(texels, first + glm::uvec2(1, 12))[3] == (4 | 8 | 5 << 4));
  CHECK(texel(texels, first + glm::uvec2(3, 12))[3] == (2 | 4 | 8 | 5 << 4));
}

TEST_CASE("racks that show the same swatches share a tile") {
  Scene scene = sample_scene();
  for (FrontItem& front : scene.fronts) front.first_swatch = scene.fronts[0].first_swatch;
  const FrontTiles tiles(scene);
  CHECK(tiles.first_texel(scene.fronts[5]) == tiles.first_texel(scene.fronts[0]));
  CHECK(tiles.painted(scene).size() == std::size_t{4} * kFrontTexelsInRow * kSampleRows);
}

TEST_CASE("7,000 different fronts fit into a texture of 8,192 rows") {
  const Scene scene = sample_scene(70, 100);
  CHECK(FrontTiles(scene).painted(scene).size() / (4 * kFrontTexelsInRow) <= 8192);
}

TEST_CASE("rectangles and straight lines are snapped to pixels, and keep what they touch together") {
  FontBook fonts;
  Overlay overlay;
  overlay.rects.push_back({{10.4F, 20.6F}, {5.2F, 4}, {}, false});
  overlay.rects.push_back({{15.6F, 20.6F}, {5, 4}, {}, true});
  overlay.lines.push_back({{3, 7.3F}, {30, 7.3F}, 1, {}});
  const OverlayQuads parts = overlay_quads(overlay, fonts);
  REQUIRE(parts.plates.size() == 1);
  REQUIRE(parts.shapes.size() == 2);
  const OverlayQuad quads[] = {parts.plates[0], parts.shapes[0], parts.shapes[1]};
  CHECK(quads[0].origin == glm::vec2(10, 21));
  CHECK(quads[0].origin.x + quads[0].along.x == quads[1].origin.x);
  CHECK(quads[1].is_hatched == 1);
  CHECK(quads[2].origin == glm::vec2(3, 7));
  CHECK(quads[2].down == glm::vec2(0, 1));
}

TEST_CASE("glyphs stand on whole pixels and advance as the font says") {
  FontBook fonts;
  Overlay overlay;
  overlay.texts.push_back({{10.3F, 40.4F}, FontFace::kRegular, 14, {}, "A A"});
  const std::vector<OverlayQuad> quads = overlay_quads(overlay, fonts).glyphs;
  REQUIRE(quads.size() == 2);
  for (const OverlayQuad& quad : quads) CHECK(quad.origin == glm::round(quad.origin));
  const float advance = fonts.width_px(FontFace::kRegular, 14, "A ");
  CHECK(std::abs(quads[1].origin.x - quads[0].origin.x - advance) <= 1);
}
