#include "render/gl/fronts.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <map>
#include <utility>

namespace racktwin::gl {
namespace {

constexpr float kLeastCell_px = 1.5F;  // as in front.vert

}  // namespace

FrontSight sight_of(const Front& front, const FrontView& view) {
  if (view.eye.y >= front.corner.y * view.eye.w) return FrontSight::kHidden;  // from behind, or above
  float nearest = std::numeric_limits<float>::infinity();
  glm::vec2 right(nearest), left(nearest);  // how far all corners are beyond the edges of the view
  for (const glm::vec2 unit : {glm::vec2(0, 0), glm::vec2(1, 0), glm::vec2(1, 1), glm::vec2(0, 1)}) {
    const glm::vec3 world = front.corner + glm::vec3(unit.x * front.size.x, 0, unit.y * front.size.z);
    const glm::vec4 clip = view.clip_from_world * glm::vec4(world, 1);
    right = glm::min(right, glm::vec2(clip) - clip.w);
    left = glm::min(left, -glm::vec2(clip) - clip.w);
    nearest = std::min(nearest, clip.w);
  }
  if (std::max({right.x, right.y, left.x, left.y}) > 0) return FrontSight::kHidden;
  const bool is_far = std::min(front.cell_m.x, front.cell_m.y) * view.px_per_m <= kLeastCell_px * nearest;
  return is_far ? FrontSight::kFar : FrontSight::kNear;
}

Fronts::Fronts()
    : mesh_(unit_square(),
            {{3, GL_FLOAT, offsetof(Instance, corner)},
             {3, GL_FLOAT, offsetof(Instance, size)},
             {4, GL_FLOAT, offsetof(Instance, rect)},
             {2, GL_FLOAT, offsetof(Instance, cells)},
             {3, GL_FLOAT, offsetof(Instance, cell_m_and_ports)},
             {2, GL_UNSIGNED_INT, offsetof(Instance, swatch)}},
            sizeof(Instance)) {}

void Fronts::upload(const Scene& scene) {
  panes_.clear();
  fronts_.clear();
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::pair<std::size_t, std::size_t>> looks;
  for (const FrontItem& item : scene.fronts) {
    const FrontGrid& grid = scene.grids[item.grid];
    const auto [look, is_new] = looks.try_emplace({item.grid, item.first_swatch});
    if (is_new) {
      const std::vector<FrontPane> made = front_panes(grid, scene.cell_swatches.data() + item.first_swatch);
      look->second = {panes_.size(), panes_.size() + made.size()};
      panes_.insert(panes_.end(), made.begin(), made.end());
    }
    fronts_.push_back({item.corner, item.size, glm::vec2(item.size.x, item.size.z) / glm::vec2(grid.columns, grid.rows),
                       item.summary, look->second.first, look->second.second});
  }
  // They are seen from the side of small y only: what is nearer then comes first and hides the rest early.
  std::stable_sort(fronts_.begin(), fronts_.end(),
                   [](const Front& a, const Front& b) { return a.corner.y < b.corner.y; });
}

void Fronts::add(const Front& front, const FrontPane& pane) {
  seen_.push_back({front.corner,
                   front.size,
                   {pane.low, pane.high},
                   pane.cells,
                   {front.cell_m, pane.ports_per_m},
                   pane.swatch,
                   front.mean});
}

void Fronts::draw(const FrontView& view, const Focus& focus, Choice choice) {
  seen_.clear();
  for (const Front& front : fronts_) {
    const float x = front.corner.x + 0.5F * front.size.x;
    const bool is_in_focus = focus.strength > 0 && x >= focus.from_x && x <= focus.to_x;
    if (choice != Choice::kAll && is_in_focus != (choice == Choice::kInFocus)) continue;
    const FrontSight sight = sight_of(front, view);
    if (sight == FrontSight::kFar) add(front, {{0, 0}, {1, 1}, {1, 1}, front.mean, 0});
    if (sight != FrontSight::kNear) continue;
    for (std::size_t i = front.first_pane; i < front.end_pane; ++i) add(front, panes_[i]);
  }
  mesh_.upload(seen_);
  mesh_.draw();
}

}  // namespace racktwin::gl
