#include "app/cli/picture_options.h"

#include "sim/document.h"
#include "sim/nearest_match.h"
#include "sim/quantity.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <cstdio>
#include <optional>
#include <vector>

namespace racktwin {
namespace {

constexpr int kLeastWidth = 320, kLeastHeight = 240, kMostPixels = 8192;

// What may have been meant, or else what there is: "one of light, dark".
std::string hint_for(const std::string& text, const std::vector<std::string>& words) {
  const auto nearest = nearest_match(text, words);
  return nearest ? fmt::format("did you mean \"{}\"?", *nearest) : fmt::format("one of {}", fmt::join(words, ", "));
}

// "1:02:30" [s]
std::optional<double> clock_time(const std::string& text) {
  int hours = 0, minutes = 0, seconds = 0, read = 0;
  if (std::sscanf(text.c_str(), "%4d:%2d:%2d%n", &hours, &minutes, &seconds, &read) != 3) return std::nullopt;
  const bool is_whole = static_cast<std::size_t>(read) == text.size() && text.find_first_of("+- ") == std::string::npos;
  if (!is_whole || minutes > 59 || seconds > 59) return std::nullopt;
  return 3600.0 * hours + 60 * minutes + seconds;
}

tl::unexpected<Errors> bad_option(std::string message, std::string hint) {
  return tl::unexpected(Errors{{ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}}});
}

}  // namespace

Result<PictureSize> parse_size(const std::string& text) {
  PictureSize size;
  const char* end = text.data() + text.size();
  const auto width = std::from_chars(text.data(), end, size.width);
  const bool has_separator = width.ec == std::errc() && width.ptr != end && *width.ptr == 'x';
  const auto height = has_separator ? std::from_chars(width.ptr + 1, end, size.height) : width;
  if (!has_separator || height.ec != std::errc() || height.ptr != end)
    return bad_option(fmt::format("\"{}\" is no size", text), "width x height in pixels, e.g. --size 1920x1080");
  if (size.width < kLeastWidth || size.height < kLeastHeight || size.width > kMostPixels || size.height > kMostPixels)
    return bad_option(fmt::format("a picture of {} x {} pixels cannot be drawn", size.width, size.height),
                      fmt::format("from {}x{} to {}x{}", kLeastWidth, kLeastHeight, kMostPixels, kMostPixels));
  return size;
}

Result<Layer> parse_layer(const std::string& text) {
  if (const auto layer = layer_of(text)) return *layer;
  std::vector<std::string> words;
  for (const Layer layer : kLayers) words.emplace_back(layer_word(layer));
  return bad_option(fmt::format("there is no layer \"{}\"", text), hint_for(text, words));
}

Result<double> parse_time(const std::string& text) {
  if (const auto time_s = clock_time(text)) return *time_s;
  const auto time_s = parse_quantity(text, Dimension::kTime);
  if (!time_s) return bad_option(time_s.error(), "a simulated time, e.g. --at 12min or --at 0:12:00");
  if (!(*time_s >= 0))
    return bad_option(fmt::format("\"{}\" lies before the start of the run", text), "--at 0s or later");
  return *time_s;
}

std::string time_option(double time_s) {
  const bool is_minutes = time_s >= 60 && std::fmod(time_s, 60) == 0;
  return is_minutes ? fmt::format("{:.10g}min", time_s / 60) : fmt::format("{:.10g}s", time_s);
}

Result<bool> parse_is_dark(const std::string& theme) {
  if (theme != "dark" && theme != "light")
    return bad_option(fmt::format("there is no theme \"{}\"", theme), hint_for(theme, {"light", "dark"}));
  return theme == "dark";
}

}  // namespace racktwin
