// The panels of the window: one file, one function each. A panel shows data and state, and answers with commands; it
// changes neither. Thread rule: main thread, between ImGui::NewFrame() and ImGui::Render().
#pragma once

#include "app/ui/command.h"
#include "app/ui/facts.h"
#include "app/ui/layout.h"
#include "app/ui/plot_data.h"
#include "app/ui/tree_rows.h"
#include "app/ui/verdict.h"
#include "app/ui/what_if.h"
#include "render/scene/scene.h"

#include <map>
#include <string>
#include <vector>

namespace racktwin {

// Where the recording comes from.
enum class RunKind {
  kReplay,   // finished
  kGrowing,  // written by another program
  kLive,     // written by our child, which can be asked for changes
  kBroken,   // not finished, and nobody seems to write it any more
};

// What never changes of a site, looked up once: a site may have a million components.
struct SiteParts {
  ComponentId whole;                   // the site
  std::vector<PlacedComponent> pumps;  // by number
  std::string facility;                // path; empty: none, or nothing that its water would cool
};
SiteParts site_parts(const SiteMap& site);

struct ViewerData {
  const RunHistory& history;
  const SiteParts& parts;
  const std::vector<TreeRow>& tree;   // the hierarchy as far as it is unfolded
  const std::optional<Frame>& frame;  // that state.time_s shows
  const LayerSpec& layer;
  const Scene& scene;
  const Zones& zones;
  Viewport viewport, free_part;
  const PlotData& plots;
  const std::vector<FactGroup>& facts;  // of the selection, of the site if there is none
  const Verdict& verdict;               // of the frame; without a text while there is none
  const Choices& choices;               // what can be asked of the same as facts
  RunKind kind = RunKind::kReplay;
  int run_pid = 0;                // of our child; 0: none
  std::string banner;             // what went wrong with the run; empty: nothing
  double first_pace = 60;         // that a live run was started with
  double pace = 60;               // that it has, as it says itself; 0: it is held
  WhatIfAnswer answer;            // to what was asked of it last; without a text: nothing was
  double simulated_per_wall = 0;  // how fast the recording has grown; 0: it does not
  double frames_per_s = 0;        // of the window; 0: it stands still
  double recording_bytes = 0, memory_bytes = 0;
  double wall_s = 0;
  // Where named buttons are [px], for scripts that drive the window; nullptr: nobody asks.
  std::map<std::string, Zone>* items = nullptr;
};

// Height of a banner across a window [px]; 0: there is none.
float banner_height(const std::string& banner, float width_px);

void toolbar_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void tree_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void viewport_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void inspector_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void what_if_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void timeline_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void plots_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void events_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void status_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
// "live", "live, held", "cut off": what the status bar begins with.
std::string status_word(const ViewerData& data);
void help_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void banner_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void notes_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out);
void splitters_ui(const ViewerData& data, const ViewerState& state, Commands& out);

}  // namespace racktwin
