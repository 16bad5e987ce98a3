// What stands in the way between the eye and a thing. Thread rule: one thread per Sight.
#pragma once

#include "render/scene/overlay_parts.h"
#include "render/scene/place_parts.h"
#include "render/scene/tile_index.h"

#include <array>
#include <optional>
#include <vector>

namespace racktwin {

using Corners = std::array<glm::vec3, 8>;  // of a box; bit 0: x, bit 1: y, bit 2: z
Corners corners_of(const Place& place);
// Around the box in the picture; empty if a part of it lies behind the eye or is cut away.
std::optional<PxRect> rect_in_picture(const OverlayParts& parts, const Corners& corners);

// Hides: rows as a whole with what runs above them, CDUs, network racks, the facility. Blocks are sorted by their
// distance and into tiles of the picture once, so that a question costs the few that lie in its tile before its point,
// however many a site has.
class Sight {
 public:
  Sight(const OverlayParts& parts, const std::vector<Row>& rows);

  // The point is in the picture, and nothing but what the thing is part of stands between it and the eye.
  bool is_visible(glm::vec3 point, ComponentId id) const;
  // A plate here would cover nothing that is nearer than the point that it names.
  bool covers_only_behind(const PxRect& rect, glm::vec3 anchor, ComponentId id) const;

 private:
  struct Block {
    Corners corners;
    int component = -1;
    float nearest = 0;           // [m] along the view
    std::optional<PxRect> seen;  // around it in the picture
  };
  void add(const Place& place, int component);
  // The ray meets nothing that the thing is no part of before it has gone so far [m].
  bool is_free(glm::vec2 px, const Ray& ray, float way, ComponentId id) const;
  void sort_blocks();

  const OverlayParts& parts_;
  std::vector<Block> blocks_;  // the nearest first
  TileIndex in_tile_;          // of the blocks
};

}  // namespace racktwin
