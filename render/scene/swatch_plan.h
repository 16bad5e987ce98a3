// Which swatch means what: shared by place.cpp, which hands them out, and swatches.cpp, which colours them.
// Thread rule: one thread per Scene.
#pragma once

#include "render/scene/scene.h"
#include "sim/recording/recording.h"

#include <map>
#include <tuple>
#include <vector>

namespace racktwin {

// The first swatches of every scene.
enum class Neutral : SwatchIndex { kBody, kBodyDark, kMetal, kSupply, kReturn, kTray, kFacility };
inline constexpr SwatchIndex kNeutrals = 7;
constexpr SwatchIndex swatch_of(Neutral neutral) { return static_cast<SwatchIndex>(neutral); }

// Hands out one swatch for every different value of a place.
class SwatchPlan {
 public:
  explicit SwatchPlan(Scene& scene);
  // Of a metric over units, given the class of each. Without a metric or units: no data.
  SwatchIndex of_units(const MetricRow* metric, std::vector<std::uint32_t> classes,
                       Statistic statistic = Statistic::kMean, Shows shows = Shows::kScale);

 private:
  Scene& scene_;
  std::map<std::tuple<int, Statistic, Shows, std::vector<ClassCount>>, SwatchIndex> known_;
};

}  // namespace racktwin
