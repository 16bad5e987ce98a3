#include "app/cli/text_bar.h"

#include <algorithm>
#include <cmath>

namespace racktwin {

std::string text_bar(double share, int width) {
  const auto characters = static_cast<std::size_t>(width);
  if (std::isnan(share)) return "[" + std::string(characters, ' ') + "]";
  const auto filled = static_cast<std::size_t>(std::lround(std::clamp(share, 0.0, 1.0) * width));
  return "[" + std::string(filled, '#') + std::string(characters - filled, '-') + "]";
}

}  // namespace racktwin
