#include "render/gl/front_panes.h"

#include "sim/check.h"

#include <algorithm>
#include <cstdint>

namespace racktwin::gl {
namespace {

// Ports or supplies on a metre: 18 switch ports, 6 PSUs (each its own cell), 24 network ports on 0.6 m.
float ports_per_m(std::uint16_t kind) {
  switch (static_cast<FrontKind>(kind)) {
    case FrontKind::kSwitchTray:
      return 30;
    case FrontKind::kPowerShelf:
      return 10;
    case FrontKind::kManagementSwitch:
      return 40;
    default:
      return 0;
  }
}

// In columns and rows of the grid, down from the top.
struct Block {
  glm::ivec2 from{0}, to{0}, cells{1};
  SwatchIndex swatch = 0;
  std::uint16_t kind = 0;
};

class CellBlocks {
 public:
  CellBlocks(const FrontGrid& grid, const SwatchIndex* cell_swatches)
      : grid_(grid), cell_swatches_(cell_swatches), is_taken_(grid.texels.size()) {}

  // A rectangle for every cell; several of one that is none itself. By rows, left to right.
  std::vector<Block> all() {
    std::vector<Block> blocks;
    for (int row = 0; row < grid_.rows; ++row) {
      for (int column = 0; column < grid_.columns; ++column) {
        if (!is_taken_[index(column, row)]) blocks.push_back(take({column, row}));
      }
    }
    return blocks;
  }

 private:
  std::size_t index(int column, int row) const { return static_cast<std::size_t>(row * grid_.columns + column); }

  bool is_free(int cell, int from, int to, int row) const {
    for (int column = from; column < to; ++column) {
      if (is_taken_[index(column, row)] || grid_.texels[index(column, row)].cell != cell) return false;
    }
    return true;
  }

  Block take(glm::ivec2 from) {
    const FrontGrid::Texel& texel = grid_.texels[index(from.x, from.y)];
    Block block{from, from + 1, {1, 1}, cell_swatches_[texel.cell], texel.kind};
    while (block.to.x < grid_.columns && is_free(texel.cell, block.to.x, block.to.x + 1, from.y)) ++block.to.x;
    while (block.to.y < grid_.rows && is_free(texel.cell, from.x, block.to.x, block.to.y)) ++block.to.y;
    for (int row = from.y; row < block.to.y; ++row) {
      for (int column = from.x; column < block.to.x; ++column) is_taken_[index(column, row)] = true;
    }
    return block;
  }

  const FrontGrid& grid_;
  const SwatchIndex* cell_swatches_;
  std::vector<bool> is_taken_;
};

// Whether `next` goes on where `block` ends along an axis, with cells of the same size and look.
bool continues(const Block& block, const Block& next, int axis) {
  const int other = 1 - axis;
  return block.swatch == next.swatch && block.kind == next.kind && next.from[axis] == block.to[axis] &&
         next.from[other] == block.from[other] && next.to[other] == block.to[other] &&
         next.cells[other] == block.cells[other] &&
         (next.to[axis] - next.from[axis]) * block.cells[axis] ==
             (block.to[axis] - block.from[axis]) * next.cells[axis];
}

std::vector<Block> joined(const std::vector<Block>& blocks, int axis) {
  std::vector<Block> made;
  for (const Block& next : blocks) {
    const auto before =
        std::find_if(made.rbegin(), made.rend(), [&](const Block& block) { return continues(block, next, axis); });
    if (before == made.rend()) {
      made.push_back(next);
    } else {
      before->to[axis] = next.to[axis];
      before->cells[axis] += next.cells[axis];
    }
  }
  return made;
}

}  // namespace

std::vector<FrontPane> front_panes(const FrontGrid& grid, const SwatchIndex* cell_swatches) {
  RT_CHECK_EQ(grid.texels.size(), static_cast<std::size_t>(grid.columns * grid.rows));
  const glm::vec2 size(grid.columns, grid.rows);
  std::vector<FrontPane> panes;
  for (const Block& block : joined(joined(CellBlocks(grid, cell_swatches).all(), 0), 1)) {
    panes.push_back({glm::vec2(block.from.x, grid.rows - block.to.y) / size,
                     glm::vec2(block.to.x, grid.rows - block.from.y) / size, glm::vec2(block.cells), block.swatch,
                     ports_per_m(block.kind)});
  }
  return panes;
}

}  // namespace racktwin::gl
