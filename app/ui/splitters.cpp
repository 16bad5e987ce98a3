#include "app/ui/widgets.h"

namespace racktwin {
namespace {

// A strip between zones that can be dragged: how far it was, in pixels.
ImVec2 strip_ui(const char* name, const Zone& zone, ImGuiMouseCursor cursor) {
  const Panel panel(name, zone, ImGuiWindowFlags_NoBackground);
  ImGui::SetCursorPos({0, 0});
  ImGui::InvisibleButton("strip", {zone.width, zone.height});
  if (ImGui::IsItemHovered() || ImGui::IsItemActive()) ImGui::SetMouseCursor(cursor);
  return ImGui::IsItemActive() ? ImGui::GetIO().MouseDelta : ImVec2{0, 0};
}

}  // namespace

void splitters_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Zones& zones = data.zones;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const float half = 0.2F * ImGui::GetFontSize();
  ImGui::PushStyleVar(ImGuiStyleVar_WindowMinSize, {1, 1});
  const float left =
      strip_ui("left", {zones.viewport.x - half, zones.tree.y, 2 * half, zones.tree.height}, ImGuiMouseCursor_ResizeEW)
          .x;
  const float right = strip_ui("right", {zones.inspector.x - half, zones.tree.y, 2 * half, zones.tree.height},
                               ImGuiMouseCursor_ResizeEW)
                          .x;
  const float bottom = strip_ui("bottom", {0, zones.timeline.y - half, size.x, 2 * half}, ImGuiMouseCursor_ResizeNS).y;
  ImGui::PopStyleVar();
  if (left == 0 && right == 0 && bottom == 0) return;
  const Splitters& now = state.splitters;
  out.push_back(
      command::MoveSplitters{{now.left + left / size.x, now.right - right / size.x, now.bottom - bottom / size.y}});
}

}  // namespace racktwin
