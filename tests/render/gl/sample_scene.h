// Scenes made by hand: rows of racks, a CDU box, pipes and a cable tray, with values that no simulation gave.
#pragma once

#include "render/scene/scene.h"

#include <algorithm>
#include <string>

namespace racktwin {

// The swatches of a sample scene: fixed ones, then data.
enum SampleSwatch : SwatchIndex { kSampleBody, kSampleMetal, kSampleSupply, kSampleNoData, kSampleMean, kSampleFirst };
inline constexpr int kSampleColours = 16;

inline constexpr int kSampleColumns = 4, kSampleRows = 40;  // of a front: 18 trays of 4 GPUs among other things

// From the top: shelf, 10 compute trays, 9 switch trays, 8 compute trays, shelf, rest empty.
inline FrontGrid sample_grid() {
  FrontGrid grid{kSampleColumns, kSampleRows, {}, {}};
  const auto whole_row = [&](FrontKind kind) {
    const auto cell = static_cast<std::uint16_t>(grid.part_of_cell.size());
    for (int i = 0; i < kSampleColumns; ++i) {
      grid.texels.push_back({cell, static_cast<std::uint16_t>(kind)});
    }
    grid.part_of_cell.push_back(-1);
  };
  const auto tray = [&] {
    for (int i = 0; i < kSampleColumns; ++i) {
      grid.texels.push_back(
          {static_cast<std::uint16_t>(grid.part_of_cell.size()), static_cast<std::uint16_t>(FrontKind::kGpu)});
      grid.part_of_cell.push_back(grid.cells());
    }
  };
  whole_row(FrontKind::kManagementSwitch);
  for (int i = 0; i < 1; ++i) whole_row(FrontKind::kPowerShelf);
  for (int i = 0; i < 10; ++i) tray();
  for (int i = 0; i < 9; ++i) whole_row(FrontKind::kSwitchTray);
  for (int i = 0; i < 8; ++i) tray();
  while (static_cast<int>(grid.texels.size()) < kSampleColumns * kSampleRows) whole_row(FrontKind::kPowerShelf);
  return grid;
}

// A row of the grid that holds GPUs, and the swatch of a GPU in it.
inline constexpr int kSampleGpuRow = 5;
inline SwatchIndex sample_swatch(const Scene& scene, const FrontItem& front, int row, int column) {
  const FrontGrid& grid = scene.grids[front.grid];
  const FrontGrid::Texel& texel = grid.texels[static_cast<std::size_t>(row * grid.columns + column)];
  return scene.cell_swatches[front.first_swatch + texel.cell];
}

inline void add_rack(Scene& scene, glm::vec3 corner) {
  const FrontGrid& grid = scene.grids[0];
  const auto first = static_cast<std::uint32_t>(scene.cell_swatches.size());
  const auto number = static_cast<std::uint32_t>(scene.fronts.size());
  for (int cell = 0; cell < grid.cells(); ++cell) {
    const bool is_gpu = grid.part_of_cell[static_cast<std::size_t>(cell)] >= 0;
    const std::uint32_t colour = (number * 5 + static_cast<std::uint32_t>(cell) * 7) % kSampleColours;
    scene.cell_swatches.push_back(is_gpu ? kSampleFirst + colour : static_cast<std::uint32_t>(kSampleMetal));
  }
  scene.fronts.push_back({corner, {0.6F, 1.07F, 2.24F}, 0, first, kSampleMean, kSampleBody, {}});
}

inline Scene sample_scene(int rows = 1, int racks_per_row = 8) {
  Scene scene;
  scene.place_version = static_cast<std::uint64_t>(1000 * rows + racks_per_row);
  scene.grids.push_back(sample_grid());
  const Theme& theme = light_theme();
  const float length = 0.6F * static_cast<float>(racks_per_row);
  for (int row = 0; row < rows; ++row) {
    const float y = 3 * static_cast<float>(row);
    for (int i = 0; i < racks_per_row; ++i) add_rack(scene, {0.6F * static_cast<float>(i), y, 0});
    scene.shadows.push_back({{0, y}, {length, 1.07F}, 0.3F});
    scene.tubes.push_back({{0, y + 0.3F, 2.6F}, {length, y + 0.3F, 2.6F}, 0.06F, kSampleFirst + 3, {}});
    scene.tubes.push_back({{0, y + 0.6F, 2.6F}, {length, y + 0.6F, 2.6F}, 0.06F, kSampleNoData, {}});
    scene.boxes.push_back({{0, y + 0.8F, 2.9F}, {length, 0.2F, 0.08F}, kSampleFirst + 9, {}});
    scene.boxes.push_back({{length + 0.2F, y, 0}, {0.8F, 1.07F, 2.2F}, kSampleMetal, {}});
    scene.shadows.push_back({{length + 0.2F, y}, {0.8F, 1.07F}, 0.3F});
  }
  scene.floor_corner = {-3, -3};
  scene.floor_size = {length + 7.2F, 3 * static_cast<float>(rows) + 4.2F};
  scene.swatches = {{theme.body, Finish::kShaded},
                    {theme.metal, Finish::kShaded},
                    {theme.supply, Finish::kShaded},
                    {theme.no_data, Finish::kNoData},
                    {colour_at(ColourMap::kViridis, 0.6), Finish::kData}};
  for (int i = 0; i < kSampleColours; ++i) {
    scene.swatches.push_back({colour_at(ColourMap::kViridis, (i + 0.5) / kSampleColours), Finish::kData});
  }
  scene.floor = theme.floor;
  scene.floor_line = theme.floor_line;
  scene.shadow = theme.shadow;
  scene.front_gap = theme.body_dark;
  scene.no_data_hatch = theme.no_data_hatch;
  return scene;
}

}  // namespace racktwin
