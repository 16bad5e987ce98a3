// What tests ask of a recording besides what its readers do.
#pragma once

#include "sim/recording/recording.h"

#include <limits>
#include <optional>
#include <utility>
#include <vector>

namespace racktwin {

// The last frame of a metric at or before time_s; nullopt if there is none. It reads all frames before.
inline std::optional<FrameRow> last_frame(const RecordingReader& recording, int metric, double time_s) {
  std::vector<FrameRow> frames = recording.frames(metric, -std::numeric_limits<double>::infinity(), time_s);
  if (frames.empty()) return std::nullopt;
  return std::move(frames.back());
}

}  // namespace racktwin
