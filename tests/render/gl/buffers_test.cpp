// What goes to the graphics card, as data.
#include "render/gl/fronts.h"
#include "render/gl/hidden_faces.h"
#include "render/gl/overlay_quads.h"
#include "render/scene/camera.h"
#include "tests/render/gl/sample_scene.h"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace racktwin;
using namespace racktwin::gl;

TEST_CASE("cells of one size, swatch and kind become one pane, and panes cover a front once") {
  const Scene scene = sample_scene();
  const FrontGrid& grid = scene.grids[0];
  const std::vector<FrontPane> panes = front_panes(grid, scene.cell_swatches.data() + scene.fronts[0].first_swatch);
  float covered = 0;
  int n_cell = 0;
  for (const FrontPane& pane : panes) {
    covered += (pane.high.x - pane.low.x) * (pane.high.y - pane.low.y);
    n_cell += static_cast<int>(pane.cells.x * pane.cells.y);
  }
  CHECK(covered == Approx(1));
  CHECK(n_cell == grid.cells());
  const auto switches =
      std::find_if(panes.begin(), panes.end(), [](const FrontPane& pane) { return pane.ports_per_m == 30; });
  REQUIRE(switches != panes.end());
  CHECK(switches->cells == glm::vec2(1, 9));
  CHECK(switches->high.y == 1 - 12.0F / kSampleRows);
  const std::vector<SwatchIndex> alike(static_cast<std::size_t>(grid.cells()), kSampleFirst);
  CHECK(front_panes(grid, alike.data()).size() == 6);  // two kinds of shelves, trays, switches, trays, shelves
}

TEST_CASE("a cell that is no rectangle becomes several panes") {
  FrontGrid grid{2, 2, {{0, 0}, {0, 0}, {0, 0}, {1, 0}}, {-1, 0}};
  const SwatchIndex swatches[] = {7, 8};
  const std::vector<FrontPane> panes = front_panes(grid, swatches);
  REQUIRE(panes.size() == 3);
  CHECK(panes[0].low == glm::vec2(0, 0.5F));
  CHECK(panes[0].high == glm::vec2(1, 1));
  CHECK(panes[1].swatch == 7);
  CHECK(panes[2].swatch == 8);
  CHECK(panes[2].low == glm::vec2(0.5F, 0));
}

TEST_CASE("a front is hidden from behind and out of view, and far where its cells are small") {
  const Front front{{0, 0, 0}, {0.6F, 1, 2.2F}, {0.15F, 0.05F}, 0, 0, 0};
  const auto seen_by = [&](const Camera& camera) {
    const glm::vec3 eye = camera.eye();
    return sight_of(front, {camera.clip_from_world(1.6F), glm::vec4(eye, 1), 1000});
  };
  CHECK(seen_by({{0.3F, 0, 1}, 0, 0.3F, 5}) == FrontSight::kNear);
  CHECK(seen_by({{0.3F, 0, 1}, 0, 0.3F, 32}) == FrontSight::kNear);
  CHECK(seen_by({{0.3F, 0, 1}, 0, 0.3F, 35}) == FrontSight::kFar);
  CHECK(seen_by({{0.3F, 0, 1}, 3.1F, 0.3F, 5}) == FrontSight::kHidden);
  CHECK(seen_by({{9, 0, 1}, 0, 0.3F, 5}) == FrontSight::kHidden);
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

TEST_CASE("a border covers what lies between its edges and the plate within it once") {
  FontBook fonts;
  Overlay overlay;
  overlay.rects.push_back({{10, 20}, {50, 30}, {}, false, 2});
  overlay.rects.push_back({{12, 22}, {46, 26}, {}});
  const std::vector<OverlayQuad> plates = overlay_quads(overlay, fonts).plates;
  for (int y = 15; y < 55; ++y) {
    for (int x = 5; x < 65; ++x) {
      const glm::vec2 at(static_cast<float>(x) + 0.5F, static_cast<float>(y) + 0.5F);
      const auto covers = [&](const OverlayQuad& quad) {
        const glm::vec2 end = quad.origin + quad.along + quad.down;
        return at.x > quad.origin.x && at.x < end.x && at.y > quad.origin.y && at.y < end.y;
      };
      const bool is_inside = x >= 10 && x < 60 && y >= 20 && y < 50;
      REQUIRE(std::count_if(plates.begin(), plates.end(), covers) == (is_inside ? 1 : 0));
    }
  }
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

TEST_CASE("faces between boxes that touch are hidden, where the other is as large") {
  constexpr std::uint32_t kLeft = 1, kRight = 2, kTop = 32, kBottom = 16;
  const glm::vec3 rack{0.6F, 1.07F, 2.24F};
  // Three racks in a row, a lower thing beside the last, one behind a gap, and something on the first.
  const std::vector<std::uint32_t> hidden = hidden_faces({{{0, 1.2F, 0}, rack},
                                                          {{0.6F, 1.2F, 0}, rack},
                                                          {{1.2F, 1.2F, 0}, rack},
                                                          {{1.8F, 1.2F, 0}, {0.9F, 1.07F, 2}},
                                                          {{2.8F, 1.2F, 0}, rack},
                                                          {{0, 1.2F, 2.24F}, {0.6F, 1.07F, 0.1F}}});
  CHECK(hidden == std::vector<std::uint32_t>{kRight | kTop, kLeft | kRight, kLeft, kLeft, 0, kBottom});
}
