// What panels, keys and the mouse ask for. Applied once a frame, in order (apply.h). Thread rule: plain values.
#pragma once

#include "app/ui/state.h"

#include <string>
#include <variant>
#include <vector>

namespace racktwin {

namespace command {

struct Seek {
  double time_s = 0;
};
struct Play {
  bool is_playing = true;
};
struct Loop {
  bool is_looping = true;
};
struct Follow {};  // the end of a recording that grows
struct StepFrames {
  int frames = 1;  // negative: back
};
struct SetSpeed {
  double speed = 1;
};
struct SetLayer {
  Layer layer = Layer::kPower;
};
struct UseCamera {
  std::string name;  // "overview", "rack:hall/row-a/rack-03"
};
struct MoveCamera {
  Camera camera;
};
struct Fit {
  ComponentId id;  // does not exist: everything
};
struct Select {
  ComponentId id;  // does not exist: nothing
};
struct Hover {
  ComponentId id;
};
struct Unfold {
  ComponentId id;
  bool is_unfolded = true;
};
struct Revealed {};  // the tree has scrolled to the selection
struct SetFilter {
  std::string text;
};
struct SetDark {
  bool is_dark = true;
};
struct ShowHelp {
  bool is_open = true;
};
struct MoveSplitters {
  Splitters splitters;
};
struct SetFacility {
  double temp_degc = 25;  // of the slider; nothing is sent
};
struct SetField {
  std::string path, key;  // of a what-if; nothing is sent
  double value = 0;       // in SI units
};
struct Ask {
  WhatIf what;
};
struct SetPace {
  double pace = 60;
};
struct Say {
  Note note;
};
struct CloseBanner {
  std::string text;
};
struct Open {
  std::string path;
};
struct Quit {};

}  // namespace command

using Command =
    std::variant<command::Seek, command::Play, command::Loop, command::Follow, command::StepFrames, command::SetSpeed,
                 command::SetLayer, command::UseCamera, command::MoveCamera, command::Fit, command::Select,
                 command::Hover, command::Unfold, command::Revealed, command::SetFilter, command::SetDark,
                 command::ShowHelp, command::MoveSplitters, command::SetFacility, command::SetField, command::Ask,
                 command::SetPace, command::Say, command::CloseBanner, command::Open, command::Quit>;
using Commands = std::vector<Command>;

}  // namespace racktwin
