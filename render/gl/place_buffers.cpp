#include "render/gl/place_buffers.h"

#include "render/gl/hidden_faces.h"

#include <algorithm>

namespace racktwin::gl {
namespace {

constexpr int kSwatchesInRow = 1024;  // see swatch.glsl
constexpr int kSquaresInPiece = 3, kMostPieces = 24;

struct BoxInstance {
  glm::vec3 corner, size;
  SwatchIndex side, top;
  std::uint32_t hidden_faces;
};
struct TubeInstance {
  glm::vec3 from, along;
  float radius;
  SwatchIndex swatch;
};
struct ShadowInstance {
  glm::vec2 corner, size;
  float softness;
};
struct TileLineInstance {
  glm::vec2 from, to;
};

const std::vector<Attribute> kBoxAttributes = {{3, GL_FLOAT, offsetof(BoxInstance, corner)},
                                               {3, GL_FLOAT, offsetof(BoxInstance, size)},
                                               {3, GL_UNSIGNED_INT, offsetof(BoxInstance, side)}};
const std::vector<Attribute> kTubeAttributes = {{3, GL_FLOAT, offsetof(TubeInstance, from)},
                                                {3, GL_FLOAT, offsetof(TubeInstance, along)},
                                                {1, GL_FLOAT, offsetof(TubeInstance, radius)},
                                                {1, GL_UNSIGNED_INT, offsetof(TubeInstance, swatch)}};
const std::vector<Attribute> kShadowAttributes = {{2, GL_FLOAT, offsetof(ShadowInstance, corner)},
                                                  {2, GL_FLOAT, offsetof(ShadowInstance, size)},
                                                  {1, GL_FLOAT, offsetof(ShadowInstance, softness)}};
const std::vector<Attribute> kTileLineAttributes = {{4, GL_FLOAT, offsetof(TileLineInstance, from)}};

// As the shaders know it: see frame.glsl.
std::uint8_t number_of(Finish finish) {
  switch (finish) {
    case Finish::kShaded:
      return 0;
    case Finish::kData:
      return 1;
    case Finish::kNoData:
      return 2;
  }
  return 0;
}

}  // namespace

PlaceBuffers::PlaceBuffers()
    : racks(unit_rack(), kBoxAttributes, sizeof(BoxInstance)),
      boxes(unit_box(), kBoxAttributes, sizeof(BoxInstance)),
      tubes(unit_tube(), kTubeAttributes, sizeof(TubeInstance)),
      shadows(unit_ring(), kShadowAttributes, sizeof(ShadowInstance)),
      tile_lines(unit_line(), kTileLineAttributes, sizeof(TileLineInstance)),
      swatches_(4, kSwatchesInRow) {}

void PlaceBuffers::update(const Scene& scene) {
  if (place_version_ != scene.place_version) {
    upload_place(scene);
    last_swatches_.clear();
  }
  place_version_ = scene.place_version;
  upload_swatches(scene);
}

void PlaceBuffers::upload_place(const Scene& scene) {
  std::vector<Cuboid> cuboids;
  for (const FrontItem& item : scene.fronts) cuboids.push_back({item.corner, item.size});
  for (const BoxItem& item : scene.boxes) cuboids.push_back({item.corner, item.size});
  const std::vector<std::uint32_t> hidden = hidden_faces(cuboids);
  auto of_next = hidden.begin();
  std::vector<BoxInstance> rack_instances, box_instances;
  for (const FrontItem& item : scene.fronts) {
    rack_instances.push_back({item.corner, item.size, item.body, item.summary, *of_next++});
  }
  racks.upload(rack_instances);
  for (const BoxItem& item : scene.boxes) {
    box_instances.push_back({item.corner, item.size, item.swatch, item.swatch, *of_next++});
  }
  // Pictures look from the side of small y: what is nearer comes first and hides the rest early.
  std::stable_sort(box_instances.begin(), box_instances.end(),
                   [](const BoxInstance& a, const BoxInstance& b) { return a.corner.y < b.corner.y; });
  boxes.upload(box_instances);

  std::vector<TubeInstance> tube_instances;
  for (const TubeItem& item : scene.tubes) {
    tube_instances.push_back({item.from, item.to - item.from, item.radius, item.swatch});
  }
  tubes.upload(tube_instances);

  std::vector<ShadowInstance> shadow_instances;
  for (const ShadowItem& item : scene.shadows) shadow_instances.push_back({item.corner, item.size, item.softness});
  shadows.upload(shadow_instances);

  fronts.upload(scene);
  upload_tile_lines(scene);
}

// In pieces, because lines fade from corner to corner: in the vertex shader, which costs next to nothing.
void PlaceBuffers::upload_tile_lines(const Scene& scene) {
  const glm::vec2 low = scene.floor_corner;
  const glm::ivec2 count(scene.floor_size / scene.floor_grid_m);
  std::vector<TileLineInstance> lines;
  for (int axis = 0; axis < 2; ++axis) {
    const int other = 1 - axis, piece = std::max(kSquaresInPiece, (count[other] + kMostPieces - 1) / kMostPieces);
    for (int i = 1; i < count[axis]; ++i) {
      for (int k = 0; k < count[other]; k += piece) {
        glm::ivec2 from(i), to(i);
        from[other] = k;
        to[other] = std::min(k + piece, count[other]);
        lines.push_back({low + scene.floor_grid_m * glm::vec2(from), low + scene.floor_grid_m * glm::vec2(to)});
      }
    }
  }
  tile_lines.upload(lines);
}

void PlaceBuffers::upload_swatches(const Scene& scene) {
  const std::size_t rows = (scene.swatches.size() + kSwatchesInRow - 1) / kSwatchesInRow;
  std::vector<std::uint8_t> packed;
  packed.reserve(4 * kSwatchesInRow * rows);
  for (const Swatch& swatch : scene.swatches) {
    packed.insert(packed.end(), {swatch.colour.r, swatch.colour.g, swatch.colour.b, number_of(swatch.finish)});
  }
  packed.resize(4 * kSwatchesInRow * rows);
  if (packed == last_swatches_) return;
  has_no_data_ = std::any_of(scene.swatches.begin(), scene.swatches.end(),
                             [](const Swatch& swatch) { return swatch.finish == Finish::kNoData; });
  swatches_.upload(packed);
  last_swatches_ = std::move(packed);
}

}  // namespace racktwin::gl
