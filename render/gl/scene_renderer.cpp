#include "render/gl/scene_renderer.h"

#include "render/gl/overlay_quads.h"
#include "render/gl/place_buffers.h"
#include "render/gl/programs.h"
#include "render/gl/render_target.h"
#include "sim/check.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstring>

namespace racktwin {
namespace {

using gl::OverlayQuad;

const std::vector<gl::Attribute> kOverlayAttributes = {
    {2, GL_FLOAT, offsetof(OverlayQuad, origin)},     {4, GL_FLOAT, offsetof(OverlayQuad, along)},
    {2, GL_FLOAT, offsetof(OverlayQuad, atlas)},      {4, GL_UNSIGNED_BYTE, offsetof(OverlayQuad, colour)},
    {1, GL_FLOAT, offsetof(OverlayQuad, is_hatched)},
};

// The uniform block of every shader, in std140 layout.
struct FrameBlock {
  glm::mat4 clip_from_world{1};
  glm::vec4 eye{0}, floor_rect{0};
  glm::vec4 background{0}, floor_line{0}, shadow{0}, gap{0}, hatch{0};
  glm::vec4 viewport{0};
  glm::vec4 distance{1};
  glm::vec4 focus{0};
};

gl::Mesh overlay_mesh() { return {gl::unit_square(), kOverlayAttributes, sizeof(OverlayQuad)}; }

glm::vec4 shares(Rgba c) { return glm::vec4(c.r, c.g, c.b, c.a) / 255.0F; }

// Samples: pixels side by side that become one of the finished picture.
FrameBlock frame_block(const Scene& scene, const Viewport& viewport, int samples) {
  FrameBlock block;
  block.floor_rect = {scene.floor_corner, scene.floor_size};
  block.background = shares(scene.floor);
  block.floor_line = shares(scene.floor_line);
  block.shadow = shares(scene.shadow);
  block.gap = shares(scene.front_gap);
  block.hatch = shares(scene.no_data_hatch);
  block.focus = {scene.focus.from_x, scene.focus.to_x, scene.focus.strength, 0};
  block.viewport = {viewport.width, viewport.height, 1.0F / static_cast<float>(samples), 0};
  return block;
}

// Where the clip coordinate w is 1.
float pixels_per_metre(const Camera& camera, const Viewport& viewport) {
  const float half_height_m = std::tan(camera.fov_y / 2) * (camera.is_orthographic ? camera.distance : 1);
  return static_cast<float>(viewport.height) / (2 * half_height_m);
}

// Lines of the floor whose clip coordinate w is lower are at least 6 pixels apart, even across the view.
float crowding_distance(float grid_m, const Camera& camera, float px_per_m) {
  return std::max(std::sin(camera.pitch), 0.1F) * grid_m * px_per_m / 6;
}

// The context may be shared with a user interface that leaves its own state behind.
void set_state(const Viewport& viewport, int framebuffer_height) {
  const int bottom = framebuffer_height - viewport.y - viewport.height;
  glViewport(viewport.x, bottom, viewport.width, viewport.height);
  glScissor(viewport.x, bottom, viewport.width, viewport.height);
  glEnable(GL_SCISSOR_TEST);
  for (const GLenum off : {GL_STENCIL_TEST, GL_DITHER, GL_FRAMEBUFFER_SRGB, GL_POLYGON_OFFSET_FILL, GL_COLOR_LOGIC_OP,
                           GL_SAMPLE_ALPHA_TO_COVERAGE, GL_LINE_SMOOTH, GL_PRIMITIVE_RESTART, GL_RASTERIZER_DISCARD}) {
    glDisable(off);
  }
  glPolygonMode(GL_FRONT_AND_BACK, GL_FILL);
  glLineWidth(1);
  glColorMask(GL_TRUE, GL_TRUE, GL_TRUE, GL_TRUE);
  glFrontFace(GL_CCW);
  glCullFace(GL_BACK);
  glDepthRange(0, 1);
  glDepthFunc(GL_LESS);
  glBlendEquation(GL_FUNC_ADD);
  glBlendFuncSeparate(GL_SRC_ALPHA, GL_ONE_MINUS_SRC_ALPHA, GL_ONE, GL_ONE_MINUS_SRC_ALPHA);
}

void set(GLenum capability, bool on) { on ? glEnable(capability) : glDisable(capability); }

// What is solid writes depth and is seen from outside only; shadows test it; the rest lies below or above everything.
void set_pass(bool has_depth, bool writes_depth, bool blends) {
  set(GL_DEPTH_TEST, has_depth);
  glDepthMask(writes_depth ? GL_TRUE : GL_FALSE);
  set(GL_BLEND, blends);
  set(GL_CULL_FACE, writes_depth);
}

// Binds what was bound before, at the end of its life.
class BoundFramebuffer {
 public:
  BoundFramebuffer() {
    glGetIntegerv(GL_DRAW_FRAMEBUFFER_BINDING, &draw_);
    glGetIntegerv(GL_READ_FRAMEBUFFER_BINDING, &read_);
  }
  ~BoundFramebuffer() {
    glBindFramebuffer(GL_DRAW_FRAMEBUFFER, static_cast<GLuint>(draw_));
    glBindFramebuffer(GL_READ_FRAMEBUFFER, static_cast<GLuint>(read_));
  }
  BoundFramebuffer(const BoundFramebuffer&) = delete;
  BoundFramebuffer& operator=(const BoundFramebuffer&) = delete;

 private:
  GLint draw_ = 0, read_ = 0;
};

void leave_state() {
  glUseProgram(0);
  glActiveTexture(GL_TEXTURE0);
  glDisable(GL_SCISSOR_TEST);
  glDepthMask(GL_TRUE);
}

}  // namespace

struct SceneRenderer::Impl {
  FontBook& fonts;
  gl::Programs programs;
  gl::PlaceBuffers place;
  gl::Mesh plates = overlay_mesh(), shapes = overlay_mesh(), glyphs = overlay_mesh();
  gl::ArrayTexture atlas;
  std::uint64_t atlas_version = 0;
  bool has_atlas = false;
  gl::Buffer frame = gl::make<gl::Buffer>(glGenBuffers);

  Impl(FontBook& font_book, gl::Programs compiled)
      : fonts(font_book), programs(std::move(compiled)), atlas(1, font_book.atlas_size()) {}

  void use(const FrameBlock& block) {
    glBindBuffer(GL_UNIFORM_BUFFER, frame.id());
    glBufferData(GL_UNIFORM_BUFFER, sizeof(block), &block, GL_DYNAMIC_DRAW);
    glBindBufferBase(GL_UNIFORM_BUFFER, gl::kFrameBinding, frame.id());
  }

  void draw(const gl::Program& program, const gl::Mesh& mesh) {
    glUseProgram(program.id());
    mesh.draw();
  }

  // Details cost a good part of a frame: only the front in focus has ports to show, if any.
  void draw_fronts(const Scene& scene, const gl::FrontView& view) {
    using Choice = gl::Fronts::Choice;
    glUseProgram(programs.detailed.front.id());
    place.fronts.draw(view, scene.focus, place.has_no_data() ? Choice::kAll : Choice::kInFocus);
    if (place.has_no_data()) return;
    glUseProgram(programs.plain.front.id());
    place.fronts.draw(view, scene.focus, Choice::kOthers);
  }

  void draw_place(const Scene& scene, const Camera& camera, const Viewport& viewport, int framebuffer_height,
                  int samples) {
    FrameBlock block = frame_block(scene, viewport, samples);
    block.clip_from_world = camera.clip_from_world(viewport.aspect());
    const glm::vec3 eye = camera.eye();
    block.eye = camera.is_orthographic ? glm::vec4(eye - camera.target, 0) : glm::vec4(eye, 1);
    const float px_per_m = pixels_per_metre(camera, viewport);
    block.viewport.w = px_per_m;
    place.update(scene);
    const bool has_no_data = place.has_no_data();
    block.distance.x = crowding_distance(scene.floor_grid_m, camera, px_per_m * block.viewport.z);
    use(block);
    place.bind_swatches();

    set_state(viewport, framebuffer_height);
    set_pass(true, true, false);
    glClearColor(block.background.r, block.background.g, block.background.b, 1);
    glClearDepth(1);
    glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
    // On the bare background, so that lines need neither depth nor blending.
    set_pass(false, false, false);
    draw(programs.tile, place.tile_lines);
    set_pass(true, true, false);
    // What covers the rest first: hidden pixels cost little.
    const gl::SolidPrograms& solid = has_no_data ? programs.detailed : programs.plain;
    draw_fronts(scene, {block.clip_from_world, block.eye, px_per_m * block.viewport.z});
    draw(solid.box, place.racks);
    draw(solid.box, place.boxes);
    draw(solid.tube, place.tubes);
    // Where two shadows meet the darker one is seen, which costs half of what mixing them does.
    set_pass(true, false, true);
    glBlendEquation(GL_MIN);
    draw(programs.shadow, place.shadows);
    leave_state();
  }

  void upload_atlas() {
    if (has_atlas && atlas_version == fonts.atlas_version()) return;
    atlas.upload(fonts.atlas());
    atlas_version = fonts.atlas_version();
    has_atlas = true;
  }

  void draw_overlay(const Scene& scene, const Viewport& viewport, int framebuffer_height) {
    const gl::OverlayQuads quads = gl::overlay_quads(scene.overlay, fonts);
    plates.upload(quads.plates);
    shapes.upload(quads.shapes);
    glyphs.upload(quads.glyphs);
    upload_atlas();
    atlas.bind(gl::kAtlasUnit);
    use(frame_block(scene, viewport, 1));
    set_state(viewport, framebuffer_height);
    set_pass(false, false, false);
    draw(programs.plate, plates);
    set_pass(false, false, true);
    draw(programs.shape, shapes);
    draw(programs.glyph, glyphs);
    leave_state();
  }
};

SceneRenderer::SceneRenderer() = default;
SceneRenderer::SceneRenderer(SceneRenderer&&) noexcept = default;
SceneRenderer& SceneRenderer::operator=(SceneRenderer&&) noexcept = default;
SceneRenderer::~SceneRenderer() = default;

Result<SceneRenderer> SceneRenderer::create(FontBook& fonts) {
  Result<gl::Programs> programs = gl::compile_programs();
  if (!programs) return fail(programs.error());
  SceneRenderer made;
  made.impl_ = std::make_unique<Impl>(fonts, std::move(*programs));
  return made;
}

void SceneRenderer::draw_place(const Scene& scene, const Camera& camera, const Viewport& viewport,
                               int framebuffer_height) {
  if (viewport.width <= 0 || viewport.height <= 0) return;  // a window made as small as it goes
  impl_->draw_place(scene, camera, viewport, framebuffer_height, 1);
}

void SceneRenderer::draw_overlay(const Scene& scene, const Viewport& viewport, int framebuffer_height) {
  if (viewport.width <= 0 || viewport.height <= 0) return;
  impl_->draw_overlay(scene, viewport, framebuffer_height);
}

Result<Image> SceneRenderer::picture(const Scene& scene, const Camera& camera, int width, int height,
                                     int supersampling) {
  RT_CHECK(width > 0 && height > 0);
  RT_CHECK(supersampling == 1 || supersampling == 2);
  const BoundFramebuffer before;
  const Result<RenderTarget> target = RenderTarget::create(width, height);
  if (!target) return fail(target.error());
  if (supersampling == 1) {
    impl_->draw_place(scene, camera, {0, 0, width, height}, height, 1);
  } else {
    const Viewport large{0, 0, 2 * width, 2 * height};
    const Result<RenderTarget> large_target = RenderTarget::create(large.width, large.height);
    if (!large_target) return fail(large_target.error());
    impl_->draw_place(scene, camera, large, large.height, 2);
    target->take_average_of(*large_target);
  }
  impl_->draw_overlay(scene, {0, 0, width, height}, height);
  return read_framebuffer(width, height);
}

Image read_framebuffer(int width, int height) {
  Image image;
  image.width = width;
  image.height = height;
  const auto rows = static_cast<std::size_t>(height), row_bytes = 4 * static_cast<std::size_t>(width);
  std::vector<std::uint8_t> upwards(rows * row_bytes);
  glBindBuffer(GL_PIXEL_PACK_BUFFER, 0);
  glPixelStorei(GL_PACK_ALIGNMENT, 1);
  glPixelStorei(GL_PACK_ROW_LENGTH, 0);
  glReadPixels(0, 0, width, height, GL_RGBA, GL_UNSIGNED_BYTE, upwards.data());
  image.pixels.resize(upwards.size());
  for (std::size_t y = 0; y < rows; ++y) {
    std::memcpy(image.pixels.data() + y * row_bytes, upwards.data() + (rows - 1 - y) * row_bytes, row_bytes);
  }
  return image;
}

}  // namespace racktwin
