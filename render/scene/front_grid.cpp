#include "render/scene/front_grid.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

FrontKind kind_of(const std::string& word) {
  if (word == "gpu") return FrontKind::kGpu;
  if (word == "compute-tray") return FrontKind::kComputeTray;
  if (word == "switch-tray") return FrontKind::kSwitchTray;
  if (word == "power-shelf" || word == "psu") return FrontKind::kPowerShelf;
  if (word == "management-switch") return FrontKind::kManagementSwitch;
  return FrontKind::kOther;
}

bool is_on_front(const Place& place) {
  return std::isfinite(place.x_m + place.z_m + place.width_m + place.height_m) && place.width_m > 0 &&
         place.height_m > 0;
}

FrontRect rect_of(const RackTemplate& type, const Place& part) {
  const Place& rack = type.place;
  const glm::dvec2 size(rack.width_m, rack.height_m), low(part.x_m - rack.x_m, part.z_m - rack.z_m);
  return {glm::vec2(low / size), glm::vec2((low + glm::dvec2(part.width_m, part.height_m)) / size)};
}

// The fewest equal divisions of 0..1 that all edges lie on; kMost where there are none so few.
constexpr int kMost = 120;
int divisions(const std::vector<float>& edges) {
  for (int n = 1; n < kMost; ++n) {
    const auto lies_on = [n](float edge) {
      const float at = edge * static_cast<float>(n);
      return std::abs(at - std::round(at)) < 0.01F;
    };
    if (std::all_of(edges.begin(), edges.end(), lies_on)) return n;
  }
  return kMost;
}

int nearest_line(float edge, int count) {
  return std::clamp(static_cast<int>(std::lround(edge * static_cast<float>(count))), 0, count);
}

// Indices of the parts that become cells.
std::vector<std::size_t> cells_of(const RackTemplate& type) {
  std::vector<bool> holds_others(type.parts.size(), false);
  for (const RackPartPlace& part : type.parts)
    if (part.parent >= 0 && is_on_front(part.place)) holds_others[static_cast<std::size_t>(part.parent)] = true;
  std::vector<std::size_t> cells;
  for (std::size_t i = 0; i < type.parts.size(); ++i)
    if (!holds_others[i] && is_on_front(type.parts[i].place)) cells.push_back(i);
  return cells;
}

void fill(FrontGrid& grid, const FrontRect& rect, const FrontGrid::Texel& texel) {
  const int left = nearest_line(rect.low.x, grid.columns), right = nearest_line(rect.high.x, grid.columns);
  const int top = nearest_line(1 - rect.high.y, grid.rows), bottom = nearest_line(1 - rect.low.y, grid.rows);
  for (int row = top; row < bottom; ++row)
    for (int column = left; column < right; ++column)
      grid.texels[static_cast<std::size_t>(row * grid.columns + column)] = texel;
}

}  // namespace

FrontGrid front_grid(const RackTemplate& type) {
  const std::vector<std::size_t> cells = cells_of(type);
  std::vector<float> across, upwards;
  for (const std::size_t i : cells) {
    const FrontRect rect = rect_of(type, type.parts[i].place);
    across.insert(across.end(), {rect.low.x, rect.high.x});
    upwards.insert(upwards.end(), {rect.low.y, rect.high.y});
  }
  FrontGrid grid;
  grid.columns = divisions(across);
  grid.rows = divisions(upwards);
  const auto rest = static_cast<std::uint16_t>(cells.size());  // the cell of what no part covers
  grid.texels.assign(static_cast<std::size_t>(grid.columns * grid.rows),
                     {rest, static_cast<std::uint16_t>(FrontKind::kOther)});
  for (const std::size_t i : cells) {
    const RackPartPlace& part = type.parts[i];
    const auto cell = static_cast<std::uint16_t>(grid.part_of_cell.size());
    fill(grid, rect_of(type, part.place), {cell, static_cast<std::uint16_t>(kind_of(part.kind))});
    grid.part_of_cell.push_back(part.id);
  }
  grid.part_of_cell.push_back(-1);
  return grid;
}

std::optional<FrontRect> rect_on_front(const RackTemplate& type, int part) {
  for (const RackPartPlace& candidate : type.parts)
    if (candidate.id == part && is_on_front(candidate.place)) return rect_of(type, candidate.place);
  return std::nullopt;
}

}  // namespace racktwin
