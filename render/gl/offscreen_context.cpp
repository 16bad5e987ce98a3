#include "render/gl/offscreen_context.h"

#include <dlfcn.h>
#include <epoxy/egl.h>
#include <epoxy/gl.h>
#include <fmt/core.h>

#include <charconv>
#include <cstdlib>
#include <cstring>

namespace racktwin {
namespace {

struct Candidate {
  std::string name;
  EGLenum platform = 0;
  void* native = nullptr;
};

std::string egl_error(const char* call) { return fmt::format("{} failed (0x{:x})", call, eglGetError()); }

// Drivers exist that leave an extension out of the string and have its functions, hence by pointer.
template <class Function>
Function egl_function(const char* name) {
  return reinterpret_cast<Function>(eglGetProcAddress(name));
}

// libepoxy ends the program if a library is missing; so look first.
bool is_installed(const char* library) {
  void* handle = ::dlopen(library, RTLD_LAZY | RTLD_LOCAL);
  if (handle != nullptr) ::dlclose(handle);
  return handle != nullptr;
}

Result<int> chosen_device(int device) {
  const char* text = std::getenv("RACKTWIN_GL_DEVICE");
  if (device >= 0 || text == nullptr || *text == '\0') return device;
  const char* end = text + std::strlen(text);
  const auto [stop, error] = std::from_chars(text, end, device);
  if (error == std::errc() && stop == end && device >= 0) return device;
  return fail(ErrorCode::kBadInput, fmt::format("RACKTWIN_GL_DEVICE is \"{}\", not the number of an EGL device", text));
}

std::vector<EGLDeviceEXT> devices() {
  const auto query = egl_function<PFNEGLQUERYDEVICESEXTPROC>("eglQueryDevicesEXT");
  EGLint count = 0;
  if (query == nullptr || query(0, nullptr, &count) != EGL_TRUE) return {};
  std::vector<EGLDeviceEXT> found(static_cast<std::size_t>(count));
  if (query(count, found.data(), &count) != EGL_TRUE) return {};
  found.resize(static_cast<std::size_t>(count));
  return found;
}

std::vector<Candidate> candidates(int device, std::vector<std::string>& tried) {
  std::vector<Candidate> all;
  const std::vector<EGLDeviceEXT> found = devices();
  for (std::size_t i = 0; i < found.size(); ++i) {
    if (device >= 0 && i != static_cast<std::size_t>(device)) continue;
    all.push_back({fmt::format("EGL device {}", i), EGL_PLATFORM_DEVICE_EXT, found[i]});
  }
  if (all.empty()) {
    tried.push_back(fmt::format("EGL device{}: EGL knows of {} device{}",
                                device >= 0 ? fmt::format(" {}", device) : "s", found.size(),
                                found.size() == 1 ? "" : "s"));
  }
  if (device < 0) all.push_back({"EGL surfaceless", EGL_PLATFORM_SURFACELESS_MESA, EGL_DEFAULT_DISPLAY});
  return all;
}

EGLContext create_context(EGLDisplay display) {
  const EGLint wanted[] = {EGL_SURFACE_TYPE, 0, EGL_RENDERABLE_TYPE, EGL_OPENGL_BIT, EGL_NONE};
  EGLConfig config = EGL_NO_CONFIG_KHR;
  EGLint count = 0;
  if (eglChooseConfig(display, wanted, &config, 1, &count) != EGL_TRUE || count == 0) config = EGL_NO_CONFIG_KHR;
  const EGLint attributes[] = {EGL_CONTEXT_MAJOR_VERSION_KHR,
                               3,
                               EGL_CONTEXT_MINOR_VERSION_KHR,
                               3,
                               EGL_CONTEXT_OPENGL_PROFILE_MASK_KHR,
                               EGL_CONTEXT_OPENGL_CORE_PROFILE_BIT_KHR,
                               EGL_NONE};
  return eglCreateContext(display, config, EGL_NO_CONTEXT, attributes);
}

std::string gl_text(GLenum name) {
  const GLubyte* text = glGetString(name);
  return text == nullptr ? "" : reinterpret_cast<const char*>(text);
}

}  // namespace

struct OffscreenContext::Impl {
  EGLDisplay display = EGL_NO_DISPLAY;
  EGLContext context = EGL_NO_CONTEXT;
  GraphicsInfo info;

  // Empty if the context is current now, otherwise why it is not.
  std::string open(const Candidate& candidate) {
    const auto get_display = egl_function<PFNEGLGETPLATFORMDISPLAYEXTPROC>("eglGetPlatformDisplayEXT");
    if (get_display == nullptr) return "EGL has no eglGetPlatformDisplayEXT";
    display = get_display(candidate.platform, candidate.native, nullptr);
    if (display == EGL_NO_DISPLAY) return egl_error("eglGetPlatformDisplayEXT");
    if (eglInitialize(display, nullptr, nullptr) != EGL_TRUE) return egl_error("eglInitialize");
    if (eglBindAPI(EGL_OPENGL_API) != EGL_TRUE) return egl_error("eglBindAPI");
    context = create_context(display);
    if (context == EGL_NO_CONTEXT) return egl_error("eglCreateContext for OpenGL 3.3 core");
    if (eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, context) == EGL_TRUE) return {};
    const std::string why = egl_error("eglMakeCurrent without a surface");
    eglDestroyContext(display, context);
    context = EGL_NO_CONTEXT;
    return why;
  }

  // The display stays open: it belongs to the process, another context may use it.
  ~Impl() {
    if (context == EGL_NO_CONTEXT) return;
    if (eglGetCurrentContext() == context) eglMakeCurrent(display, EGL_NO_SURFACE, EGL_NO_SURFACE, EGL_NO_CONTEXT);
    eglDestroyContext(display, context);
  }
};

OffscreenContext::OffscreenContext() : impl_(std::make_unique<Impl>()) {}
OffscreenContext::OffscreenContext(OffscreenContext&&) noexcept = default;
OffscreenContext& OffscreenContext::operator=(OffscreenContext&&) noexcept = default;
OffscreenContext::~OffscreenContext() = default;

const GraphicsInfo& OffscreenContext::info() const { return impl_->info; }

Result<OffscreenContext> OffscreenContext::create(int device) {
  const Result<int> chosen = chosen_device(device);
  if (!chosen) return fail(chosen.error());
  OffscreenContext made;
  GraphicsInfo& info = made.impl_->info;
  if (!is_installed("libEGL.so.1")) {
    info.tried.emplace_back("libEGL.so.1: not installed");
  } else if (!is_installed("libOpenGL.so.0") && !is_installed("libGL.so.1")) {
    info.tried.emplace_back("libOpenGL.so.0, libGL.so.1: not installed");
  } else {
    for (const Candidate& candidate : candidates(*chosen, info.tried)) {
      const std::string why = made.impl_->open(candidate);
      if (!why.empty()) {
        info.tried.push_back(candidate.name + ": " + why);
        continue;
      }
      info.platform = candidate.name;
      info.vendor = gl_text(GL_VENDOR);
      info.renderer = gl_text(GL_RENDERER);
      info.version = gl_text(GL_VERSION);
      return made;
    }
  }
  Error error{ErrorCode::kNoGraphics, "no OpenGL 3.3 without a display", {}, 1, {}, {}};
  for (const std::string& line : info.tried) error.notes.push_back("tried " + line);
  error.notes.emplace_back(*chosen >= 0
                               ? "choose another device (RACKTWIN_GL_DEVICE) or leave the choice to racktwin"
                               : "a software renderer will do: apt install libegl1 libopengl0 libgl1-mesa-dri");
  return fail(std::move(error));
}

}  // namespace racktwin
