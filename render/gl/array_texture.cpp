#include "render/gl/array_texture.h"

#include "sim/check.h"

namespace racktwin::gl {

ArrayTexture::ArrayTexture(int channels, int width)
    : texture_(make<Texture>(glGenTextures)), channels_(channels), width_(width) {
  glBindTexture(GL_TEXTURE_2D, texture_.id());
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, GL_NEAREST);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, GL_NEAREST);
  glBindTexture(GL_TEXTURE_2D, 0);
}

void ArrayTexture::upload(const std::vector<std::uint8_t>& bytes) {
  const std::size_t row_bytes = static_cast<std::size_t>(channels_) * static_cast<std::size_t>(width_);
  RT_CHECK_EQ(bytes.size() % row_bytes, 0U);
  const auto rows = static_cast<int>(bytes.size() / row_bytes);
  const GLenum format = channels_ == 4 ? GL_RGBA : GL_RED;
  glBindTexture(GL_TEXTURE_2D, texture_.id());
  glBindBuffer(GL_PIXEL_UNPACK_BUFFER, 0);
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glPixelStorei(GL_UNPACK_ROW_LENGTH, 0);
  if (rows != rows_) {
    glTexImage2D(GL_TEXTURE_2D, 0, channels_ == 4 ? GL_RGBA8 : GL_R8, width_, rows, 0, format, GL_UNSIGNED_BYTE,
                 bytes.data());
  } else {
    glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, width_, rows, format, GL_UNSIGNED_BYTE, bytes.data());
  }
  rows_ = rows;
  glBindTexture(GL_TEXTURE_2D, 0);
}

void ArrayTexture::bind(int unit) const {
  glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
  glBindTexture(GL_TEXTURE_2D, texture_.id());
  glBindSampler(static_cast<GLuint>(unit), 0);
}

}  // namespace racktwin::gl
