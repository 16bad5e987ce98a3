// The fitted parameters, what they rest on, and how far they carry over from source to source. Thread rule: pure
// functions.
#pragma once

#include "sim/catalog/calibration.h"

#include <nlohmann/json_fwd.hpp>

#include <string>

namespace racktwin {

std::string parameters_text(Calibration& calibration);
std::string parameters_markdown(Calibration& calibration);
nlohmann::json parameters_json(Calibration& calibration);

}  // namespace racktwin
