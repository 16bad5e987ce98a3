// The layout of scatter plots. Thread rule: pure functions.
#pragma once

#include "render/plot/figure.h"

namespace racktwin {

// Close enough to keep texts apart; back ends have fonts of their own.
float about_px(const std::string& text, float line_px);

// Of a label with its symbol.
float scatter_label_width(const std::string& text, float line_px);

FigureLayout layout_scatter(const Figure& figure, float x, float y, float width, float height, float line_px);

}  // namespace racktwin
