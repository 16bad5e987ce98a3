#include "render/text/font.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace racktwin {
namespace {

constexpr FontFace kFaces[] = {FontFace::kRegular, FontFace::kSemiBold};

std::vector<std::uint8_t> coverage_of(const FontBook& fonts, const Glyph& glyph) {
  std::vector<std::uint8_t> coverage;
  for (int y = glyph.y; y < glyph.y + glyph.height; ++y) {
    const auto row = fonts.atlas().begin() + y * fonts.atlas_size() + glyph.x;
    coverage.insert(coverage.end(), row, row + glyph.width);
  }
  return coverage;
}

}  // namespace

TEST_CASE("widths add up and grow with the size") {
  FontBook fonts;
  for (const FontFace face : kFaces) {
    const float one = fonts.width_px(face, 13, "Rack power "), other = fonts.width_px(face, 13, "110 kW");
    CHECK(one > 0);
    CHECK(fonts.width_px(face, 13, "Rack power 110 kW") == Approx(one + other));
    CHECK(fonts.width_px(face, 26, "110 kW") == Approx(2 * other));
    CHECK(fonts.width_px(face, 13, "") == 0);
  }
}

TEST_CASE("a text is as wide as its glyphs advance") {
  FontBook fonts;
  const std::string text = "80.2 °C · 1×72";
  float advance = 0;
  for (const char32_t character : decode_utf8(text)) advance += fonts.glyph(FontFace::kRegular, 13, character).advance;
  CHECK(advance == Approx(fonts.width_px(FontFace::kRegular, 13, text)));
}

TEST_CASE("all digits have the same advance, and a one stands in the middle of it") {
  FontBook fonts;
  for (const FontFace face : kFaces) {
    for (const char digit : std::string("123456789")) {
      CHECK(fonts.width_px(face, 13, std::string(1, digit)) == fonts.width_px(face, 13, "0"));
    }
    const Glyph one = fonts.glyph(face, 64, U'1');
    CHECK(one.left + static_cast<float>(one.width) / 2 == Approx(one.advance / 2).margin(0.1 * one.advance));
  }
}

TEST_CASE("the faces have the characters that pictures need") {
  FontBook fonts;
  for (const FontFace face : kFaces) {
    const auto box = coverage_of(fonts, fonts.glyph(face, 20, 0x10FFFF));  // the face lacks it
    REQUIRE_FALSE(box.empty());
    for (const char32_t character : std::u32string(U"°·×–µΔ²³±ÄÖÜäöüßéñ→↑")) {
      const auto coverage = coverage_of(fonts, fonts.glyph(face, 20, character));
      INFO(static_cast<std::uint32_t>(character));
      CHECK_FALSE(coverage.empty());
      CHECK(coverage != box);
    }
  }
}

TEST_CASE("a glyph has ink within its place in the atlas and an empty rim") {
  FontBook fonts;
  fonts.glyph(FontFace::kRegular, 20, U'M');
  const Glyph glyph = fonts.glyph(FontFace::kRegular, 20, U'H');
  CHECK(glyph.height == Approx(20 * 0.727).margin(1));  // cap height of Inter
  CHECK(glyph.top == Approx(-glyph.height).margin(1));  // it stands on the baseline
  const auto texel = [&](int x, int y) {
    return int{fonts.atlas()[static_cast<std::size_t>(y * fonts.atlas_size() + x)]};
  };
  int most = 0;
  for (int y = glyph.y; y < glyph.y + glyph.height; ++y) {
    for (int x = glyph.x; x < glyph.x + glyph.width; ++x) most = std::max(most, texel(x, y));
    CHECK(texel(glyph.x - 1, y) == 0);
    CHECK(texel(glyph.x + glyph.width, y) == 0);
  }
  CHECK(most == 255);
}

TEST_CASE("a glyph is rasterised once") {
  FontBook fonts;
  const Glyph first = fonts.glyph(FontFace::kRegular, 13, U'a');
  const std::uint64_t version = fonts.atlas_version();
  const Glyph second = fonts.glyph(FontFace::kRegular, 13, U'a');
  CHECK(second.x == first.x);
  CHECK(second.y == first.y);
  CHECK(fonts.atlas_version() == version);
  fonts.glyph(FontFace::kRegular, 14, U'a');
  CHECK(fonts.atlas_version() != version);
}

TEST_CASE("a full atlas starts over") {
  FontBook fonts;
  const Glyph before = fonts.glyph(FontFace::kRegular, 13, U'a');
  for (int size = 100; size < 140; ++size) {
    for (char32_t character = U'A'; character <= U'Z'; ++character) {
      const Glyph& glyph = fonts.glyph(FontFace::kSemiBold, static_cast<float>(size), character);
      REQUIRE(glyph.x + glyph.width < fonts.atlas_size());
      REQUIRE(glyph.y + glyph.height < fonts.atlas_size());
    }
  }
  const Glyph after = fonts.glyph(FontFace::kRegular, 13, U'a');
  CHECK(after.width == before.width);
  CHECK(after.advance == before.advance);
  const bool is_elsewhere = after.x != before.x || after.y != before.y;
  CHECK(is_elsewhere);
}

TEST_CASE("line heights are those of the face") {
  FontBook fonts;
  const LineMetrics metrics = fonts.metrics(FontFace::kRegular, 100);
  CHECK(metrics.ascent == Approx(96.9).margin(0.1));  // Inter: 2728, -680 and 0 of 2816 per em
  CHECK(metrics.descent == Approx(24.1).margin(0.1));
  CHECK(metrics.line == Approx(121.0).margin(0.1));
}

TEST_CASE("UTF-8 is decoded, and what is none becomes U+FFFD") {
  CHECK(decode_utf8("a°€😀") == U"a°€\U0001F600");
  CHECK(decode_utf8("").empty());
  CHECK(decode_utf8("\xff") == U"\uFFFD");
  CHECK(decode_utf8("\xc2") == U"\uFFFD");                      // cut off
  CHECK(decode_utf8("\xc0\xaf") == U"\uFFFD\uFFFD");            // overlong
  CHECK(decode_utf8("\xe0\x80\xaf") == U"\uFFFD\uFFFD\uFFFD");  // overlong
  CHECK(decode_utf8("\xed\xa0\x80") == U"\uFFFD\uFFFD\uFFFD");  // a surrogate
  CHECK(decode_utf8("\xf4\x90\x80\x80") == U"\uFFFD\uFFFD\uFFFD\uFFFD");
  CHECK(decode_utf8("\xe2\x82x") == U"\uFFFD\uFFFDx");
}

TEST_CASE("font files are embedded whole") {
  CHECK(FontBook::file(FontFace::kRegular).substr(0, 4) == "OTTO");
  CHECK(FontBook::file(FontFace::kSemiBold).substr(0, 4) == "OTTO");
  CHECK(FontBook::file(FontFace::kRegular).size() > 100'000);
}

}  // namespace racktwin
