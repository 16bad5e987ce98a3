#include "app/ui/timeline.h"
#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

enum class Icon { kPlay, kPause, kBack, kAhead };

void draw_icon(Icon icon, ImVec2 c, float r) {
  const ImU32 colour = ImGui::GetColorU32(ImGuiCol_Text);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const auto bar = [&](float x) {
    list.AddRectFilled({c.x + x - 0.18F * r, c.y - r}, {c.x + x + 0.18F * r, c.y + r}, colour);
  };
  switch (icon) {
    case Icon::kPlay:
      list.AddTriangleFilled({c.x - 0.7F * r, c.y - r}, {c.x - 0.7F * r, c.y + r}, {c.x + r, c.y}, colour);
      return;
    case Icon::kPause:
      bar(-0.45F * r);
      bar(0.45F * r);
      return;
    case Icon::kBack:
      bar(-0.8F * r);
      list.AddTriangleFilled({c.x + 0.8F * r, c.y - r}, {c.x + 0.8F * r, c.y + r}, {c.x - 0.4F * r, c.y}, colour);
      return;
    case Icon::kAhead:
      bar(0.8F * r);
      list.AddTriangleFilled({c.x - 0.8F * r, c.y - r}, {c.x - 0.8F * r, c.y + r}, {c.x + 0.4F * r, c.y}, colour);
      return;
  }
}

bool icon_button(const ViewerData& data, const char* name, Icon icon, const char* tip) {
  const float size = ImGui::GetFrameHeight();
  ImGui::PushID(name);
  const bool is_pressed = ImGui::Button("##icon", {1.3F * size, size});
  ImGui::PopID();
  name_item(data, name);
  tip_for_item(tip);
  const ImVec2 low = ImGui::GetItemRectMin(), high = ImGui::GetItemRectMax();
  draw_icon(icon, {(low.x + high.x) / 2, (low.y + high.y) / 2}, 0.2F * size);
  return is_pressed;
}

void transport_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  if (icon_button(data, "back", Icon::kBack, "One frame back  (,)")) out.push_back(command::StepFrames{-1});
  ImGui::SameLine(0, 2);
  if (icon_button(data, "play", state.is_playing ? Icon::kPause : Icon::kPlay, "Play or pause  (space)"))
    out.push_back(command::Play{!state.is_playing});
  ImGui::SameLine(0, 2);
  if (icon_button(data, "ahead", Icon::kAhead, "One frame ahead  (.)")) out.push_back(command::StepFrames{1});
  ImGui::SameLine();
  const std::string speed = fmt::format("{:g}×", state.speed);
  ImGui::SetNextItemWidth(4.6F * ImGui::GetFontSize());
  const bool is_open = ImGui::BeginCombo("##speed", speed.c_str());
  if (is_open) {
    for (const double choice : kSpeeds) {
      const std::string label = fmt::format("{:g}×", choice);
      if (ImGui::Selectable(label.c_str(), choice == state.speed)) out.push_back(command::SetSpeed{choice});
      name_item(data, "speed " + label);
    }
    ImGui::EndCombo();
  }
  name_item(data, "speed");
  tip_for_item("How fast a recording plays: simulated seconds a second");
  ImGui::SameLine(0, 2);
  if (toggle_button(data, "Loop", state.is_looping, "Start again at the end"))
    out.push_back(command::Loop{!state.is_looping});
  if (data.kind == RunKind::kReplay) return;
  ImGui::SameLine(0, 2);
  if (toggle_button(data, "Live", state.is_following, "Stay at the newest frame  (l)"))
    out.push_back(command::Follow{});
}

void draw_axis(const ViewerData& data, const ViewerState& state, const TimeAxis& axis, float y, float height) {
  const UiColours& colours = ui_colours(state.is_dark);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const float middle = std::round(y + height * 0.36F), thick = std::round(0.36F * ImGui::GetFontSize());
  const auto& times = data.history.frame_times();
  const auto bar = [&](float from, float to, Rgba colour) {
    list.AddRectFilled({from, middle - thick / 2}, {to, middle + thick / 2}, im_colour(colour), thick / 2);
  };
  bar(axis.left, axis.left + axis.width, colours.field);
  if (!times.empty()) bar(axis.left, axis.px(times.back()), colours.field_active);
  bar(axis.left, axis.px(state.time_s), with_alpha(colours.accent, 0.8));
  ImGui::PushFont(small_font());
  for (const double tick :
       time_ticks(0, axis.until_s, std::max(1, static_cast<int>(axis.width / (6 * ImGui::GetFontSize()))))) {
    const std::string text = time_text(tick);
    const float width = ImGui::CalcTextSize(text.c_str()).x;
    list.AddText({axis.px(tick) - width / 2, y + height - ImGui::GetFontSize()}, im_colour(colours.text_weak),
                 text.c_str());
  }
  ImGui::PopFont();
  const float r = 0.34F * ImGui::GetFontSize();
  for (const EventRow& event : data.history.events()) {
    const float x = axis.px(event.time_s);
    const Rgba colour = event.by == "operator" || event.by == "scenario" ? colours.text : colours.warning;
    list.AddTriangleFilled({x - r, middle - thick / 2 - 1.6F * r}, {x + r, middle - thick / 2 - 1.6F * r},
                           {x, middle - thick / 2}, im_colour(colour));
  }
  list.AddCircleFilled({axis.px(state.time_s), middle}, 0.42F * ImGui::GetFontSize(), im_colour(colours.text));
}

void event_tip_ui(const ViewerData& data, const TimeAxis& axis, float mouse_px) {
  std::string tip = time_text(axis.time_s(mouse_px));
  for (const EventRow& event : data.history.events())
    if (std::abs(axis.px(event.time_s) - mouse_px) < 0.5F * ImGui::GetFontSize())
      tip = fmt::format("{}\n{}  {}  {}", tip, time_text(event.time_s), event.path, for_people(event.what));
  ImGui::SetTooltip("%s", tip.c_str());
}

}  // namespace

void timeline_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Panel panel("timeline", data.zones.timeline);
  ImGui::SetCursorPosY((data.zones.timeline.height - ImGui::GetFrameHeight()) / 2);
  transport_ui(data, state, out);
  ImGui::SameLine(0, ImGui::GetFontSize());
  ImGui::AlignTextToFramePadding();
  ImGui::PushFont(semibold_font());
  ImGui::TextUnformatted(time_text(state.time_s).c_str());
  ImGui::PopFont();
  ImGui::SameLine(0, 2 * ImGui::GetFontSize());
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float pad = ImGui::GetFontSize(), y = data.zones.timeline.y + 0.25F * pad;
  const float height = data.zones.timeline.height - 0.5F * pad;
  ImGui::SetCursorScreenPos({at.x - pad, y});
  const float width = std::max(1.0F, data.zones.timeline.right() - at.x - pad);
  ImGui::InvisibleButton("scrubber", {width + pad, height});
  name_item(data, "scrubber");
  const TimeAxis axis{at.x, width - 2 * pad, shown_until_s(data.history)};
  const float mouse_px = ImGui::GetIO().MousePos.x;
  if (ImGui::IsItemActive()) out.push_back(command::Seek{axis.time_s(mouse_px)});
  if (ImGui::IsItemHovered()) event_tip_ui(data, axis, mouse_px);
  draw_axis(data, state, axis, y, height);
}

}  // namespace racktwin
