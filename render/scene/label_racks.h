// The labels of the racks of one row: all in the same form, in one line or two. Thread rule: one thread per picture.
#pragma once

#include "render/scene/label_stage.h"
#include "render/scene/label_text.h"
#include "render/scene/sight.h"

#include <vector>

namespace racktwin {

// What labels are placed with.
struct LabelTools {
  OverlayParts& parts;
  const Sight& sight;
  const LabelTexts& texts;
  LabelStage& stage;
};

// Corner of a box at the foot (top) of the side that is turned to the eye, left of its middle.
std::size_t front_corner(const Camera& camera);
// Which way in the picture that side faces, y down: where a label at the foot of a thing stands. Down, but for a plan
// that is turned.
glm::vec2 front_side(const Camera& camera);

// The first form in which all racks have room, else that in which most have.
void name_racks(LabelTools& tools, const std::vector<const PlacedRack*>& racks);

}  // namespace racktwin
