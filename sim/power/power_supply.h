// What carries the racks: one feed or two (A and B, each with a UPS), the utility behind them, batteries, generator.
// Thread rule: one thread per PowerSupply.
#pragma once

#include "sim/plan/plan.h"

#include <string>
#include <vector>

namespace racktwin {

// Feeds that carry the site, and how many of them through their UPS; the others go past it.
struct LiveFeeds {
  int feeds = 1, ups = 1;
};

// What they carry, AC. [W]
struct SiteLoad {
  double it_w = 0;       // racks and fabric
  double backed_w = 0;   // cooling that hangs on the UPSs as they do
  double cooling_w = 0;  // the rest of the cooling
};

// AC at one of the live feeds, which carry equal shares. [W]
double feed_share_w(const PowerPlan& power, LiveFeeds live, const SiteLoad& load, bool is_past_ups);
// At all of them. No feed: the cooling that does not hang on UPSs. [W]
double site_ac_w(const PowerPlan& power, LiveFeeds live, const SiteLoad& load);
// Load of the UPS of one of `sharing` feeds, at its output. [W]
double ups_output_w(const PowerPlan& power, int sharing, const SiteLoad& load);

class PowerSupply {
 public:
  explicit PowerSupply(const PowerPlan& power);

  // What events leave of it. Only UPSs have batteries, which are all charged alike.
  void set(LiveFeeds live, bool has_utility);
  // Advances by dt_s under a load. Without the utility the batteries carry what hangs on the UPSs: full, they last
  // `ride_through` at the UPS rating, at another load in proportion, until the generator has started. With it back, or
  // on the generator, they recharge. Gives what has happened, in words ("batteries empty: the racks are dark").
  std::vector<std::string> step(double dt_s, const SiteLoad& load);

  LiveFeeds live() const { return live_; }
  bool is_dark() const { return live_.feeds == 0 || is_empty_; }
  bool has_source() const { return source_ != Source::kBattery; }  // utility or generator feed the site
  bool is_on_generator() const { return source_ == Source::kGenerator; }
  // Whether batteries are about to be empty, or a generator to start.
  bool counts_down() const;
  double recharge_w() const;                 // that the batteries take at the feeds; losses are not counted
  double charge() const { return charge_; }  // of the batteries, 0 to 1; NaN: no data

 private:
  enum class Source { kUtility, kBattery, kGenerator };
  void recharge(double dt_s);

  const PowerPlan& power_;
  LiveFeeds live_;
  bool has_utility_ = true, is_empty_ = false;
  Source source_ = Source::kUtility;
  double charge_, lost_for_s_ = 0;
};

}  // namespace racktwin
