#include "app/ui/widgets.h"

namespace racktwin {
namespace {

// A strip between zones that can be dragged: how far it was, in pixels. No Panel, since each of those lies behind the
// ones before it, and a strip lies over all of them.
ImVec2 strip_ui(const ViewerData& data, const char* name, const Zone& zone, ImGuiMouseCursor cursor) {
  ImGui::SetNextWindowPos({zone.x, zone.y});
  ImGui::SetNextWindowSize({zone.width, zone.height});
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::SetCursorPos({0, 0});
  ImGui::InvisibleButton("strip", {zone.width, zone.height});
  name_item(data, std::string("splitter ") + name);
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) ImGui::SetMouseCursor(cursor);
  const ImVec2 dragged = ImGui::IsItemActive() ? ImGui::GetIO().MouseDelta : ImVec2{0, 0};
  ImGui::End();
  return dragged;
}

}  // namespace

void splitters_ui(const ViewerData& data, const ViewerState&, Commands& out) {
  const Zones& zones = data.zones;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const float half = 0.2F * ImGui::GetFontSize();
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});  // it would leave nothing of a strip to grab
  const float left = strip_ui(data, "left", {zones.viewport.x - half, zones.tree.y, 2 * half, zones.tree.height},
                              ImGuiMouseCursor_ResizeEW)
                         .x;
  const float right = strip_ui(data, "right", {zones.inspector.x - half, zones.tree.y, 2 * half, zones.tree.height},
                               ImGuiMouseCursor_ResizeEW)
                          .x;
  const float bottom =
      strip_ui(data, "bottom", {0, zones.timeline.y - half, zones.timeline.width, 2 * half}, ImGuiMouseCursor_ResizeNS)
          .y;
  ImGui::PopStyleVar(2);
  if (left == 0 && right == 0 && bottom == 0) return;
  // From where they are: a panel may be larger than its share, since none is smaller than its text.
  const float now_left = zones.viewport.x, now_right = size.x - zones.viewport.right(),
              now_bottom = zones.status.y - zones.viewport.bottom();
  out.push_back(command::MoveSplitters{
      {(now_left + left) / size.x, (now_right - right) / size.x, (now_bottom - bottom) / size.y}});
}

}  // namespace racktwin
