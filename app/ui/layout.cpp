#include "app/ui/layout.h"

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

// In lines of text.
constexpr float kLeastRight = 16.5F;   // the buttons of the pace beside each other
constexpr float kLeastPlots = 9.5F;    // one row of plots with axes
constexpr float kLeastInspector = 8;   // a name and two values
constexpr float kLeastWhatIf = 13.5F;  // a title, four changes, the pace and an answer
constexpr float kMostWhatIf = 24;      // no more than what a site offers
constexpr float kLowWindow = 54;       // of less height: the right column runs down to the status bar
constexpr float kLowEvents = 7;        // a title and two of them

}  // namespace

Zones zones_of(float width_px, float height_px, float line_px, const Splitters& splitters, bool has_what_ifs,
               float banner_px) {
  const auto whole = [](float value) { return std::round(value); };
  const float gap = 1;  // the line between zones
  const float toolbar = whole(2.6F * line_px), status = whole(1.7F * line_px), timeline = whole(2.9F * line_px);
  const float left = whole(std::max(splitters.left * width_px, 10 * line_px));
  const float right = whole(std::max(splitters.right * width_px, kLeastRight * line_px));
  const float bottom = whole(std::max(splitters.bottom * height_px, timeline + kLeastPlots * line_px));
  const float banner = whole(std::min(banner_px, 0.3F * height_px));
  const float top = toolbar + banner;
  const float upper = height_px - top - status - bottom;
  const bool is_low = height_px < kLowWindow * line_px;
  const float events = whole(kLowEvents * line_px);                         // of a low window
  const float column = is_low ? height_px - top - status - events : upper;  // of inspector and what-ifs
  const float half = std::clamp(column / 2, kLeastWhatIf * line_px, kMostWhatIf * line_px);
  const float room = std::max(0.0F, std::min(half, column - kLeastInspector * line_px));
  const float what_if = has_what_ifs ? whole(room) : 0;
  const float lower_y = top + upper + gap;
  const float right_x = width_px - right + gap;

  Zones zones;
  zones.toolbar = {0, 0, width_px, toolbar - gap};
  zones.banner = {0, toolbar, width_px, std::max(0.0F, banner - gap)};
  zones.tree = {0, top, left - gap, upper};
  zones.viewport = {left, top, width_px - left - right, upper};
  zones.inspector = {right_x, top, right - gap, column - what_if};
  zones.what_if = {right_x, top + column - what_if + gap, right - gap, what_if - gap};
  zones.timeline = {0, lower_y, is_low ? width_px - right : width_px, timeline - gap};
  const float plots_y = lower_y + timeline, plots_height = bottom - timeline - 2 * gap;
  zones.plots = {0, plots_y, width_px - right, plots_height};
  zones.events = is_low ? Zone{right_x, height_px - status - events + gap, right - gap, events - 2 * gap}
                        : Zone{right_x, plots_y, right - gap, plots_height};
  zones.status = {0, height_px - status, width_px, status};
  // A window that is smaller than it should be has panels that overlap, but none without a size.
  for (Zone* zone : {&zones.tree, &zones.viewport, &zones.inspector, &zones.plots, &zones.events}) {
    zone->width = std::max(zone->width, line_px);
    zone->height = std::max(zone->height, line_px);
  }
  return zones;
}

}  // namespace racktwin
