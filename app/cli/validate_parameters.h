// The fitted parameters, what they rest on, and how far they carry over from source to source. Thread rule: pure
// functions.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/catalog/catalog.h"

#include <string>
#include <vector>

namespace racktwin {

// What large GEMMs in one format, or attention in one direction, reach of a chip's dense peak: fitted too, but a value
// of the chip.
struct KernelShare {
  std::string chip;    // "gb200"
  std::string table;   // "gemm", "attention"
  std::string kernel;  // "bf16"; "forward"
  double share = 0;
  std::string evidence;  // "measured"
  std::string source;
};
Result<std::vector<KernelShare>> kernel_shares(const Catalog& catalog);

std::string parameters_text(Calibration& calibration, const std::vector<KernelShare>& shares);
std::string parameters_json(Calibration& calibration, const std::vector<KernelShare>& shares);
std::string parameters_markdown(Calibration& calibration);

}  // namespace racktwin
