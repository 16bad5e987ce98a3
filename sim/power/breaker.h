// A circuit breaker with an inverse-time overload release: it trips the sooner, the higher the current.
//
// A thermal image of what it protects: tau dH/dt = (I / I_r)^2 - H, and it trips at H = k^2. I is taken in proportion
// to the power. k = 1.125: assumed, between the 1.05 times the setting at which IEC 60947-2 lets no breaker trip and
// the 1.30 at which all must have. tau follows from the long-time delay t_r, the time to trip from cold at 6 I_r: t_r =
// tau ln(36 / (36 - k^2)). source of the two limits: Schneider Electric, FAQ FA369327; the standard was not read. The
// thermal image is the first-order model of overload relays (IEC 60255-149 has it; not read). Thread rule: one thread
// per Breaker.
#pragma once

namespace racktwin {

class Breaker {
 public:
  // long_time_delay_s: t_r > 0. It starts cold of its own, warmed up by the first load that it sees.
  Breaker(double rating_w, double long_time_delay_s);

  // Advances by dt_s at a load that is constant meanwhile. True from when it trips on.
  bool step(double dt_s, double load_w);
  bool has_tripped() const { return has_tripped_; }
  bool is_warmer_than_rated() const { return heat_ > 1; }
  // At this load, from now on; infinite: never. [s]
  double time_to_trip_s(double load_w) const;

 private:
  double rating_w_, tau_s_;
  double heat_ = -1;  // H; negative: no load yet
  bool has_tripped_ = false;
};

}  // namespace racktwin
