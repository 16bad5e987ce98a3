// How far an event reaches: the GPUs that hang on what it takes away, and those that it takes down although redundancy
// holds what it can. Thread rule: pure function.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"
#include "sim/twin/in_force.h"

#include <functional>
#include <vector>

namespace racktwin {

// The racks that a supply cannot carry, which go down by that (n_rack_class).
using Overloaded = std::function<std::vector<bool>(const RackSupply&)>;

// Fills gpus_behind and gpus_lost of the rows that events of `in_force` have just made: lost are those that would not
// be down without this event, all others in force; the like that breaks with it at once and carries the same GPUs
// counts as one with it. Events that only set a value (temperatures, caps, clocks) take nothing away.
void add_blast_radius(const Plan& plan, const Model& model, const std::vector<const Event*>& in_force,
                      const LostSupply& tripped, const Overloaded& overloaded, std::vector<EventRow>& rows);

}  // namespace racktwin
