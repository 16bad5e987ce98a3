#include "app/ui/state_file.h"
#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <cmath>
#include <filesystem>

namespace racktwin {
namespace {

constexpr float kVerdictShare = 0.45F;  // of the bar's width, at most

bool is_held(const ViewerData& data) { return data.kind == RunKind::kLive && data.pace == 0; }

Rgba colour_of(const ViewerData& data, const UiColours& colours) {
  if (data.kind == RunKind::kBroken || is_held(data)) return colours.warning;
  return data.kind == RunKind::kLive ? colours.good : colours.text_weak;
}

bool is_running(RunKind kind) { return kind == RunKind::kLive || kind == RunKind::kGrowing; }

Rgba colour_of(Severity severity, const UiColours& colours) {
  return severity == Severity::kAlarm ? colours.warning : severity == Severity::kGood ? colours.good : colours.text;
}

// The state of the site, as much as has room; a click leads to where the worst is.
void verdict_ui(const ViewerData& data, bool is_dark, float room_px, Commands& out) {
  const Verdict& verdict = data.verdict;
  if (verdict.text.empty()) return;
  ImGui::SameLine(0, ImGui::GetFontSize());
  ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(colour_of(verdict.severity, ui_colours(is_dark))));
  ImGui::TextUnformatted(fitted_text(verdict.text, room_px).c_str());
  ImGui::PopStyleColor();
  name_item(data, "verdict");
  if (verdict.findings.empty() || !ImGui::IsItemHovered()) return;
  ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  std::string tip;
  for (const Finding& finding : verdict.findings) tip += finding.text + "\n";
  tip_for_item((tip + "Click to go there").c_str());
  if (!ImGui::IsItemClicked()) return;
  const ComponentId at = verdict.findings.front().at;
  out.push_back(command::Select{at});
  out.push_back(command::Fit{at});
}

std::string bytes_text(double bytes) { return fmt::format("{:.1f} MB", bytes / 1e6); }

}  // namespace

std::string status_word(const ViewerData& data) {
  if (data.kind == RunKind::kBroken) return "cut off";
  return is_held(data) ? "live, held" : run_word(data.kind);
}

void status_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  ImGui::PushFont(small_font());
  {
    const Panel panel("status", data.zones.status);
    ImGui::SetCursorPosY((data.zones.status.height - ImGui::GetTextLineHeight()) / 2);
    const UiColours& colours = ui_colours(state.is_dark);
    ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(colour_of(data, colours)));
    ImGui::TextUnformatted(status_word(data).c_str());
    ImGui::PopStyleColor();
    verdict_ui(data, state.is_dark, kVerdictShare * data.zones.status.width, out);
    const double duration_s = data.history.duration_s();
    const std::vector<double>& times = data.history.frame_times();
    const bool is_behind = is_running(data.kind) && !times.empty() && state.time_s < times.back();
    std::string text = is_behind
                           ? fmt::format("at {}  ·  you look at {}", time_text(times.back()), time_text(state.time_s))
                           : time_text(state.time_s);
    if (!std::isnan(duration_s)) text += " of " + time_text(duration_s);
    if (data.simulated_per_wall > 0 && !is_held(data))
      text += fmt::format("  ·  {:.0f}× real time", data.simulated_per_wall);
    if (data.frames_per_s > 0) text += fmt::format("  ·  {:.0f} fps", data.frames_per_s);
    ImGui::SameLine(0, ImGui::GetFontSize());
    weak_text(text);
    const std::string title = data.history.run_value("title");
    const std::string right = fmt::format("{}{}{}  ·  {}  ·  memory {}", title, title.empty() ? "" : "  ·  ",
                                          std::filesystem::path(data.history.path()).filename().string(),
                                          bytes_text(data.recording_bytes), bytes_text(data.memory_bytes));
    ImGui::SameLine(0, 2 * ImGui::GetFontSize());
    ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(colours.text_weak));
    text_right(fitted_text(right, ImGui::GetContentRegionAvail().x));
    ImGui::PopStyleColor();
  }
  ImGui::PopFont();
}

}  // namespace racktwin
