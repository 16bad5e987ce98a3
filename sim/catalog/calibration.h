// The global parameters that were fitted on published measurements, as read from racks/calibration.toml.
//
// Each has a physical meaning and says which rows it was fitted on; `racktwin validate --parameters` prints them. There
// is no parameter for a single row, model or source. Thread rule: plain values.
#pragma once

#include "sim/document.h"

#include <string>
#include <vector>

namespace racktwin {

// A fitted value with the rows that it rests on.
struct Fitted {
  Sourced value;
  std::string fitted_on;
  std::string fit;               // which of Calibration::fits it is a part of; empty: none that is recorded
  std::vector<double> left_out;  // (n_part of the fit) its value with that part left out
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

// What NCCL reaches over one generation of NVLink.
inline constexpr int kOldestFittedNvlink = 3, kNewestFittedNvlink = 5;  // generations beyond use the nearest

struct NvlinkCollectiveFit {
  Fitted base_s;      // fixed time of one collective
  Fitted ring_share;  // of the bandwidth per direction that rings and trees reach, protocol Simple
  Fitted p2p_share;   // and sends
  Fitted nvls_share;  // and in-switch reduction; no data for a generation without it
};

// Collectives of NCCL, see sim/network/README.md.
struct CollectiveFit {
  NvlinkCollectiveFit nvlink3, nvlink4, nvlink5;
  Fitted hop_ll_s, hop_ll128_s, hop_simple_s;              // one step over NVLink
  Fitted ll_share, ll128_share;                            // of the NVLink bandwidth that these protocols reach
  Fitted own_copy;                                         // own part of the message that passes the kernel too
  Fitted segment_s;                                        // a segment of a ring's pipeline
  Fitted nvls_latency_s, nvls_segment_s;                   // in-switch reduction: fixed time, segment of one head
  Fitted net_hop_ll_s, net_hop_ll128_s, net_hop_simple_s;  // one step between domains, on top of the path
  const NvlinkCollectiveFit& nvlink(int generation) const {
    return generation >= 5 ? nvlink5 : generation == 4 ? nvlink4 : nvlink3;
  }
};

// A kernel that moves the tokens of a mixture of experts.
struct MoeKernelFit {
  Fitted base_s;  // fixed time
  Fitted share;   // of the NVLink bandwidth per direction
};
struct MoeFit {
  MoeKernelFit deepep, deepep_low_latency, one_sided, two_sided;
};

struct Calibration {
  Fitted gemm_launch_s;                                                            // fixed time of one GEMM
  Fitted gemm_half_k_bf16, gemm_half_k_fp8, gemm_half_k_mxfp8, gemm_half_k_nvfp4;  // inner dimension of half rate
  Fitted hbm_share;                 // of the HBM bandwidth that memory-bound kernels reach
  Fitted kernel_launch_s;           // fixed time of one memory-bound kernel
  Fitted eager_traffic;             // HBM traffic between GEMMs of an unfused stack, relative to a fused one
  Fitted attention_native_share;    // of the dense BF16 peak, matrix products of attention kernels made for the chip
  Fitted attention_portable_share;  // of what the chip reaches with warp-level instructions, kernels made for any chip
  Fitted host_launch_s;             // time of the host for one kernel: what a GPU cannot go faster than
  Fitted expert_imbalance;          // tokens of the busiest rank's experts over the mean, routing not forced
  Fitted nic_share;                 // of the NIC bandwidth that collectives and sends reach
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
};
std::vector<ParameterRow> parameter_rows(Calibration& calibration);

}  // namespace racktwin
