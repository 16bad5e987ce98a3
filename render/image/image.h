// A picture in memory, and PNG files with provenance. png.cpp is the only file that sees libpng. Thread rule: plain
// values.
#pragma once

#include "sim/result.h"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

// 8-bit sRGB with alpha, (height x width x 4), row by row from the top.
struct Image {
  int width = 0, height = 0;
  std::vector<std::uint8_t> pixels;
  const std::uint8_t* at(int x, int y) const {
    return pixels.data() +
           4 * (static_cast<std::size_t>(y) * static_cast<std::size_t>(width) + static_cast<std::size_t>(x));
  }
};

// Keyword and text of a PNG text chunk: "Scenario", "llama3". ASCII goes into tEXt, the rest into iTXt.
using PngText = std::vector<std::pair<std::string, std::string>>;

// Writes FILE by way of a temporary file beside it, so that FILE is either whole or not there. Alpha is dropped.
// Errors: kIo; kIo also if it exists and force is false.
Result<void> write_png(const std::string& path, const Image& image, const PngText& text, bool force);
// The bytes of such a file, for what is no file: a pipe. Errors: kIo.
Result<std::string> png_bytes(const Image& image, const PngText& text);
// Errors: kIo, kBadInput if it is no PNG.
Result<Image> read_png(const std::string& path, PngText* text = nullptr);

}  // namespace racktwin
