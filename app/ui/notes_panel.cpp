#include "app/ui/widgets.h"

#include <fmt/format.h>

namespace racktwin {
namespace {

void box_ui(const char* name, const std::string& text, float y, const Zone& zone, Rgba edge) {
  const float font = ImGui::GetFontSize();
  ImGui::SetNextWindowPos({zone.x + zone.width / 2, y}, ImGuiCond_Always, {0.5F, 0});
  ImGui::SetNextWindowSizeConstraints({0, 0}, {0.9F * zone.width, 0.6F * zone.height});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.3F * font);
  ImGui::PushStyleColor(ImGuiCol_Border, im_vec4(edge));
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoInputs |
                   ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::TextUnformatted(text.c_str());
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
}

}  // namespace

// The banner of a run that has failed, and below it what else there was to say.
void notes_panel_ui(const ViewerData& data, const ViewerState& state, Commands&) {
  const UiColours& colours = ui_colours(state.is_dark);
  const float line = 2.6F * ImGui::GetFontSize();
  float y = data.zones.viewport.y + 0.8F * ImGui::GetFontSize();
  if (!data.banner.empty()) {
    box_ui("banner", data.banner, y, data.zones.viewport, colours.warning);
    y += ImGui::CalcTextSize(data.banner.c_str()).y + line;
  }
  int number = 0;
  for (const Note& note : state.notes) {
    box_ui(fmt::format("note {}", number++).c_str(), note.text, y, data.zones.viewport,
           note.is_error ? colours.warning : colours.line);
    y += line;
  }
}

}  // namespace racktwin
