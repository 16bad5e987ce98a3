#include "app/ui/widgets.h"
#include "render/text/value_text.h"
#include "sim/recording/event_reach.h"

#include <fmt/format.h>

#include <algorithm>

namespace racktwin {
namespace {

void event_ui(const ViewerData& data, const ViewerState& state, const EventRow& event, Commands& out) {
  const float line = ImGui::GetTextLineHeight();
  const ImVec2 start = ImGui::GetCursorScreenPos();
  const float width = ImGui::GetContentRegionAvail().x;
  if (ImGui::Selectable("##event", false, 0, {0, 2.1F * line})) {
    // A frame describes the time before it: the first one that knows of the event.
    const std::vector<double>& times = data.history.frame_times();
    const auto after = std::upper_bound(times.begin(), times.end(), event.time_s);
    out.push_back(command::Seek{after == times.end() ? event.time_s : *after});
    if (const auto id = data.history.site().find(event.path)) out.push_back(command::Select{*id});
  }
  const bool is_past = event.time_s <= state.time_s;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  const ImU32 text = ImGui::GetColorU32(is_past ? ImGuiCol_Text : ImGuiCol_TextDisabled);
  list.AddText(start, text, fitted_text(for_people(event.what), width).c_str());
  ImGui::PushFont(small_font());
  const std::string detail = fmt::format("{}  {}  {}", time_text(event.time_s), event.by, event.path);
  const std::string reach = reach_of(data.history.events(), event);
  list.AddText({start.x, start.y + 1.08F * line}, ImGui::GetColorU32(ImGuiCol_TextDisabled),
               fitted_text(reach.empty() ? detail : detail + "  " + reach, width).c_str());
  ImGui::PopFont();
  tip_for_item((for_people(event.what) + "\n" + detail + (reach.empty() ? reach : "\n" + reach)).c_str());
}

}  // namespace

void events_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Panel panel("events", data.zones.events);
  const std::vector<EventRow>& events = data.history.events();
  panel_title("Events");
  ImGui::SameLine();
  weak_text(fmt::format("{}", events.size()));
  ImGui::BeginChild("list");
  if (events.empty()) weak_text("none so far");
  const bool is_at_end = ImGui::GetScrollY() >= ImGui::GetScrollMaxY();
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(events.size()));
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i) {
      ImGui::PushID(i);
      event_ui(data, state, events[static_cast<std::size_t>(i)], out);
      name_item(data, fmt::format("event {}", i + 1));
      ImGui::PopID();
    }
  if (is_at_end && data.kind == RunKind::kLive) ImGui::SetScrollHereY(1);
  ImGui::EndChild();
}

}  // namespace racktwin
