// One training iteration as an activity graph over the symmetry classes of a Model.
//
// Per block: compute, then the exposed tensor-parallel collectives, then dispatch and combine of experts (or beside the
// block); context-parallel exchange beside the compute; sends to the neighbouring stages. Gradients are reduced beside
// the last backward pass, parameters gathered beside the first forward pass of the next iteration (drawn at the start
// of this one: in steady state the same cycle). Fully sharded: gathered a piece ahead of every use, reduced after every
// backward pass.
// Thread rule: pure function.
#pragma once

#include "sim/catalog/calibration.h"
#include "sim/model/failures.h"
#include "sim/model/model.h"
#include "sim/network/activity_graph.h"
#include "sim/plan/plan.h"
#include "sim/workload/links.h"

#include <cstdint>
#include <vector>

namespace racktwin {

struct Iteration {
  ActivityGraph graph;
  std::vector<double> hidden_bytes;      // (n_trunk) moved without an activity, see iteration.cpp
  std::vector<TrunkOwner> trunk_owners;  // (n_trunk)
};

// clocks (n_gpu_class): relative to the clock at which the efficiencies were measured. `network` must not cut the job
// off.
Iteration build_iteration(const Plan& plan, const Model& model, const Calibration& calibration,
                          const std::vector<double>& clocks, const NetworkShare& network = {});

}  // namespace racktwin
