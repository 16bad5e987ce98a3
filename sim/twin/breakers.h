// What an overload takes away. The breakers of feeds and busways act where the scenario gives their delay, on the mean
// over a step of what they carry, and stay open once they have tripped; UPSs give their load to the bypass, and take it
// back. Thread rule: one thread per Breakers.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/power/breaker.h"
#include "sim/power/power_supply.h"
#include "sim/power/ups_overload.h"
#include "sim/recording/recording.h"
#include "sim/twin/in_force.h"
#include "sim/twin/site_power.h"

#include <optional>
#include <string>
#include <vector>

namespace racktwin {

class Breakers {
 public:
  Breakers(const Plan& plan, const Model& model);

  // A step of dt_s that ends at time_s. Appends an event for each that begins to be overloaded, with the time left, and
  // for each that trips; true if any did.
  bool step(double time_s, double dt_s, const SitePower& power, const InForce& now, const SiteLoad& load,
            const PowerSupply& supply, std::vector<EventRow>& events);
  // Whether something carries too much, for which it has so many seconds.
  bool count_down() const;
  const LostSupply& tripped() const { return tripped_; }

 private:
  struct Watched {
    std::string path, name;
    Breaker breaker;
    double rating_w = 0;
    bool is_overloaded = false;
    double overloaded_s = 0;  // when it was last
  };
  struct Ups {
    std::string path;
    UpsOverload overload;
  };
  bool advance(Watched& watched, double time_s, double dt_s, double load_w, std::vector<EventRow>& events);
  bool advance_ups(std::size_t feed, double time_s, double dt_s, double load_w, bool can_return,
                   std::vector<EventRow>& events);
  // What the racks take from each feed; busways that this trips take theirs from the next step on.
  std::vector<double> feed_racks_w(double time_s, double dt_s, const SitePower& power, const InForce& now,
                                   bool& has_changed, std::vector<EventRow>& events);

  const Plan& plan_;
  const std::vector<RowRacks> rows_;
  std::vector<Watched> feeds_;    // (n_feed)
  std::vector<Watched> busways_;  // (n_row x n_feed)
  std::vector<Ups> ups_;          // (n_feed)
  LostSupply tripped_;
};

}  // namespace racktwin
