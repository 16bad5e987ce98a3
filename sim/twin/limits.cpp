#include "sim/twin/limits.h"

#include <fmt/core.h>

#include <cmath>

namespace racktwin {

void LimitWatch::watch(double time_s, double value, std::vector<EventRow>& events) {
  highest_ = std::fmax(highest_, value);
  const bool crosses = !above_ && value > limit_;
  const bool returns = above_ && value < limit_ - hysteresis_;
  if (!crosses && !returns) return;
  above_ = crosses;
  crossed_ = crossed_ || crosses;
  events.push_back({time_s, path_,
                    fmt::format("{} {} {} (limit {})", name_, crosses ? "above limit:" : "back below limit:",
                                format_quantity(value, dimension_), format_quantity(limit_, dimension_)),
                    "limit"});
}

}  // namespace racktwin
