#include "sim/plan/in_range.h"
#include "sim/plan/scenario_reader.h"

#include <fmt/core.h>

#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

void parse_smoothing(Table& table, const Gpu& gpu, bool has_rack, PowerSmoothing& smoothing) {
  const bool can_smooth = !std::isnan(gpu.smoothing_floor_max.value);
  if (has_rack && !can_smooth)
    table.error_at("floor", fmt::format("the {} cannot smooth its power", gpu.name),
                   "leave [power.smoothing] out; NVIDIA GPUs can from Blackwell on");
  smoothing.floor =
      quantity_in_range(table, "floor", Dimension::kNone, 0.01, can_smooth ? gpu.smoothing_floor_max.value : 1);
  const auto rate = [&](const char* key, double& value) {
    value = optional_in_range(table, key, Dimension::kPowerRate, 1, 1e9).value_or(value);
  };
  rate("ramp_up", smoothing.ramp_up_w_per_s);
  rate("ramp_down", smoothing.ramp_down_w_per_s);
  smoothing.ramp_down_hysteresis_s =
      optional_in_range(table, "ramp_down_hysteresis", Dimension::kTime, 0, 3600).value_or(0);
}

}  // namespace

void parse_power(ScenarioReader& reader) {
  const Plan& plan = reader.plan;
  PowerPlan& power = reader.plan.power;
  Table table = reader.table("power");
  reader.look_up(table, "feed", &Catalog::feed, power.feed);
  power.feeds = reader.optional_integer_within(table, "feeds", 1, 2).value_or(1);
  power.feed_rating_w = quantity_in_range(table, "rating", Dimension::kPower, 1e3, 1e10);
  const auto optional = [&](const char* key, Dimension dimension, double low, double high) {
    return optional_in_range(table, key, dimension, low, high).value_or(kNoValue);
  };
  const auto ups = optional_in_range(table, "ups_rating", Dimension::kPower, 1e3, 1e10);
  power.ups_rating_w = reader.choose(ups, power.feed_rating_w, "power.ups_rating", "that of the feed");
  power.busway_rating_w = optional("busway_rating", Dimension::kPower, 1e3, 1e9);
  power.ride_through_s = optional("ups_ride_through", Dimension::kTime, 1, 86400);
  power.generator_start_s = optional("generator_start", Dimension::kTime, 0.1, 3600);
  power.generator_rating_w = optional("generator_rating", Dimension::kPower, 1e3, 1e10);
  power.recharge_s = optional("ups_recharge", Dimension::kTime, 60, 7 * 86400.0);
  power.breaker_delay_s = optional("breaker_delay", Dimension::kTime, 0.5, 60);
  power.ups_carries_pumps = table.optional_boolean("ups_carries_pumps").value_or(true);
  power.ups_carries_facility = table.optional_boolean("ups_carries_facility").value_or(false);
  for (const char* key : {"ups_recharge", "ups_carries_pumps", "ups_carries_facility"})
    if (table.has(key) && std::isnan(power.ride_through_s))
      table.error_at(key, fmt::format("{} without batteries", key), "set ups_ride_through");
  if (table.has("generator_rating") && std::isnan(power.generator_start_s))
    table.error_at("generator_rating", "a rating without a generator", "set generator_start");
  if (auto smoothing = table.optional_table("smoothing"))
    parse_smoothing(*smoothing, plan.site.rack_type.gpu, reader.has_rack, power.smoothing);
  if (!power.feed.rack_conversion.x.empty()) reader.plan.site.rack_type.shelf_efficiency = power.feed.rack_conversion;
  if (power.feeds == 2 && reader.has_rack && plan.site.rack_type.shelves % 2 != 0)
    table.error_at("feeds", fmt::format("{} has {} power shelves, which do not divide over two feeds",
                                        plan.site.rack_type.name, plan.site.rack_type.shelves));
}

}  // namespace racktwin
