#include "sim/cooling/hydraulics.h"

#include <algorithm>
#include <cmath>

namespace racktwin {

double PumpCurve::head_pa(double flow_m3_per_s, double speed) const {
  const double ratio = flow_m3_per_s / rated_flow_m3_per_s;
  return speed * speed * shutoff_head_pa - (shutoff_head_pa - rated_head_pa) * ratio * ratio;
}

double PumpCurve::flow_m3_per_s(double head_pa, double speed) const {
  const double spare_pa = speed * speed * shutoff_head_pa - head_pa;
  if (spare_pa <= 0) return 0;
  return rated_flow_m3_per_s * std::sqrt(spare_pa / (shutoff_head_pa - rated_head_pa));
}

double FlowResistance::drop_pa(double flow_m3_per_s) const {
  return rated_drop_pa * std::pow(flow_m3_per_s / rated_flow_m3_per_s, exponent);
}

double FlowResistance::flow_m3_per_s(double drop_pa) const {
  return rated_flow_m3_per_s * std::pow(drop_pa / rated_drop_pa, 1 / exponent);
}

LoopFlow solve_loop_flow(const PumpCurve& pump, const std::vector<PumpGroup>& groups,
                         const std::vector<FlowBranch>& branches) {
  const auto offered = [&](double head_pa) {
    double flow = 0;
    for (const PumpGroup& group : groups) flow += group.count * pump.flow_m3_per_s(head_pa, group.speed);
    return flow;
  };
  const auto taken = [&](double head_pa) {
    double flow = 0;
    for (const FlowBranch& branch : branches) flow += branch.count * branch.resistance.flow_m3_per_s(head_pa);
    return flow;
  };
  // What the pumps offer falls with the head, what the branches take rises: one crossing, found by bisection, which
  // the infinite slopes at either end do not disturb.
  double top_speed = 0;
  for (const PumpGroup& group : groups) top_speed = std::max(top_speed, group.speed);
  double low = 0, high = top_speed * top_speed * pump.shutoff_head_pa;
  while (high - low > 1e-15 * high) {
    const double middle = low + (high - low) / 2;
    if (middle <= low || middle >= high) break;
    (offered(middle) > taken(middle) ? low : high) = middle;
  }
  LoopFlow loop;
  loop.head_pa = low;
  for (const PumpGroup& group : groups)
    loop.pump_m3_per_s.push_back(top_speed > 0 ? pump.flow_m3_per_s(low, group.speed) : 0);
  for (const FlowBranch& branch : branches) loop.branch_m3_per_s.push_back(branch.resistance.flow_m3_per_s(low));
  loop.total_m3_per_s = taken(low);
  return loop;
}

}  // namespace racktwin
