#include "sim/twin/twin.h"

#include "sim/check.h"
#include "sim/cooling/plant.h"
#include "sim/plan/parse_event.h"
#include "sim/power/power.h"
#include "sim/twin/components.h"
#include "sim/twin/event_schedule.h"
#include "sim/twin/limits.h"
#include "sim/twin/metrics.h"
#include "sim/twin/site_power.h"
#include "sim/twin/summary.h"
#include "sim/workload/network_load.h"
#include "sim/workload/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <ctime>
#include <limits>
#include <map>
#include <memory>
#include <numeric>
#include <optional>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr double kLitresPerMinute = 60000;  // in 1 m3/s
constexpr double kSlack_s = 1e-9;           // when times of steps are compared
constexpr double kControlPeriod_s = 1;      // of the clock controllers, or a step if that is longer
constexpr double kCommitEvery_s = 0.25;     // of wall time: what a killed run may lose, unless it is paced
constexpr double kLongestWait_s = 0.02;     // until a run that waits looks at what happens around it

double wall_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  char text[32];
  std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", std::gmtime(&now));
  return text;
}

// FNV-1a, source: Fowler, Noll, Vo, draft-eastlake-fnv.
std::uint64_t hash_of(const std::string& text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

std::vector<std::uint32_t> each_its_own_class(int units) {
  std::vector<std::uint32_t> classes(static_cast<std::size_t>(units));
  std::iota(classes.begin(), classes.end(), 0u);
  return classes;
}

class Twin {
 public:
  Twin(const Plan& plan, const Calibration& calibration, const RunOptions& options, Model model, Plant plant)
      : plan_(plan),
        calibration_(calibration),
        options_(options),
        rack_(plan.site.rack_type),
        gpu_(plan.site.rack_type.gpu),
        model_(std::move(model)),
        power_(plan, model_),
        plant_(std::move(plant)),
        clocks_(model_.gpu_classes.size(), 1.0),
        event_limit_(model_.gpu_classes.size(), 1.0),
        schedule_(plan.events),
        pacer_(plan.frame_s, options.pace),
        metrics_(metric_rows(plan, calibration)),
        frame_({model_.gpu_classes.size(), model_.tray_classes.size(), model_.rack_classes.size(),
                static_cast<std::size_t>(plant_.pumps()), model_.leaf_classes.size()}),
        limits_(make_limits()) {
    input_.gpu_power_w.resize(model_.gpu_classes.size());
    for (auto* values : {&input_.cpu_power_w, &input_.tray_other_power_w, &input_.switch_power_w, &input_.shelf_loss_w})
      values->resize(model_.rack_classes.size());
    input_.pump_speed.assign(static_cast<std::size_t>(plant_.pumps()), plan.cooling.pump_speed);
    input_.facility_supply_degc = plan.cooling.facility_supply_degc;
    input_.dry_bulb_degc = plan.dry_bulb_degc;
    input_.room_power_w = power_.fabric_w();
  }

  Result<RunOutcome> run() {
    const double started = wall_s();
    if (auto ok = start(); !ok) return tl::unexpected(ok.error());
    const double dt = plan_.step_s;
    const auto steps = static_cast<long long>(std::ceil(plan_.duration_s / dt - 1e-9));
    const auto steps_per_frame = static_cast<long long>(std::llround(plan_.frame_s / dt));
    pacer_.set(options_.pace, 0, wall_s());
    for (long long i = 0; i < steps && !outcome_.was_interrupted; ++i) {
      time_s_ = static_cast<double>(i) * dt;
      apply_events();
      if (auto ok = find_profile(); !ok) return tl::unexpected(ok.error());
      step_power(dt);
      plant_.step(input_, dt);
      time_s_ = static_cast<double>(i + 1) * dt;
      book(dt);
      limit_clocks(dt);
      if (options_.on_progress) options_.on_progress({time_s_, plan_.duration_s});
      if (auto ok = wait_and_hear(); !ok) return tl::unexpected(ok.error());
      const bool ends_frame = (i + 1) % steps_per_frame == 0 || i + 1 == steps || outcome_.was_interrupted;
      if (ends_frame)
        if (auto ok = append_frame(); !ok) return tl::unexpected(ok.error());
      if ((ends_frame && pacer_.is_paced()) || wall_s() - committed_wall_s_ > kCommitEvery_s)
        if (auto ok = commit(); !ok) return tl::unexpected(ok.error());
    }
    return finish(wall_s() - started);
  }

 private:
  // --- before the first step

  RunLimits make_limits() const {
    const std::string& site = plan_.site.name;
    const auto liquid = [&](const Sourced& value) { return rack_.liquid_cooled ? value.value : kNoValue; };
    return {
        {site + "/feed", "site power", plan_.power.feed_rating_w, 0.01 * plan_.power.feed_rating_w, Dimension::kPower},
        {site, "power shelves, load with redundancy", 1.0, 0.01, Dimension::kNone},
        {site, "rack power", rack_.rack_rating_w.value, 0.01 * rack_.rack_rating_w.value, Dimension::kPower},
        {site + "/cdu", "CDU heat", liquid(plan_.cooling.cdu.heat_rating_w) * plan_.cooling.cdus,
         0.01 * plan_.cooling.cdu.heat_rating_w.value, Dimension::kPower},
        {site, "GPU junction", gpu_.software_slowdown_degc.value, 3, Dimension::kTemperature},
        {site, "coolant into the racks", liquid(rack_.max_inlet_degc), 0.5, Dimension::kTemperature},
        {site, "coolant out of the racks", liquid(rack_.max_return_degc), 0.5, Dimension::kTemperature}};
  }

  // Opens the recording, solves the first step and settles the plant in its mean power: the state at time 0.
  Result<void> start() {
    apply_events();
    if (auto ok = solve_first(); !ok) return ok;
    for (int i = 0; i < 20; ++i) {  // leakage depends on temperature, temperature on leakage
      const double before = input_.gpu_power_w[0];
      compute_power(phase_ + 1);
      if (auto ok = plant_.settle(input_); !ok) return ok;
      if (std::abs(input_.gpu_power_w[0] - before) < 1e-9) break;
    }
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      clocks_[c] = std::min(power_limited_clock(gpu_, plant_.state().gpu_junction_degc[c]), event_limit_[c]);
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0) totals_.clock_start = std::min(totals_.clock_start, clocks_[c]);
    totals_.clock_min = totals_.clock_start;
    if (!profiles_.count(clock_key()))
      if (auto ok = solve_first(); !ok) return ok;
    if (auto ok = open_recording(); !ok) return ok;
    return writer_ ? writer_->put_activities(0, first_activities_) : Result<void>{};
  }

  // Solves at the present clocks and keeps the timeline, for the recording.
  Result<void> solve_first() {
    const Iteration iteration = build_iteration(plan_, model_, calibration_, clocks_);
    const Result<ActivityTimes> times = solve(iteration.graph);
    if (!times) return tl::unexpected(times.error());
    ++totals_.solves;
    first_profile_ = profile_ = std::make_shared<const IterationProfile>(profile_of(model_, iteration, *times));
    profiles_[clock_key()] = profile_;
    first_activities_.clear();
    for (std::uint32_t a = 0; a < iteration.graph.size(); ++a)
      if (iteration.graph.kind[a] != ActivityKind::kJoin)
        first_activities_.push_back({static_cast<int>(iteration.graph.gpu_class[a]),
                                     std::string(activity_word(iteration.graph.kind[a])), times->start_s[a],
                                     times->end_s[a]});
    return {};
  }

  void describe_run() {
    std::string defaults;
    for (const DefaultUsed& d : plan_.defaults) defaults += fmt::format("{} = {} ({})\n", d.key, d.value, d.reason);
    run_values_ = {{"title", plan_.title},
                   {"scenario", plan_.name},
                   {"version", options_.version},
                   {"format", std::to_string(kRecordingFormat)},
                   {"duration_s", fmt::format("{}", plan_.duration_s)},
                   {"scenario_text", plan_.text},
                   {"scenario_hash", fmt::format("{:016x}", hash_of(plan_.text))},
                   {"defaults", defaults},
                   {"layout", kLayoutRule},
                   {"started", utc_now()}};
  }

  // What a viewer needs to know to steer the run; the pace changes while it goes on.
  std::vector<std::pair<std::string, std::string>> live_values() const {
    std::vector<std::pair<std::string, std::string>> values;
    if (pacer_.is_paced()) values.emplace_back("pace", fmt::format("{}", pacer_.pace()));
    if (options_.wait_for_input) values.emplace_back("live", "1");
    return values;
  }

  Result<void> open_recording() {
    describe_run();
    if (options_.output.empty()) return {};
    Result<RecordingWriter> writer = RecordingWriter::create(options_.output, options_.force);
    if (!writer) return tl::unexpected(writer.error());
    writer_.emplace(std::move(*writer));
    if (auto ok = writer_->put_run(run_values_); !ok) return ok;
    if (auto ok = writer_->put_run(live_values()); !ok) return ok;
    if (auto ok = writer_->put_components(component_rows(plan_, model_)); !ok) return ok;
    if (auto ok = writer_->put_metrics(metrics_); !ok) return ok;
    if (auto ok = writer_->put_limits(limit_rows(plan_)); !ok) return ok;
    if (auto ok = writer_->put_epoch(0, 0); !ok) return ok;
    if (auto ok = writer_->put_membership(0, UnitKind::kGpu, model_.class_of_gpu); !ok) return ok;
    if (auto ok = writer_->put_membership(0, UnitKind::kTray, model_.class_of_tray); !ok) return ok;
    if (auto ok = writer_->put_membership(0, UnitKind::kRack, model_.class_of_rack); !ok) return ok;
    if (auto ok = writer_->put_membership(0, UnitKind::kPump, each_its_own_class(plant_.pumps())); !ok) return ok;
    if (auto ok = writer_->put_membership(0, UnitKind::kLeaf, model_.class_of_leaf); !ok) return ok;
    return writer_->commit();
  }

  // --- one step

  // Boundary values and clock limits as the active events leave them. Events begin and end at steps.
  void apply_events() {
    advance_events();
    if (!std::exchange(has_new_events_, false)) return;
    input_.facility_supply_degc = plan_.cooling.facility_supply_degc;
    std::fill(input_.pump_speed.begin(), input_.pump_speed.end(), plan_.cooling.pump_speed);
    std::fill(event_limit_.begin(), event_limit_.end(), 1.0);
    for (const Event* in_force : schedule_.in_force()) {
      const Event& event = *in_force;
      switch (event.kind) {
        case EventKind::kFacilitySupply:
          input_.facility_supply_degc = event.value;
          break;
        case EventKind::kPumpSpeed:
          input_.pump_speed[pump_index(event.path)] = event.value;
          break;
        case EventKind::kClockLimit: {
          const GpuRange range = gpus_at(plan_, event.path);
          for (std::uint32_t g = range.begin; g < range.end; ++g) {
            double& limit = event_limit_[model_.class_of_gpu[g]];
            limit = std::min(limit, std::floor(event.value * 100 + 1e-9) / 100);  // as clocks are: profiles go by it
          }
          break;
        }
      }
    }
    for (std::uint32_t c = 0; c < clocks_.size(); ++c) clocks_[c] = std::min(clocks_[c], event_limit_[c]);
  }

  void advance_events() { has_new_events_ = schedule_.advance(time_s_, events_) || has_new_events_; }

  std::size_t pump_index(const std::string& path) const {
    std::size_t index = 0;
    for (int c = 1; c <= plan_.cooling.cdus; ++c)
      for (int p = 1; p <= plan_.cooling.cdu.pumps; ++p, ++index)
        if (path == fmt::format("{}/cdu-{}/pump-{}", plan_.site.name, c, p)) return index;
    RT_CHECK(false);
    return 0;
  }

  std::vector<int> clock_key() const {
    std::vector<int> key;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      key.push_back(model_.gpu_classes[c].stage < 0 ? 0 : static_cast<int>(std::lround(clocks_[c] * 100)));
    return key;
  }

  bool has_stopped() const {
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0 && clocks_[c] <= 0) return true;
    return false;
  }

  // The profile at the present clocks, solved once for each vector of clocks. None once a GPU has shut down.
  Result<void> find_profile() {
    if (has_stopped()) {
      if (profile_) events_.push_back({time_s_, plan_.site.name, "a GPU has shut down: the job has stopped", "limit"});
      profile_ = nullptr;
      return {};
    }
    auto [found, is_new] = profiles_.emplace(clock_key(), nullptr);
    if (is_new) {
      Result<IterationProfile> solved = solve_iteration(plan_, model_, calibration_, clocks_);
      if (!solved) return tl::unexpected(solved.error());
      ++totals_.solves;
      found->second = std::make_shared<const IterationProfile>(std::move(*solved));
    }
    profile_ = found->second;
    return {};
  }

  void step_power(double dt) {
    const double share = profile_ ? dt / profile_->step_s : 0;
    compute_power(phase_ + share);
    phase_ += share;
    phase_ -= std::floor(phase_);
    totals_.steps += share;
  }

  // Power of every class from the present phase of the iteration to another, and the heat that it becomes.
  void compute_power(double to_phase) {
    power_.update({profile_.get(), phase_, to_phase}, clocks_, plant_.state().gpu_junction_degc);
    input_.gpu_power_w = power_.gpu_w();
    for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r) {
      const UnitPower& rack = power_.racks()[r];
      input_.cpu_power_w[r] = rack.cpu_w;
      input_.tray_other_power_w[r] = rack.other_w;
      input_.switch_power_w[r] = rack.switch_w;
      input_.shelf_loss_w[r] = rack.ac_w - rack.dc_w();
    }
  }

  // Power limit first, then temperature.
  void limit_clocks(double dt) {
    since_control_s_ += dt;
    if (since_control_s_ < kControlPeriod_s - kSlack_s) return;
    const double period_s = std::exchange(since_control_s_, 0);
    throttled_gpus_ = 0;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c) {
      const double junction = plant_.state().gpu_junction_degc[c];
      const double allowed = std::min(power_limited_clock_from(gpu_, clocks_[c], junction), event_limit_[c]);
      clocks_[c] = thermal_clock(gpu_, clocks_[c], junction, allowed, period_s);
      if (model_.gpu_classes[c].stage < 0) continue;
      if (clocks_[c] < allowed) throttled_gpus_ += model_.gpu_classes[c].count;
      totals_.clock_min = std::min(totals_.clock_min, clocks_[c]);
    }
  }

  // --- what is kept of a step

  void book(double dt) {
    const PlantState& s = plant_.state();
    const double fabric = power_.fabric_w(), usable_shelf_w = power_.usable_shelf_w();
    const NetworkLoad network = network_load(model_, profile_.get());
    double it_w = fabric, hottest = kNoValue, shelf_w = 0, rack_w = 0, inlet = kNoValue, outlet = kNoValue;
    std::vector<double> it_swing_w(power_.swings().size(), fabric);
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
      const GpuActivity& activity = power_.activity()[c];
      double low = power_.gpu_w()[c], high = low;
      for (const auto& row : power_.swings()) {
        low = std::min(low, row[c]);
        high = std::max(high, row[c]);
      }
      frame_.add(Metric::kGpuPower, c, power_.gpu_w()[c], low, high, dt);
      frame_.add(Metric::kGpuJunction, c, s.gpu_junction_degc[c], dt);
      if (model_.gpu_classes[c].stage >= 0) frame_.add(Metric::kGpuClock, c, clocks_[c], dt);
      frame_.add(Metric::kGpuCompute, c, activity.tensor + activity.memory, dt);
      frame_.add(Metric::kGpuCommunication, c, activity.communication, dt);
      hottest = std::fmax(hottest, s.gpu_junction_degc[c]);
    }
    for (std::uint32_t t = 0; t < model_.tray_classes.size(); ++t)
      frame_.add(Metric::kTrayPower, t, power_.trays()[t].dc_w(), dt);
    for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r) {
      const UnitPower& rack = power_.racks()[r];
      it_w += model_.rack_classes[r].count * rack.ac_w;
      double low = rack.ac_w, high = rack.ac_w;
      for (std::size_t b = 0; b < power_.swings().size(); ++b) {
        const double ac_w = power_.rack_ac_at(r, power_.swings()[b]);
        it_swing_w[b] += model_.rack_classes[r].count * ac_w;
        low = std::min(low, ac_w);
        high = std::max(high, ac_w);
      }
      shelf_w = std::max(shelf_w, rack.dc_w());
      rack_w = std::max(rack_w, high);
      frame_.add(Metric::kRackPower, r, rack.ac_w, low, high, dt);
      frame_.add(Metric::kRackShelfLoad, r, rack.dc_w() / usable_shelf_w, dt);
      frame_.add(Metric::kRackInlet, r, s.rack_inlet_degc[r], dt);
      frame_.add(Metric::kRackReturn, r, s.rack_return_degc[r], dt);
      frame_.add(Metric::kRackFlow, r, s.rack_flow_m3_per_s[r] * kLitresPerMinute, dt);
      frame_.add(Metric::kRackNetwork, r, network.rack[r], dt);
      inlet = std::fmax(inlet, s.rack_inlet_degc[r]);
      outlet = std::fmax(outlet, s.rack_return_degc[r]);
    }
    for (std::size_t p = 0; p < s.pump_speed.size(); ++p) {
      frame_.add(Metric::kPumpSpeed, p, s.pump_speed[p], dt);
      frame_.add(Metric::kPumpFlow, p, s.pump_flow_m3_per_s[p] * kLitresPerMinute, dt);
    }
    for (std::size_t l = 0; l < network.leaf.size(); ++l) frame_.add(Metric::kLeafNetwork, l, network.leaf[l], dt);
    const double cooling_w = s.pump_power_w + s.facility_power_w;
    const auto at_feed_w = [&](double it) {
      return feed_ac_w(plan_.power.feed, it, plan_.power.feed_rating_w) + cooling_w;
    };
    const double site_w = at_feed_w(it_w);
    const double it_low_w = std::min(it_w, *std::min_element(it_swing_w.begin(), it_swing_w.end()));
    const double it_high_w = std::max(it_w, *std::max_element(it_swing_w.begin(), it_swing_w.end()));
    const double site_high_w = at_feed_w(it_high_w);
    const double step_s = profile_ ? profile_->step_s : kNoValue;
    frame_.add(Metric::kSitePower, 0, site_w, at_feed_w(it_low_w), site_high_w, dt);
    frame_.add(Metric::kItPower, 0, it_w, it_low_w, it_high_w, dt);
    frame_.add(Metric::kStepTime, 0, step_s, dt);
    frame_.add(Metric::kTokens, 0, profile_ ? tokens_per_step() / step_s : 0, dt);
    frame_.add(Metric::kThrottled, 0, throttled_gpus_ / model_.ranks, dt);
    frame_.add(Metric::kSpineNetwork, 0, network.spine, dt);
    frame_.add(Metric::kTcsSupply, 0, s.tcs_supply_degc, dt);
    frame_.add(Metric::kTcsReturn, 0, s.tcs_return_degc, dt);
    frame_.add(Metric::kTcsFlow, 0, s.tcs_flow_m3_per_s * kLitresPerMinute, dt);
    frame_.add(Metric::kFacilitySupply, 0, s.facility_supply_degc, dt);
    frame_.add(Metric::kFacilityReturn, 0, s.facility_return_degc, dt);
    frame_.add(Metric::kCduHeat, 0, s.cdu_heat_w, dt);
    frame_.add(Metric::kAirHeat, 0, s.air_heat_w, dt);
    frame_.add(Metric::kPumpPower, 0, s.pump_power_w, dt);
    frame_.add(Metric::kCoolingPower, 0, cooling_w, dt);

    totals_.time_s += dt;
    totals_.site_energy_j += site_w * dt;
    totals_.it_energy_j += it_w * dt;
    totals_.site_peak_w = std::max(totals_.site_peak_w, site_high_w);
    totals_.rack_peak_w = std::max(totals_.rack_peak_w, rack_w);
    totals_.step_time_max_s = std::fmax(totals_.step_time_max_s, step_s);
    totals_.working_gpu_s += model_.ranks * dt;
    totals_.throttled_gpu_s += throttled_gpus_ * dt;
    totals_.junction_max_degc = std::fmax(totals_.junction_max_degc, hottest);
    totals_.supply_max_degc = std::fmax(totals_.supply_max_degc, inlet);
    totals_.return_max_degc = std::fmax(totals_.return_max_degc, outlet);
    totals_.facility_max_degc = std::fmax(totals_.facility_max_degc, s.facility_supply_degc);

    limits_.feed.watch(time_s_, site_high_w, events_);
    limits_.shelf.watch(time_s_, shelf_w / usable_shelf_w, events_);
    limits_.rack.watch(time_s_, rack_w, events_);
    limits_.cdu.watch(time_s_, s.cdu_heat_w, events_);
    limits_.junction.watch(time_s_, hottest, events_);
    limits_.inlet.watch(time_s_, inlet, events_);
    limits_.outlet.watch(time_s_, outlet, events_);
    const bool throttles = throttled_gpus_ > 0;
    if (throttles != was_throttling_)
      events_.push_back(
          {time_s_, plan_.site.name, throttles ? "GPUs begin to throttle" : "GPUs no longer throttle", "limit"});
    was_throttling_ = throttles;
  }

  double tokens_per_step() const { return static_cast<double>(plan_.workload.global_batch) * plan_.workload.sequence; }

  // --- the operator

  // Holds the step back until it is due, and takes what an operator sends meanwhile.
  Result<void> wait_and_hear() {
    double left_s = pacer_.left_s(time_s_, wall_s());
    do {
      if (auto ok = hear(std::clamp(left_s, 0.0, kLongestWait_s)); !ok) return ok;
      outcome_.was_interrupted = outcome_.was_interrupted || (options_.is_interrupted && options_.is_interrupted());
      left_s = pacer_.left_s(time_s_, wall_s());
    } while (left_s > 0 && !outcome_.was_interrupted);
    return {};
  }

  Result<void> hear(double wait_s) {
    if (!options_.wait_for_input) {
      if (wait_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
      return {};
    }
    const std::vector<std::string> texts = options_.wait_for_input(wait_s);
    for (const std::string& text : texts) {
      LiveBlock block = parse_live_block(text, plan_, model_, time_s_);
      if (block.errors.empty()) {
        if (auto ok = obey(std::move(block)); !ok) return ok;
      } else {
        refuse(block);
      }
    }
    if (texts.empty()) return {};
    if (auto ok = append_events(); !ok) return ok;
    return commit();
  }

  Result<void> obey(LiveBlock block) {
    for (Event& event : block.events) schedule_.add(std::move(event));
    advance_events();
    outcome_.was_interrupted = outcome_.was_interrupted || block.stops;
    if (!block.pace) return {};
    pacer_.set(*block.pace, time_s_, wall_s());
    return writer_ ? writer_->put_run(live_values()) : Result<void>{};
  }

  void refuse(const LiveBlock& block) {
    const std::string& path = block.path.empty() ? plan_.site.name : block.path;
    for (const Error& error : block.errors)
      events_.push_back({time_s_, path,
                         fmt::format("rejected: {}{}{}", error.message, error.hint.empty() ? "" : "; ", error.hint),
                         "operator"});
    if (options_.on_refused) options_.on_refused(block.errors);
  }

  // --- recording

  Result<void> append_frame() {
    const std::vector<FrameRow> rows = frame_.take();
    if (auto ok = append_events(); !ok || !writer_) return ok;
    if (auto ok = writer_->append_frame(0, time_s_, rows); !ok) return ok;
    std::vector<SeriesRow> site;
    std::vector<std::vector<SeriesRow>> racks(model_.rack_classes.size());
    for (const FrameRow& row : rows) {
      const MetricRow& metric = metrics_[static_cast<std::size_t>(row.metric)];
      if (metric.kind == UnitKind::kSite) {
        site.push_back({metric.name, row.mean[0]});
        if (metric.name == "site_power" || metric.name == "it_power")
          site.push_back({metric.name + "_max", row.high[0]});
      }
      if (metric.kind == UnitKind::kRack)
        for (std::size_t r = 0; r < racks.size(); ++r) racks[r].push_back({metric.name, row.mean[r]});
    }
    if (auto ok = writer_->append_site_series(time_s_, site); !ok) return ok;
    for (std::size_t r = 0; r < racks.size(); ++r)
      if (auto ok = writer_->append_rack_series(time_s_, static_cast<int>(r), racks[r]); !ok) return ok;
    return {};
  }

  Result<void> append_events() {
    for (const EventRow& event : events_) {
      if (writer_)
        if (auto ok = writer_->append_event(event); !ok) return ok;
      outcome_.events.push_back(event);
    }
    events_.clear();
    return {};
  }

  Result<void> commit() {
    committed_wall_s_ = wall_s();
    return writer_ ? writer_->commit() : Result<void>{};
  }

  Result<RunOutcome> finish(double took_s) {
    if (auto ok = append_events(); !ok) return tl::unexpected(ok.error());
    outcome_.summary = summarise(plan_, model_, calibration_, *first_profile_, totals_, limits_, plant_.ledger());
    outcome_.has_crossed_limit = outcome_.summary.front().value > 0;
    const std::vector<std::pair<std::string, std::string>> ending = {
        {"simulated_s", fmt::format("{}", time_s_)},
        {"wall_s", fmt::format("{:.3f}", took_s)},
        {"interrupted", outcome_.was_interrupted ? "1" : "0"}};
    if (writer_) {
      if (auto ok = writer_->put_summary(outcome_.summary); !ok) return tl::unexpected(ok.error());
      if (auto ok = writer_->put_run(ending); !ok) return tl::unexpected(ok.error());
      if (auto ok = writer_->close(); !ok) return tl::unexpected(ok.error());
    }
    outcome_.run_values = run_values_;
    for (auto& value : live_values()) outcome_.run_values.push_back(std::move(value));
    outcome_.run_values.insert(outcome_.run_values.end(), ending.begin(), ending.end());
    return std::move(outcome_);
  }

  static constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

  const Plan& plan_;
  const Calibration& calibration_;
  const RunOptions& options_;
  const RackType& rack_;
  const Gpu& gpu_;
  const Model model_;
  SitePower power_;
  Plant plant_;

  double time_s_ = 0;
  std::vector<double> clocks_;       // (n_gpu_class)
  std::vector<double> event_limit_;  // (n_gpu_class)
  EventSchedule schedule_;
  bool has_new_events_ = false;  // since they were last applied
  Pacer pacer_;

  std::map<std::vector<int>, std::shared_ptr<const IterationProfile>> profiles_;  // by clocks in percent
  std::shared_ptr<const IterationProfile> profile_, first_profile_;
  std::vector<ActivityRow> first_activities_;  // timeline of the first profile
  double phase_ = 0;                           // of the iteration, 0..1

  PlantInput input_;
  double throttled_gpus_ = 0, since_control_s_ = 0;
  bool was_throttling_ = false;

  const std::vector<MetricRow> metrics_;
  FrameBuilder frame_;
  RunLimits limits_;
  RunTotals totals_;
  std::vector<EventRow> events_;  // not yet recorded
  std::vector<std::pair<std::string, std::string>> run_values_;
  std::optional<RecordingWriter> writer_;
  double committed_wall_s_ = wall_s();
  RunOutcome outcome_;
};

}  // namespace

Result<RunOutcome> run_twin(const Plan& plan, const Calibration& calibration, const RunOptions& options) {
  Result<Model> model = build_model(plan, options.folding);
  if (!model) return tl::unexpected(model.error());
  Result<Plant> plant = Plant::create(plan, *model);
  if (!plant) return tl::unexpected(plant.error());
  return Twin(plan, calibration, options, std::move(*model), std::move(*plant)).run();
}

}  // namespace racktwin
