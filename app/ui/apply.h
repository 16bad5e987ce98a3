// Commands and time -> state. Thread rule: pure functions.
#pragma once

#include "app/ui/command.h"

#include <vector>

namespace racktwin {

// What commands are judged against.
struct Surroundings {
  const SiteMap& site;
  const std::vector<double>& frame_times;
  bool is_growing = false;  // the recording may get further frames
  Viewport viewport;        // of the picture, and what its legend leaves of it
  Viewport free_part;
};

void apply(const Command& command, const Surroundings& around, ViewerState& state);

// A moment of wall time passes: plays, loops, follows.
void advance(double wall_s, const Surroundings& around, ViewerState& state);

}  // namespace racktwin
