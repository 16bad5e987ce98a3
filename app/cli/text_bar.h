// "[######----]": a share drawn with characters.
#pragma once

#include <string>

namespace racktwin {

// `share` beyond 0..1 is drawn as empty or full; NaN as a bar of spaces.
std::string text_bar(double share, int width);

}  // namespace racktwin
