#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

void facility_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const std::string& path = data.parts.facility;
  if (path.empty()) return;
  if (std::isnan(state.facility_degc)) return;  // nothing recorded yet
  weak_text("Facility water supply, now " + value_text(state.facility_now_degc, "degC"));
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

void pump_ui(const ViewerData& data, const PlacedComponent& pump, Commands& out) {
  const SiteMap& site = data.history.site();
  const std::string path = site.path({pump.component, -1});
  const bool is_tripped = is_pump_tripped(data.history.events(), path);
  ImGui::PushID(pump.component);
  ImGui::AlignTextToFramePadding();
  const ComponentId cdu = site.parent({pump.component, -1});
  const float width = ImGui::CalcTextSize("Restore").x + 2 * ImGui::GetStyle().FramePadding.x;
  const float room = ImGui::GetContentRegionAvail().x - width;
  const std::string name = fmt::format("{} {}", site.name(cdu), site.name({pump.component, -1}));
  ImGui::TextUnformatted(fitted_text(name, room - ImGui::GetStyle().ItemSpacing.x).c_str());
  ImGui::SameLine();
  ImGui::SetCursorPosX(room);
  if (ImGui::Button(is_tripped ? "Restore" : "Trip", {width, 0}))
    out.push_back(command::Ask{{path, "state", is_tripped ? "running" : "tripped"}});
  name_item(data, fmt::format("pump {}", path));
  ImGui::PopID();
}

void pumps_ui(const ViewerData& data, Commands& out) {
  const std::vector<PlacedComponent>& pumps = data.parts.pumps;
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(pumps.size()));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      pump_ui(data, pumps[static_cast<std::size_t>(i)], out);
}

// Buttons beside each other, and below where there is no room.
void pace_ui(const ViewerData& data, Commands& out) {
  ImGui::AlignTextToFramePadding();
  weak_text("Pace");
  ImGui::PushStyleVar(ImGuiStyleVar_FramePadding, {0.33F * ImGui::GetFontSize(), ImGui::GetStyle().FramePadding.y});
  const float right = ImGui::GetCursorPosX() + ImGui::GetContentRegionAvail().x;
  for (const double pace : paces_of(data.first_pace, data.pace)) {
    const std::string label = pace_text(pace);
    const float width = ImGui::CalcTextSize(label.c_str()).x + 2 * ImGui::GetStyle().FramePadding.x;
    ImGui::SameLine(0, 2);
    if (ImGui::GetCursorPosX() + width > right) ImGui::NewLine();
    if (toggle_button(data, label.c_str(), data.pace == pace,
                      pace == 0 ? "Stop the clock of the run" : "Simulated seconds in a second"))
      out.push_back(command::SetPace{pace});
    name_item(data, "pace " + label);
  }
  ImGui::PopStyleVar();
}

// The answer of the run to the last change asked for, in full: it takes the room that it needs from the pumps.
float answer_height(const ViewerData& data) {
  if (data.answer.text.empty()) return 0;
  ImGui::PushFont(small_font());
  const std::string text = wrapped(for_people(data.answer.text), ImGui::GetContentRegionAvail().x);
  const float height = ImGui::CalcTextSize(text.c_str()).y;
  ImGui::PopFont();
  return height + ImGui::GetStyle().ItemSpacing.y;
}

void answer_ui(const ViewerData& data, const ViewerState& state) {
  const WhatIfAnswer& answer = data.answer;
  if (answer.text.empty()) return;
  const UiColours& colours = ui_colours(state.is_dark);
  const Rgba colour = answer.is_rejected ? colours.warning : answer.is_answered ? colours.good : colours.text_weak;
  ImGui::PushFont(small_font());
  ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(colour));
  wrapped_text(for_people(answer.text));
  ImGui::PopStyleColor();
  ImGui::PopFont();
  name_item(data, "answer");
}

// How many lines the buttons of the pace take.
float pace_height(const ViewerData& data) {
  const float padding = 0.66F * ImGui::GetFontSize(), room = ImGui::GetContentRegionAvail().x;
  float x = ImGui::CalcTextSize("Pace").x;
  int lines = 1;
  for (const double pace : paces_of(data.first_pace, data.pace)) {
    const float width = ImGui::CalcTextSize(pace_text(pace).c_str()).x + padding;
    if (x + 2 + width > room) ++lines, x = 0;
    x += 2 + width;
  }
  return static_cast<float>(lines) * ImGui::GetFrameHeightWithSpacing();
}

}  // namespace

void what_if_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (data.zones.what_if.height <= 0) return;
  const Panel panel("what-if", data.zones.what_if);
  panel_title("What if");
  ImGui::BeginDisabled(data.kind != RunKind::kLive);
  const float below = pace_height(data) + answer_height(data);
  const float one = ImGui::GetFrameHeightWithSpacing();
  ImGui::BeginChild("changes", {0, std::max(one, ImGui::GetContentRegionAvail().y - below)});
  if (data.parts.facility.empty() && data.parts.pumps.empty()) {
    ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyle().Colors[ImGuiCol_TextDisabled]);
    wrapped_text("The racks are air-cooled: there is no facility water to warm and no pump to trip.");
    ImGui::PopStyleColor();
    name_item(data, "nothing to change");
  }
  facility_ui(data, state, out);
  pumps_ui(data, out);
  ImGui::EndChild();
  pace_ui(data, out);
  ImGui::EndDisabled();
  answer_ui(data, state);
}

}  // namespace racktwin
