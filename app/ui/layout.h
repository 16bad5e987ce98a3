// Where the panels of the window are. Thread rule: pure functions.
#pragma once

#include "app/ui/state.h"

namespace racktwin {

struct Zone {
  float x = 0, y = 0, width = 0, height = 0;  // [px]
  float right() const { return x + width; }
  float bottom() const { return y + height; }
};

struct Zones {
  Zone toolbar, banner, tree, viewport, inspector, what_if, timeline, plots, events, status;
};

// line_px: height of a line of text, in which everything that does not stretch is measured. banner_px: height of what
// there is to say about the run; 0: nothing.
Zones zones_of(float width_px, float height_px, float line_px, const Splitters& splitters, bool has_what_ifs,
               float banner_px = 0);

}  // namespace racktwin
