// The life of Dear ImGui in a window: its context, its fonts, its OpenGL back end. Thread rule: main thread.
#pragma once

namespace racktwin {

// In ImGui::GetIO().Fonts->Fonts.
enum class UiFont { kRegular, kSemiBold, kSmall };

class ImGuiSession {
 public:
  ImGuiSession();
  ~ImGuiSession();
  ImGuiSession(const ImGuiSession&) = delete;
  ImGuiSession& operator=(const ImGuiSession&) = delete;

  // Call with the OpenGL context current; false if Dear ImGui cannot use it.
  bool start_drawing();
  // Before ImGui::NewFrame(): fonts for so many pixels per point, made anew only when that changes.
  void prepare_frame(float scale);
  void draw();  // what the frame has put together

 private:
  float scale_ = 0;
  bool is_drawing_ = false;
};

}  // namespace racktwin
