// Figure -> SVG, self-contained, text as text. Thread rule: pure function.
#pragma once

#include "render/plot/figure.h"

#include <string>

namespace racktwin {

std::string figure_svg(const Figure& figure, int width, int height, const Theme& theme);

}  // namespace racktwin
