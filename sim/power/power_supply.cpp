#include "sim/power/power_supply.h"

#include "sim/power/power.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {

double site_ac_w(const PowerPlan& power, int live_feeds, double rack_ac_w) {
  return live_feeds > 0
             ? live_feeds * feed_ac_w(power.feed, rack_ac_w / live_feeds, power.ups_rating_w, power.feed_rating_w)
             : 0;
}

double ups_output_w(const PowerPlan& power, int live_feeds, double rack_ac_w) {
  return live_feeds > 0 ? rack_ac_w / live_feeds / power.feed.busway_efficiency.value : 0;
}

PowerSupply::PowerSupply(const PowerPlan& power)
    : power_(power),
      live_feeds_(power.feeds),
      live_ups_(power.feeds),
      charge_(std::isnan(power.ride_through_s) ? std::numeric_limits<double>::quiet_NaN() : 1) {}

void PowerSupply::set(int live_feeds, int live_ups, bool has_utility) {
  live_feeds_ = live_feeds;
  live_ups_ = live_ups;
  has_utility_ = has_utility;
}

double PowerSupply::recharge_w() const {
  if (!has_source() || !(charge_ < 1) || !(power_.recharge_s > 0)) return 0;
  return live_ups_ * power_.ups_rating_w * power_.ride_through_s / power_.recharge_s;
}

void PowerSupply::recharge(double dt_s) {
  if (charge_ < 1 && power_.recharge_s > 0) charge_ = std::min(1.0, charge_ + dt_s / power_.recharge_s);
}

std::vector<std::string> PowerSupply::step(double dt_s, double rack_ac_w) {
  std::vector<std::string> happened;
  if (has_utility_) {
    if (source_ != Source::kUtility) happened.emplace_back("utility carries the load again");
    source_ = Source::kUtility;
    is_empty_ = false;
    lost_for_s_ = 0;
    recharge(dt_s);
    return happened;
  }
  lost_for_s_ += dt_s;
  const bool generator_runs = lost_for_s_ >= power_.generator_start_s;  // never, if it is NaN
  if (generator_runs) {
    if (source_ != Source::kGenerator)
      happened.emplace_back(is_empty_ ? "generator runs: power is back" : "generator carries the load");
    source_ = Source::kGenerator;
    is_empty_ = false;
    recharge(dt_s);
    return happened;
  }
  const bool has_batteries = live_ups_ > 0 && !std::isnan(charge_);
  if (source_ == Source::kUtility && has_batteries) happened.emplace_back("batteries carry the load");
  source_ = Source::kBattery;
  // Without batteries the light goes out at once.
  const double load = ups_output_w(power_, live_ups_, rack_ac_w) / power_.ups_rating_w;
  if (has_batteries) charge_ = std::max(0.0, charge_ - load * dt_s / power_.ride_through_s);
  if (!is_empty_ && (!has_batteries || charge_ <= 0)) {
    is_empty_ = true;
    happened.emplace_back(has_batteries ? "batteries empty: the racks are dark" : "no batteries: the racks are dark");
  }
  return happened;
}

}  // namespace racktwin
