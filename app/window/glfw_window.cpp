#include "app/window/imgui_session.h"
#include "app/window/input_queue.h"
#include "app/window/window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <backends/imgui_impl_glfw.h>
#include <fmt/format.h>
#include <imgui.h>

#include <algorithm>
#include <cfloat>
#include <iterator>
#include <utility>

namespace racktwin {
namespace {

// What callbacks note; GLFW's user pointer leads to it.
struct InputNotes {
  InputQueue queue;
  std::vector<std::string> dropped_files;
  bool has_any = true;
};

InputNotes& notes_of(GLFWwindow* window) {
  auto& notes = *static_cast<InputNotes*>(glfwGetWindowUserPointer(window));
  notes.has_any = true;
  return notes;
}

void watch_input(GLFWwindow* window, InputNotes& notes) {
  glfwSetWindowUserPointer(window, &notes);
  glfwSetKeyCallback(window, [](GLFWwindow* w, int key, int scancode, int action, int modifiers) {
    notes_of(w).queue.put(
        {.kind = InputEvent::kKey, .code = key, .scancode = scancode, .action = action, .modifiers = modifiers});
  });
  glfwSetCharCallback(window, [](GLFWwindow* w, unsigned c) {
    notes_of(w).queue.put({.kind = InputEvent::kCharacter, .character = c});
  });
  glfwSetDropCallback(window, [](GLFWwindow* w, int count, const char** paths) {
    notes_of(w).dropped_files.assign(paths, paths + count);
  });
  glfwSetCursorPosCallback(window, [](GLFWwindow* w, double x, double y) {
    notes_of(w).queue.put({.kind = InputEvent::kMove, .x = x, .y = y});
  });
  glfwSetMouseButtonCallback(window, [](GLFWwindow* w, int button, int action, int modifiers) {
    notes_of(w).queue.put({.kind = InputEvent::kButton, .code = button, .action = action, .modifiers = modifiers});
  });
  glfwSetScrollCallback(window, [](GLFWwindow* w, double x, double y) {
    notes_of(w).queue.put({.kind = InputEvent::kWheel, .x = x, .y = y});
  });
  glfwSetWindowFocusCallback(window, [](GLFWwindow* w, int is_focused) {
    notes_of(w);
    ImGui_ImplGlfw_WindowFocusCallback(w, is_focused);
  });
  glfwSetCursorEnterCallback(window, [](GLFWwindow* w, int has_entered) {
    notes_of(w);
    ImGui_ImplGlfw_CursorEnterCallback(w, has_entered);
  });
  glfwSetFramebufferSizeCallback(window, [](GLFWwindow* w, int, int) { notes_of(w); });
  glfwSetWindowRefreshCallback(window, [](GLFWwindow* w) { notes_of(w); });
  glfwSetWindowCloseCallback(window, [](GLFWwindow* w) { notes_of(w); });
}

void add_key(const InputEvent& event, std::vector<Key>& keys) {
  static constexpr std::pair<int, Key> kKeys[] = {{GLFW_KEY_LEFT, Key::kLeft},
                                                  {GLFW_KEY_RIGHT, Key::kRight},
                                                  {GLFW_KEY_HOME, Key::kHome},
                                                  {GLFW_KEY_END, Key::kEnd},
                                                  {GLFW_KEY_ESCAPE, Key::kEscape}};
  if (event.action == GLFW_RELEASE) return;
  for (const auto& [code, meaning] : kKeys)
    if (code == event.code) keys.push_back(meaning);
  if (event.code == GLFW_KEY_Q && (event.modifiers & GLFW_MOD_CONTROL) != 0) keys.push_back(Key::kQuit);
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
    glfwWindowHint(GLFW_STENCIL_BITS, 0);  // or clearing the depth reads it, to keep the stencil
    glfwWindowHint(GLFW_SCALE_TO_MONITOR, GLFW_TRUE);
    window_ = glfwCreateWindow(width, height, title.c_str(), nullptr, nullptr);
    if (window_ == nullptr) return fail(no_window());
    glfwMakeContextCurrent(window_);
    glfwSwapInterval(1);
    limit_size();
    watch_input(window_, notes_);
    session_ = std::make_unique<ImGuiSession>();
    has_backend_ = ImGui_ImplGlfw_InitForOpenGL(window_, false);  // gets what the queue gives out
    if (!has_backend_ || !session_->start_drawing())
      return fail(ErrorCode::kNoGraphics, "the panels cannot use this OpenGL");
    return {};
  }

  bool wants_to_close() const override { return glfwWindowShouldClose(window_) == GLFW_TRUE; }
  bool wait(double seconds) override {
    if (seconds > 0 && notes_.queue.is_empty()) {
      glfwWaitEventsTimeout(seconds);
    } else {
      glfwPollEvents();
    }
    return std::exchange(notes_.has_any, false) || !notes_.queue.is_empty();
  }
  void begin_frame() override {
    session_->prepare_frame(scale());
    give_input();
    ImGui_ImplGlfw_NewFrame();
    put_mouse();
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
    input_.forward = is_command ? 0 : held(GLFW_KEY_W) - held(GLFW_KEY_S);
    input_.right = is_command ? 0 : held(GLFW_KEY_D) - held(GLFW_KEY_A);
    input_.dropped_files = std::exchange(notes_.dropped_files, {});
    return std::exchange(input_, {});
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
  // What belongs to this frame.
  void give_input() {
    for (const InputEvent& event : notes_.queue.take_frame()) {
      switch (event.kind) {
        case InputEvent::kMove:
          mouse_ = {static_cast<float>(event.x), static_cast<float>(event.y)};
          break;
        case InputEvent::kButton:
          if (event.code < ImGuiMouseButton_COUNT) is_down_[event.code] = event.action == GLFW_PRESS;
          break;
        case InputEvent::kWheel:
          ImGui_ImplGlfw_ScrollCallback(window_, event.x, event.y);
          break;
        case InputEvent::kKey:
          ImGui_ImplGlfw_KeyCallback(window_, event.code, event.scancode, event.action, event.modifiers);
          add_key(event, input_.keys);
          break;
        case InputEvent::kCharacter:
          ImGui_ImplGlfw_CharCallback(window_, event.character);
          input_.characters.push_back(event.character);
          break;
      }
    }
  }

  // In the place of where it is and what is pressed by now, which the back end asks for itself.
  void put_mouse() {
    ImGuiIO& io = ImGui::GetIO();
    if (ImGui::IsMousePosValid(&io.MousePos) && ImGui::IsMousePosValid(&mouse_)) io.MousePos = mouse_;
    std::copy(std::begin(is_down_), std::end(is_down_), std::begin(io.MouseDown));
  }

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
  WindowInput input_;
  ImVec2 mouse_ = {-FLT_MAX, -FLT_MAX};  // no position yet
  bool is_down_[ImGuiMouseButton_COUNT] = {};
  bool has_backend_ = false;
};

}  // namespace

Result<std::unique_ptr<Window>> Window::open(const std::string& title, int width, int height) {
  auto window = std::make_unique<GlfwWindow>();
  if (auto created = window->create(title, width, height); !created) return fail(created.error());
  return window;
}

}  // namespace racktwin
