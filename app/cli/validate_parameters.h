// The fitted parameters, what they rest on, and how far they carry over from source to source. Thread rule: pure
// functions.
#pragma once

#include "sim/catalog/calibration.h"

#include <string>

namespace racktwin {

std::string parameters_text(Calibration& calibration);
std::string parameters_markdown(Calibration& calibration);

}  // namespace racktwin
