// Bytes in a 2-D texture that shaders read texel by texel. Thread rule: the context's thread.
#pragma once

#include "render/gl/handle.h"

#include <cstdint>
#include <vector>

namespace racktwin::gl {

class ArrayTexture {
 public:
  // RGBA8 with 4 channels, R8 with 1.
  ArrayTexture(int channels, int width);
  void upload(const std::vector<std::uint8_t>& bytes);  // (rows x width x channels)
  void bind(int unit) const;

 private:
  Texture texture_;
  int channels_, width_, rows_ = 0;
};

}  // namespace racktwin::gl
