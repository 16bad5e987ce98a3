#include "app/ui/widgets.h"

namespace racktwin {
namespace {

struct Line {
  const char* what;
  const char* does;
};

constexpr Line kTime[] = {{"Space", "play, pause"},
                          {",  .   or  ←  →", "one frame back, ahead"},
                          {"Home  End", "first, last frame"},
                          {"L", "stay at the newest frame of a run that goes on"},
                          {"drag in plot or timeline", "move through time"}};
constexpr Line kPicture[] = {{"1  2  3  4", "colour by power, temperature, utilization, clock"},
                             {"O  P  R", "overview, plan, rack"},
                             {"F, double click", "fit the selection"},
                             {"left drag", "orbit"},
                             {"middle or right drag", "pan"},
                             {"wheel", "zoom"},
                             {"W A S D", "move over the floor"}};
constexpr Line kThings[] = {{"click", "select a rack; again: the tray; again: the GPU"},
                            {"Esc", "clear the selection"},
                            {"drop a file", "open a recording"},
                            {"?", "this help"},
                            {"Ctrl+Q", "quit"}};

template <std::size_t n>
void section_ui(const char* title, const Line (&lines)[n]) {
  panel_title(title);
  if (!ImGui::BeginTable(title, 2)) return;
  ImGui::TableSetupColumn("what", ImGuiTableColumnFlags_WidthFixed, 12 * ImGui::GetFontSize());
  for (const Line& line : lines) {
    ImGui::TableNextColumn();
    ImGui::TextUnformatted(line.what);
    ImGui::TableNextColumn();
    weak_text(line.does);
  }
  ImGui::EndTable();
  ImGui::Dummy({0, 0.3F * ImGui::GetFontSize()});
}

}  // namespace

void help_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (!state.is_help_open) return;
  const ImVec2 screen = ImGui::GetIO().DisplaySize;
  const float font = ImGui::GetFontSize();
  ImGui::SetNextWindowPos({screen.x / 2, screen.y / 2}, ImGuiCond_Always, {0.5F, 0.5F});
  ImGui::SetNextWindowSize({34 * font, 0});
  ImGui::SetNextWindowSizeConstraints({0, 0}, {screen.x, screen.y});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 1);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, {1.2F * font, font});
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.4F * font);
  ImGui::Begin("help", nullptr,
               ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoCollapse |
                   ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
  ImGui::PopStyleVar(3);
  section_ui("Time", kTime);
  section_ui("Picture", kPicture);
  section_ui("Things", kThings);
  const bool is_away = ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowHovered();
  if (ImGui::Button("Close") || is_away) out.push_back(command::ShowHelp{false});
  name_item(data, "close help");
  ImGui::End();
}

}  // namespace racktwin
