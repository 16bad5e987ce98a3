// What the cooling plant must know of the hardware before it can be computed.
//
// Thread rule: pure function.
#pragma once

#include "sim/plan/plan.h"
#include "sim/result.h"

namespace racktwin {

// Values that the equations divide by or build nodes from and that have no data or are out of their range; empty: none.
Errors missing_cooling_values(const Plan& plan);

}  // namespace racktwin
