// A window, or a picture of one: GLFW or offscreen EGL behind one class. Sets up an OpenGL 3.3 core context, makes it
// current, and feeds Dear ImGui. Says nothing of what is shown. Thread rule: main thread, one window at a time.
#pragma once

#include "render/image/image.h"
#include "sim/result.h"

#include <memory>
#include <string>
#include <vector>

namespace racktwin {

inline constexpr int kSmallestWindow_px[2] = {960, 600};  // width, height, at a scale of 1: less has no room

enum class Key { kLeft, kRight, kHome, kEnd, kEscape, kQuit };  // kQuit: Ctrl+Q

// What came in since the last frame, besides what Dear ImGui gets itself (the mouse).
struct WindowInput {
  std::u32string characters;  // typed, whatever the layout of the keyboard
  std::vector<Key> keys;
  float forward = 0, right = 0;  // W and S, D and A that are held down: -1, 0 or 1
  std::vector<std::string> dropped_files;
};

class Window {
 public:
  // Errors: kNoGraphics (no display, no OpenGL) with what to do.
  static Result<std::unique_ptr<Window>> open(const std::string& title, int width, int height);
  virtual ~Window() = default;

  virtual bool wants_to_close() const = 0;
  // Waits for input, at most that long; true if there was any.
  virtual bool wait(double seconds) = 0;
  virtual void begin_frame() = 0;  // starts an ImGui frame: size, scale, input
  virtual void end_frame() = 0;    // draws ImGui over what was drawn, and shows it
  virtual WindowInput take_input() = 0;
  virtual int width_px() const = 0;
  virtual int height_px() const = 0;
  virtual float scale() const = 0;  // pixels per point of the screen
  virtual void set_title(const std::string& title) = 0;
};

}  // namespace racktwin
