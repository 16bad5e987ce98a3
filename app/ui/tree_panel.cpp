#include "app/ui/tree_rows.h"
#include "app/ui/widgets.h"

#include <imgui_stdlib.h>

#include <algorithm>

namespace racktwin {
namespace {

void filter_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  std::string filter = state.filter;
  ImGui::SetNextItemWidth(-1);
  if (ImGui::InputTextWithHint("##filter", "Filter: rack-03", &filter)) out.push_back(command::SetFilter{filter});
  name_item(data, "filter");
}

// A small triangle that points at what it unfolds.
void draw_arrow(ImVec2 centre, float size, bool is_open) {
  const ImU32 colour = ImGui::GetColorU32(ImGuiCol_TextDisabled);
  const float a = size / 2, b = size * 0.32F;
  ImDrawList& list = *ImGui::GetWindowDrawList();
  if (is_open)
    list.AddTriangleFilled({centre.x - a, centre.y - b}, {centre.x + a, centre.y - b}, {centre.x, centre.y + b},
                           colour);
  else
    list.AddTriangleFilled({centre.x - b, centre.y - a}, {centre.x - b, centre.y + a}, {centre.x + b, centre.y},
                           colour);
}

void row_ui(const ViewerData& data, const ViewerState& state, const TreeRow& row, Commands& out) {
  const SiteMap& site = data.history.site();
  const float line = ImGui::GetTextLineHeight(), indent = 0.75F * line * static_cast<float>(row.depth);
  ImGui::PushID(row.id.component);
  ImGui::PushID(row.id.part);
  const ImVec2 start = ImGui::GetCursorScreenPos();
  ImGui::Selectable("##row", state.selected == row.id, 0, {0, line});
  const bool is_on_arrow = ImGui::GetIO().MousePos.x < start.x + indent + line;
  if (ImGui::IsItemHovered()) {
    out.push_back(command::Hover{row.id});
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
      if (row.has_children && is_on_arrow)
        out.push_back(command::Unfold{row.id, !row.is_unfolded});
      else
        out.push_back(command::Select{row.id});
    }
    if (ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left) && !is_on_arrow) out.push_back(command::Fit{row.id});
  }
  if (row.has_children) draw_arrow({start.x + indent + line / 2, start.y + line / 2}, 0.55F * line, row.is_unfolded);
  const std::string name = site.name(row.id);
  const float left = start.x + indent + 1.1F * line;
  const std::string fitted = fitted_text(name, ImGui::GetItemRectMax().x - left);
  ImGui::GetWindowDrawList()->AddText({left, start.y}, ImGui::GetColorU32(ImGuiCol_Text), fitted.c_str());
  if (fitted != name) tip_for_item(name.c_str());
  ImGui::PopID();
  ImGui::PopID();
}

void scroll_to_selection(const ViewerState& state, const std::vector<TreeRow>& rows, float row_height) {
  const auto found =
      std::find_if(rows.begin(), rows.end(), [&](const TreeRow& row) { return row.id == state.selected; });
  if (found == rows.end()) return;
  const float y = static_cast<float>(found - rows.begin()) * row_height, top = ImGui::GetScrollY();
  const float height = ImGui::GetWindowHeight();
  if (y < top || y + row_height > top + height) ImGui::SetScrollY(std::max(0.0F, y - height / 2));
}

}  // namespace

void tree_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Panel panel("tree", data.zones.tree);
  filter_ui(data, state, out);
  const std::vector<TreeRow>& rows = data.tree;
  if (rows.empty()) weak_text("nothing has that in its path");
  ImGui::BeginChild("rows");
  const float row_height = ImGui::GetTextLineHeight() + ImGui::GetStyle().ItemSpacing.y;
  if (state.is_reveal_due) {
    scroll_to_selection(state, rows, row_height);
    out.push_back(command::Revealed{});
  }
  ImGuiListClipper clipper;
  clipper.Begin(static_cast<int>(rows.size()), row_height);
  while (clipper.Step())
    for (int i = clipper.DisplayStart; i < clipper.DisplayEnd; ++i)
      row_ui(data, state, rows[static_cast<std::size_t>(i)], out);
  ImGui::EndChild();
}

}  // namespace racktwin
