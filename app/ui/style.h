// The looks of the panels: colours of a theme, and spacing in font units. Thread rule: main thread.
#pragma once

#include "render/colour/colour_map.h"

#include <imgui.h>

namespace racktwin {

struct UiColours {
  Rgba window, panel, line, field, field_hovered, field_active;  // surfaces, from back to front
  Rgba text, text_weak, accent, on_accent, warning, good;
  Rgba series, series_band;  // of plots
};
const UiColours& ui_colours(bool is_dark);

void apply_style(bool is_dark, float scale);

ImU32 im_colour(Rgba colour);
ImVec4 im_vec4(Rgba colour);
Rgba with_alpha(Rgba colour, double alpha);

ImFont* semibold_font();
ImFont* small_font();

}  // namespace racktwin
