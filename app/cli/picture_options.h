// What a picture or a window shows, as given on a command line. Thread rule: pure functions.
#pragma once

#include "render/scene/layer.h"
#include "sim/result.h"

#include <string>

namespace racktwin {

struct PictureSize {
  int width = 0, height = 0;  // [px]
};

// "1920x1080". Errors: kBadInput, also below 320x240 (a legend needs room) and above 8192 pixels a side.
Result<PictureSize> parse_size(const std::string& text);
// Errors: kBadInput with the nearest layer.
Result<Layer> parse_layer(const std::string& text);
// "12min", "90 s", or "0:12:00" as pictures print it: a simulated time [s]. Errors: kBadInput.
Result<double> parse_time(const std::string& text);
// As parse_time() reads it: "12min", "90s".
std::string time_option(double time_s);
// Whether "dark" or "light". Errors: kBadInput with the nearest.
Result<bool> parse_is_dark(const std::string& theme);

// Moves the errors of a result, if any, to those of the others.
template <class T>
void collect(const Result<T>& result, Errors& errors) {
  if (!result) errors.insert(errors.end(), result.error().begin(), result.error().end());
}

}  // namespace racktwin
