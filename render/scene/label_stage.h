// Room for plates. Thread rule: one thread per LabelStage.
#pragma once

#include "render/scene/overlay_parts.h"
#include "render/scene/tile_index.h"

#include <vector>

namespace racktwin {

inline constexpr float kOff_px = 5;  // a plate from what it names

struct PxLine {
  glm::vec2 from{0, 0}, to{0, 0};
};
bool crosses(const PxLine& line, const PxRect& rect);

// Where plates stand already, and the lines that lead to them.
class LabelStage {
 public:
  explicit LabelStage(OverlayParts& parts);

  bool is_clear(const PxRect& rect) const;  // within the stage, and nothing is there
  bool is_clear(const PxLine& line) const;  // it crosses no plate
  bool names(ComponentId id) const;         // there is a label of it
  void draw(const Plate& plate, const PxRect& rect);
  void draw_on_line(const Plate& plate, const PxRect& rect, const PxLine& line);
  // In the nearest free place to a point of the picture, on a line to it. What lies beyond the stage is named at the
  // stage's edge, and what no line can reach without crossing plates without one. False: the stage is full.
  bool pin(const Plate& plate, glm::vec2 at) { return pin(plate, at, true) || pin(plate, at, false); }

 private:
  void enter(const PxRect& plate);
  bool pin(const Plate& plate, glm::vec2 at, bool has_line);

  OverlayParts& parts_;
  std::vector<PxRect> plates_;
  std::vector<PxLine> lines_;
  TileIndex plates_in_tile_, lines_in_tile_;
};

}  // namespace racktwin
