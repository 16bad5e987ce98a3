// OpenGL without a display: an EGL context with no surface. Only render/gl sees EGL and OpenGL (libepoxy).
// Thread rule: current on the thread that created it.
#pragma once

#include "sim/result.h"

#include <memory>
#include <string>
#include <vector>

namespace racktwin {

// What there is, for `racktwin doctor` and for errors.
struct GraphicsInfo {
  std::string vendor, renderer, version;  // of the context; empty: none
  std::string platform;                   // "EGL device 0", "EGL surfaceless"
  std::vector<std::string> tried;         // platform and why it failed, in order
};

class OffscreenContext {
 public:
  // EGL devices in order, then Mesa's surfaceless platform; only EGL device number `device` if that is not negative.
  // OpenGL 3.3 core or later. The environment variable RACKTWIN_GL_DEVICE gives `device` where it is -1.
  // Errors: kNoGraphics with what was tried and what to install; kBadInput if the variable is no number.
  static Result<OffscreenContext> create(int device = -1);
  const GraphicsInfo& info() const;

  OffscreenContext(OffscreenContext&&) noexcept;
  OffscreenContext& operator=(OffscreenContext&&) noexcept;
  ~OffscreenContext();

 private:
  OffscreenContext();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace racktwin
