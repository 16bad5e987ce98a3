#include "app/window/offscreen_window.h"

#include "render/gl/scene_renderer.h"

#include <imgui.h>

#include <utility>

namespace racktwin {

OffscreenWindow::OffscreenWindow(OffscreenContext context, RenderTarget target, int width, int height, float scale)
    : context_(std::move(context)), target_(std::move(target)), width_(width), height_(height), scale_(scale) {}

Result<std::unique_ptr<OffscreenWindow>> OffscreenWindow::open(int width, int height, float scale) {
  Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) return fail(context.error());
  Result<RenderTarget> target = RenderTarget::create(width, height);
  if (!target) return fail(target.error());
  std::unique_ptr<OffscreenWindow> window(
      new OffscreenWindow(std::move(*context), std::move(*target), width, height, scale));
  if (!window->session_.start_drawing()) return fail(ErrorCode::kNoGraphics, "the panels cannot use this OpenGL");
  return window;
}

void OffscreenWindow::move_mouse(float x_px, float y_px) { ImGui::GetIO().MousePos = {x_px, y_px}; }
void OffscreenWindow::press_mouse(int button, bool is_down) { ImGui::GetIO().MouseDown[button] = is_down; }
void OffscreenWindow::turn_wheel(float notches) { ImGui::GetIO().MouseWheel = notches; }

void OffscreenWindow::type(unsigned character) { ImGui::GetIO().AddInputCharacter(character); }

void OffscreenWindow::begin_frame() {
  ImGuiIO& io = ImGui::GetIO();
  io.DisplaySize = {static_cast<float>(width_), static_cast<float>(height_)};
  io.DeltaTime = 0.1F;  // [s] enough to tell two clicks from a double click without many frames
  session_.prepare_frame(scale());
  ImGui::NewFrame();
  target_.bind();
}

void OffscreenWindow::end_frame() { session_.draw(); }

WindowInput OffscreenWindow::take_input() { return std::exchange(input_, {}); }

Image OffscreenWindow::picture() const {
  target_.bind();
  return read_framebuffer(width_, height_);
}

}  // namespace racktwin
