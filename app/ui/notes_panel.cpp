#include "app/ui/widgets.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {
namespace {

constexpr float kBannerLines = 7;  // more are scrolled to

void box_ui(const char* name, const std::string& text, float y, const Viewport& free, Rgba edge) {
  const float font = ImGui::GetFontSize();
  const auto left = static_cast<float>(free.x), width = static_cast<float>(free.width);
  ImGui::SetNextWindowPos({left + width / 2, y}, ImGuiCond_Always, {0.5F, 0});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.3F * font);
  ImGui::PushStyleColor(ImGuiCol_Border, im_vec4(edge));
  ImGui::Begin(name, nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoInputs |
                   ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PushTextWrapPos(std::min(width - font, ImGui::CalcTextSize(text.c_str()).x + font));
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopTextWrapPos();
  ImGui::End();
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
}

float close_width() { return ImGui::CalcTextSize("Close").x + 2 * ImGui::GetStyle().FramePadding.x; }

float banner_text_width(float width_px) {
  const ImGuiStyle& style = ImGui::GetStyle();
  return width_px - close_width() - 2 * style.WindowPadding.x - 2 * style.ItemSpacing.x - style.ScrollbarSize;
}

}  // namespace

float banner_height(const std::string& banner, float width_px) {
  if (banner.empty()) return 0;
  const float wanted = ImGui::CalcTextSize(banner.c_str(), nullptr, false, banner_text_width(width_px)).y;
  const float text = std::min(wanted, kBannerLines * ImGui::GetFontSize());
  return text + 2 * ImGui::GetStyle().FramePadding.y + 2 * ImGui::GetStyle().WindowPadding.y;
}

// What is wrong with the run, across the window: it covers nothing.
void banner_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (data.banner.empty()) return;
  const Zone& zone = data.zones.banner;
  const Panel panel("banner", zone);
  const Rgba warning = ui_colours(state.is_dark).warning;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.PushClipRectFullScreen();
  list.AddRectFilled({zone.x, zone.y}, {zone.x + 0.3F * ImGui::GetFontSize(), zone.bottom()}, im_colour(warning));
  list.PopClipRect();
  ImGui::SetCursorPosY(ImGui::GetCursorPosY() + ImGui::GetStyle().FramePadding.y);
  const float width = banner_text_width(zone.width);
  ImGui::BeginChild("text", {width + ImGui::GetStyle().ScrollbarSize, 0});
  ImGui::PushTextWrapPos(width);
  ImGui::TextUnformatted(data.banner.c_str());
  ImGui::PopTextWrapPos();
  ImGui::EndChild();
  ImGui::SameLine();
  ImGui::SetCursorPos(
      {zone.width - close_width() - ImGui::GetStyle().WindowPadding.x, ImGui::GetStyle().WindowPadding.y});
  if (ImGui::Button("Close")) out.push_back(command::CloseBanner{data.banner});
  name_item(data, "close banner");
}

// What there is to say for a while, beside the legend.
void notes_panel_ui(const ViewerData& data, const ViewerState& state, Commands&) {
  const UiColours& colours = ui_colours(state.is_dark);
  const float room = static_cast<float>(data.free_part.width) - ImGui::GetFontSize();
  float y = data.zones.viewport.y + 0.8F * ImGui::GetFontSize();
  int number = 0;
  for (const Note& note : state.notes) {
    box_ui(fmt::format("note {}", number++).c_str(), note.text, y, data.free_part,
           note.is_error ? colours.warning : colours.line);
    y += ImGui::CalcTextSize(note.text.c_str(), nullptr, false, room).y + 1.6F * ImGui::GetFontSize();
  }
}

}  // namespace racktwin
