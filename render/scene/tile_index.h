// Numbers of things by where they are in a picture: a question costs what is near, not all there is.
// Thread rule: one thread per TileIndex.
#pragma once

#include "render/scene/overlay_parts.h"

#include <algorithm>
#include <cstdint>
#include <vector>

namespace racktwin {

class TileIndex {
 public:
  explicit TileIndex(const Viewport& viewport)
      : tiles_(glm::max(glm::ivec2(viewport.width, viewport.height) / kTile_px + 1, 1)),
        numbers_(static_cast<std::size_t>(tiles_.x * tiles_.y)) {}

  // What reaches beyond the picture counts in the tiles at its edge.
  void add(std::uint32_t number, const PxRect& rect) {
    for_each_tile(rect, [&](std::vector<std::uint32_t>& numbers) { numbers.push_back(number); });
  }
  // In the order in which they were added.
  const std::vector<std::uint32_t>& at(glm::vec2 px) const { return numbers_[index_of(tile_of(px))]; }
  // Whether `is_hit` says so of a number near to the rectangle; it may be asked twice of the same.
  template <class Test>
  bool any_near(const PxRect& rect, Test is_hit) const {
    const glm::ivec2 low = tile_of(rect.low), high = tile_of(rect.high);
    for (int y = low.y; y <= high.y; ++y)
      for (int x = low.x; x <= high.x; ++x) {
        const std::vector<std::uint32_t>& numbers = numbers_[index_of({x, y})];
        if (std::any_of(numbers.begin(), numbers.end(), is_hit)) return true;
      }
    return false;
  }

 private:
  static constexpr int kTile_px = 48;

  glm::ivec2 tile_of(glm::vec2 px) const {  // clamped first: what lies far away has no integer
    const glm::vec2 inside = glm::clamp(px, glm::vec2(0), glm::vec2(tiles_ * kTile_px));
    return glm::min(glm::ivec2(inside) / kTile_px, tiles_ - 1);
  }
  std::size_t index_of(glm::ivec2 tile) const { return static_cast<std::size_t>(tile.y * tiles_.x + tile.x); }
  template <class Use>
  void for_each_tile(const PxRect& rect, Use use) {
    const glm::ivec2 low = tile_of(rect.low), high = tile_of(rect.high);
    for (int y = low.y; y <= high.y; ++y)
      for (int x = low.x; x <= high.x; ++x) use(numbers_[index_of({x, y})]);
  }

  glm::ivec2 tiles_;
  std::vector<std::vector<std::uint32_t>> numbers_;  // (rows x columns)
};

}  // namespace racktwin
