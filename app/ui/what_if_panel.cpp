#include "app/ui/what_if.h"
#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {
namespace {

void facility_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const std::string path = facility_path(data.history.site());
  if (path.empty()) return;
  weak_text("Facility water supply");
  float temp_degc = static_cast<float>(state.facility_degc);
  const float button = ImGui::CalcTextSize("Apply").x + 2 * ImGui::GetStyle().FramePadding.x;
  ImGui::SetNextItemWidth(ImGui::GetContentRegionAvail().x - button - ImGui::GetStyle().ItemSpacing.x);
  if (ImGui::SliderFloat("##facility", &temp_degc, 10, 50, "%.1f °C", ImGuiSliderFlags_AlwaysClamp))
    out.push_back(command::SetFacility{temp_degc});
  name_item(data, "facility");
  ImGui::SameLine();
  if (ImGui::Button("Apply"))
    out.push_back(command::Ask{{path, "supply_temperature", fmt::format("{:.1f} degC", state.facility_degc)}});
  name_item(data, "apply facility");
}

void pumps_ui(const ViewerData& data, Commands& out) {
  const SiteMap& site = data.history.site();
  for (const PlacedComponent& pump : site.placed("pump")) {
    const std::string path = site.path({pump.component, -1});
    const bool is_tripped = is_pump_tripped(data.history.events(), path);
    const char* label = is_tripped ? "Restore" : "Trip";
    ImGui::PushID(pump.component);
    ImGui::AlignTextToFramePadding();
    const ComponentId cdu = site.parent({pump.component, -1});
    ImGui::TextUnformatted(fmt::format("{} {}", site.name(cdu), site.name({pump.component, -1})).c_str());
    ImGui::SameLine();
    const float width = ImGui::CalcTextSize("Restore").x + 2 * ImGui::GetStyle().FramePadding.x;
    ImGui::SetCursorPosX(ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x - width);
    if (ImGui::Button(label, {width, 0}))
      out.push_back(command::Ask{{path, "state", is_tripped ? "running" : "tripped"}});
    name_item(data, fmt::format("pump {}", path));
    ImGui::PopID();
  }
}

void pace_ui(const ViewerData& data, Commands& out) {
  static constexpr double kPaces[] = {0, 1, 60, 600};
  ImGui::AlignTextToFramePadding();
  weak_text("Pace");
  for (const double pace : kPaces) {
    ImGui::SameLine(0, pace == 0 ? -1.0F : 2.0F);
    const std::string label = pace == 0 ? "Hold" : fmt::format("{:g}×", pace);
    if (toggle_button(data, label.c_str(), data.pace == pace, pace == 0 ? "Stop the clock of the run" : nullptr))
      out.push_back(command::SetPace{pace});
  }
}

// The answer of the run to the last change asked for.
void answer_ui(const ViewerData& data, const ViewerState& state) {
  if (state.asked.empty()) return;
  const WhatIfAnswer answer = answer_to(state.asked, data.history.events());
  const UiColours& colours = ui_colours(state.is_dark);
  const Rgba colour = answer.is_rejected ? colours.warning : answer.is_answered ? colours.good : colours.text_weak;
  ImGui::PushFont(small_font());
  ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(colour));
  ImGui::TextWrapped("%s", answer.text.c_str());
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

}  // namespace

void what_if_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (data.zones.what_if.height <= 0) return;
  const Panel panel("what-if", data.zones.what_if);
  panel_title("What if");
  ImGui::BeginDisabled(data.kind != RunKind::kLive);
  facility_ui(data, state, out);
  pumps_ui(data, out);
  pace_ui(data, out);
  ImGui::EndDisabled();
  answer_ui(data, state);
}

}  // namespace racktwin
