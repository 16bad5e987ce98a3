#include "render/text/font.h"

#include "sim/check.h"

#include <ft2build.h>
#include FT_FREETYPE_H
#include FT_ADVANCES_H
#include FT_OUTLINE_H

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <unordered_map>

extern "C" {
extern const unsigned char racktwin_embedded_inter_regular[], racktwin_embedded_inter_regular_end[];
extern const unsigned char racktwin_embedded_inter_semibold[], racktwin_embedded_inter_semibold_end[];
}

namespace racktwin {
namespace {

constexpr int kAtlasSize = 1024;  // [texels]
constexpr int kPadding = 1;       // [texels] so that filtering takes nothing from a neighbour

std::string_view bytes_between(const unsigned char* from, const unsigned char* to) {
  return {reinterpret_cast<const char*>(from), static_cast<std::size_t>(to - from)};
}

bool is_digit(char32_t character) { return character >= U'0' && character <= U'9'; }

// Places rectangles in rows ("shelves") of the atlas, each as high as its highest.
class ShelfPacker {
 public:
  // False if it is full.
  bool place(int width, int height, int& x, int& y) {
    RT_CHECK(width + 2 * kPadding <= kAtlasSize && height + 2 * kPadding <= kAtlasSize);
    if (x_ + width + kPadding > kAtlasSize) {
      y_ += row_height_ + kPadding;
      x_ = kPadding;
      row_height_ = 0;
    }
    if (y_ + height + kPadding > kAtlasSize) return false;
    x = x_;
    y = y_;
    x_ += width + kPadding;
    row_height_ = std::max(row_height_, height);
    return true;
  }

 private:
  int x_ = kPadding, y_ = kPadding, row_height_ = 0;
};

// An em size as FreeType takes it. [1/64 px]
FT_F26Dot6 to_26_6(float px) { return std::lround(px * 64); }

}  // namespace

struct FontBook::Impl {
  struct Face {
    FT_Face face = nullptr;
    FT_F26Dot6 size = 0;      // set last
    float digit_advance = 0;  // [em]
    std::unordered_map<char32_t, float> advances;
  };

  Impl() {
    RT_CHECK_EQ(FT_Init_FreeType(&library), 0);
    for (std::size_t i = 0; i < faces.size(); ++i) {
      const std::string_view bytes = file(static_cast<FontFace>(i));
      RT_CHECK_EQ(FT_New_Memory_Face(library, reinterpret_cast<const FT_Byte*>(bytes.data()),
                                     static_cast<FT_Long>(bytes.size()), 0, &faces[i].face),
                  0);
      for (char32_t digit = U'0'; digit <= U'9'; ++digit) {
        faces[i].digit_advance = std::max(faces[i].digit_advance, own_advance(faces[i], digit));
      }
    }
  }
  ~Impl() { FT_Done_FreeType(library); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Face& face_of(FontFace face) { return faces[static_cast<std::size_t>(face)]; }

  // As the font file has it. [em]
  static float own_advance(const Face& face, char32_t character) {
    FT_Fixed advance = 0;
    const FT_UInt index = FT_Get_Char_Index(face.face, character);
    RT_CHECK_EQ(FT_Get_Advance(face.face, index, FT_LOAD_NO_SCALE, &advance), 0);
    return static_cast<float>(advance) / static_cast<float>(face.face->units_per_EM);
  }

  // [em]
  static float advance(Face& face, char32_t character) {
    if (is_digit(character)) return face.digit_advance;
    const auto [it, is_new] = face.advances.try_emplace(character, 0.0F);
    if (is_new) it->second = own_advance(face, character);
    return it->second;
  }

  Glyph rasterise(Face& face, float size_px, char32_t character) {
    if (face.size != to_26_6(size_px)) {
      face.size = to_26_6(size_px);
      RT_CHECK_EQ(FT_Set_Char_Size(face.face, 0, face.size, 72, 72), 0);  // 72 dpi: a point is a pixel
    }
    const FT_UInt index = FT_Get_Char_Index(face.face, character);
    RT_CHECK_EQ(FT_Load_Glyph(face.face, index, FT_LOAD_TARGET_LIGHT | FT_LOAD_NO_BITMAP), 0);
    const FT_GlyphSlot slot = face.face->glyph;
    const float advance_em = advance(face, character);
    if (is_digit(character)) {  // in the middle of its place
      FT_Outline_Translate(&slot->outline, to_26_6((advance_em - own_advance(face, character)) * size_px / 2), 0);
    }
    RT_CHECK_EQ(FT_Render_Glyph(slot, FT_RENDER_MODE_NORMAL), 0);
    Glyph glyph;
    glyph.width = static_cast<int>(slot->bitmap.width);
    glyph.height = static_cast<int>(slot->bitmap.rows);
    glyph.left = static_cast<float>(slot->bitmap_left);
    glyph.top = static_cast<float>(-slot->bitmap_top);
    glyph.advance = advance_em * size_px;
    return glyph;
  }

  void put_into_atlas(const FT_Bitmap& bitmap, Glyph& glyph) {
    if (glyph.width == 0 || glyph.height == 0) return;
    ++version;
    if (!packer.place(glyph.width, glyph.height, glyph.x, glyph.y)) {
      packer = {};
      glyphs.clear();
      std::fill(atlas.begin(), atlas.end(), std::uint8_t{0});
      RT_CHECK(packer.place(glyph.width, glyph.height, glyph.x, glyph.y));
    }
    for (int row = 0; row < glyph.height; ++row) {
      std::memcpy(atlas.data() + (glyph.y + row) * kAtlasSize + glyph.x, bitmap.buffer + row * bitmap.pitch,
                  bitmap.width);
    }
  }

  FT_Library library = nullptr;
  std::array<Face, kFontFaces> faces;
  std::unordered_map<std::uint64_t, Glyph> glyphs;
  ShelfPacker packer;
  std::vector<std::uint8_t> atlas = std::vector<std::uint8_t>(std::size_t{kAtlasSize} * kAtlasSize);
  std::uint64_t version = 0;
};

FontBook::FontBook() : impl_(std::make_unique<Impl>()) {}
FontBook::~FontBook() = default;

float FontBook::width_px(FontFace face, float size_px, std::string_view text) {
  float width_em = 0;
  for (const char32_t character : decode_utf8(text)) width_em += Impl::advance(impl_->face_of(face), character);
  return width_em * size_px;
}

LineMetrics FontBook::metrics(FontFace face, float size_px) {
  const FT_Face of = impl_->face_of(face).face;
  const float scale = size_px / static_cast<float>(of->units_per_EM);
  return {static_cast<float>(of->ascender) * scale, static_cast<float>(-of->descender) * scale,
          static_cast<float>(of->height) * scale};
}

const Glyph& FontBook::glyph(FontFace face, float size_px, char32_t character) {
  RT_CHECK(size_px > 0 && size_px <= 256);
  const auto size = static_cast<std::uint64_t>(to_26_6(size_px));
  const std::uint64_t key = (static_cast<std::uint64_t>(face) << 48) | (size << 24) | character;
  if (const auto it = impl_->glyphs.find(key); it != impl_->glyphs.end()) return it->second;
  Impl::Face& from = impl_->face_of(face);
  Glyph glyph = impl_->rasterise(from, size_px, character);
  impl_->put_into_atlas(from.face->glyph->bitmap, glyph);
  return impl_->glyphs[key] = glyph;
}

const std::vector<std::uint8_t>& FontBook::atlas() const { return impl_->atlas; }
int FontBook::atlas_size() const { return kAtlasSize; }
std::uint64_t FontBook::atlas_version() const { return impl_->version; }

std::string_view FontBook::file(FontFace face) {
  switch (face) {
    case FontFace::kRegular:
      return bytes_between(racktwin_embedded_inter_regular, racktwin_embedded_inter_regular_end);
    case FontFace::kSemiBold:
      return bytes_between(racktwin_embedded_inter_semibold, racktwin_embedded_inter_semibold_end);
  }
  RT_CHECK(false);
}

}  // namespace racktwin
