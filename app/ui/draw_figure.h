// Figure -> ImDrawList: the window's back end of plots. Thread rule: main thread, within an ImGui frame.
#pragma once

#include "app/ui/layout.h"
#include "render/plot/figure.h"

namespace racktwin {

// Draws the figure with its title into a zone of the current ImGui window and gives where things are.
FigureLayout draw_figure(const Figure& figure, const Zone& zone, bool is_dark);

}  // namespace racktwin
