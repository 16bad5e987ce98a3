#include "app/window/imgui_session.h"
#include "app/window/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <utility>

namespace racktwin {
namespace {

// What callbacks note; GLFW's user pointer leads to it.
struct InputNotes {
  WindowInput input;
  bool has_any = true;
};

InputNotes& notes_of(GLFWwindow* window) {
  auto& notes = *static_cast<InputNotes*>(glfwGetWindowUserPointer(window));
  notes.has_any = true;
  return notes;
}

void on_key(GLFWwindow* window, int key, int, int action, int modifiers) {
  static constexpr std::pair<int, Key> kKeys[] = {{GLFW_KEY_LEFT, Key::kLeft},
                                                  {GLFW_KEY_RIGHT, Key::kRight},
                                                  {GLFW_KEY_HOME, Key::kHome},
                                                  {GLFW_KEY_END, Key::kEnd},
                                                  {GLFW_KEY_ESCAPE, Key::kEscape}};
  std::vector<Key>& keys = notes_of(window).input.keys;
  if (action == GLFW_RELEASE) return;
  for (const auto& [code, meaning] : kKeys)
    if (code == key) keys.push_back(meaning);
  if (key == GLFW_KEY_Q && (modifiers & GLFW_MOD_CONTROL) != 0) keys.push_back(Key::kQuit);
}

void watch_input(GLFWwindow* window, InputNotes& notes) {
  glfwSetWindowUserPointer(window, &notes);
  glfwSetKeyCallback(window, on_key);
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned c) { notes_of(w).input.characters.push_back(c); });
  glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
    notes_of(w).input.dropped_files.assign(paths, paths + count);
  });
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double, double) { notes_of(w); });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int, int, int) { notes_of(w); });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double, double) { notes_of(w); });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int) { notes_of(w); });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int) { notes_of(w); });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { notes_of(w); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { notes_of(w); });
  glfwSetWindowCloseCallback(window, [](GLFWwindow* w) { notes_of(w); });
}

// Pixels of the framebuffer instead of the system's points, so that the picture and the panels measure alike.
void measure_in_pixels() {
  ImGuiIO& io = ImGui::GetIO();
  const ImVec2 scale = io.DisplayFramebufferScale;
  io.DisplaySize = {io.DisplaySize.x * scale.x, io.DisplaySize.y * scale.y};
  io.DisplayFramebufferScale = {1, 1};
  if (ImGui::IsMousePosValid(&io.MousePos)) io.MousePos = {io.MousePos.x * scale.x, io.MousePos.y * scale.y};
}

Error no_window() {
  const char* reason = nullptr;
  glfwGetError(&reason);
  return {ErrorCode::kNoGraphics,
          "there is no display that a window could be opened on",
          {},
          1,
          "racktwin shot FILE draws pictures without one",
          reason == nullptr ? std::vector<std::string>() : std::vector<std::string>{reason}};
}

class GlfwWindow final : public Window {
 public:
  GlfwWindow() = default;
  GlfwWindow(const GlfwWindow&) = delete;
  GlfwWindow& operator=(const GlfwWindow&) = delete;
  ~GlfwWindow() override {
    if (has_backend_) ImGui_ImplGlfw_Shutdown();
    session_.reset();
    if (window_ != nullptr) glfwDestroyWindow(window_);
    glfwTerminate();
  }

  Result<void> create(const std::string& title, int width, int height) {
    if (glfwInit() == GLFW_FALSE) return fail(no_window());
    glfwWindowHint(GLFW_CONTEXT_VERSION_MAJOR, 3);
    glfwWindowHint(GLFW_CONTEXT_VERSION_MINOR, 3);
    glfwWindowHint(GLFW_OPENGL_PROFILE, GLFW_OPENGL_CORE_PROFILE);
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    window_ = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
    if (window_ == nullptr) return fail(no_window());
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    limit_size();
    watch_input(window_, notes_);
    session_ = std::make_unique<ImGuiSession>();
    has_backend_ = ImGui_ImplGlfw_InitForOpenGL(window_, true);  // passes on to those of watch_input()
    if (!has_backend_ || !session_->start_drawing())
      return fail(ErrorCode::kNoGraphics, "the panels cannot use this OpenGL");
    return {};
  }

  bool wants_to_close() const override { return glfwWindowShouldClose(window_) == GLFW_TRUE; }
  bool wait(double seconds) override {
    if (seconds > 0) {
      glfwWaitEventsTimeout(seconds);
    } else {
      glfwPollEvents();
    }
    return std::exchange(notes_.has_any, false);
  }
  void begin_frame() override {
    session_->prepare_frame(scale());
    ImGui_ImplGlfw_NewFrame();
    measure_in_pixels();
    ImGui::NewFrame();
  }
  void end_frame() override {
    session_->draw();
    glfwSwapBuffers(window_);
  }
  WindowInput take_input() override {
    const auto held = [&](int key) { return glfwGetKey(window_, key) == GLFW_PRESS ? 1.0F : 0.0F; };
    const bool is_command = held(GLFW_KEY_LEFT_CONTROL) + held(GLFW_KEY_RIGHT_CONTROL) > 0;
    notes_.input.forward = is_command ? 0 : held(GLFW_KEY_W) - held(GLFW_KEY_S);
    notes_.input.right = is_command ? 0 : held(GLFW_KEY_D) - held(GLFW_KEY_A);
    return std::exchange(notes_.input, {});
  }
  int width_px() const override { return framebuffer_size().first; }
  int height_px() const override { return framebuffer_size().second; }
  float scale() const override {
    float x = 1, y = 1;
    glfwGetWindowContentScale(window_, &x, &y);
    return std::max(x, 0.5F);
  }
  void set_title(const std::string& title) override { glfwSetWindowTitle(window_, title.c_str()); }

 private:
  std::pair<int, int> framebuffer_size() const {
    int width = 0, height = 0;
    glfwGetFramebufferSize(window_, &width, &height);
    return {width, height};
  }

  // Limits are in the system's units: pixels on X11, where a larger scale needs more of them, points elsewhere.
  void limit_size() {
    int width = 1, height = 1;
    glfwGetWindowSize(window_, &width, &height);
    const float points = scale() * static_cast<float>(width) / static_cast<float>(std::max(width_px(), 1));
    const auto limit = [&](int px) { return static_cast<int>(static_cast<float>(px) * std::max(points, 1.0F)); };
    glfwSetWindowSizeLimits(window_, limit(kSmallestWindow_px[0]), limit(kSmallestWindow_px[1]), GLFW_DONT_CARE,
                            GLFW_DONT_CARE);
  }

  GLFWwindow* window_ = nullptr;
  std::unique_ptr<ImGuiSession> session_;
  InputNotes notes_;
  bool has_backend_ = false;
};

}  // namespace

Result<std::unique_ptr<Window>> Window::open(const std::string& title, int width, int height) {
  auto window = std::make_unique<GlfwWindow>();
  if (auto created = window->create(title, width, height); !created) return fail(created.error());
  return window;
}

}  // namespace racktwin
