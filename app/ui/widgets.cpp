#include "app/ui/widgets.h"

#include <algorithm>

namespace racktwin {

Panel::Panel(const char* name, const Zone& zone, ImGuiWindowFlags flags) {
  ImGui::SetNextWindowPos({zone.x, zone.y});
  ImGui::SetNextWindowSize({zone.width, zone.height});
  ImGui::Begin(name, nullptr,
               flags | ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoBringToFrontOnFocus | ImGuiWindowFlags_NoNav);
}

Panel::~Panel() { ImGui::End(); }

void name_item(const ViewerData& data, const std::string& name) {
  if (data.items == nullptr) return;
  const ImVec2 low = ImGui::GetItemRectMin(), size = ImGui::GetItemRectSize();
  (*data.items)[name] = {low.x, low.y, size.x, size.y};
}

void tip_for_item(const char* text) {
  if (ImGui::IsItemHovered(ImGuiHoveredFlags_AllowWhenDisabled)) ImGui::SetTooltip("%s", text);
}

bool toggle_button(const ViewerData& data, const char* label, bool is_on, const char* tip) {
  const ImGuiStyle& style = ImGui::GetStyle();
  if (is_on) {
    ImVec4 lit = style.Colors[ImGuiCol_CheckMark];
    lit.w = 0.3F;
    ImGui::PushStyleColor(ImGuiCol_Button, lit);
    ImGui::PushStyleColor(ImGuiCol_ButtonHovered, lit);
  }
  const bool is_pressed = ImGui::Button(label);
  if (is_on) ImGui::PopStyleColor(2);
  name_item(data, label);
  if (tip != nullptr) tip_for_item(tip);
  return is_pressed;
}

void text_right(const std::string& text) {
  const float width = ImGui::CalcTextSize(text.c_str()).x;
  ImGui::SetCursorPosX(ImGui::GetCursorPosX() + std::max(0.0F, ImGui::GetContentRegionAvail().x - width));
  ImGui::TextUnformatted(text.c_str());
}

void weak_text(const std::string& text) {
  ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyle().Colors[ImGuiCol_TextDisabled]);
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopStyleColor();
}

void panel_title(const std::string& text) {
  ImGui::PushFont(semibold_font());
  ImGui::TextUnformatted(text.c_str());
  ImGui::PopFont();
}

std::string wrapped(const std::string& text, float width_px) {
  std::string shown, line;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = text.find(' ', at);
    while (end != std::string::npos && end > at && text[end - 1] >= '0' && text[end - 1] <= '9')
      end = text.find(' ', end + 1);
    const std::string word = text.substr(at, end - at);
    const std::string longer = line.empty() ? word : line + " " + word;
    if (!line.empty() && ImGui::CalcTextSize(longer.c_str()).x > width_px) {
      shown += line + "\n";
      line = word;
    } else {
      line = longer;
    }
    at = end == std::string::npos ? text.size() : end + 1;
  }
  return shown + line;
}

void wrapped_text(const std::string& text) {
  ImGui::TextUnformatted(wrapped(text, ImGui::GetContentRegionAvail().x).c_str());
}

std::string for_people(std::string text) {
  for (std::size_t at; (at = text.find("degC")) != std::string::npos;) text.replace(at, 4, "°C");
  return text;
}

std::string fitted_text(const std::string& text, float width_px) {
  if (ImGui::CalcTextSize(text.c_str()).x <= width_px) return text;
  std::string shown = text;
  while (!shown.empty() && ImGui::CalcTextSize((shown + "…").c_str()).x > width_px) {
    while (!shown.empty() && (static_cast<unsigned char>(shown.back()) & 0xC0) == 0x80) shown.pop_back();
    if (!shown.empty()) shown.pop_back();
  }
  return shown + "…";
}

}  // namespace racktwin
