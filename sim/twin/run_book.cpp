#include "sim/twin/run_book.h"

#include "sim/power/power.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr double kLitresPerMinute = 60000;  // in 1 m3/s
constexpr double kCool_k = 3;               // below its limit, a junction that swings with the iteration is back
constexpr double kWater_kg_per_l = 1;       // make-up water
constexpr double kSettle_s = 60;            // powers swing with the iteration: longer than most

NamedClasses named_cdus(const Plan& plan) {
  NamedClasses named{"CDUs", {}, {}};
  for (int cdu = 0; cdu < plan.cooling.cdus; ++cdu) {
    named.first.push_back(cdu_path(plan, cdu));
    named.count.push_back(1);
  }
  return named;
}

// Air handlers or rear doors in the facility water give their air a little warmer than that; NaN: there are none.
double warmest_for_coils_degc(const CoolingPlan& cooling) {
  if (cooling.air == AirPath::kCrah) return kNoValue;
  return cooling.facility.room_air_supply_degc.value - cooling.facility.coil_approach_k.value;
}

RunLimits limits_of(const Plan& plan, const Model& model) {
  const RackType& rack = plan.site.rack_type;
  const auto liquid = [&](const Sourced& value) { return rack.liquid_cooled ? value.value : kNoValue; };
  const NamedClasses site = one_of_a_kind(plan.site.name), racks = named_racks(plan, model);
  NamedClasses feeds{"feeds", {}, {}}, ups{"UPSs", {}, {}};
  for (int f = 0; f < plan.power.feeds; ++f) {
    feeds.first.push_back(plan.power.feeds == 1 ? plan.site.name : feed_path(plan, f));
    ups.first.push_back(ups_path(plan, f));
    feeds.count.push_back(1);
    ups.count.push_back(1);
  }
  const double feed_w = plan.power.feed_rating_w, rack_w = rack.rack_rating_w.value,
               cdu_w = liquid(plan.cooling.cdu.heat_rating_w);
  return {
      {feeds, plan.power.feeds == 1 ? "site_power" : "", plan.power.feeds == 1 ? "site power" : "power of a feed",
       feed_w, 0.01 * feed_w, Dimension::kPower, kSettle_s},
      {site, "site_power", "power of a feed if the other is lost", plan.power.feeds == 1 ? kNoValue : feed_w,
       0.01 * feed_w, Dimension::kPower, kSettle_s},
      {ups, "", "UPS load", plan.power.ups_rating_w, 0.01 * plan.power.ups_rating_w, Dimension::kPower, kSettle_s},
      {site, "", "generator load", plan.power.generator_rating_w, 0.01 * plan.power.generator_rating_w,
       Dimension::kPower, kSettle_s},
      {named_rows(plan), "", "busway load", plan.power.busway_rating_w, 0.01 * plan.power.busway_rating_w,
       Dimension::kPower, kSettle_s},
      {racks, "rack_shelf_load", "power shelves, load with redundancy", 1.0, 0.01, Dimension::kNone, kSettle_s},
      {racks, "rack_power", "rack power", rack_w, 0.01 * rack_w, Dimension::kPower, kSettle_s},
      {named_cdus(plan), plan.cooling.cdus == 1 ? "cdu_heat" : "", "CDU heat", cdu_w, 0.01 * cdu_w, Dimension::kPower,
       kSettle_s},
      {named_gpus(plan, model), "gpu_junction", "GPU junction", rack.gpu.software_slowdown_degc.value, kCool_k,
       Dimension::kTemperature},
      {racks, "rack_inlet", "coolant into the racks", liquid(rack.max_inlet_degc), 0.5, Dimension::kTemperature},
      {racks, "rack_return", "coolant out of the racks", liquid(rack.max_return_degc), 0.5, Dimension::kTemperature},
      {one_of_a_kind(facility_path(plan)), "facility_supply", "facility water for the coils that cool the air",
       warmest_for_coils_degc(plan.cooling), 0.5, Dimension::kTemperature}};
}

// What temperature does to GPUs, in words, and the limit that makes it.
struct ThermalStep {
  ClockReason reason;
  std::string what;
  double limit_degc;
};
std::array<ThermalStep, 3> thermal_steps(const Gpu& gpu) {
  const auto throttled = [](ClockReason reason) {
    return fmt::format("GPU throttled by temperature ({})", name_of(reason).nvml);
  };
  return {{{ClockReason::kSoftwareThermal, throttled(ClockReason::kSoftwareThermal), held_junction_degc(gpu)},
           {ClockReason::kHardwareThermal, throttled(ClockReason::kHardwareThermal), gpu.hardware_slowdown_degc.value},
           {ClockReason::kShutDown, "GPU shut down by temperature", gpu.shutdown_degc.value}}};
}

constexpr Metric metric_of(ClockReason reason) {
  return static_cast<Metric>(static_cast<int>(Metric::kReasonIdle) + static_cast<int>(reason) - 1);
}
static_assert(metric_of(ClockReason::kShutDown) == Metric::kReasonShutDown);

}  // namespace

RunBook::RunBook(const Plan& plan, const Model& model, int pumps)
    : plan_(plan),
      model_(model),
      frame_({model.gpu_classes.size(), model.tray_classes.size(), model.rack_classes.size(),
              static_cast<std::size_t>(pumps), model.leaf_classes.size()}),
      limits_(limits_of(plan, model)),
      gpus_(named_gpus(plan, model)),
      racks_of_row_(racks_of_rows(plan, model)),
      watched_(model.gpu_classes.size(), ClockReason::kNone) {}

void RunBook::book(const BookedStep& step, std::vector<EventRow>& events) {
  Site site;
  site.network = network_load(model_, step.profile);
  book_gpus(step, site);
  book_racks(step, site);
  book_pumps_and_leaves(step, site);
  book_site(step, site);
  add_totals(step, site);
  count_losses(step);
  watch_limits(step, site, events);
}

// Of a GPU that has power: another one has no clock, and nothing sets it.
void RunBook::add_clock(const BookedStep& step, std::uint32_t c) {
  const bool works = model_.gpu_classes[c].stage >= 0;
  if (works) frame_.add(Metric::kGpuClock, c, step.clocks[c], step.dt_s);
  for (const ClockReasonName& name : kClockReasonNames) {
    const bool is_reason = step.reasons[c] == name.reason;
    if (works || is_reason || name.reason == ClockReason::kIdle)
      frame_.add(metric_of(name.reason), c, is_reason ? 1 : 0, step.dt_s);
  }
}

void RunBook::book_gpus(const BookedStep& step, Site& site) {
  const SitePower& power = step.power;
  const double dt = step.dt_s;
  site.hottest_degc = kNoValue;
  const SitePower::Extremes& extremes = power.extremes();
  for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
    const GpuActivity& activity = power.activity()[c];
    const double gpu_w = power.gpu_w()[c];
    frame_.add(Metric::kGpuPower, c, gpu_w, std::min(gpu_w, extremes.gpu_low_w[c]),
               std::max(gpu_w, extremes.gpu_high_w[c]), dt);
    frame_.add(Metric::kGpuJunction, c, step.plant.gpu_junction_degc[c], dt);
    const bool works = model_.gpu_classes[c].stage >= 0;
    if (power.gpu_has_power(c)) add_clock(step, c);
    if (works && is_thermal(step.reasons[c])) site.throttled_gpus += model_.gpu_classes[c].count;
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
  const double dt = step.dt_s, fabric_w = power.fabric_w();
  site.it_w = fabric_w;
  site.inlet_degc = site.outlet_degc = kNoValue;
  const SitePower::Extremes& extremes = power.extremes();
  for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r) {
    const UnitPower& rack = power.racks()[r];
    site.it_w += model_.rack_classes[r].count * rack.ac_w;
    site.shelf_load.push_back(power.usable_shelf_w(r) > 0 ? rack.dc_w() / power.usable_shelf_w(r) : 0);
    site.rack_high_w.push_back(std::max(rack.ac_w, extremes.rack_high_w[r]));
    frame_.add(Metric::kRackPower, r, rack.ac_w, std::min(rack.ac_w, extremes.rack_low_w[r]), site.rack_high_w[r], dt);
    frame_.add(Metric::kRackShelfLoad, r, site.shelf_load[r], dt);
    frame_.add(Metric::kRackInlet, r, s.rack_inlet_degc[r], dt);
    frame_.add(Metric::kRackReturn, r, s.rack_return_degc[r], dt);
    frame_.add(Metric::kRackFlow, r, s.rack_flow_m3_per_s[r] * kLitresPerMinute, dt);
    frame_.add(Metric::kRackNetwork, r, site.network.rack[r], dt);
    frame_.add(Metric::kRackPowerCap, r, step.caps.rack_cap_w(r, step.time_s), dt);
    site.inlet_degc = std::fmax(site.inlet_degc, s.rack_inlet_degc[r]);
    site.outlet_degc = std::fmax(site.outlet_degc, s.rack_return_degc[r]);
  }
  site.it_low_w = std::min(site.it_w, extremes.it_low_w);
  site.it_high_w = std::max(site.it_w, extremes.it_high_w);
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
  const auto load_of = [&](double it_w) { return site_load(plan_.power, it_w, s); };
  const auto at_feed_w = [&](double it_w) {
    const SiteLoad load = load_of(it_w);
    return step.supply.is_dark() ? load.cooling_w : site_ac_w(plan_.power, step.supply.live(), load);
  };
  site.ac_w = at_feed_w(site.it_w);
  // On batteries the feeds carry nothing.
  const double is_fed = step.is_fed ? 1 : 0, recharge_w = is_fed * step.supply.recharge_w();
  const auto from_feed_w = [&](double it_w) { return is_fed * at_feed_w(it_w) + recharge_w; };
  site.ac_high_w = from_feed_w(site.it_high_w);
  site.generator_w = step.supply.is_on_generator() ? site.ac_high_w : 0;
  const LiveFeeds live = step.supply.live();
  const SiteLoad highest = load_of(site.it_high_w);
  for (std::size_t f = 0; f < static_cast<std::size_t>(plan_.power.feeds); ++f) {
    const bool is_lost = step.now.lost_feeds[f], is_past = step.now.lost_ups[f];
    site.feed_w.push_back(is_lost ? 0
                                  : is_fed * feed_share_w(plan_.power, live, highest, is_past) +
                                        (is_past ? 0 : recharge_w / live.ups));
    site.ups_w.push_back(is_lost || is_past ? 0 : ups_output_w(plan_.power, live.feeds, highest));
  }
  for (std::size_t row = 0; row < racks_of_row_.size(); ++row) {
    double row_w = 0;
    for (const auto& [rack, count] : racks_of_row_[row]) row_w += count * site.rack_high_w[rack];
    site.busway_w.push_back(row_w / std::max(step.now.live_busways[row], 1));
  }
  const double step_s = step.profile ? step.step_s : kNoValue;
  const double tokens = static_cast<double>(plan_.workload.global_batch) * plan_.workload.sequence;
  const auto add = [&](Metric metric, double value) { frame_.add(metric, 0, value, step.dt_s); };
  frame_.add(Metric::kSitePower, 0, from_feed_w(site.it_w), from_feed_w(site.it_low_w), site.ac_high_w, step.dt_s);
  frame_.add(Metric::kItPower, 0, site.it_w, site.it_low_w, site.it_high_w, step.dt_s);
  add(Metric::kStepTime, step_s);
  add(Metric::kTokens, step.profile ? tokens / step_s : 0);
  add(Metric::kThrottled, site.throttled_gpus / model_.ranks);
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
  add(Metric::kFanPower, s.fan_power_w);
  add(Metric::kChillerPower, s.chiller_power_w);
  add(Metric::kWaterUse, s.water_kg_per_s / kWater_kg_per_l * 60);
  add(Metric::kFacilityFlow, s.facility_flow_m3_per_s * kLitresPerMinute);
  add(Metric::kCduValve, s.cdu_valve);
  add(Metric::kDryBulb, step.outdoor.dry_bulb_degc);
  add(Metric::kWetBulb, step.outdoor.wet_bulb_degc);
  add(Metric::kAirCoolingPower, s.air_cooling_power_w);
  add(Metric::kSitePowerCap, step.caps.site_cap_w(step.time_s));
  add(Metric::kUpsCharge, step.supply.charge());
}

void RunBook::add_totals(const BookedStep& step, const Site& site) {
  const double dt = step.dt_s;
  totals_.time_s += dt;
  totals_.site_energy_j += site.ac_w * dt;
  totals_.it_energy_j += site.it_w * dt;
  totals_.burnt_j += step.power.burnt_w() * dt;
  totals_.site_peak_w = std::max(totals_.site_peak_w, site.ac_high_w);
  totals_.rack_peak_w =
      std::max(totals_.rack_peak_w, *std::max_element(site.rack_high_w.begin(), site.rack_high_w.end()));
  if (step.profile) totals_.step_time_max_s = std::fmax(totals_.step_time_max_s, step.step_s);
  totals_.stopped_s += step.profile ? 0 : dt;
  totals_.working_gpu_s += model_.ranks * dt;
  totals_.throttled_gpu_s += site.throttled_gpus * dt;
  for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c)
    if (model_.gpu_classes[c].stage >= 0)
      totals_.reason_gpu_s[static_cast<std::size_t>(step.reasons[c])] += model_.gpu_classes[c].count * dt;
  totals_.junction_max_degc = std::fmax(totals_.junction_max_degc, site.hottest_degc);
  totals_.supply_max_degc = std::fmax(totals_.supply_max_degc, site.inlet_degc);
  totals_.return_max_degc = std::fmax(totals_.return_max_degc, site.outlet_degc);
  const PlantState& s = step.plant;
  totals_.pump_energy_j += s.pump_power_w * dt;
  totals_.facility_pump_energy_j += s.facility_pump_power_w * dt;
  totals_.fan_energy_j += s.fan_power_w * dt;
  totals_.air_cooling_energy_j += s.air_cooling_power_w * dt;
  totals_.chiller_energy_j += s.chiller_power_w * dt;
  totals_.cooling_energy_j += (s.pump_power_w + s.facility_power_w) * dt;
  totals_.water_l += s.water_kg_per_s / kWater_kg_per_l * dt;
  totals_.dry_bulb_max_degc = std::fmax(totals_.dry_bulb_max_degc, step.outdoor.dry_bulb_degc);
  totals_.coolant_residual = std::max(totals_.coolant_residual, s.coolant_residual);
  totals_.facility_return_max_degc = std::fmax(totals_.facility_return_max_degc, s.facility_return_degc);
  totals_.facility_heat_j += s.cdu_heat_w * dt;
  totals_.facility_heat_degc_j += s.cdu_heat_w * s.facility_return_degc * dt;
  totals_.facility_max_degc = std::fmax(totals_.facility_max_degc, step.plant.facility_supply_degc);
}

// But for what the network takes: the slowest of the job's GPUs sets the pace.
Loss RunBook::cause_of_loss(const BookedStep& step) const {
  if (step.stopped_by != Loss::kNone) return step.stopped_by;
  double slowest = 1;
  Loss cause = Loss::kNetwork;
  for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
    if (model_.gpu_classes[c].stage < 0 || step.clocks[c] >= slowest) continue;
    slowest = step.clocks[c];
    cause = is_thermal(step.reasons[c])                   ? Loss::kHeat
            : step.reasons[c] == ClockReason::kClockLimit ? Loss::kClockLimit
                                                          : Loss::kPower;
  }
  return cause;
}

void RunBook::count_losses(const BookedStep& step) {
  const double tokens = static_cast<double>(plan_.workload.global_batch) * plan_.workload.sequence;
  const double done = step.profile ? step.dt_s / step.step_s : 0;
  const double lost = tokens * (step.dt_s / step.full_step_s - done);
  totals_.steps += done;
  if (lost <= 1e-9 * tokens) return;
  // A job that runs loses to the network what it would at full clocks, and the rest to what holds them.
  double to_network = 0;
  if (step.profile)
    to_network = std::clamp(tokens * (step.dt_s / step.full_step_s - step.dt_s / step.full_here_s), 0.0, lost);
  const Loss cause = cause_of_loss(step);
  const auto total = [&](Loss to) -> double& { return totals_.lost[static_cast<std::size_t>(to)]; };
  total(Loss::kNetwork) += to_network;
  total(cause) += lost - to_network;
  if (!totals_.first_loss.empty()) return;
  static constexpr std::array<const char*, kLosses> kWords = {"", "heat", "power", "a clock limit", "network"};
  const Loss first = to_network > lost / 2 ? Loss::kNetwork : cause;
  totals_.first_loss = fmt::format("{} from {} on", kWords[static_cast<std::size_t>(first)],
                                   format_quantity(step.time_s - step.dt_s, Dimension::kTime));
}

void RunBook::watch_limits(const BookedStep& step, const Site& site, std::vector<EventRow>& events) {
  limits_.feed.watch(step.time_s, site.feed_w, events);
  if (step.supply.live().feeds == plan_.power.feeds) limits_.other_feed.watch(step.time_s, {site.ac_high_w}, events);
  limits_.ups.watch(step.time_s, site.ups_w, events);
  limits_.generator.watch(step.time_s, {site.generator_w}, events);
  limits_.busway.watch(step.time_s, site.busway_w, events);
  limits_.shelf.watch(step.time_s, site.shelf_load, events);
  limits_.rack.watch(step.time_s, site.rack_high_w, events);
  if (!step.plant.heat_of_cdu_w.empty()) limits_.cdu.watch(step.time_s, step.plant.heat_of_cdu_w, events);
  limits_.junction.watch(step.time_s, step.plant.gpu_junction_degc, events);
  limits_.inlet.watch(step.time_s, step.plant.rack_inlet_degc, events);
  limits_.outlet.watch(step.time_s, step.plant.rack_return_degc, events);
  limits_.coils.watch(step.time_s, {step.plant.facility_supply_degc}, events);
}

void RunBook::watch_clocks(double time_s, const std::vector<ClockReason>& reasons,
                           const std::vector<double>& junction_degc, std::vector<EventRow>& events) {
  const Gpu& gpu = plan_.site.rack_type.gpu;
  // A clock at the edge of being held goes to and fro with the iteration: told is only that its junction is back.
  std::vector<ClockReason> told = reasons;
  for (std::uint32_t c = 0; c < told.size(); ++c)
    if (is_thermal(watched_[c]) && !is_thermal(told[c]) &&
        junction_degc[c] >= gpu.software_slowdown_degc.value - kCool_k)
      told[c] = watched_[c];
  const auto append = [&](const std::string& what, double limit_degc, auto has_happened) {
    std::vector<std::uint32_t> classes;
    for (std::uint32_t c = 0; c < told.size(); ++c)
      if (has_happened(watched_[c], told[c])) classes.push_back(c);
    if (classes.empty()) return;
    EventRow event = event_of_classes(gpus_, classes, junction_degc, limit_degc, Dimension::kTemperature, what);
    event.time_s = time_s;
    event.metric = "gpu_junction";
    events.push_back(std::move(event));
  };
  const auto steps = thermal_steps(gpu);
  for (const ThermalStep& step : steps)
    append(step.what, step.limit_degc,
           [&](ClockReason before, ClockReason now) { return now == step.reason && before < now; });
  append("GPU no longer throttled by temperature", steps.front().limit_degc,
         [](ClockReason before, ClockReason now) { return is_thermal(before) && !is_thermal(now); });
  watched_ = std::move(told);
}

}  // namespace racktwin
