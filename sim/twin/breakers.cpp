#include "sim/twin/breakers.h"

#include "sim/power/power.h"
#include "sim/quantity.h"
#include "sim/twin/limits.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSettle_s = 60;  // without an overload, until the next is another one

}  // namespace

Breakers::Breakers(const Plan& plan, const Model& model) : plan_(plan), rows_(racks_of_rows(plan, model)) {
  const PowerPlan& power = plan.power;
  for (int f = 0; f < power.feeds; ++f) ups_.push_back({ups_path(plan, f), {}});
  if (std::isnan(power.breaker_delay_s)) return;
  for (int f = 0; f < power.feeds; ++f)
    feeds_.push_back(
        {feed_path(plan, f), "feed", Breaker(power.feed_rating_w, power.breaker_delay_s), power.feed_rating_w});
  if (std::isnan(power.busway_rating_w)) return;
  for (const std::string& row : named_rows(plan).first)
    for (int f = 0; f < power.feeds; ++f)
      busways_.push_back({row, fmt::format("busway {}", f == 0 ? 'A' : 'B'),
                          Breaker(power.busway_rating_w, power.breaker_delay_s), power.busway_rating_w});
}

bool Breakers::count_down() const {
  const auto is_overloaded = [](const Watched& watched) { return watched.is_overloaded; };
  return std::any_of(feeds_.begin(), feeds_.end(), is_overloaded) ||
         std::any_of(busways_.begin(), busways_.end(), is_overloaded) ||
         std::any_of(ups_.begin(), ups_.end(), [](const Ups& ups) { return ups.overload.is_overloaded(); });
}

bool Breakers::advance(Watched& watched, double time_s, double dt_s, double load_w, std::vector<EventRow>& events) {
  const auto append = [&](std::string what) {
    EventRow row{time_s, watched.path, std::move(what), "limit"};
    row.value = load_w;
    row.limit = watched.rating_w;
    events.push_back(std::move(row));
  };
  const double left_s = watched.breaker.time_to_trip_s(load_w);
  // Load swings with the iteration: it is one overload until the breaker has cooled down.
  const bool was_overloaded = watched.is_overloaded, has_rested = time_s - watched.overloaded_s > kSettle_s;
  watched.is_overloaded =
      std::isfinite(left_s) || (was_overloaded && (watched.breaker.is_warmer_than_rated() || !has_rested));
  if (std::isfinite(left_s)) watched.overloaded_s = time_s;
  if (watched.breaker.step(dt_s, load_w)) {
    append(fmt::format("breaker of {} tripped at {}, rating {}", watched.name,
                       format_quantity(load_w, Dimension::kPower),
                       format_quantity(watched.rating_w, Dimension::kPower)));
    return true;
  }
  if (watched.is_overloaded && !was_overloaded)
    append(fmt::format("{} overloaded: {}, rating {}; its breaker trips in {} at this load", watched.name,
                       format_quantity(load_w, Dimension::kPower), format_quantity(watched.rating_w, Dimension::kPower),
                       format_quantity(left_s, Dimension::kTime, 2)));
  return false;
}

// Of all UPSs, failed ones too: where the racks' shelves find their feed.
std::vector<double> Breakers::feed_racks_w(double time_s, double dt_s, const SitePower& power, const InForce& now,
                                           bool& has_changed, std::vector<EventRow>& events) {
  const std::size_t n_feed = ups_.size();
  std::vector<double> feed_w(n_feed, now.live.feeds > 0 ? power.fabric_w() / now.live.feeds : 0);
  for (std::size_t row = 0; row < rows_.size(); ++row) {
    double row_w = 0;
    for (const auto& [rack, count] : rows_[row]) row_w += count * power.racks()[rack].ac_w;
    std::size_t live = 0;
    const auto carries = [&](std::size_t f) { return !now.lost_feeds[f] && !tripped_.has_lost_busway(row, f); };
    for (std::size_t f = 0; f < n_feed; ++f) live += carries(f) ? 1 : 0;
    for (std::size_t f = 0; f < n_feed; ++f) {
      if (!carries(f)) continue;
      const double share_w = row_w / static_cast<double>(live);
      feed_w[f] += share_w;
      if (busways_.empty()) continue;
      if (!advance(busways_[row * n_feed + f], time_s, dt_s, share_w, events)) continue;
      tripped_.busways.emplace_back(row, f);
      has_changed = true;
    }
  }
  return feed_w;
}

bool Breakers::advance_ups(std::size_t feed, double time_s, double dt_s, double load_w, bool can_return,
                           std::vector<EventRow>& events) {
  Ups& ups = ups_[feed];
  const double rating_w = plan_.power.ups_rating_w, left_s = ups.overload.time_left_s(load_w / rating_w);
  const bool was_overloaded = ups.overload.is_overloaded(), had_given_up = tripped_.ups[feed];
  tripped_.ups[feed] = ups.overload.step(dt_s, load_w / rating_w, can_return);
  const auto append = [&](std::string what) {
    EventRow row{time_s, ups.path, std::move(what), "limit"};
    row.value = load_w;
    row.limit = rating_w;
    events.push_back(std::move(row));
  };
  const auto load = [&] {
    return fmt::format("{}, rating {}", format_quantity(load_w, Dimension::kPower),
                       format_quantity(rating_w, Dimension::kPower));
  };
  if (tripped_.ups[feed] && !had_given_up)
    append(fmt::format("UPS overloaded for too long: {} at {}",
                       can_return ? "its feed goes past it" : "it has shut down", load()));
  else if (!was_overloaded && ups.overload.is_overloaded())
    append(fmt::format("UPS overloaded: {}; it carries this load for {}", load(),
                       format_quantity(left_s, Dimension::kTime, 2)));
  else if (had_given_up && !tripped_.ups[feed])
    append("UPS carries its load again: " + load());
  return tripped_.ups[feed] != had_given_up;
}

bool Breakers::step(double time_s, double dt_s, const SitePower& power, const InForce& now, const SiteLoad& load,
                    const PowerSupply& supply, std::vector<EventRow>& events) {
  bool has_changed = false;
  const std::vector<double> racks_w = feed_racks_w(time_s, dt_s, power, now, has_changed, events);
  const bool has_way_past = !plan_.power.feed.carries_dc && supply.has_source();
  for (std::size_t f = 0; f < ups_.size(); ++f) {
    const bool is_lost = now.lost_feeds[f], has_failed = now.lost_ups[f] && !tripped_.ups[f];
    const UpsLoad of = is_lost ? UpsLoad{} : UpsLoad{racks_w[f], load.backed_w / now.live.feeds, now.lost_ups[f]};
    if (!has_failed)
      has_changed =
          advance_ups(f, time_s, dt_s, ups_output_w(plan_.power.feed, of), has_way_past && !is_lost, events) ||
          has_changed;
    if (feeds_.empty() || is_lost) continue;
    double feed_w = 0;  // on batteries
    if (supply.has_source())
      feed_w = feed_ac_w(plan_.power.feed, of, plan_.power.ups_rating_w, plan_.power.feed_rating_w) +
               load.cooling_w / now.live.feeds + (of.is_past_ups ? 0 : supply.recharge_w() / now.live.ups);
    if (!advance(feeds_[f], time_s, dt_s, feed_w, events)) continue;
    tripped_.feeds[f] = true;
    has_changed = true;
  }
  return has_changed;
}

}  // namespace racktwin
