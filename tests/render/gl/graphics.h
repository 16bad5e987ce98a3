// What tests of pictures share: a renderer without a display, and a look at a scene straight from the front.
#pragma once

#include "render/gl/offscreen_context.h"
#include "render/gl/scene_renderer.h"
#include "tests/render/gl/sample_scene.h"

#include <catch2/catch.hpp>
#include <epoxy/gl.h>
#include <fmt/core.h>

#include <memory>
#include <optional>

namespace racktwin {

struct Graphics {
  OffscreenContext context;
  std::unique_ptr<FontBook> fonts = std::make_unique<FontBook>();
  std::optional<SceneRenderer> renderer;

  Image picture(const Scene& scene, const Camera& camera, int width, int height, int supersampling = 1) {
    Result<Image> image = renderer->picture(scene, camera, width, height, supersampling);
    REQUIRE(image);
    CHECK(glGetError() == GL_NO_ERROR);
    return std::move(*image);
  }
};

// Nothing, where there is no OpenGL: the test then returns, and counts as skipped.
inline std::optional<Graphics> graphics() {
  Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) {
    fmt::print("[skipped] {}\n", context.error().front().message);
    return std::nullopt;
  }
  Graphics made{std::move(*context), std::make_unique<FontBook>(), std::nullopt};
  Result<SceneRenderer> renderer = SceneRenderer::create(*made.fonts);
  REQUIRE(renderer);
  made.renderer = std::move(*renderer);
  return made;
}

// Begins a test: `gpu`, and the renderer's name on failure.
#define RACKTWIN_NEEDS_GRAPHICS(gpu)                  \
  std::optional<Graphics> gpu##_or_none = graphics(); \
  if (!gpu##_or_none) return;                         \
  Graphics& gpu = *gpu##_or_none;                     \
  INFO(gpu.context.info().renderer << ", " << gpu.context.info().version)

// Looks at the front of a rack, height_m of it in the picture.
inline Camera in_front_of(glm::vec3 target, float height_m) {
  Camera camera;
  camera.target = target;
  camera.is_orthographic = true;
  camera.distance = 20;
  camera.fov_y = 2 * std::atan(height_m / 2 / camera.distance);
  return camera;
}

inline Rgba colour_at(const Image& image, glm::vec2 px) {
  const std::uint8_t* p = image.at(static_cast<int>(px.x), static_cast<int>(px.y));
  return {p[0], p[1], p[2], p[3]};
}

inline int difference(Rgba a, Rgba b) {
  return std::max({std::abs(a.r - b.r), std::abs(a.g - b.g), std::abs(a.b - b.b)});
}

}  // namespace racktwin

namespace Catch {
template <>
struct StringMaker<racktwin::Rgba> {
  static std::string convert(racktwin::Rgba c) { return fmt::format("#{:02x}{:02x}{:02x}", c.r, c.g, c.b); }
};
}  // namespace Catch
