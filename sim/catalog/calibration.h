// The parameters that were fitted on published measurements, as read from racks/calibration.toml.
//
// Each has a physical meaning and says which rows it was fitted on; `racktwin validate --parameters` prints them. Most
// are global; some hold for one generation of NVLink or one library of kernels. There is no parameter for a single row,
// model or source. Thread rule: plain values.
#pragma once

#include "sim/document.h"

#include <string>
#include <vector>

namespace racktwin {

// A fitted value with the rows that it rests on, or a published constant, which rests on none.
struct Fitted {
  Sourced value;
  std::string fitted_on;         // empty: it is published
  std::string fit;               // which of Calibration::fits it is a part of; empty: none that is recorded
  std::vector<double> left_out;  // (n_part of the fit) its value with that part left out
  bool is_fitted() const { return !fitted_on.empty(); }
};

// Rows that were left out together, a source or a chip: what the fit leaves over on them, and what a fit does that
// never saw them. How far its parameters carry over.
struct FitPart {
  std::string name;
  int configurations = 0;
  double error = 0;           // median |predicted / measured - 1|, all parts fitted
  double left_out_error = 0;  // the same, fitted on the others
};
struct FitRecord {
  std::string name;  // "training"
  std::string by;    // the script that prints it
  int configurations = 0;
  double error = 0;
  std::vector<FitPart> parts;
};

inline constexpr int kOldestFittedNvlink = 3, kNewestFittedNvlink = 5;  // generations beyond use the nearest

// Collectives of NCCL, see sim/network/README.md. Factors multiply constants that NCCL publishes (nccl_constants()).
struct CollectiveFit {
  Fitted base_nvlink3_s, base_nvlink4_s, base_nvlink5_s;   // fixed time of one, on nodes of this generation of NVLink
  Fitted step;                                             // a step over NVLink, over NCCL's count
  Fitted sends;                                            // rate of sends over NVLink, over NCCL's count
  Fitted segment_s, nvls_segment_s;                        // of a ring's pipeline; of one head of in-switch reduction
  Fitted net_hop_ll_s, net_hop_ll128_s, net_hop_simple_s;  // one step between domains, on top of the path
  const Fitted& base_s(int nvlink_generation) const {
    return nvlink_generation >= 5 ? base_nvlink5_s : nvlink_generation == 4 ? base_nvlink4_s : base_nvlink3_s;
  }
};

// Kernels that move the tokens of a mixture of experts: fixed times, and shares of the NVLink bandwidth per direction.
struct MoeFit {
  Fitted deepep_base_s, low_latency_base_s;
  Fitted deepep_share, deepep_low_latency_share, one_sided_share, two_sided_share;
};

struct Calibration {
  Fitted kernel_launch_s;   // fixed time of one kernel
  Fitted gemm_half_k;       // inner dimension at which a BF16 GEMM is at half rate; twice for FP8, four times for FP4
  Fitted hbm_share;         // of the HBM bandwidth that memory-bound kernels reach
  Fitted eager_traffic;     // HBM traffic between GEMMs of an unfused stack, relative to a fused one
  Fitted attention_share;   // of the dense BF16 peak that a kernel's instructions reach: attention not measured by chip
  Fitted attention_edge;    // keys that a query costs in causal attention beyond those it sees, measured by chip
  Fitted host_launch_s;     // time of the host for one kernel: what a GPU cannot go faster than
  Fitted expert_imbalance;  // tokens of the busiest rank's experts over the mean, routing not forced
  Fitted nic_share;         // of the NIC bandwidth that collectives and sends reach
  CollectiveFit collective;
  MoeFit moe;
  std::vector<FitRecord> fits;
};

// One line of `racktwin validate --parameters`.
struct ParameterRow {
  std::string key;  // table and key in racks/calibration.toml
  Dimension dimension;
  Fitted* value;  // into the calibration
  std::string meaning;
  std::string belongs_to = {};  // the hardware or libraries that it is of, "NVLink 4"; empty: global
};
std::vector<ParameterRow> parameter_rows(Calibration& calibration);

}  // namespace racktwin
