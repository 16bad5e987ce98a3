// A pipe in plug flow: what goes in comes out one volume later, at the temperature that it went in with.
//
// Long pipes of the facility. Axial mixing is left out: Pe = u L / D with D = 10.1 r u sqrt(f / 8), which for 150 m of
// DN 150 is 4000, so that a front widens by 2 % of the pipe. source: Taylor, The dispersion of matter in turbulent flow
// through a pipe, Proc. R. Soc. A 223 (1954). Holds energy relative to its start. Thread rule: one thread per pipe.
#pragma once

#include <deque>

namespace racktwin {

class Pipe {
 public:
  Pipe(double volume_m3, double heat_capacity_j_per_m3_k);
  void fill(double temp_degc);  // the start anew

  // Lets a volume in and as much out. Returns the mean temperature of what comes out; of no volume what is at the end.
  double push(double volume_m3, double temp_degc);

  double stored_j() const;   // above the start
  double volume_m3() const;  // of what it holds: the coolant that it began with
  double rated_m3() const { return volume_m3_; }

 private:
  struct Parcel {
    double volume_m3 = 0, temp_degc = 0;
  };
  double volume_m3_, heat_capacity_j_per_m3_k_;
  double start_degc_ = 0;
  std::deque<Parcel> parcels_;  // from the end to the beginning
};

}  // namespace racktwin
