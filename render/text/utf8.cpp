#include "render/text/font.h"

namespace racktwin {
namespace {

// Length of the sequence that a byte leads, 0 if it leads none. source: RFC 3629, section 4
std::size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool is_character(char32_t c, std::size_t length) {
  const bool is_overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
  const bool is_surrogate = c >= 0xD800 && c < 0xE000;
  return !is_overlong && !is_surrogate && c <= 0x10FFFF;
}

}  // namespace

std::u32string decode_utf8(std::string_view text) {
  constexpr char32_t kReplacement = 0xFFFD;
  std::u32string characters;
  characters.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = sequence_length(lead);
    char32_t character = length < 2 ? lead : lead & (0x7FU >> length);
    bool is_valid = length > 0 && i + length <= text.size();
    for (std::size_t k = 1; is_valid && k < length; ++k) {
      const auto next = static_cast<unsigned char>(text[i + k]);
      is_valid = (next & 0xC0U) == 0x80;
      character = (character << 6) | (next & 0x3FU);
    }
    is_valid = is_valid && is_character(character, length);
    characters += is_valid ? character : kReplacement;
    i += is_valid ? length : 1;
  }
  return characters;
}

}  // namespace racktwin
