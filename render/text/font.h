// The fonts of every picture: text widths, and glyphs in an atlas. Embedded, so that pictures do not depend on the
// fonts of a machine. font.cpp is the only file that sees FreeType. No graphics library. Thread rule: one thread per
// Font.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace racktwin {

enum class FontFace : std::uint8_t { kRegular, kSemiBold };  // Inter
inline constexpr int kFontFaces = 2;

// A glyph as it lies in the atlas [texels], and where it goes relative to the pen on the baseline [px, y down].
struct Glyph {
  int x = 0, y = 0, width = 0, height = 0;
  float left = 0, top = 0, advance = 0;
};

// Heights of a face at a size [px].
struct LineMetrics {
  float ascent = 0, descent = 0, line = 0;  // both positive; baseline to baseline
};

class FontBook {
 public:
  FontBook();
  ~FontBook();
  FontBook(const FontBook&) = delete;
  FontBook& operator=(const FontBook&) = delete;

  // Text is UTF-8; characters that the face lacks show as a box. Sizes are em sizes in pixels. Figures are tabular:
  // every digit has the same advance.
  float width_px(FontFace face, float size_px, std::string_view text);
  LineMetrics metrics(FontFace face, float size_px);
  // Rasterised on first use, for a pen at a whole pixel. Kerning is left out, in widths too. Up to 256 px.
  const Glyph& glyph(FontFace face, float size_px, char32_t character);

  // Coverage, 8 bit, (atlas_size x atlas_size), row by row from the top. Grows in content, never in size: when it is
  // full (some twenty faces and sizes) it starts over, and glyphs that were fetched before are void.
  const std::vector<std::uint8_t>& atlas() const;
  int atlas_size() const;
  std::uint64_t atlas_version() const;  // changes whenever the content does

  // The embedded font file, for programs that build an atlas of their own (Dear ImGui).
  static std::string_view file(FontFace face);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// Decodes UTF-8; bytes that are none become U+FFFD.
std::u32string decode_utf8(std::string_view text);

}  // namespace racktwin
