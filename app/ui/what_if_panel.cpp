#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// Lines of what-ifs have three columns: label, field, button.
struct Columns {
  float field_x, field_width, button_x, button_width;
};
Columns columns() {
  const ImGuiStyle& style = ImGui::GetStyle();
  const float room = ImGui::GetContentRegionAvail().x, gap = style.ItemSpacing.x;
  Columns at{};
  at.button_width = ImGui::CalcTextSize("Restore").x + 2 * style.FramePadding.x;
  at.button_x = room - at.button_width;
  at.field_x = ImGui::CalcTextSize("Clogged to").x + gap;
  at.field_width = at.button_x - gap - at.field_x;
  return at;
}

// What is written where a field would be: "tripped".
void state_ui(const Choice& choice, const Columns& at) {
  ImGui::SameLine();
  ImGui::SetCursorPosX(at.field_x + ImGui::GetStyle().FramePadding.x);
  weak_text(choice.holds ? choice.state : "");
}

void field_ui(const ViewerData& data, const ViewerState& state, const Choice& choice, const Columns& at,
              Commands& out) {
  ImGui::SameLine();
  ImGui::SetCursorPosX(at.field_x);
  ImGui::SetNextItemWidth(at.field_width);
  const double value = field_value(choice, state.fields);
  float shown = static_cast<float>(value / choice.factor);
  const std::string format =
      (shown < 1e4F ? "%.4g " : "%.0f ") + (choice.unit == "%" ? std::string("%%") : choice.unit);
  const auto scaled = [&](double number) { return static_cast<float>(number / choice.factor); };
  if (ImGui::DragFloat("##field", &shown, scaled(choice.step), scaled(choice.low), scaled(choice.high), format.c_str(),
                       ImGuiSliderFlags_AlwaysClamp))
    out.push_back(command::SetField{choice.path, choice.key, shown * choice.factor});
  name_item(data, "field " + choice.label);
  tip_for_item((choice.tip + "\n\nDrag it, or click it and type.").c_str());
}

void choice_ui(const ViewerData& data, const ViewerState& state, const Choice& choice, Commands& out) {
  const Columns at = columns();
  ImGui::PushID(choice.key.c_str());
  ImGui::PushID(choice.path.c_str());
  ImGui::AlignTextToFramePadding();
  ImGui::TextUnformatted(choice.label.c_str());
  tip_for_item(choice.tip.c_str());
  if (choice.state.empty())
    field_ui(data, state, choice, at, out);
  else
    state_ui(choice, at);
  if (!choice.apply.empty()) {
    ImGui::SameLine();
    ImGui::SetCursorPosX(at.button_x);
    const std::string& word = is_undo(choice, state.fields) ? choice.undo : choice.apply;
    if (ImGui::Button(word.c_str(), {at.button_width, 0}))
      out.push_back(command::Ask{what_if_of(choice, state.fields)});
    name_item(data, "change " + choice.label);
    tip_for_item(choice.tip.c_str());
  }
  ImGui::PopID();
  ImGui::PopID();
}

// Of what is selected, of the site if nothing is.
void choices_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (data.choices.title.empty()) return;  // nothing recorded yet
  panel_title(fitted_text(data.choices.title, ImGui::GetContentRegionAvail().x));
  for (const Choice& choice : data.choices.choices) choice_ui(data, state, choice, out);
  if (data.choices.note.empty()) return;
  ImGui::PushFont(small_font());
  ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyle().Colors[ImGuiCol_TextDisabled]);
  wrapped_text(data.choices.note);
  ImGui::PopStyleColor();
  ImGui::PopFont();
  name_item(data, "nothing to change");
}

void facility_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const std::string& path = data.parts.facility;
  if (path.empty()) return;
  if (std::isnan(state.facility_degc)) return;  // nothing recorded yet
  weak_text("Facility water supply, now " + value_text(state.facility_now_degc, "degC"));
  float temp_degc = static_cast<float>(state.facility_degc);
  const Columns at = columns();
  ImGui::SetNextItemWidth(at.button_x - ImGui::GetStyle().ItemSpacing.x);
  if (ImGui::SliderFloat("##facility", &temp_degc, 10, 50, "%.1f °C", ImGuiSliderFlags_AlwaysClamp))
    out.push_back(command::SetFacility{temp_degc});
  name_item(data, "facility");
  ImGui::SameLine();
  if (ImGui::Button("Apply", {at.button_width, 0}))
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

// The answer of the run to the last change asked for, in full. Two lines are kept for it: buttons that moved as it came
// would be others under the next click.
float answer_height(const ViewerData& data) {
  ImGui::PushFont(small_font());
  const std::string text = wrapped(for_people(data.answer.text), ImGui::GetContentRegionAvail().x);
  const float height = std::max(ImGui::CalcTextSize(text.c_str()).y, 2 * ImGui::GetTextLineHeight());
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
  // What is selected comes first. With nothing selected that is what cools the site.
  if (state.selected.exists()) choices_ui(data, state, out);
  facility_ui(data, state, out);
  pumps_ui(data, out);
  if (!state.selected.exists()) choices_ui(data, state, out);
  ImGui::EndChild();
  pace_ui(data, out);
  ImGui::EndDisabled();
  answer_ui(data, state);
}

}  // namespace racktwin
