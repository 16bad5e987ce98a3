// Scene -> pixels, in the OpenGL context that is current. Not a scene graph: it draws the arrays it is given.
//
// OpenGL 3.3 core; one instanced draw call per kind of item. What does not change between two calls (place_version) is
// not uploaded again. Thread rule: the context's thread.
#pragma once

#include "render/image/image.h"
#include "render/scene/camera.h"
#include "render/scene/scene.h"
#include "sim/result.h"

#include <memory>

namespace racktwin {

class SceneRenderer {
 public:
  // Compiles the shaders. `fonts` must outlive it. Errors: kNoGraphics with the driver's message.
  static Result<SceneRenderer> create(FontBook& fonts);

  // Clears a part of the bound framebuffer to the colour of the floor, which has no end, and draws the place into it;
  // then the overlay. The viewport is in pixels of the framebuffer, y down from the top of one that is
  // framebuffer_height high.
  void draw_place(const Scene& scene, const Camera& camera, const Viewport& viewport, int framebuffer_height);
  void draw_overlay(const Scene& scene, const Viewport& viewport, int framebuffer_height);

  // Draws into a framebuffer of its own and reads it back: the place at `supersampling` (1 or 2) times the size,
  // box-filtered; the overlay on top at 1:1. Errors: kNoGraphics if the size is more than the driver can do.
  Result<Image> picture(const Scene& scene, const Camera& camera, int width, int height, int supersampling = 2);

  SceneRenderer(SceneRenderer&&) noexcept;
  SceneRenderer& operator=(SceneRenderer&&) noexcept;
  ~SceneRenderer();

 private:
  SceneRenderer();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// The framebuffer that is bound, as an image.
Image read_framebuffer(int width, int height);

}  // namespace racktwin
