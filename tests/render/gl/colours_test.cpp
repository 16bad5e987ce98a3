// What a picture's colours must keep: the legend has to hold for every pixel that carries a value.
#include "tests/render/gl/graphics.h"

#include <set>

using namespace racktwin;

namespace {

constexpr int kWidth = 640, kHeight = 900;
constexpr Viewport kView{0, 0, kWidth, kHeight};

// The middle of a cell in the first rack of a scene.
glm::vec3 middle_of(const FrontItem& front, int row, int column) {
  return front.corner + glm::vec3(front.size.x * (static_cast<float>(column) + 0.5F) / kSampleColumns, 0,
                                  front.size.z * (1 - (static_cast<float>(row) + 0.5F) / kSampleRows));
}

void check_gpu_cells(Graphics& gpu, const Camera& camera, int supersampling, int tolerance) {
  const Scene scene = sample_scene();
  const FrontItem& front = scene.fronts[0];
  const Image image = gpu.picture(scene, camera, kWidth, kHeight, supersampling);
  int n_gpu = 0;
  for (int row = 0; row < kSampleRows; ++row) {
    for (int column = 0; column < kSampleColumns; ++column) {
      const SwatchIndex swatch = sample_swatch(scene, front, row, column);
      if (scene.swatches[swatch].finish != Finish::kData) continue;
      INFO("row " << row << ", column " << column);
      const Projected at = project(camera, kView, middle_of(front, row, column));
      CHECK(difference(colour_at(image, at.px), scene.swatches[swatch].colour) <= tolerance);
      ++n_gpu;
    }
  }
  CHECK(n_gpu == 72);
}

std::set<std::uint32_t> colours_within(const Image& image, glm::ivec2 low, glm::ivec2 high) {
  std::set<std::uint32_t> found;
  for (int y = low.y; y < high.y; ++y) {
    for (int x = low.x; x < high.x; ++x) {
      const std::uint8_t* p = image.at(x, y);
      found.insert(static_cast<std::uint32_t>(p[0] << 16 | p[1] << 8 | p[2]));
    }
  }
  return found;
}

std::uint32_t number(Rgba c) { return static_cast<std::uint32_t>(c.r << 16 | c.g << 8 | c.b); }

}  // namespace

TEST_CASE("a pixel inside a GPU's cell has its swatch's colour exactly") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  check_gpu_cells(gpu, in_front_of({0.3F, 0, 1.12F}, 2.4F), 1, 0);
  check_gpu_cells(gpu, in_front_of({0.3F, 0, 1.12F}, 2.4F), 2, 2);
}

TEST_CASE("a pixel inside a GPU's cell has its swatch's colour in perspective, from aside") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  check_gpu_cells(gpu, {{0.3F, 0, 1.12F}, 0.5F, 0.4F, 4.2F}, 1, 0);
  check_gpu_cells(gpu, {{0.3F, 0, 1.12F}, 0.5F, 0.4F, 4.2F}, 2, 2);
}

TEST_CASE("what has no data is hatched in two colours") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  Scene scene = sample_scene();
  for (SwatchIndex i = kSampleFirst; i < scene.swatches.size(); ++i) scene.swatches[i] = scene.swatches[kSampleNoData];
  const Camera camera = in_front_of({0.3F, 0, 1.5F}, 1.0F);
  const Image image = gpu.picture(scene, camera, kWidth, kHeight);
  const glm::ivec2 middle(project(camera, kView, middle_of(scene.fronts[0], kSampleGpuRow, 1)).px);
  const std::set<std::uint32_t> expected = {number(scene.swatches[kSampleNoData].colour), number(scene.no_data_hatch)};
  CHECK(colours_within(image, middle - 15, middle + 15) == expected);
}

TEST_CASE("a rack that is too small to see its cells shows their mean") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = sample_scene();
  const Camera camera = in_front_of({0.3F, 0, 1.12F}, 50);
  const Image image = gpu.picture(scene, camera, kWidth, kHeight);
  const glm::ivec2 middle(project(camera, kView, {0.3F, 0, 1.12F}).px);
  CHECK(colours_within(image, middle - glm::ivec2(2, 10), middle + glm::ivec2(2, 10)) ==
        std::set<std::uint32_t>{number(scene.swatches[kSampleMean].colour)});
}

TEST_CASE("a pipe has its swatch's colour in its middle and a darker rim") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = sample_scene();
  const TubeItem& tube = scene.tubes[0];
  const Rgba colour = scene.swatches[tube.swatch].colour;
  const glm::vec3 along(2.4F, 0.3F, 2.6F);
  for (const Camera& camera :
       {in_front_of(along, 0.5F), Camera{along, 0.4F, 0.7F, 1.5F}, Camera{along, 1.5F, 0, 1.5F}}) {
    const Image image = gpu.picture(scene, camera, kWidth, kHeight);
    CHECK(colour_at(image, project(camera, kView, along - glm::vec3(0, tube.radius, 0)).px) == colour);
  }
  const Camera camera = in_front_of(along, 0.5F);
  const Rgba rim = colour_at(gpu.picture(scene, camera, kWidth, kHeight),
                             project(camera, kView, along + glm::vec3(0, 0, 0.99F * tube.radius)).px);
  CHECK(rim.g < 0.8 * colour.g);
}

TEST_CASE("a box that carries a value has its swatch's colour on every face") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = sample_scene();
  const BoxItem& tray = scene.boxes[0];
  const glm::vec3 middle = tray.corner + 0.5F * tray.size;
  const Camera camera{middle, 0.4F, 0.6F, 1.5F};
  const Image image = gpu.picture(scene, camera, kWidth, kHeight);
  for (const glm::vec3 to_face : {glm::vec3(0, -0.5F, 0), {0, 0, 0.5F}}) {
    CHECK(colour_at(image, project(camera, kView, middle + to_face * tray.size).px) ==
          scene.swatches[tray.swatch].colour);
  }
}

TEST_CASE("what carries no value is lit: its faces differ") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = sample_scene();
  const BoxItem& box = scene.boxes[1];
  const glm::vec3 middle = box.corner + 0.5F * box.size;
  const Camera camera{middle, 0.6F, 0.5F, 6};
  const Image image = gpu.picture(scene, camera, kWidth, kHeight);
  const auto face = [&](glm::vec3 side) {
    return colour_at(image, project(camera, kView, middle + 0.5F * side * box.size).px).g;
  };
  CHECK(face({0, 0, 1}) > face({0, -1, 0}));
  CHECK(face({0, -1, 0}) > face({1, 0, 0}));
}

TEST_CASE("the floor is darker where a shadow falls") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  Scene scene = sample_scene();
  scene.floor_line = scene.floor;
  const Camera camera{{0.3F, 0, 0}, 0, 1.2F, 8};
  const Image image = gpu.picture(scene, camera, kWidth, kHeight);
  const auto at = [&](float y) { return colour_at(image, project(camera, kView, {0.3F, y, 0}).px); };
  CHECK(at(-0.8F) == scene.floor);
  CHECK(at(-0.02F).g < at(-0.15F).g);
  CHECK(at(-0.15F).g < at(-0.8F).g);
}
