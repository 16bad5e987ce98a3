// Fills in what a description of a job leaves open, and refuses what cannot run.
//
// Used by the scenario parser and by `validate`, so that a table row and a scenario mean the same. Thread rule: pure
// function.
#pragma once

#include "sim/plan/plan.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace racktwin {

struct WorkloadRequest {
  Task task = Task::kPretrain;
  TransformerModel model;
  Precision precision = Precision::kBf16;
  int gpus = 1;
  int tp = 1, cp = 1, pp = 1, vp = 1;
  std::optional<int> dp;       // default: what is left of the GPUs
  std::optional<int> ep, etp;  // default: 1; tp where the experts' groups still fit
  std::optional<std::array<Axis, 4>> order;
  std::optional<int> ranks_per_domain;
  std::vector<std::string> keep_in_domain;  // "tp", "cp", "ep": groups that must not straddle NVLink domains
  int micro_batch = 1, global_batch = 1, sequence = 1;
  std::optional<int> document, lora_rank;
  std::optional<Kernels> kernels;
  std::optional<ExpertDispatch> expert_dispatch;
  std::optional<double> expert_imbalance;
  std::optional<Sharding> sharding;
  std::optional<int> shard_ranks;
  std::optional<Recompute> recompute;
  std::optional<bool> embedding_and_loss_count_as_layers, overlap_tensor_parallel, overlap_grad_reduce,
      overlap_expert_parallel;
  bool checks_layout_only = false;  // the rest could not be read
  bool fits_for_sure = false;       // it ran, so it fits whatever the estimate says
};

// Reports an error at a key of the request ("tp"), with what to do and further lines.
using ReportError =
    std::function<void(const std::string& key, std::string message, std::string hint, std::vector<std::string> notes)>;

// Defaults used and warnings are appended to the plan's. Returns nullopt after reporting at least one error.
std::optional<Workload> resolve_workload(const WorkloadRequest& request, const RackType& rack, Plan& plan,
                                         const ReportError& report);

// Whether the chip's entry has what a precision needs.
bool supports(const Gpu& gpu, Precision precision);

}  // namespace racktwin
