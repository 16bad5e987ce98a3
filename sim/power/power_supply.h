// What carries the racks: one feed or two (A and B, each with a UPS), the utility behind them, batteries, generator.
// Thread rule: one thread per PowerSupply.
#pragma once

#include "sim/plan/plan.h"

#include <string>
#include <vector>

namespace racktwin {

// AC at the racks -> AC at all feeds that carry them, in equal shares. No feed: nothing. [W]
double site_ac_w(const PowerPlan& power, int live_feeds, double rack_ac_w);
// Load of the UPS of one of the feeds, at its output. [W]
double ups_output_w(const PowerPlan& power, int live_feeds, double rack_ac_w);

class PowerSupply {
 public:
  explicit PowerSupply(const PowerPlan& power);

  // What events leave of it. live_ups: of the live feeds, those that do not go past their UPS; only these have
  // batteries, which are all charged alike.
  void set(int live_feeds, int live_ups, bool has_utility);
  // Advances by dt_s under a load at the racks. Without the utility the batteries carry it: full, they last
  // `ride_through` at the UPS rating, at another load in proportion, until the generator has started. With it back, or
  // on the generator, they recharge. Gives what has happened, in words ("batteries empty: the racks are dark").
  std::vector<std::string> step(double dt_s, double rack_ac_w);

  int live_feeds() const { return live_feeds_; }
  bool is_dark() const { return live_feeds_ == 0 || is_empty_; }
  bool has_source() const { return source_ != Source::kBattery; }  // utility or generator feed the site
  bool is_on_generator() const { return source_ == Source::kGenerator; }
  double recharge_w() const;                 // that the batteries take at the feeds; losses are not counted
  double charge() const { return charge_; }  // of the batteries, 0 to 1; NaN: no data

 private:
  enum class Source { kUtility, kBattery, kGenerator };
  void recharge(double dt_s);

  const PowerPlan& power_;
  int live_feeds_, live_ups_;
  bool has_utility_ = true, is_empty_ = false;
  Source source_ = Source::kUtility;
  double charge_, lost_for_s_ = 0;
};

}  // namespace racktwin
