#include "sim/twin/grounds.h"

#include <initializer_list>

namespace racktwin {
namespace {

Ground ground(const char* input, const Sourced& value) { return {value.evidence, input, value.from}; }
Ground ground(const char* input, const Fitted& value) { return ground(input, value.value); }
Ground ground(const char* input, const Curve& curve) { return {curve.evidence, input, curve.from}; }

Ground weakest(std::initializer_list<Ground> inputs) {
  Ground out = *inputs.begin();
  for (const Ground& input : inputs) out = weaker(out, input);
  return out;
}

}  // namespace

Ground weaker(const Ground& a, const Ground& b) { return b.evidence > a.evidence ? b : a; }

Grounds grounds_of(const Plan& plan, const Calibration& c) {
  const RackType& rack = plan.site.rack_type;
  const Gpu& gpu = rack.gpu;
  const GemmEfficiency& gemm = plan.workload.precision == Precision::kBf16    ? gpu.bf16
                               : plan.workload.precision == Precision::kFp8   ? gpu.fp8
                               : plan.workload.precision == Precision::kMxfp8 ? gpu.mxfp8
                                                                              : gpu.nvfp4;
  const CduType& cdu = plan.cooling.cdu;
  Grounds g;
  g.compute =
      weakest({ground("kernel launch time", c.kernel_launch_s), ground("attention share", c.attention_forward_share),
               ground("HBM share", c.hbm_share), ground("dense peak", gemm.dense_flops),
               ground("GEMM share", gemm.max_share), ground("HBM bandwidth", gpu.hbm_bandwidth_bytes_per_s)});
  g.network =
      weakest({ground("NVLink bandwidth", gpu.nvlink_bytes_per_s), ground("NIC bandwidth", rack.nic_bytes_per_s),
               ground("switch latency", plan.site.fabric.switch_latency_s), ground("NIC latency", c.nic_latency_s),
               ground("ring shares", c.ring_half_time_s)});
  g.step = weaker(g.compute, g.network);
  g.power = weakest({ground("GPU power while communicating", gpu.communication_share),
                     ground("GPU power while memory-bound", gpu.memory_bound_share),
                     ground("GPU leakage", gpu.leakage_share), ground("GPU limit", gpu.tdp_w),
                     ground("GPU idle power", gpu.idle_w), ground("CPU load in training", rack.cpu.training_load),
                     ground("rest of the tray", rack.compute_tray_other_w)});
  g.ac = weakest({g.power, ground("shelf efficiency", rack.shelf_efficiency),
                  ground("UPS efficiency", plan.power.feed.ups_efficiency),
                  ground("transformer efficiency", plan.power.feed.transformer_efficiency)});
  g.flow = g.coolant = g.power;
  if (rack.liquid_cooled) {
    g.flow =
        weakest({ground("rack pressure drop", rack.rated_pressure_drop_pa),
                 ground("rack flow", rack.rated_flow_m3_per_s), ground("CDU pump curve", cdu.pump_shutoff_head_pa)});
    g.coolant = weakest({g.flow, ground("CDU approach", cdu.approach_k), g.power});
  }
  g.cooling = weaker(ground("junction-to-case resistance", gpu.junction_to_case_k_per_w), g.coolant);
  return g;
}

}  // namespace racktwin
