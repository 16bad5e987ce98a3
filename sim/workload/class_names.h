// Names of classes for people: who computes, which links. Thread rule: pure functions.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/workload/iteration.h"

#include <string>

namespace racktwin {

// "stage 3, 64 GPUs in hall/row-a/rack-04", "stage 3, 8 GPUs like hall/row-a/rack-04/compute-05/gpu-0" if it shares its
// rack with another class of the stage, "stage 3, hall/row-a/rack-04/compute-07/gpu-2" if it is one. Stages count from
// 0, as pipeline ranks do; a job without a pipeline has none to name.
std::string gpu_class_name(const Plan& plan, const Model& model, std::uint32_t gpu_class);

// "nvlink up of a GPU in hall/row-a/rack-04, and 63 like it".
std::string link_name(const Plan& plan, const Model& model, const TrunkOwner& owner);

}  // namespace racktwin
