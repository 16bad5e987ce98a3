#include "render/scene/build_scene.h"
#include "render/scene/swatch_plan.h"
#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

Rgba neutral_colour(Neutral neutral, const Theme& theme) {
  switch (neutral) {
    case Neutral::kBody:
      return theme.body;
    case Neutral::kBodyDark:
      return theme.body_dark;
    case Neutral::kMetal:
      return theme.metal;
    case Neutral::kSupply:
      return theme.supply;
    case Neutral::kReturn:
      return theme.return_;
    case Neutral::kTray:
      return theme.tray;
    case Neutral::kFacility:
      return theme.plate_border;
  }
  RT_CHECK(false);
}

// Over the units with data; NaN: there are none.
double value_of(const FrameRow& row, const SwatchSource& source, const std::vector<ClassCount>& class_counts) {
  double sum = 0, units = 0, highest = std::numeric_limits<double>::quiet_NaN();
  for (std::uint32_t i = source.first; i < source.first + source.count; ++i) {
    const ClassCount& part = class_counts[i];
    if (part.unit_class >= row.mean.size() || std::isnan(row.mean[part.unit_class])) continue;
    sum += static_cast<double>(row.mean[part.unit_class]) * part.units;
    units += part.units;
    highest = std::fmax(highest, static_cast<double>(row.high[part.unit_class]));
  }
  if (source.statistic == Statistic::kHighest) return highest;
  return units > 0 ? sum / units : std::numeric_limits<double>::quiet_NaN();
}

Swatch swatch_of(const SwatchSource& source, double value, const LayerSpec& layer, const Theme& theme) {
  if (source.shows == Shows::kScale) return {colour_of(layer, theme, source.metric, value), Finish::kData};
  return value > 0 ? Swatch{theme.metal, Finish::kShaded} : Swatch{theme.alarm, Finish::kData};
}

}  // namespace

SwatchPlan::SwatchPlan(Scene& scene) : scene_(scene) {
  scene_.swatch_sources.assign(kNeutrals, {});
  scene_.class_counts.clear();
}

SwatchIndex SwatchPlan::of_units(const MetricRow* metric, std::vector<std::uint32_t> classes, Statistic statistic,
                                 Shows shows) {
  std::sort(classes.begin(), classes.end());
  std::vector<ClassCount> counts;
  for (const std::uint32_t unit_class : classes) {
    if (counts.empty() || counts.back().unit_class != unit_class) counts.push_back({unit_class, 0});
    ++counts.back().units;
  }
  const auto next = static_cast<SwatchIndex>(scene_.swatch_sources.size());
  const int id = metric == nullptr ? -1 : metric->id;
  const auto [found, is_new] = known_.try_emplace({id, statistic, shows, std::move(counts)}, next);
  if (is_new) {
    const std::vector<ClassCount>& stored = std::get<3>(found->first);
    scene_.swatch_sources.push_back({id, statistic, static_cast<std::uint32_t>(scene_.class_counts.size()),
                                     static_cast<std::uint32_t>(stored.size()), shows});
    scene_.class_counts.insert(scene_.class_counts.end(), stored.begin(), stored.end());
  }
  return found->second;
}

void build_swatches(const std::optional<Frame>& frame, const LayerSpec& layer, const Theme& theme, Scene& scene) {
  RT_CHECK(scene.swatch_sources.size() >= kNeutrals);
  scene.swatches.assign(scene.swatch_sources.size(), {theme.no_data, Finish::kNoData});
  for (SwatchIndex i = 0; i < kNeutrals; ++i)
    scene.swatches[i] = {neutral_colour(static_cast<Neutral>(i), theme), Finish::kShaded};
  for (std::size_t i = kNeutrals; frame && i < scene.swatches.size(); ++i) {
    const SwatchSource& source = scene.swatch_sources[i];
    if (source.metric < 0 || static_cast<std::size_t>(source.metric) >= frame->values.size()) continue;
    const FrameRow& row = frame->values[static_cast<std::size_t>(source.metric)];
    const double value = value_of(row, source, scene.class_counts);
    if (!std::isnan(value)) scene.swatches[i] = swatch_of(source, value, layer, theme);
  }
  scene.floor = theme.floor;
  scene.floor_line = theme.floor_line;
  scene.shadow = theme.shadow;
  scene.front_gap = theme.body_dark;
  scene.no_data_hatch = theme.no_data_hatch;
}

}  // namespace racktwin
