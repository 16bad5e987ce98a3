// What the user chose, as plain data: everything that the window shows follows from this and the recording.
//
// Panels read it; only apply() and advance() (apply.h) change it. Thread rule: plain values.
#pragma once

#include "render/scene/camera.h"
#include "render/scene/layer.h"

#include <cmath>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

// A change that a user asks of a live run: one [[event]].
struct WhatIf {
  std::string path;       // "hall/cdu-1/pump-2"
  std::string key;        // "state"
  std::string value;      // "tripped", "40 degC"
  std::string ramp = {};  // "5 min"; empty: at once
};

// What was put into the fields of what-ifs, by path and key, in SI units.
using Fields = std::map<std::pair<std::string, std::string>, double>;

struct Note {
  std::string text;
  bool is_error = false;
  double until_s = 0;  // wall time [s] at which it goes
};

// Shares of the window that the splitters give, and the height of the lower zone.
struct Splitters {
  float left = 0.17F, right = 0.21F, bottom = 0.27F;  // of width, width, height
};

inline constexpr double kSpeeds[] = {1, 5, 10, 30, 60, 120, 300, 600};

struct ViewerState {
  // time
  double time_s = 0;  // simulated; the frame at or before it is shown
  bool is_playing = false;
  bool is_looping = false;
  bool is_following = false;  // stays at the end of a recording that grows
  double speed = 60;          // simulated seconds a second

  // picture
  Layer layer = Layer::kPower;
  std::string camera_name = "overview";  // empty: moved by hand
  Camera camera;
  bool is_dark = true;
  Splitters splitters;
  bool is_help_open = false;

  // things
  ComponentId selected, hovered;
  std::string filter;                      // of the tree
  std::set<std::pair<int, int>> unfolded;  // of the tree: component and part
  bool is_reveal_due = false;              // the tree has yet to scroll to the selection

  // what-ifs
  double facility_degc = std::nan("");      // of the slider
  double facility_now_degc = std::nan("");  // of the water, when it was last looked at
  Fields fields;
  std::vector<WhatIf> asked;  // of this session, in order

  std::vector<Note> notes;
  std::string closed_banner;  // not shown again

  // for the viewer to do
  bool wants_to_quit = false;
  std::vector<WhatIf> to_send;
  std::optional<double> pace_to_send;
  std::string file_to_open;
};

}  // namespace racktwin
