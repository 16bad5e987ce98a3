#include "app/ui/navigate.h"
#include "app/ui/widgets.h"

#include <fmt/format.h>

#include <cctype>

namespace racktwin {
namespace {

std::string capital(std::string_view word) {
  std::string text(word);
  if (!text.empty()) text[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(text[0])));
  return text;
}

void gap() { ImGui::SameLine(0, 1.6F * ImGui::GetFontSize()); }

void layers_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  int number = 1;
  for (const Layer layer : kLayers) {
    std::string tip = fmt::format("Colour by {}  ({})", layer_word(layer), number++);
    if (state.layer == layer) tip += "\n" + wrapped(data.layer.explains, 24 * ImGui::GetFontSize());
    if (toggle_button(data, capital(layer_word(layer)).c_str(), state.layer == layer, tip.c_str()))
      out.push_back(command::SetLayer{layer});
    ImGui::SameLine(0, 2);
  }
}

void cameras_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const auto camera = [&](const char* label, const std::string& name, const char* tip) {
    const bool is_on = state.camera_name.substr(0, state.camera_name.find(':')) == name.substr(0, name.find(':'));
    if (toggle_button(data, label, is_on, tip)) out.push_back(command::UseCamera{name});
    ImGui::SameLine(0, 2);
  };
  camera("Overview", "overview", "The whole site  (o)");
  camera("Plan", "plan", "From above, to scale  (p)");
  const std::string row = row_camera(data.history.site(), state.selected);
  camera("Row", row, ("Along " + (row == "row" ? "the first row" : row.substr(row.rfind('/') + 1))).c_str());
  if (const std::string name = rack_camera(data.history.site(), state.selected); !name.empty())
    camera("Rack", name, "The front of the selected rack  (r)");
  if (toggle_button(data, "Fit", false, "Fit the selection into view  (f)"))
    out.push_back(command::Fit{state.selected});
}

}  // namespace

void toolbar_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Panel panel("toolbar", data.zones.toolbar);
  const float height = ImGui::GetFrameHeight();
  ImGui::SetCursorPosY((data.zones.toolbar.height - height) / 2);
  ImGui::AlignTextToFramePadding();
  weak_text("Colour by");
  ImGui::SameLine();
  layers_ui(data, state, out);
  gap();
  weak_text("View");
  ImGui::SameLine();
  cameras_ui(data, state, out);
  const char* theme = state.is_dark ? "Light" : "Dark";
  const float width = ImGui::CalcTextSize(theme).x + ImGui::CalcTextSize("?").x + 4 * ImGui::GetStyle().FramePadding.x +
                      2 + ImGui::GetStyle().WindowPadding.x;
  ImGui::SameLine(data.zones.toolbar.width - width);
  if (toggle_button(data, theme, false, "Switch the theme")) out.push_back(command::SetDark{!state.is_dark});
  ImGui::SameLine(0, 2);
  if (toggle_button(data, "?", state.is_help_open, "Keys and mouse  (?)"))
    out.push_back(command::ShowHelp{!state.is_help_open});
}

}  // namespace racktwin
