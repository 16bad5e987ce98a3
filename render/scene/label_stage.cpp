#include "render/scene/label_stage.h"

#include <glm/gtc/constants.hpp>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr float kStep_px = 12, kLeastLine_px = 8;
constexpr int kRings = 60, kDirections = 24;

PxRect rect_of(const PxLine& line) { return {glm::min(line.from, line.to), glm::max(line.from, line.to)}; }

}  // namespace

// Slabs: the line's share that lies between the rectangle's sides, along x and then along y.
bool crosses(const PxLine& line, const PxRect& rect) {
  float in = 0, out = 1;
  for (int axis = 0; axis < 2; ++axis) {
    const float from = line.from[axis], along = line.to[axis] - from;
    if (along == 0) {
      if (from <= rect.low[axis] || from >= rect.high[axis]) return false;
      continue;
    }
    const float a = (rect.low[axis] - from) / along, b = (rect.high[axis] - from) / along;
    in = std::max(in, std::min(a, b));
    out = std::min(out, std::max(a, b));
  }
  return in < out;
}

LabelStage::LabelStage(OverlayParts& parts)
    : parts_(parts), plates_in_tile_(parts.view.viewport), lines_in_tile_(parts.view.viewport) {
  for (const LabelBox& label : parts.scene.overlay.labels) enter({label.px, label.px + label.size});
}

void LabelStage::enter(const PxRect& plate) {
  plates_in_tile_.add(static_cast<std::uint32_t>(plates_.size()), plate);
  plates_.push_back(plate);
}

bool LabelStage::is_clear(const PxRect& rect) const {
  return parts_.layout.stage.contains(rect) &&
         !plates_in_tile_.any_near(rect, [&](std::uint32_t i) { return plates_[i].overlaps(rect); }) &&
         !lines_in_tile_.any_near(rect, [&](std::uint32_t i) { return crosses(lines_[i], rect); });
}

bool LabelStage::is_clear(const PxLine& line) const {
  return !plates_in_tile_.any_near(rect_of(line), [&](std::uint32_t i) { return crosses(line, plates_[i]); });
}

bool LabelStage::names(ComponentId id) const {
  const std::vector<LabelBox>& labels = parts_.scene.overlay.labels;
  return std::any_of(labels.begin(), labels.end(), [&](const LabelBox& label) { return label.id == id; });
}

void LabelStage::draw(const Plate& plate, const PxRect& rect) {
  parts_.draw(plate, rect);
  enter(rect);
}

void LabelStage::draw_on_line(const Plate& plate, const PxRect& rect, const PxLine& line) {
  if (glm::distance(line.from, line.to) > parts_.px(kLeastLine_px)) {
    parts_.draw_line(line.from, line.to, 1, parts_.theme.text_weak);
    lines_in_tile_.add(static_cast<std::uint32_t>(lines_.size()), rect_of(line));
    lines_.push_back(line);
  }
  draw(plate, rect);
}

bool LabelStage::pin(const Plate& plate, glm::vec2 at, bool has_line) {
  const PxRect& stage = parts_.layout.stage;
  const glm::vec2 half = plate.size / 2.0F, low = glm::ceil(stage.low) + half, high = glm::floor(stage.high) - half;
  if (low.x > high.x || low.y > high.y) return false;
  const glm::vec2 end = glm::clamp(at, stage.low, stage.high);
  for (int ring = 0; ring < kRings; ++ring)
    for (int i = 0; i < kDirections; ++i) {
      // Above first, then to both sides in turn.
      const auto turn = static_cast<float>((i % 2 == 0 ? i : -i - 1) / 2) * glm::two_pi<float>() / kDirections;
      const glm::vec2 way(std::sin(turn), -std::cos(turn));
      const glm::vec2 reach = half + parts_.px(kOff_px + kStep_px * static_cast<float>(ring));
      const glm::vec2 centre = glm::clamp(end + way * reach, low, high);
      const PxRect rect = parts_.rect_at(plate, glm::clamp(centre - half, low - half, high - half));
      const PxLine line = {end, glm::clamp(end, rect.low, rect.high)};
      if (!is_clear(rect) || (has_line && !is_clear(line))) continue;
      const bool is_joined = has_line && at == end;
      if (is_joined) draw_on_line(plate, rect, line);
      if (!is_joined) draw(plate, rect);
      return true;
    }
  return false;
}

}  // namespace racktwin
