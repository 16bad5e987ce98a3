// How long a UPS carries more than its rating before it hands the load to its bypass, and when it takes it back.
//
// Without end up to 1.05 times the rating, 10 min up to 1.1 times, 1 min up to 1.3, 3 s up to 1.5, half a second above.
// source: Huawei, UPS2000-G user manual (a small unit; on batteries it shuts down after the same times). Loads that
// change use up shares of these times. That the UPS comes back once the overload has gone is Eaton's word (Power Xpert
// 9395C manual, 6.2.2); that it waits for a minute below its rating is assumed. Thread rule: one thread per
// UpsOverload.
#pragma once

namespace racktwin {

class UpsOverload {
 public:
  // Advances by dt_s at a load over the rating that is constant meanwhile. can_return: its bypass carries the load.
  // True while it does not carry the load.
  bool step(double dt_s, double load, bool can_return);
  bool has_given_up() const { return has_given_up_; }
  bool is_overloaded() const { return used_ > 0 || has_given_up_; }
  // At this load, from now on; infinite: never. [s]
  double time_left_s(double load) const;

 private:
  double used_ = 0;      // of the time that it may be overloaded; 1: all
  double rested_s_ = 0;  // since it was last above its rating
  bool has_given_up_ = false;
};

}  // namespace racktwin
