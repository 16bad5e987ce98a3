// The shader programs, from the files in assets/shaders that are embedded in the library. Thread rule: the context's
// thread.
#pragma once

#include "render/gl/handle.h"
#include "sim/result.h"

namespace racktwin::gl {

// Texture units, and the binding of the uniform block Frame.
inline constexpr int kSwatchUnit = 0, kAtlasUnit = 1;
inline constexpr GLuint kFrameBinding = 0;

// What is solid. Two of each: details cost a good part of a frame, and most pictures have none (see front.frag).
struct SolidPrograms {
  Program box, front, tube;
};

struct Programs {
  SolidPrograms plain, detailed;
  Program tile, shadow, plate, shape, glyph;
};

// Errors: kNoGraphics with the driver's message.
Result<Programs> compile_programs();

}  // namespace racktwin::gl
