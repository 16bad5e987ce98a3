// How busy the scale-out network is over a training step: racks, leaf switches, the spine.
//
// Utilization is bytes over capacity times step time, of the busier direction; NICs and ports without a rank carry
// nothing. Thread rule: pure function.
#pragma once

#include "sim/model/model.h"
#include "sim/workload/profile.h"

#include <limits>
#include <vector>

namespace racktwin {

struct NetworkLoad {
  std::vector<double> rack;  // (n_rack_class) mean over the rack's NICs
  std::vector<double> leaf;  // (n_leaf_class) mean over the ports down to NICs, or over the uplinks if that is more
  double spine = std::numeric_limits<double>::quiet_NaN();  // mean over all uplinks of leaves; NaN: no spines
};

// No profile: the job stands still and nothing moves.
NetworkLoad network_load(const Model& model, const IterationProfile* profile);

}  // namespace racktwin
