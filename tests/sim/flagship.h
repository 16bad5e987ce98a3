// The flagship scenario (Llama 3.1 405B on one GB200 scalable unit) and smaller jobs on the same site, for tests.
#pragma once

#include "sim/catalog/catalog.h"
#include "sim/error_text.h"
#include "sim/plan/parse_plan.h"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

namespace racktwin {

inline const Catalog& test_catalog() {
  static const Catalog catalog(RACKTWIN_SOURCE_DIRECTORY "/racks");
  return catalog;
}

inline Calibration test_calibration() {
  Result<Calibration> calibration = test_catalog().calibration();
  if (!calibration) FAIL(format_errors(calibration.error(), false));
  return std::move(*calibration);
}

inline Result<Plan> try_flagship(const std::vector<std::string>& assignments) {
  return load_plan(RACKTWIN_SOURCE_DIRECTORY "/racks/scenarios/gb200-su-llama405b.toml", assignments, test_catalog());
}

inline Plan flagship(const std::vector<std::string>& assignments) {
  Result<Plan> plan = try_flagship(assignments);
  if (!plan) FAIL(format_errors(plan.error(), false));
  return std::move(*plan);
}

// Llama 3.1 8B on 64 GPUs: 16 in each of four racks, four stages of two chunks, eight micro-batches.
inline Plan small_job(std::vector<std::string> more = {}) {
  std::vector<std::string> assignments = {"workload.model=llama3.1-8b",
                                          "workload.gpus=64",
                                          "workload.gpus_per_domain=16",
                                          "workload.tp=2",
                                          "workload.cp=2",
                                          "workload.pp=4",
                                          "workload.vp=2",
                                          "workload.dp=4",
                                          "workload.global_batch=32",
                                          "workload.embedding_and_loss_count_as_layers=false"};
  assignments.insert(assignments.end(), more.begin(), more.end());
  return flagship(assignments);
}

}  // namespace racktwin
