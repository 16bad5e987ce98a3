// The window's loop: input, the recording's news, panels, the picture between them. Thread rule: main thread.
#pragma once

#include "app/ui/apply.h"
#include "app/ui/live_scene.h"
#include "app/ui/session.h"
#include "app/ui/state_file.h"
#include "app/window/window.h"
#include "render/gl/scene_renderer.h"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace racktwin {

struct ViewerOptions {
  std::optional<double> time_s;  // none: the last frame of a finished recording, the newest of one that grows
  Layer layer = Layer::kPower;
  std::string camera = "overview";
  std::string selected;  // path; empty: nothing
  bool is_dark = true;
  std::string state_file;  // empty: none
};

class Viewer {
 public:
  // The window must outlive it. Errors: kBadInput for a camera or path that the site does not have, kIo for the state
  // file, kNoGraphics.
  static Result<std::unique_ptr<Viewer>> create(Window& window, Session session, const ViewerOptions& options);

  // Until the user closes the window, or is_interrupted() says so.
  void run(const std::function<bool()>& is_interrupted);
  // Of a run that has just been started. Not longer than most_s.
  void wait_for_first_frame(double most_s);
  // Looks for news of the recording and the run; true if there are any.
  bool poll();
  // One frame: everything, once.
  void show_frame();

  const ViewerState& state() const { return state_; }
  const Session& session() const { return session_; }
  const Scene& scene() const { return scene_.scene(); }
  const std::map<std::string, Zone>& items() const { return items_; }
  Viewport viewport() const { return viewport_; }
  // Nothing more would come if it were shown again.
  bool is_settled() const { return unsettled_ == 0 && !is_moving(); }

 private:
  Viewer(Window& window, Session session, std::unique_ptr<FontBook> fonts, SceneRenderer renderer);
  Result<void> begin(const ViewerOptions& options);

  Surroundings around() const;
  double wait_s() const;
  bool is_moving() const;
  std::string shown_banner() const;
  void measure(double wall_s);
  void place_panels();
  void obey(const Commands& commands);
  void fly(const WindowInput& input, double seconds);
  void panels_ui(const ViewerData& data, Commands& out);
  void update_picture();
  void draw_picture();
  void open_file();
  void follow_facility();
  ViewerData data();

  Window& window_;
  Session session_;
  std::unique_ptr<FontBook> fonts_;
  SceneRenderer renderer_;
  LiveScene scene_;
  ViewerState state_;
  TreeCache tree_;
  Zones zones_;
  Viewport viewport_, free_part_;
  std::map<std::string, Zone> items_;
  std::optional<StateFile> state_file_;
  std::optional<std::pair<bool, float>> style_;  // that ImGui has: dark, scale
  int unsettled_ = 3;                            // frames until ImGui has made up its mind after input
  bool is_flying_ = false;
  double facility_seen_s_ = -1;  // simulated time at which the slider last looked at the water
  double last_frame_s_ = 0, frames_per_s_ = 0;
  double measured_s_ = -1e9, recording_bytes_ = 0, memory_bytes_ = 0;
};

}  // namespace racktwin
