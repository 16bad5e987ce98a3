// What to draw, as plain data. No graphics library.
//
// Three parts that change at different times: the place (boxes, tubes, fronts) with site, epoch and layer; the swatches
// (colours of values) with the frame; the overlay (text, legend, scale) with camera, frame and size. Every drawn thing
// knows its component, and takes its colour from a swatch, so that a new frame replaces a few hundred swatches.
// Thread rule: plain values.
#pragma once

#include "render/colour/colour_map.h"
#include "render/text/font.h"
#include "sim/recording/run_history.h"

#include <glm/glm.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace racktwin {

enum class Finish : std::uint8_t {
  kData,    // the swatch's colour exactly: nothing may be read from light
  kShaded,  // lit by the fixed light: what carries no value
  kNoData,  // hatched
};

struct Swatch {
  Rgba colour;
  Finish finish = Finish::kShaded;
};

using SwatchIndex = std::uint32_t;

// How the values of several units become one. Units without data do not count.
enum class Statistic : std::uint32_t {  // as wide as its neighbours: places are hashed word by word
  kMean,
  kHighest,  // of all units, within the frame's interval
};

// How a value becomes a colour.
enum class Shows : std::uint32_t {
  kScale,    // the layer's colour map, up to the metric's lowest limit; beyond it Theme::alarm
  kStopped,  // Theme::alarm at 0, else neutral
};

// What colours a swatch: a metric over units of some classes (Scene::class_counts); metric -1: a neutral colour, or
// nothing that was recorded. Written with the place, so that a frame is coloured without looking at the site again.
struct SwatchSource {
  int metric = -1;
  Statistic statistic = Statistic::kMean;
  std::uint32_t first = 0, count = 0;  // range of Scene::class_counts
  Shows shows = Shows::kScale;
};

struct BoxItem {
  glm::vec3 corner{0, 0, 0}, size{1, 1, 1};  // [m] lowest x, y, z
  SwatchIndex swatch = 0;
  ComponentId id;
};

// A round pipe along an axis.
struct TubeItem {
  glm::vec3 from{0, 0, 0}, to{0, 0, 1};  // [m] differ along one axis
  float radius = 0.05F;
  SwatchIndex swatch = 0;
  ComponentId id;
};

// What is on the front (y = 0 face) of racks of one type: a grid of cells, row 0 at the top. Rows are of equal height,
// columns of equal width.
struct FrontGrid {
  int columns = 1, rows = 1;
  struct Texel {
    std::uint16_t cell = 0;  // number of the cell
    std::uint16_t kind = 0;  // FrontKind
  };
  std::vector<Texel> texels;      // (rows x columns)
  std::vector<int> part_of_cell;  // (n_cell) template component id; -1: the rack itself
  int cells() const { return static_cast<int>(part_of_cell.size()); }
};
enum class FrontKind : std::uint16_t { kGpu, kComputeTray, kSwitchTray, kPowerShelf, kManagementSwitch, kOther };

// A rack: a box whose front shows its cells, and their summary (LayerSpec::summary) where they are too small to see.
struct FrontItem {
  glm::vec3 corner{0, 0, 0}, size{1, 1, 1};
  std::uint32_t grid = 0;          // index into Scene::grids
  std::uint32_t first_swatch = 0;  // index into Scene::cell_swatches: one a cell; racks that are alike share them
  SwatchIndex summary = 0;         // far away, and on the top
  SwatchIndex body = 0;            // the sides
  ComponentId id;
};

// What stands elsewhere along x steps back: its colours go towards the floor's.
struct Focus {
  float from_x = 0, to_x = 0;  // [m]
  float strength = 0;          // 0: everything is as near, 1: nothing else is seen
};

// A soft shadow on the floor.
struct ShadowItem {
  glm::vec2 corner{0, 0}, size{1, 1};  // [m]
  float softness = 0.3F;               // [m] beyond the edges
};

struct OverlayText {
  glm::vec2 px{0, 0};  // pen on the baseline, viewport pixels, y down
  FontFace face = FontFace::kRegular;
  float size_px = 13;
  Rgba colour;
  std::string text;
};
struct OverlayRect {
  glm::vec2 px{0, 0}, size{0, 0};
  Rgba colour;
  bool is_hatched = false;  // no data: with Theme::no_data_hatch
  float border_px = 0;      // only a border of this width, inside of the edges; 0: the whole rectangle
};
struct OverlayLine {
  glm::vec2 from{0, 0}, to{0, 0};
  float width_px = 1;
  Rgba colour;
};

// A text with the plate it stands on: what may not overlap, and what must be readable.
struct LabelBox {
  glm::vec2 px{0, 0}, size{0, 0};
  std::string text;
  float text_px = 13;
  Rgba text_colour, plate_colour;
  ComponentId id;         // does not exist: legend, title, scale
  bool is_alarm = false;  // its border says so, too
};

// Drawn in this order: rects, lines, texts.
struct Overlay {
  std::vector<OverlayRect> rects;
  std::vector<OverlayLine> lines;
  std::vector<OverlayText> texts;
  std::vector<LabelBox> labels;  // what the above show, for tests and for clicks
};

struct Scene {
  // place
  std::uint64_t place_version = 0;  // differs whenever anything of the place does
  std::vector<BoxItem> boxes;
  std::vector<TubeItem> tubes;
  std::vector<FrontItem> fronts;
  std::vector<FrontGrid> grids;
  std::vector<SwatchIndex> cell_swatches;    // a run of cells for every look of a front
  std::vector<SwatchSource> swatch_sources;  // (n_swatch)
  std::vector<ClassCount> class_counts;
  std::vector<ShadowItem> shadows;
  glm::vec2 floor_corner{0, 0}, floor_size{1, 1};  // [m]
  float floor_grid_m = 1.2F;                       // two tiles of a raised floor
  // values
  std::vector<Swatch> swatches;
  Rgba floor, floor_line, shadow, front_gap, no_data_hatch;
  // overlay
  Focus focus;
  Overlay overlay;
};

}  // namespace racktwin
