// A window without a display: the same panels and the same picture, drawn into memory; its input is what a program
// says. For --screenshot and for tests. Thread rule: main thread, one window at a time.
#pragma once

#include "app/window/imgui_session.h"
#include "app/window/window.h"
#include "render/gl/offscreen_context.h"
#include "render/gl/render_target.h"

namespace racktwin {

class OffscreenWindow final : public Window {
 public:
  // width, height: [px], of which a point of the screen has `scale`. Errors: those of OffscreenContext::create() and
  // RenderTarget::create().
  static Result<std::unique_ptr<OffscreenWindow>> open(int width, int height, float scale = 1);

  // Input of the next frame.
  void move_mouse(float x_px, float y_px);
  void press_mouse(int button, bool is_down);  // 0: left, 1: right, 2: middle
  void turn_wheel(float notches);
  void type(unsigned character);  // into a text field that has been clicked
  void give(WindowInput input) { input_ = std::move(input); }

  // What end_frame() has shown.
  Image picture() const;

  bool wants_to_close() const override { return false; }
  bool wait(double) override { return true; }
  void begin_frame() override;
  void end_frame() override;
  WindowInput take_input() override;
  int width_px() const override { return width_; }
  int height_px() const override { return height_; }
  float scale() const override { return scale_; }
  void set_title(const std::string&) override {}

 private:
  OffscreenWindow(OffscreenContext context, RenderTarget target, int width, int height, float scale);

  OffscreenContext context_;
  RenderTarget target_;
  ImGuiSession session_;
  WindowInput input_;
  int width_, height_;
  float scale_;
};

}  // namespace racktwin
