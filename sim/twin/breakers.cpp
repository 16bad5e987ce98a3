#include "sim/twin/breakers.h"

#include "sim/power/power.h"
#include "sim/quantity.h"
#include "sim/twin/limits.h"

#include <fmt/core.h>

#include <cmath>
#include <utility>

namespace racktwin {

Breakers::Breakers(const Plan& plan, const Model& model) : plan_(plan), rows_(racks_of_rows(plan, model)) {
  const PowerPlan& power = plan.power;
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

bool Breakers::advance(Watched& watched, double time_s, double dt_s, double load_w, std::vector<EventRow>& events) {
  const auto append = [&](std::string what) {
    EventRow row{time_s, watched.path, std::move(what), "limit"};
    row.value = load_w;
    row.limit = watched.rating_w;
    events.push_back(std::move(row));
  };
  const double left_s = watched.breaker.time_to_trip_s(load_w);
  // Load swings with the iteration: it is one overload until the breaker has cooled down.
  const bool was_overloaded = watched.is_overloaded;
  watched.is_overloaded = std::isfinite(left_s) || (was_overloaded && watched.breaker.is_warmer_than_rated());
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

bool Breakers::step(double time_s, double dt_s, const SitePower& power, const InForce& now, double cooling_w,
                    std::vector<EventRow>& events) {
  if (feeds_.empty()) return false;
  const auto n_feed = feeds_.size();
  std::vector<double> feed_w(n_feed, now.live_feeds > 0 ? power.fabric_w() / now.live_feeds : 0);
  bool has_tripped = false;
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
      has_tripped = true;
    }
  }
  for (std::size_t f = 0; f < n_feed; ++f) {
    if (now.lost_feeds[f]) continue;
    const double load_w = feed_ac_w(plan_.power.feed, feed_w[f], plan_.power.ups_rating_w, plan_.power.feed_rating_w) +
                          cooling_w / now.live_feeds;
    if (!advance(feeds_[f], time_s, dt_s, load_w, events)) continue;
    tripped_.feeds[f] = true;
    has_tripped = true;
  }
  return has_tripped;
}

}  // namespace racktwin
