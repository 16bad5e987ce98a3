// A model with fewer classes, for as long as some of them are alike.
//
// Classes are made for all that will happen in a run; at any one time most are alike. GPUs in the same state whose
// groups and peers, and theirs, are in the same states live through the same iteration: one class stands for all,
// exactly (partition.h, on the graph of the classes). Where GPUs lie matters only as far as their transfers may slow
// each other down there. Thread rule: pure function.
#pragma once

#include "sim/model/failures.h"
#include "sim/model/model.h"

#include <cstdint>
#include <vector>

namespace racktwin {

struct MergedClasses {
  Model model;                     // to build iterations of: its places are the mean ones
  NetworkShare network;            // by the classes of `model`
  std::vector<std::uint32_t> gpu;  // (n_gpu_class) the class in `model`
};

// states (n_gpu_class): any numbers; classes in unequal ones stay apart, and so do those of which unequal shares of the
// network are left. Leaves and pods are told apart if `uplinks_may_bind`. A model that is not folded stays as it is.
MergedClasses merge_classes(const Model& model, const std::vector<int>& states, const NetworkShare& network,
                            bool uplinks_may_bind);

}  // namespace racktwin
