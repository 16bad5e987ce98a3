#include "app/ui/navigate.h"
#include "app/ui/widgets.h"
#include "render/scene/pick.h"

#include <cmath>

namespace racktwin {
namespace {

constexpr float kClickSlack_px = 4;  // a mouse that moves less while a button is down has clicked

bool is_from_above(const Camera& camera) { return camera.is_orthographic && camera.pitch > 1.55F; }

void drag_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const ImVec2 moved = ImGui::GetIO().MouseDelta;
  const glm::vec2 drag{moved.x, moved.y};
  if (drag.x == 0 && drag.y == 0) return;
  const bool is_left = ImGui::IsMouseDragging(ImGuiMouseButton_Left, kClickSlack_px);
  const bool is_other =
      ImGui::IsMouseDragging(ImGuiMouseButton_Middle, 0) || ImGui::IsMouseDragging(ImGuiMouseButton_Right, 0);
  if (is_other || (is_left && is_from_above(state.camera)))
    out.push_back(command::MoveCamera{panned(state.camera, data.viewport, drag)});
  else if (is_left)
    out.push_back(command::MoveCamera{orbited(state.camera, drag)});
}

void click_ui(const ViewerData& data, const ViewerState& state, ComponentId picked, Commands& out) {
  if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left)) {
    out.push_back(command::Fit{state.selected});
    return;
  }
  const ImVec2 drag = ImGui::GetIO().MouseDragMaxDistanceAbs[ImGuiMouseButton_Left];
  const bool is_click = ImGui::IsMouseReleased(ImGuiMouseButton_Left) && drag.x < kClickSlack_px &&
                        drag.y < kClickSlack_px && ImGui::GetIO().MouseClickedLastCount[ImGuiMouseButton_Left] == 1;
  if (is_click) out.push_back(command::Select{click_target(data.history.site(), picked, state.selected)});
}

Fact fact_of(const ViewerData& data, const MetricRow* metric, ComponentId id) {
  if (metric == nullptr || !data.frame) return {};
  return fact_of(data.history, *data.frame, *metric, id, units_in(data.history.site(), metric->kind, id));
}

// Its name, its value in the layer that is shown, and the clock with what set it.
void tip_ui(const ViewerData& data, ComponentId id) {
  ImGui::BeginTooltip();
  panel_title(data.history.site().path(id));
  const MetricRow* metric = data.layer.gpu;
  const Fact fact = fact_of(data, metric, id);
  if (fact.reading.has_data()) {
    const FactText text = text_of(fact);
    ImGui::Text("%s  %s", data.layer.title.c_str(), text.value.c_str());
    if (!text.spread.empty()) weak_text(text.spread);
  } else {
    weak_text(std::string(data.history.site().kind(id)));
  }
  const MetricRow* clock = data.history.metric("gpu_clock");
  const Fact clocks = metric == clock ? fact : fact_of(data, clock, id);
  if (!clocks.why.empty()) {
    if (metric != clock) ImGui::Text("GPU clock  %s", text_of(clocks).value.c_str());
    weak_text(clocks.why);
  }
  ImGui::EndTooltip();
}

}  // namespace

void viewport_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {0, 0});
  const Panel panel("viewport", data.zones.viewport,
                    ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoScrollWithMouse);
  ImGui::PopStyleVar();
  ImGui::InvisibleButton(
      "picture", {data.zones.viewport.width, data.zones.viewport.height},
      ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle | ImGuiButtonFlags_MouseButtonRight);
  name_item(data, "picture");
  if (ImGui::IsItemActive()) drag_ui(data, state, out);
  if (!ImGui::IsItemHovered()) return;
  const ImGuiIO& io = ImGui::GetIO();
  const glm::vec2 px{io.MousePos.x - data.zones.viewport.x, io.MousePos.y - data.zones.viewport.y};
  if (io.MouseWheel != 0) out.push_back(command::MoveCamera{zoomed(state.camera, data.viewport, px, io.MouseWheel)});
  const bool is_dragging =
      ImGui::IsItemActive() && ImGui::GetMouseDragDelta(ImGuiMouseButton_Left, kClickSlack_px).x != 0;
  const ComponentId picked = is_dragging ? ComponentId{} : pick(data.scene, state.camera, data.viewport, px);
  out.push_back(command::Hover{picked});
  if (picked.exists() && !ImGui::IsAnyMouseDown()) tip_ui(data, picked);
  click_ui(data, state, picked, out);
}

}  // namespace racktwin
