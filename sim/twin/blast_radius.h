// How far an event reaches: the GPUs that hang on what it takes away, and those that it takes down although redundancy
// holds what it can. Thread rule: pure function.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/in_force.h"

#include <vector>

namespace racktwin {

// Fills gpus_behind and gpus_lost of the rows that events of `in_force` have just made: lost are those that would not
// be down without this event, all others in force. Events that only set a value (temperatures, caps, clocks) take
// nothing away.
void add_blast_radius(const Plan& plan, const Model& model, const std::vector<const Event*>& in_force,
                      const LostSupply& tripped, std::vector<EventRow>& rows);

}  // namespace racktwin
