// What racks and feeder draw at every millisecond of an iteration: chips, then the storage and the lag of the power
// shelves, then the chain to the feed. All racks are in step, as synchronous training is. Thread rule: pure function.
#pragma once

#include "sim/cooling/plant.h"
#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/workload/profile.h"

#include <vector>

namespace racktwin {

// The lag between the load of a rack and what it takes from its feed: of its PSUs, and what its storage adds, sized for
// the swing from an idle rack to one at its limits. [s]
double rack_input_lag_s(const RackType& rack);

// Channels site_power; site_load, the same if shelves neither stored nor lagged; rack_power, rack_dc_power and
// gpu_power of the class with the highest peak; from time_s on. `activity` (n_gpu_class) gives the resolution; clocks,
// junction_degc (n_gpu_class); plant: what the cooling draws, constant.
std::vector<WaveformRow> feeder_waveforms(const Plan& plan, const Model& model, double time_s, double step_s,
                                          const ActivityProfiles& activity, const std::vector<double>& clocks,
                                          const std::vector<double>& junction_degc, const PlantState& plant);

}  // namespace racktwin
