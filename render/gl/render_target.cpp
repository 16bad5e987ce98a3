#include "render/gl/render_target.h"

#include <epoxy/gl.h>
#include <fmt/core.h>

#include <algorithm>
#include <utility>

namespace racktwin {
namespace {

int largest_side() {
  GLint renderbuffer = 0, viewport[2] = {0, 0};
  glGetIntegerv(GL_MAX_RENDERBUFFER_SIZE, &renderbuffer);
  glGetIntegerv(GL_MAX_VIEWPORT_DIMS, viewport);
  return std::min({renderbuffer, viewport[0], viewport[1]});
}

tl::unexpected<Errors> too_large(int width, int height, int limit) {
  Error error{ErrorCode::kNoGraphics, {}, {}, 1, {}, {}};
  error.message = fmt::format("this OpenGL cannot draw {} x {} pixels", width, height);
  error.notes.push_back(fmt::format("it can draw at most {} pixels a side, as far as its memory goes", limit));
  return fail(std::move(error));
}

unsigned attach_buffer(GLenum attachment, GLenum format, int width, int height) {
  unsigned buffer = 0;
  glGenRenderbuffers(1, &buffer);
  glBindRenderbuffer(GL_RENDERBUFFER, buffer);
  glRenderbufferStorage(GL_RENDERBUFFER, format, width, height);
  glFramebufferRenderbuffer(GL_FRAMEBUFFER, attachment, GL_RENDERBUFFER, buffer);
  glBindRenderbuffer(GL_RENDERBUFFER, 0);
  return buffer;
}

}  // namespace

Result<RenderTarget> RenderTarget::create(int width, int height) {
  const int limit = largest_side();
  if (width > limit || height > limit) return too_large(width, height, limit);
  RenderTarget target;
  target.width_ = width;
  target.height_ = height;
  glGenFramebuffers(1, &target.framebuffer_);
  glBindFramebuffer(GL_FRAMEBUFFER, target.framebuffer_);
  target.colour_ = attach_buffer(GL_COLOR_ATTACHMENT0, GL_RGBA8, width, height);
  target.depth_ = attach_buffer(GL_DEPTH_ATTACHMENT, GL_DEPTH_COMPONENT24, width, height);
  const bool has_memory = glGetError() != GL_OUT_OF_MEMORY;
  if (!has_memory || glCheckFramebufferStatus(GL_FRAMEBUFFER) != GL_FRAMEBUFFER_COMPLETE) {
    return too_large(width, height, limit);
  }
  target.bind();
  return target;
}

void RenderTarget::bind() const {
  glBindFramebuffer(GL_FRAMEBUFFER, framebuffer_);
  glViewport(0, 0, width_, height_);
}

void RenderTarget::take_average_of(const RenderTarget& twice_the_size) const {
  glBindFramebuffer(GL_READ_FRAMEBUFFER, twice_the_size.framebuffer_);
  glBindFramebuffer(GL_DRAW_FRAMEBUFFER, framebuffer_);
  // With a linear filter each sample falls on the corner that four pixels share.
  glBlitFramebuffer(0, 0, twice_the_size.width_, twice_the_size.height_, 0, 0, width_, height_, GL_COLOR_BUFFER_BIT,
                    GL_LINEAR);
  bind();
}

RenderTarget::RenderTarget(RenderTarget&& other) noexcept
    : framebuffer_(std::exchange(other.framebuffer_, 0)),
      colour_(std::exchange(other.colour_, 0)),
      depth_(std::exchange(other.depth_, 0)),
      width_(other.width_),
      height_(other.height_) {}

RenderTarget::~RenderTarget() {
  if (framebuffer_ == 0) return;
  glDeleteFramebuffers(1, &framebuffer_);
  glDeleteRenderbuffers(1, &colour_);
  glDeleteRenderbuffers(1, &depth_);
}

}  // namespace racktwin
