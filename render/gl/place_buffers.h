// A scene's place and its swatches on the graphics card. Uploads only what changed. Thread rule: the context's thread.
#pragma once

#include "render/gl/array_texture.h"
#include "render/gl/fronts.h"
#include "render/gl/mesh.h"
#include "render/gl/programs.h"
#include "render/scene/scene.h"

#include <optional>
#include <vector>

namespace racktwin::gl {

class PlaceBuffers {
 public:
  PlaceBuffers();
  void update(const Scene& scene);  // the place if its version is new, swatches if they differ
  void bind_swatches() const { swatches_.bind(kSwatchUnit); }

  bool has_no_data() const { return has_no_data_; }  // something is hatched

  Mesh racks, boxes, tubes, shadows, tile_lines;
  Fronts fronts;

 private:
  void upload_place(const Scene& scene);
  void upload_tile_lines(const Scene& scene);
  void upload_swatches(const Scene& scene);

  ArrayTexture swatches_;
  std::optional<std::uint64_t> place_version_;
  std::vector<std::uint8_t> last_swatches_;
  bool has_no_data_ = false;
};

}  // namespace racktwin::gl
