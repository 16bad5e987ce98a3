#include "sim/power/power_supply.h"

#include "sim/power/power.h"
#include "sim/quantity.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace racktwin {

double feed_share_w(const PowerPlan& power, LiveFeeds live, const SiteLoad& load, bool is_past_ups) {
  return feed_ac_w(power.feed, {load.it_w / live.feeds, load.backed_w / live.feeds, is_past_ups}, power.ups_rating_w,
                   power.feed_rating_w) +
         load.cooling_w / live.feeds;
}

double site_ac_w(const PowerPlan& power, LiveFeeds live, const SiteLoad& load) {
  if (live.feeds == 0) return load.cooling_w;
  const int past_ups = live.feeds - live.ups;
  return (live.ups > 0 ? live.ups * feed_share_w(power, live, load, false) : 0) +
         (past_ups > 0 ? past_ups * feed_share_w(power, live, load, true) : 0);
}

double ups_output_w(const PowerPlan& power, int sharing, const SiteLoad& load) {
  return sharing > 0 ? ups_output_w(power.feed, {load.it_w / sharing, load.backed_w / sharing, false}) : 0;
}

PowerSupply::PowerSupply(const PowerPlan& power)
    : power_(power),
      live_{power.feeds, power.feeds},
      charge_(std::isnan(power.ride_through_s) ? std::numeric_limits<double>::quiet_NaN() : 1) {}

void PowerSupply::set(LiveFeeds live, bool has_utility) {
  live_ = live;
  has_utility_ = has_utility;
}

bool PowerSupply::counts_down() const {
  return source_ == Source::kBattery && (!is_empty_ || !std::isnan(power_.generator_start_s));
}

double PowerSupply::recharge_w() const {
  if (!has_source() || !(charge_ < 1) || !(power_.recharge_s > 0)) return 0;
  return live_.ups * power_.ups_rating_w * power_.ride_through_s / power_.recharge_s;
}

void PowerSupply::recharge(double dt_s) {
  if (charge_ < 1 && power_.recharge_s > 0) charge_ = std::min(1.0, charge_ + dt_s / power_.recharge_s);
}

std::vector<std::string> PowerSupply::step(double dt_s, const SiteLoad& load) {
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
  const bool has_batteries = live_.ups > 0 && !std::isnan(charge_);
  const double share = ups_output_w(power_, live_.ups, load) / power_.ups_rating_w;
  if (source_ == Source::kUtility && has_batteries)
    happened.push_back("batteries carry the load" +
                       (share > 0
                            ? fmt::format("; at this load for {}",
                                          format_quantity(charge_ * power_.ride_through_s / share, Dimension::kTime, 2))
                            : std::string()));
  source_ = Source::kBattery;
  // Without batteries the light goes out at once.
  if (has_batteries) charge_ = std::max(0.0, charge_ - share * dt_s / power_.ride_through_s);
  if (!is_empty_ && (!has_batteries || charge_ <= 0)) {
    is_empty_ = true;
    happened.emplace_back(has_batteries ? "batteries empty: the racks are dark" : "no batteries: the racks are dark");
  }
  return happened;
}

}  // namespace racktwin
