#include "render/gl/scene_renderer.h"

#include "render/gl/render_target.h"
#include "tests/render/gl/graphics.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <string>

using namespace racktwin;

namespace {

const Camera kCamera{{2.6F, 0.5F, 1.0F}, 0.5F, 0.35F, 9};

Scene scene_with_overlay() {
  Scene scene = sample_scene();
  scene.overlay.rects.push_back({{20.4F, 19.6F}, {200, 60}, {250, 240, 230, 255}, false});
  scene.overlay.texts.push_back({{30, 50}, FontFace::kRegular, 16, {10, 20, 30, 255}, "GPU power, 1.2 kW"});
  scene.overlay.lines.push_back({{20, 100}, {220, 100}, 1, {200, 0, 0, 255}});
  scene.overlay.rects.push_back({{20, 120}, {60, 40}, {220, 220, 220, 255}, true});
  return scene;
}

std::uint64_t hash_of(const Image& image) {
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const std::uint8_t byte : image.pixels) hash = (hash ^ byte) * 0x100000001b3U;
  return hash;
}

// Output of this program, run again for one test with an environment variable set.
std::string run_again(const std::string& environment, const std::string& test) {
  std::array<char, 4096> path{};
  REQUIRE(::readlink("/proc/self/exe", path.data(), path.size() - 1) > 0);
  std::FILE* pipe = ::popen(fmt::format("{} '{}' '{}'", environment, path.data(), test).c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) output += static_cast<char>(c);
  ::pclose(pipe);
  const std::size_t from = output.find("hash ");
  REQUIRE(from != std::string::npos);
  return output.substr(from, output.find('\n', from) - from);
}

}  // namespace

TEST_CASE("print the hash of a picture", "[.]") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  fmt::print("hash {:016x}\n", hash_of(gpu.picture(scene_with_overlay(), kCamera, 500, 300, 2)));
}

// Without a shader cache: that of Mesa 22.3 does not tell vector widths apart, and a program that finds shaders of
// another width in it crashes.
TEST_CASE("a picture depends neither on the software renderer's threads nor on its vectors") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const auto drawn_with = [](const std::string& environment) {
    return run_again("MESA_SHADER_CACHE_DISABLE=true " + environment, "print the hash of a picture");
  };
  const std::string none = drawn_with("LP_NUM_THREADS=0");
  CHECK(drawn_with("LP_NUM_THREADS=1") == none);
  CHECK(drawn_with("LP_NUM_THREADS=2") == none);
  CHECK(drawn_with("LP_NATIVE_VECTOR_WIDTH=128") == none);
}

TEST_CASE("the same picture twice, whatever state others left behind") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = scene_with_overlay();
  const std::uint64_t hash = hash_of(gpu.picture(scene, kCamera, 500, 300));
  glEnable(GL_SCISSOR_TEST);
  glScissor(5, 5, 10, 10);
  glEnable(GL_BLEND);
  glEnable(GL_STENCIL_TEST);
  glStencilFunc(GL_NEVER, 0, 1);
  glEnable(GL_CULL_FACE);
  glCullFace(GL_FRONT);
  glFrontFace(GL_CW);
  glDepthFunc(GL_GREATER);
  glDepthMask(GL_FALSE);
  glClearDepth(0.2);
  glColorMask(GL_TRUE, GL_FALSE, GL_TRUE, GL_TRUE);
  glPolygonMode(GL_FRONT_AND_BACK, GL_LINE);
  glPixelStorei(GL_PACK_ALIGNMENT, 8);
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 7);
  glActiveTexture(GL_TEXTURE3);
  CHECK(hash_of(gpu.picture(scene, kCamera, 500, 300)) == hash);
}

TEST_CASE("a picture leaves the bound framebuffer bound and untouched") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Result<RenderTarget> target = RenderTarget::create(64, 64);
  REQUIRE(target);
  glClearColor(1, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  gpu.picture(sample_scene(), kCamera, 100, 100, 2);
  CHECK(colour_at(read_framebuffer(64, 64), {32, 32}) == Rgba{255, 0, 0, 255});
}

TEST_CASE("drawing into a part of a framebuffer leaves the rest untouched") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Result<RenderTarget> target = RenderTarget::create(400, 300);
  REQUIRE(target);
  glClearColor(1, 0, 0, 1);
  glClear(GL_COLOR_BUFFER_BIT);
  Scene scene = scene_with_overlay();
  scene.overlay.rects.push_back({{-50, -50}, {1000, 20}, {0, 255, 0, 255}, false});
  scene.overlay.rects.push_back({{0, 190}, {1000, 500}, {0, 255, 0, 255}, false});
  const Viewport part{100, 30, 220, 200};
  gpu.renderer->draw_place(scene, kCamera, part, 300);
  gpu.renderer->draw_overlay(scene, part, 300);
  CHECK(glGetError() == GL_NO_ERROR);
  const Image image = read_framebuffer(400, 300);
  int n_touched = 0;
  for (int y = 0; y < 300; ++y) {
    for (int x = 0; x < 400; ++x) {
      const bool is_inside = x >= 100 && x < 320 && y >= 30 && y < 230;
      const bool is_red = colour_at(image, {x, y}) == Rgba{255, 0, 0, 255};
      if (is_inside == is_red) ++n_touched;
    }
  }
  CHECK(n_touched == 0);
}

TEST_CASE("the place is uploaded when its version changes, swatches when they differ") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  Scene scene = sample_scene();
  const std::uint64_t first = hash_of(gpu.picture(scene, kCamera, 300, 200));
  scene.boxes.clear();
  CHECK(hash_of(gpu.picture(scene, kCamera, 300, 200)) == first);
  scene.swatches[kSampleMean].colour = {255, 0, 255, 255};
  const std::uint64_t repainted = hash_of(gpu.picture(scene, kCamera, 300, 200));
  CHECK(repainted != first);
  ++scene.place_version;
  CHECK(hash_of(gpu.picture(scene, kCamera, 300, 200)) != repainted);
}

TEST_CASE("the overlay is drawn to the pixel, text over plates") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  const Scene scene = scene_with_overlay();
  const Image image = gpu.picture(scene, kCamera, 500, 300, 2);
  const Rgba plate = scene.overlay.rects[0].colour, ink = scene.overlay.texts[0].colour;
  CHECK(colour_at(image, {20, 20}) == plate);
  CHECK(colour_at(image, {219, 79}) == plate);
  CHECK(colour_at(image, {19, 20}) != plate);
  CHECK(colour_at(image, {220, 79}) != plate);
  CHECK(colour_at(image, {100, 99}) != colour_at(image, {100, 100}));
  CHECK(colour_at(image, {100, 100}) == Rgba{200, 0, 0, 255});
  int n_ink = 0, n_hatch = 0;
  for (int y = 30; y < 60; ++y) {
    for (int x = 30; x < 219; ++x) n_ink += difference(colour_at(image, {x, y}), ink) <= 8 ? 1 : 0;
  }
  for (int y = 120; y < 160; ++y) {
    for (int x = 20; x < 80; ++x) n_hatch += colour_at(image, {x, y}) == scene.no_data_hatch ? 1 : 0;
  }
  CHECK(n_ink > 50);
  CHECK(n_hatch == 40 * 60 / 2);
}

TEST_CASE("whether something is hatched elsewhere does not change a front, with a rack in focus or without") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  for (const float strength : {0.0F, 0.85F}) {
    Scene scene = sample_scene();
    scene.focus = {scene.fronts[1].corner.x, scene.fronts[1].corner.x + scene.fronts[1].size.x, strength};
    scene.swatches[kSampleNoData].finish = Finish::kShaded;
    const Image plain = gpu.picture(scene, kCamera, 600, 400);
    scene.swatches.push_back({{}, Finish::kNoData});
    const Image detailed = gpu.picture(scene, kCamera, 600, 400);
    int n_different = 0;
    for (std::size_t i = 0; i < plain.pixels.size(); ++i) n_different += plain.pixels[i] != detailed.pixels[i] ? 1 : 0;
    INFO("strength " << strength);
    CHECK(n_different < 100);  // rounding
  }
}

TEST_CASE("an empty scene is its floor") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  Scene scene;
  scene.floor = {12, 34, 56, 255};
  scene.floor_line = scene.floor;
  const Image image = gpu.picture(scene, kCamera, 50, 40, 2);
  for (const glm::vec2 px : {glm::vec2(0, 0), {49, 39}, {25, 20}}) CHECK(colour_at(image, px) == scene.floor);
}

TEST_CASE("a picture that is larger than the driver can draw is an error") {
  RACKTWIN_NEEDS_GRAPHICS(gpu);
  for (const int supersampling : {1, 2}) {
    const Result<Image> image = gpu.renderer->picture(sample_scene(), kCamera, 100000, 100, supersampling);
    REQUIRE_FALSE(image);
    CHECK(image.error().front().code == ErrorCode::kNoGraphics);
    CHECK_THAT(image.error().front().message, Catch::Matchers::Contains("100000 x 100"));
  }
  CHECK(glGetError() == GL_NO_ERROR);
  gpu.picture(sample_scene(), kCamera, 100, 100, 2);
}
