#include "app/ui/draw_figure.h"
#include "app/ui/widgets.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr float kLeastPlot = 7.5F, kValue = 5.5F;  // lines of text that a plot is high, that its value is wide

// A figure as it is shown now: with cursor and colours of the theme, and what it is of if there is room to say so.
Figure shown(const Figure& from, const PlotSpec& spec, const ViewerState& state, float room_px) {
  const UiColours& colours = ui_colours(state.is_dark);
  Figure figure = from;
  const std::string longer = figure.title + " · " + spec.of;
  if (!spec.of.empty() && ImGui::CalcTextSize(longer.c_str()).x < room_px) figure.title = longer;
  figure.cursor_x = state.time_s;
  for (FigureSeries& series : figure.series) series.colour = colours.series;
  return figure;
}

void plot_ui(const ViewerData& data, const ViewerState& state, std::size_t i, const Zone& zone, Commands& out) {
  const PlotSpec& spec = data.plots.specs()[i];
  ImGui::SetCursorScreenPos({zone.x, zone.y});
  ImGui::PushID(static_cast<int>(i));
  ImGui::InvisibleButton("plot", {zone.width, zone.height});
  ImGui::PopID();
  name_item(data, fmt::format("plot {}", i + 1));
  const bool is_active = ImGui::IsItemActive();
  if (ImGui::IsItemHovered() && spec.metric != nullptr && !is_active)
    ImGui::SetTooltip("%s\ncomputed by %s", spec.metric->description.c_str(), spec.metric->computed_by.c_str());
  const Figure figure = shown(data.plots.figures()[i], spec, state, zone.width - kValue * ImGui::GetFontSize());
  const FigureLayout layout = draw_figure(figure, zone, state.is_dark);
  if (is_active) out.push_back(command::Seek{x_at(figure, layout, ImGui::GetIO().MousePos.x)});
  const bool is_empty = layout.strokes.empty() && layout.bands.empty() && data.history.frame_times().size() > 1;
  if (spec.metric == nullptr || is_empty)
    ImGui::GetWindowDrawList()->AddText({layout.left, layout.top}, ImGui::GetColorU32(ImGuiCol_TextDisabled),
                                        spec.metric == nullptr ? "not recorded" : "no data");
}

}  // namespace

void plots_panel_ui(const ViewerData& data, const ViewerState& state, Commands& out) {
  const Panel panel("plots", data.zones.plots);
  const float font = ImGui::GetFontSize(), gap = 1.2F * font;
  const ImVec2 start = ImGui::GetCursorScreenPos(), room = ImGui::GetContentRegionAvail();
  const bool is_wide = room.x > 56 * font, is_low = room.y < 2 * kLeastPlot * font;
  const int columns = is_wide || is_low ? 4 : 2, rows = static_cast<int>(kPlots) / columns;
  const float width = (room.x - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  const float height = (room.y - 0.5F * gap * static_cast<float>(rows - 1)) / static_cast<float>(rows);
  for (std::size_t i = 0; i < data.plots.figures().size(); ++i) {
    const auto column = static_cast<float>(static_cast<int>(i) % columns);
    const auto row = static_cast<float>(static_cast<int>(i) / columns);
    plot_ui(data, state, i, {start.x + column * (width + gap), start.y + row * (height + 0.5F * gap), width, height},
            out);
  }
}

}  // namespace racktwin
