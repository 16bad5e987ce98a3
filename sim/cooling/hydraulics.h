// Flow of a loop: pumps in parallel against branches in parallel, at steady flow.
//
// No inertia of the fluid, no viscosity effect on the curves. Thread rule: pure functions.
#pragma once

#include <vector>

namespace racktwin {

// One centrifugal pump: H = s^2 shutoff - (shutoff - rated head) (q / rated flow)^2 at speed s relative to rated.
// source: quadratic pump curve with the affinity laws q ~ s, H ~ s^2 (White, Fluid Mechanics, section 11.3-11.5).
struct PumpCurve {
  double shutoff_head_pa = 0;
  double rated_flow_m3_per_s = 0;
  double rated_head_pa = 0;
  double head_pa(double flow_m3_per_s, double speed) const;
  // 0 if the head is more than the pump can give: it has a check valve.
  double flow_m3_per_s(double head_pa, double speed) const;
};

// dp = rated drop (q / rated flow)^exponent.
// source: turbulent pipe flow, exponent 1.75 (Blasius friction) to 2 (fittings) (White, section 6.6-6.9).
struct FlowResistance {
  double rated_drop_pa = 0;
  double rated_flow_m3_per_s = 0;
  double exponent = 2;
  double drop_pa(double flow_m3_per_s) const;
  double flow_m3_per_s(double drop_pa) const;
};

// Equal pumps in parallel at one speed, relative to rated.
struct PumpGroup {
  double speed = 0;
  double count = 1;
  PumpGroup(double speed_of_each, double pumps = 1) : speed(speed_of_each), count(pumps) {}
};

struct FlowBranch {
  FlowResistance resistance;
  double count = 1;  // equal branches in parallel
};

struct LoopFlow {
  double head_pa = 0;
  double total_m3_per_s = 0;
  std::vector<double> pump_m3_per_s;    // (n_group) of one pump
  std::vector<double> branch_m3_per_s;  // (n_branch) of one branch
};

// Where pumps of one make, each group at its own speed, and the branches meet. All pumps off: no flow. To 1e-12 of the
// head.
LoopFlow solve_loop_flow(const PumpCurve& pump, const std::vector<PumpGroup>& groups,
                         const std::vector<FlowBranch>& branches);

}  // namespace racktwin
