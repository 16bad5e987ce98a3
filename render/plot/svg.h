// Figure -> SVG, self-contained, text as text. Thread rule: pure function.
#pragma once

#include "render/plot/figure.h"

#include <string>

namespace racktwin {

// The width at which the square of a scatter plot is as high as the picture allows, and its labels fit.
int scatter_svg_width(const Figure& figure, int height);

std::string figure_svg(const Figure& figure, int width, int height, const Theme& theme);

}  // namespace racktwin
