// The fitted parameters, what they rest on, and how far they carry over from source to source. Thread rule: pure
// functions.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/catalog/catalog.h"

#include <string>
#include <vector>

namespace racktwin {

// What a large GEMM reaches of the dense peak of one chip in one format: fitted too, but a value of the chip.
struct GemmShare {
  std::string chip;    // "gb200"
  std::string format;  // "bf16"
  double share = 0;
  std::string evidence;  // "measured"
  std::string source;
};
Result<std::vector<GemmShare>> gemm_shares(const Catalog& catalog);

std::string parameters_text(Calibration& calibration, const std::vector<GemmShare>& shares);
std::string parameters_json(Calibration& calibration, const std::vector<GemmShare>& shares);
std::string parameters_markdown(Calibration& calibration);

}  // namespace racktwin
