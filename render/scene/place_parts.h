// What the files that build a scene's place share. Thread rule: one thread per PlaceParts.
#pragma once

#include "render/scene/layer.h"
#include "render/scene/scene.h"
#include "render/scene/swatch_plan.h"

#include <vector>

namespace racktwin {

bool has_box(const Place& place);

// Heights of what runs overhead, above the highest thing that stands in the hall [m]. Pipes and trays never meet, since
// each runs at a height of its own. Chosen for the picture: recordings say nothing of them.
inline constexpr float kSupplyRise_m = 0.24F, kReturnRise_m = 0.42F;  // technology loop
inline constexpr float kTrayRise_m = 0.64F;
inline constexpr float kFacilitySupplyRise_m = 0.86F, kFacilityReturnRise_m = 1.06F;
inline constexpr float kOverhead_m = 1.14F;
inline constexpr float kFacilityInside_m = 0.6F;  // pipes reach so far over the facility

// Racks that stand in one row.
struct Row {
  int component = -1;
  std::vector<const PlacedRack*> racks;            // left to right, with a place
  float left = 0, right = 0, front = 0, back = 0;  // [m]
};
std::vector<Row> rows_of(const SiteMap& site);

// The highest top of what stands in the hall: racks, CDUs and network racks. [m]
float deck_of(const SiteMap& site);

struct PlaceParts {
  const RunHistory& history;
  const SiteMap& site;
  int epoch;
  Layer layer;
  Scene& scene;
  SwatchPlan swatches;
  std::vector<Row> rows;
  float deck = 0;

  // The class of a unit, as the only one in a list; empty where the recording has none.
  std::vector<std::uint32_t> unit(UnitKind kind, std::uint32_t number) const;
  // Of a metric of units where the layer shows it, otherwise neutral.
  SwatchIndex in_layer(Layer shown_in, const char* metric, std::vector<std::uint32_t> classes, Neutral otherwise);
};

void add_coolant_pipes(PlaceParts& parts);
void add_cable_trays(PlaceParts& parts);

}  // namespace racktwin
