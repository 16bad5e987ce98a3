#include "render/gl/offscreen_context.h"

#include "tests/render/gl/graphics.h"

#include <cstdlib>

using namespace racktwin;

namespace {

class DeviceVariable {
 public:
  explicit DeviceVariable(const char* value) { ::setenv("RACKTWIN_GL_DEVICE", value, 1); }
  ~DeviceVariable() { ::unsetenv("RACKTWIN_GL_DEVICE"); }
};

}  // namespace

TEST_CASE("a context without a display says what it runs on") {
  const Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) {
    fmt::print("[skipped] {}\n", context.error().front().message);
    return;
  }
  CHECK_FALSE(context->info().renderer.empty());
  CHECK_FALSE(context->info().version.empty());
  CHECK_THAT(context->info().platform, Catch::Matchers::StartsWith("EGL "));
}

TEST_CASE("a device that does not exist is an error that lists what was tried, and nothing replaces it") {
  const DeviceVariable device("99");
  const Result<OffscreenContext> context = OffscreenContext::create();
  REQUIRE_FALSE(context);
  const Error& error = context.error().front();
  CHECK(error.code == ErrorCode::kNoGraphics);
  REQUIRE_FALSE(error.notes.empty());
  CHECK_THAT(error.notes.front(), Catch::Matchers::StartsWith("tried "));
}

TEST_CASE("an argument goes before the variable") {
  const DeviceVariable device("no number");
  const Result<OffscreenContext> context = OffscreenContext::create(98);
  REQUIRE_FALSE(context);
  CHECK(context.error().front().code == ErrorCode::kNoGraphics);
}

TEST_CASE("a device that is no number is bad input") {
  for (const char* value : {"first", "1x", "-1"}) {
    const DeviceVariable device(value);
    const Result<OffscreenContext> context = OffscreenContext::create();
    REQUIRE_FALSE(context);
    CHECK(context.error().front().code == ErrorCode::kBadInput);
  }
}

TEST_CASE("two contexts follow each other") {
  for (int i = 0; i < 2; ++i) {
    RACKTWIN_NEEDS_GRAPHICS(gpu);
    gpu.picture(sample_scene(), {{2.6F, 0.5F, 1.0F}, 0.5F, 0.35F, 9}, 64, 64, 2);
  }
}
