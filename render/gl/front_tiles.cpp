#include "render/gl/front_tiles.h"

#include "sim/check.h"

#include <algorithm>

namespace racktwin::gl {
namespace {

// See front.frag.
enum Edge : unsigned { kLeft = 1, kRight = 2, kTop = 4, kBottom = 8 };
constexpr unsigned kLookData = 0, kLookNoData = 1, kLookPlain = 2;

const FrontGrid::Texel& at(const FrontGrid& grid, int row, int column) {
  return grid.texels[static_cast<std::size_t>(row * grid.columns + column)];
}

// Where another cell begins.
unsigned edges(const FrontGrid& grid, int row, int column) {
  const auto differs = [&](int other_row, int other_column) {
    return other_row < 0 || other_column < 0 || other_row == grid.rows || other_column == grid.columns ||
           at(grid, other_row, other_column).cell != at(grid, row, column).cell;
  };
  return (differs(row, column - 1) ? kLeft : 0U) | (differs(row, column + 1) ? kRight : 0U) |
         (differs(row - 1, column) ? kTop : 0U) | (differs(row + 1, column) ? kBottom : 0U);
}

// Tens of ports or supplies a metre: 18 switch ports, 6 power supplies, 24 network ports on 0.6 m.
unsigned ports(std::uint16_t kind) {
  switch (static_cast<FrontKind>(kind)) {
    case FrontKind::kSwitchTray:
      return 3;
    case FrontKind::kPowerShelf:
      return 1;
    case FrontKind::kManagementSwitch:
      return 4;
    default:
      return 0;
  }
}

unsigned look(Finish finish, std::uint16_t kind) {
  if (finish == Finish::kData) return kLookData;
  return finish == Finish::kNoData ? kLookNoData : kLookPlain + ports(kind);
}

}  // namespace

FrontTiles::FrontTiles(const Scene& scene) {
  unsigned columns = 1, rows = 1;  // of the largest tile
  for (const FrontGrid& grid : scene.grids) {
    RT_CHECK_EQ(grid.texels.size(), static_cast<std::size_t>(grid.columns * grid.rows));
    columns = std::max(columns, static_cast<unsigned>(grid.columns));
    rows = std::max(rows, static_cast<unsigned>(grid.rows));
  }
  const unsigned tiles_in_row = kFrontTexelsInRow / columns;
  RT_CHECK(tiles_in_row > 0);
  for (const FrontItem& item : scene.fronts) {
    const auto number = static_cast<unsigned>(tiles_.size());
    const glm::uvec2 first(number % tiles_in_row * columns, number / tiles_in_row * rows);
    tiles_.try_emplace(Key{item.grid, item.first_swatch}, first);
  }
  rows_ = rows * std::max(1U, (static_cast<unsigned>(tiles_.size()) + tiles_in_row - 1) / tiles_in_row);
}

glm::uvec2 FrontTiles::first_texel(const FrontItem& item) const { return tiles_.at({item.grid, item.first_swatch}); }

std::vector<std::uint8_t> FrontTiles::painted(const Scene& scene) const {
  std::vector<std::uint8_t> texels(std::size_t{4} * kFrontTexelsInRow * rows_);
  for (const auto& [key, first] : tiles_) {
    const FrontGrid& grid = scene.grids[key.first];
    for (int row = 0; row < grid.rows; ++row) {
      for (int column = 0; column < grid.columns; ++column) {
        const FrontGrid::Texel& cell = at(grid, row, column);
        const Swatch& swatch = scene.swatches[scene.cell_swatches[key.second + cell.cell]];
        const unsigned x = first.x + static_cast<unsigned>(column), y = first.y + static_cast<unsigned>(row);
        std::uint8_t* texel = texels.data() + std::size_t{4} * (std::size_t{y} * kFrontTexelsInRow + x);
        texel[0] = swatch.colour.r;
        texel[1] = swatch.colour.g;
        texel[2] = swatch.colour.b;
        texel[3] = static_cast<std::uint8_t>(edges(grid, row, column) | look(swatch.finish, cell.kind) << 4);
      }
    }
  }
  return texels;
}

}  // namespace racktwin::gl
