#include "render/scene/build_scene.h"
#include "render/scene/swatch_plan.h"
#include "sim/check.h"

#include <cmath>
#include <span>
#include <utility>

namespace racktwin {
namespace {

Rgba colour_of(Neutral neutral, const Theme& theme) {
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

// NaN: no data.
double value_of(const FrameRow& row, const SwatchSource& source, const std::vector<ClassCount>& class_counts) {
  const Reading reading = reading_of(row, std::span(class_counts).subspan(source.first, source.count));
  return source.statistic == Statistic::kHighest ? reading.high : reading.mean;
}

}  // namespace

SwatchPlan::SwatchPlan(Scene& scene) : scene_(scene) {
  scene_.swatch_sources.assign(kNeutrals, {});
  scene_.class_counts.clear();
}

SwatchIndex SwatchPlan::of_units(const MetricRow* metric, std::vector<std::uint32_t> classes, Statistic statistic) {
  const auto next = static_cast<SwatchIndex>(scene_.swatch_sources.size());
  const int id = metric == nullptr ? -1 : metric->id;
  const auto [found, is_new] = known_.try_emplace({id, statistic, counted(std::move(classes))}, next);
  if (is_new) {
    const std::vector<ClassCount>& stored = std::get<2>(found->first);
    scene_.swatch_sources.push_back({id, statistic, static_cast<std::uint32_t>(scene_.class_counts.size()),
                                     static_cast<std::uint32_t>(stored.size())});
    scene_.class_counts.insert(scene_.class_counts.end(), stored.begin(), stored.end());
  }
  return found->second;
}

void build_swatches(const std::optional<Frame>& frame, const LayerSpec& layer, const Theme& theme, Scene& scene) {
  RT_CHECK(scene.swatch_sources.size() >= kNeutrals);
  scene.swatches.assign(scene.swatch_sources.size(), {theme.no_data, Finish::kNoData});
  for (SwatchIndex i = 0; i < kNeutrals; ++i)
    scene.swatches[i] = {colour_of(static_cast<Neutral>(i), theme), Finish::kShaded};
  for (std::size_t i = kNeutrals; frame && i < scene.swatches.size(); ++i) {
    const SwatchSource& source = scene.swatch_sources[i];
    if (source.metric < 0 || static_cast<std::size_t>(source.metric) >= frame->values.size()) continue;
    const FrameRow& row = frame->values[static_cast<std::size_t>(source.metric)];
    const double value = value_of(row, source, scene.class_counts);
    if (std::isnan(value)) continue;
    scene.swatches[i] = {colour_at(layer.map, (value - layer.low) / (layer.high - layer.low)), Finish::kData};
  }
  scene.floor = theme.floor;
  scene.floor_line = theme.floor_line;
  scene.shadow = theme.shadow;
  scene.front_gap = theme.body_dark;
  scene.no_data_hatch = theme.no_data_hatch;
}

}  // namespace racktwin
