#include "sim/twin/run_book.h"

#include "sim/power/power.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr double kLitresPerMinute = 60000;  // in 1 m3/s

RunLimits limits_of(const Plan& plan) {
  const std::string& site = plan.site.name;
  const RackType& rack = plan.site.rack_type;
  const CduType& cdu = plan.cooling.cdu;
  const auto liquid = [&](const Sourced& value) { return rack.liquid_cooled ? value.value : kNoValue; };
  const std::string cdus = plan.cooling.cdus == 1 ? site + "/cdu-1" : site;
  return {{site, "site power", plan.power.feed_rating_w, 0.01 * plan.power.feed_rating_w, Dimension::kPower},
          {site, "power shelves, load with redundancy", 1.0, 0.01, Dimension::kNone},
          {site, "rack power", rack.rack_rating_w.value, 0.01 * rack.rack_rating_w.value, Dimension::kPower},
          {cdus, "CDU heat", liquid(cdu.heat_rating_w) * plan.cooling.cdus, 0.01 * cdu.heat_rating_w.value,
           Dimension::kPower},
          {site, "GPU junction", rack.gpu.software_slowdown_degc.value, 3, Dimension::kTemperature},
          {site, "coolant into the racks", liquid(rack.max_inlet_degc), 0.5, Dimension::kTemperature},
          {site, "coolant out of the racks", liquid(rack.max_return_degc), 0.5, Dimension::kTemperature}};
}

}  // namespace

RunBook::RunBook(const Plan& plan, const Model& model, int pumps)
    : plan_(plan),
      model_(model),
      frame_({model.gpu_classes.size(), model.tray_classes.size(), model.rack_classes.size(),
              static_cast<std::size_t>(pumps), model.leaf_classes.size()}),
      limits_(limits_of(plan)) {}

void RunBook::book(const BookedStep& step, std::vector<EventRow>& events) {
  Site site;
  site.network = network_load(model_, step.profile);
  book_gpus(step, site);
  book_racks(step, site);
  book_pumps_and_leaves(step, site);
  book_site(step, site);
  add_totals(step, site);
  watch_limits(step, site, events);
}

void RunBook::book_gpus(const BookedStep& step, Site& site) {
  const SitePower& power = step.power;
  const double dt = step.dt_s;
  site.hottest_degc = kNoValue;
  for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
    const GpuActivity& activity = power.activity()[c];
    double low = power.gpu_w()[c], high = low;
    for (const auto& row : power.swings()) {
      low = std::min(low, row[c]);
      high = std::max(high, row[c]);
    }
    frame_.add(Metric::kGpuPower, c, power.gpu_w()[c], low, high, dt);
    frame_.add(Metric::kGpuJunction, c, step.plant.gpu_junction_degc[c], dt);
    if (model_.gpu_classes[c].stage >= 0) frame_.add(Metric::kGpuClock, c, step.clocks[c], dt);
    frame_.add(Metric::kGpuCompute, c, activity.tensor + activity.memory, dt);
    frame_.add(Metric::kGpuCommunication, c, activity.communication, dt);
    site.hottest_degc = std::fmax(site.hottest_degc, step.plant.gpu_junction_degc[c]);
  }
  for (std::uint32_t t = 0; t < model_.tray_classes.size(); ++t)
    frame_.add(Metric::kTrayPower, t, power.trays()[t].dc_w(), dt);
}

void RunBook::book_racks(const BookedStep& step, Site& site) {
  const SitePower& power = step.power;
  const PlantState& s = step.plant;
  const double dt = step.dt_s, fabric_w = power.fabric_w(), usable_shelf_w = power.usable_shelf_w();
  site.it_w = fabric_w;
  site.inlet_degc = site.outlet_degc = kNoValue;
  std::vector<double> it_swing_w(power.swings().size(), fabric_w);
  for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r) {
    const UnitPower& rack = power.racks()[r];
    const double count = model_.rack_classes[r].count;
    site.it_w += count * rack.ac_w;
    double low = rack.ac_w, high = rack.ac_w;
    for (std::size_t b = 0; b < power.swings().size(); ++b) {
      const double ac_w = power.rack_ac_at(r, power.swings()[b]);
      it_swing_w[b] += count * ac_w;
      low = std::min(low, ac_w);
      high = std::max(high, ac_w);
    }
    site.fullest_shelf_w = std::max(site.fullest_shelf_w, rack.dc_w());
    site.fullest_rack_w = std::max(site.fullest_rack_w, high);
    frame_.add(Metric::kRackPower, r, rack.ac_w, low, high, dt);
    frame_.add(Metric::kRackShelfLoad, r, rack.dc_w() / usable_shelf_w, dt);
    frame_.add(Metric::kRackInlet, r, s.rack_inlet_degc[r], dt);
    frame_.add(Metric::kRackReturn, r, s.rack_return_degc[r], dt);
    frame_.add(Metric::kRackFlow, r, s.rack_flow_m3_per_s[r] * kLitresPerMinute, dt);
    frame_.add(Metric::kRackNetwork, r, site.network.rack[r], dt);
    site.inlet_degc = std::fmax(site.inlet_degc, s.rack_inlet_degc[r]);
    site.outlet_degc = std::fmax(site.outlet_degc, s.rack_return_degc[r]);
  }
  site.it_low_w = std::min(site.it_w, *std::min_element(it_swing_w.begin(), it_swing_w.end()));
  site.it_high_w = std::max(site.it_w, *std::max_element(it_swing_w.begin(), it_swing_w.end()));
}

void RunBook::book_pumps_and_leaves(const BookedStep& step, const Site& site) {
  const PlantState& s = step.plant;
  for (std::size_t p = 0; p < s.pump_speed.size(); ++p) {
    frame_.add(Metric::kPumpSpeed, p, s.pump_speed[p], step.dt_s);
    frame_.add(Metric::kPumpFlow, p, s.pump_flow_m3_per_s[p] * kLitresPerMinute, step.dt_s);
  }
  for (std::size_t l = 0; l < site.network.leaf.size(); ++l)
    frame_.add(Metric::kLeafNetwork, l, site.network.leaf[l], step.dt_s);
}

void RunBook::book_site(const BookedStep& step, Site& site) {
  const PlantState& s = step.plant;
  const double cooling_w = s.pump_power_w + s.facility_power_w;
  const auto at_feed_w = [&](double it_w) {
    return feed_ac_w(plan_.power.feed, it_w, plan_.power.feed_rating_w) + cooling_w;
  };
  site.ac_w = at_feed_w(site.it_w);
  site.ac_high_w = at_feed_w(site.it_high_w);
  const double step_s = step.profile ? step.profile->step_s : kNoValue;
  const double tokens = static_cast<double>(plan_.workload.global_batch) * plan_.workload.sequence;
  const auto add = [&](Metric metric, double value) { frame_.add(metric, 0, value, step.dt_s); };
  frame_.add(Metric::kSitePower, 0, site.ac_w, at_feed_w(site.it_low_w), site.ac_high_w, step.dt_s);
  frame_.add(Metric::kItPower, 0, site.it_w, site.it_low_w, site.it_high_w, step.dt_s);
  add(Metric::kStepTime, step_s);
  add(Metric::kTokens, step.profile ? tokens / step_s : 0);
  add(Metric::kThrottled, step.throttled_gpus / model_.ranks);
  add(Metric::kSpineNetwork, site.network.spine);
  add(Metric::kTcsSupply, s.tcs_supply_degc);
  add(Metric::kTcsReturn, s.tcs_return_degc);
  add(Metric::kTcsFlow, s.tcs_flow_m3_per_s * kLitresPerMinute);
  add(Metric::kFacilitySupply, s.facility_supply_degc);
  add(Metric::kFacilityReturn, s.facility_return_degc);
  add(Metric::kCduHeat, s.cdu_heat_w);
  add(Metric::kAirHeat, s.air_heat_w);
  add(Metric::kPumpPower, s.pump_power_w);
  add(Metric::kCoolingPower, cooling_w);
}

void RunBook::add_totals(const BookedStep& step, const Site& site) {
  const double dt = step.dt_s;
  totals_.time_s += dt;
  totals_.site_energy_j += site.ac_w * dt;
  totals_.it_energy_j += site.it_w * dt;
  totals_.site_peak_w = std::max(totals_.site_peak_w, site.ac_high_w);
  totals_.rack_peak_w = std::max(totals_.rack_peak_w, site.fullest_rack_w);
  if (step.profile) totals_.step_time_max_s = std::fmax(totals_.step_time_max_s, step.profile->step_s);
  totals_.working_gpu_s += model_.ranks * dt;
  totals_.throttled_gpu_s += step.throttled_gpus * dt;
  totals_.junction_max_degc = std::fmax(totals_.junction_max_degc, site.hottest_degc);
  totals_.supply_max_degc = std::fmax(totals_.supply_max_degc, site.inlet_degc);
  totals_.return_max_degc = std::fmax(totals_.return_max_degc, site.outlet_degc);
  totals_.facility_max_degc = std::fmax(totals_.facility_max_degc, step.plant.facility_supply_degc);
}

void RunBook::watch_limits(const BookedStep& step, const Site& site, std::vector<EventRow>& events) {
  limits_.feed.watch(step.time_s, site.ac_high_w, events);
  limits_.shelf.watch(step.time_s, site.fullest_shelf_w / step.power.usable_shelf_w(), events);
  limits_.rack.watch(step.time_s, site.fullest_rack_w, events);
  limits_.cdu.watch(step.time_s, step.plant.cdu_heat_w, events);
  limits_.junction.watch(step.time_s, site.hottest_degc, events);
  limits_.inlet.watch(step.time_s, site.inlet_degc, events);
  limits_.outlet.watch(step.time_s, site.outlet_degc, events);
  const bool throttles = step.throttled_gpus > 0;
  if (throttles != was_throttling_)
    events.push_back(
        {step.time_s, plan_.site.name, throttles ? "GPUs begin to throttle" : "GPUs no longer throttle", "limit"});
  was_throttling_ = throttles;
}

}  // namespace racktwin
