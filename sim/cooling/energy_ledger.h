// What went into a thermal network, what came out and what it holds. Thread rule: plain values.
#pragma once

namespace racktwin {

// Energy since the start [J]. Conserved: in == out + stored.
struct EnergyLedger {
  double in_j = 0;      // all heat sources: chips, trays, shelves, pump work that ends up in the coolant
  double out_j = 0;     // boundary fluxes: facility water (mass flow x heat capacity x rise) or dry cooler, room air
  double stored_j = 0;  // sum of heat capacity x (temperature - initial temperature)
  double residual() const;  // |in - out - stored| / max(in, 1 J)
};

}  // namespace racktwin
