#include "sim/twin/twin.h"

#include "sim/check.h"
#include "sim/cooling/plant.h"
#include "sim/plan/parse_event.h"
#include "sim/power/power.h"
#include "sim/power/waveform.h"
#include "sim/twin/blast_radius.h"
#include "sim/twin/breakers.h"
#include "sim/twin/event_schedule.h"
#include "sim/twin/feeder_waveform.h"
#include "sim/twin/in_force.h"
#include "sim/twin/metrics.h"
#include "sim/twin/plant_watch.h"
#include "sim/twin/power_brake.h"
#include "sim/twin/power_caps.h"
#include "sim/twin/profiles.h"
#include "sim/twin/run_book.h"
#include "sim/twin/run_record.h"
#include "sim/twin/site_power.h"
#include "sim/twin/summary.h"
#include "sim/workload/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <memory>
#include <thread>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSlack_s = 1e-9;        // when times of steps are compared
constexpr double kControlPeriod_s = 1;   // of the clock controllers, or a step if that is longer
constexpr double kAtRest_k = 0.5;        // off where it is held, a junction whose clock does not need short steps
constexpr double kCommitEvery_s = 0.25;  // of wall time: what a killed run may lose, unless it is paced
constexpr double kWaveformStep_s = 1e-3;
constexpr double kLongestWait_s = 0.02;  // until a run that waits looks at what happens around it

class Twin {
 public:
  Twin(const Plan& plan, const Calibration& calibration, const RunOptions& options, Model model, Plant plant)
      : plan_(plan),
        calibration_(calibration),
        options_(options),
        gpu_(plan.site.rack_type.gpu),
        model_(std::move(model)),
        power_(plan, model_),
        plant_(std::move(plant)),
        clocks_(model_.gpu_classes.size(), 1.0),
        reasons_(model_.gpu_classes.size(), ClockReason::kNone),
        supply_(plan.power),
        breakers_(plan, model_),
        caps_(plan, model_),
        brake_(plan, model_),
        schedule_(plan.events),
        pacer_(plan.frame_s, options.pace),
        profiles_(plan, model_, calibration),
        metrics_(metric_rows(plan, calibration)),
        book_(plan, model_, plant_.pumps()),
        run_values_(run_values_of(plan, options.version)) {
    input_.gpu_power_w.resize(model_.gpu_classes.size());
    for (auto* values : {&input_.cpu_power_w, &input_.tray_other_power_w, &input_.switch_power_w, &input_.shelf_loss_w})
      values->resize(model_.rack_classes.size());
    input_.pump_speed.resize(static_cast<std::size_t>(plant_.pumps()));
    input_.dry_bulb_degc = std::numeric_limits<double>::quiet_NaN();
  }

  Result<RunOutcome> run() {
    const double started = wall_s();
    if (auto ok = start(); !ok) return tl::unexpected(ok.error());
    const double dt = plan_.step_s;
    const long long steps = step_count();
    const auto steps_per_frame = static_cast<long long>(std::llround(plan_.frame_s / dt));
    pacer_.set(options_.pace, 0, wall_s());
    for (long long i = 0; i < steps && !outcome_.was_interrupted; ++i) {
      time_s_ = static_cast<double>(i) * dt;
      apply_events();
      set_outdoor(plan_, now_, time_s_, input_);
      if (auto ok = put_sources(); !ok) return tl::unexpected(ok.error());
      if (auto ok = step(i, dt); !ok) return tl::unexpected(ok.error());
      if (options_.on_progress) options_.on_progress({time_s_, plan_.duration_s});
      if (auto ok = wait_and_hear(); !ok) return tl::unexpected(ok.error());
      watch_.look(time_s_, dt, plant_, supply_.is_dark(), totals(), events_);
      const bool ends_frame = (i + 1) % steps_per_frame == 0 || i + 1 == steps || outcome_.was_interrupted;
      if (ends_frame)
        if (auto ok = append_frame(); !ok) return tl::unexpected(ok.error());
      if ((ends_frame && pacer_.is_paced()) || wall_s() - record_.committed_wall_s() > kCommitEvery_s)
        if (auto ok = record_.commit(); !ok) return tl::unexpected(ok.error());
    }
    return finish(wall_s() - started);
  }

 private:
  RunTotals& totals() { return book_.totals(); }

  // The step of this number, at once or in parts.
  Result<void> step(long long number, double dt) {
    const int parts = parts_of_step(dt);
    const double part_s = dt / parts;
    const double before_degc = hottest_degc();
    for (int part = 0; part < parts; ++part) {
      time_s_ = static_cast<double>(number) * dt + part * part_s;
      apply_changes();
      if (auto ok = find_profile(); !ok) return ok;
      const bool had_source = supply_.has_source();
      step_power(part_s);
      plant_.step(input_, part_s);
      time_s_ = part + 1 == parts ? static_cast<double>(number + 1) * dt : time_s_ + part_s;
      book_.book({time_s_,
                  part_s,
                  power_,
                  plant_.state(),
                  {input_.dry_bulb_degc, input_.wet_bulb_degc},
                  clocks_,
                  reasons_,
                  profile_.get(),
                  step_s_,
                  full_profile_->step_s,
                  full_here_s_,
                  supply_,
                  had_source && supply_.has_source(),
                  now_,
                  stopped_by_,
                  caps_},
                 events_);
      if (profile_) last_run_ = {profile_, clocks_, rack_supply(), supply_.live(), plant_.state()};
      limit_clocks(part_s);
    }
    rise_k_ = hottest_degc() - before_degc;
    return {};
  }

  // A step is as long as its clock controllers' period where temperature may move clocks in it, a cap is on its ramp,
  // batteries or what carries too much count the seconds, or something has just begun or ended: a longer one would see
  // the junctions, keep the cap, or lose the power too late.
  int parts_of_step(double dt) {
    const bool has_changed = std::exchange(has_just_changed_, false);
    return has_changed || caps_.is_ramping(time_s_, time_s_ + dt) || supply_.counts_down() || breakers_.count_down() ||
                   may_heat_move_clocks()
               ? std::max(1, static_cast<int>(std::ceil(dt / kControlPeriod_s - kSlack_s)))
               : 1;
  }

  // But for what a controller at rest makes good in a long step too.
  bool may_heat_move_clocks() const {
    const double held_degc = held_junction_degc(gpu_);
    if (hottest_degc() + std::max(0.0, rise_k_) > held_degc + kAtRest_k) return true;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (is_thermal(reasons_[c]) && clocks_[c] > 0 && plant_.state().gpu_junction_degc[c] < held_degc - kAtRest_k)
        return true;
    return false;
  }

  // Of the GPUs that the job runs on.
  double hottest_degc() const {
    double hottest = -std::numeric_limits<double>::infinity();
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0) hottest = std::fmax(hottest, plant_.state().gpu_junction_degc[c]);
    return hottest;
  }

  long long step_count() const { return static_cast<long long>(std::ceil(plan_.duration_s / plan_.step_s - 1e-9)); }

  // --- before the first step

  // A recording that says why nothing could be simulated.
  Result<void> keep_and_fail(const Errors& errors) {
    for (const Error& error : errors) events_.push_back({0, plan_.site.name, error.message, "limit"});
    if (auto ok = open_recording(); !ok) return ok;
    if (auto ok = append_events(); !ok) return ok;
    if (auto ok = record_.close({}, {{"simulated_s", "0"}, {"interrupted", "1"}}); !ok) return ok;
    return tl::unexpected(errors);
  }

  // Opens the recording, solves the first step and settles the plant in its mean power: the state at time 0.
  Result<void> start() {
    apply_events();
    set_outdoor(plan_, now_, time_s_, input_);
    if (auto ok = solve_first(); !ok) return ok;
    if (auto ok = solve_unheld(); !ok) return ok;
    for (int i = 0; i < 20; ++i) {  // leakage depends on temperature, temperature on leakage
      const double before = input_.gpu_power_w[0];
      compute_power(phase_ + 1);
      if (auto ok = plant_.settle(input_); !ok) return keep_and_fail(ok.error());
      if (std::abs(input_.gpu_power_w[0] - before) < 1e-9) break;
    }
    if (auto ok = settle_caps(); !ok) return ok;
    if (auto ok = settle_clocks(); !ok) return ok;
    junction_mean_degc_ = junction_seen_degc_ = plant_.state().gpu_junction_degc;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0) totals().clock_start = std::min(totals().clock_start, clocks_[c]);
    totals().clock_min = totals().clock_start;
    if (profile_ != first_profile_)
      if (auto ok = solve_first(); !ok) return ok;
    see_blast_radius(events_);
    if (auto ok = open_recording(); !ok) return ok;
    return tell_first_step();
  }

  // To the clocks that the caps in force from the start allow, and the profile and temperatures that go with them.
  Result<void> settle_caps() {
    has_started_ = true;
    caps_.take(schedule_.in_force(), time_s_, conditions());
    if (why_stopped() != Loss::kNone) return {};  // the first step says so
    for (int i = 0; i < 8; ++i) {
      if (auto ok = find_profile(); !ok) return ok;
      if (caps_.is_empty() && !brake_.is_needed(now_.supply)) return {};
      const std::vector<double> before = clocks_;
      caps_.settle(time_s_, conditions(), allowed_ratios(), events_);
      const bool goes_down = brake_racks();
      for (std::uint32_t c = 0; c < clocks_.size(); ++c) set_clock(c, powered_clock(c));
      if (clocks_ == before && !goes_down) return {};
      compute_power(phase_ + 1);
      if (auto ok = plant_.settle(input_); !ok) return keep_and_fail(ok.error());
    }
    return find_profile();
  }

  // Clocks and temperatures go together: leakage takes from the power limit what temperature gives, and what would be
  // too hot from the start is where the thermal controller holds it. Each round moves a clock by kGain_per_k of what is
  // too much.
  Result<void> settle_clocks() {
    constexpr double kGain_per_k = 0.004, kSettled = 1e-6;
    constexpr int kMostRounds = 300;
    const double held_degc = held_junction_degc(gpu_);
    for (int i = 0; i < kMostRounds && why_stopped() == Loss::kNone; ++i) {
      double moved = 0;
      for (std::uint32_t c = 0; c < clocks_.size(); ++c) {
        const double before = clocks_[c], junction_degc = plant_.state().gpu_junction_degc[c];
        if (model_.gpu_classes[c].stage < 0) continue;
        SetClock next = powered_clock(c);
        const double cool = std::max(before + kGain_per_k * (held_degc - junction_degc), gpu_.min_clock_ratio.value);
        if (cool < next.ratio) next = {cool, ClockReason::kSoftwareThermal};
        set_clock(c, next);
        moved = std::max(moved, std::abs(next.ratio - before));
      }
      if (moved < kSettled) return {};
      if (auto ok = find_profile(); !ok) return ok;
      compute_power(phase_ + 1);
      if (auto ok = plant_.settle(input_); !ok) return keep_and_fail(ok.error());
    }
    return {};
  }

  // The step at full clock on a whole network: what losses count from.
  Result<void> solve_unheld() {
    const std::vector<double> full(clocks_.size(), 1.0);
    const Result<Profiles::Solved> solved = profiles_.at(full, network_share(plan_.site, model_, {}));
    if (!solved) return tl::unexpected(solved.error());
    full_profile_ = solved->profile;
    full_here_s_ = full_profile_->step_s;
    return {};
  }

  // Into the recording, and to whoever draws it.
  Result<void> tell_first_step() {
    const ActivityGraph& graph = first_.iteration.graph;
    std::vector<ActivityRow> rows;
    for (std::uint32_t a = 0; a < graph.size(); ++a)
      if (graph.kind[a] != ActivityKind::kJoin)
        rows.push_back({static_cast<int>(graph.gpu_class[a]), std::string(activity_word(graph.kind[a])),
                        first_.times.start_s[a], first_.times.end_s[a]});
    if (auto ok = record_.put_activities(rows); !ok) return ok;
    if (auto ok = put_waveforms(); !ok) return ok;
    if (options_.on_first_step) {
      power_.update_with_swings({first_profile_.get(), 0, 1}, clocks_, plant_.state().gpu_junction_degc);
      std::vector<std::vector<double>> gpu_power_w;
      for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) gpu_power_w.push_back(power_.swing(c));
      if (auto ok = options_.on_first_step(
              {plan_, model_, first_.iteration, first_.times, *first_profile_, std::move(gpu_power_w)});
          !ok)
        return ok;
    }
    first_ = {};
    return {};
  }

  // The first step at a millisecond, at the temperatures that it starts with.
  Result<void> put_waveforms() {
    if (options_.output.empty()) return {};
    const double step_s = first_profile_->step_s;
    const auto samples = static_cast<int>(waveform_samples(step_s, kWaveformStep_s));
    const PlantState& plant = plant_.state();
    return record_.put_waveforms(feeder_waveforms(plan_, model_, 0, step_s,
                                                  activity_profiles(model_, first_.iteration, first_.times, samples),
                                                  clocks_, plant.gpu_junction_degc, plant));
  }

  // Solves at the present clocks and keeps the timeline.
  Result<void> solve_first() {
    if (is_cut_off(model_, now_.network))
      return fail(ErrorCode::kBadInput, "the network of the job is cut from the start: it could not run");
    Result<Profiles::Timeline> solved = profiles_.timeline_at(clocks_, now_.network);
    if (!solved) return tl::unexpected(solved.error());
    first_ = std::move(*solved);
    first_profile_ = profile_ = first_.profile;
    step_s_ = profile_->step_s;
    return {};
  }

  // What a viewer needs to know to steer the run; the pace changes while it goes on.
  RunValues live_values() const {
    RunValues values;
    if (pacer_.is_paced()) values.emplace_back("pace", fmt::format("{}", pacer_.pace()));
    if (options_.wait_for_input) values.emplace_back("live", "1");
    return values;
  }

  Result<void> open_recording() {
    if (auto ok = record_.open(options_.output, options_.force, run_values_); !ok) return ok;
    if (auto ok = record_.put_values(live_values()); !ok) return ok;
    if (auto ok = record_.put_site(plan_, model_, plant_.pumps()); !ok) return ok;
    if (auto ok = record_.put_metrics(metrics_); !ok) return ok;
    return record_.commit();
  }

  // --- one step

  // Boundary values and clock limits as the active events leave them. Events begin and end at steps.
  void apply_events() {
    advance_events();
    apply_changes();
  }

  // The same for what supply and breakers have changed since.
  void apply_changes() {
    if (!std::exchange(has_new_events_, false)) return;
    has_just_changed_ = true;
    const std::vector<const Event*> events = schedule_.in_force();
    now_ = in_force(plan_, model_, events, lost_supply(), input_);
    brake_.apply(now_.supply);
    supply_.set(now_.live, now_.has_utility);
    cut_cooling();
    if (has_started_) caps_.take(events, time_s_, last_run_.profile ? last_run_.conditions() : conditions());
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (now_.clock_limit[c] < clocks_[c]) set_clock(c, {now_.clock_limit[c], ClockReason::kClockLimit});
  }

  // Without a feed the cooling stands still too. Without utility and generator the batteries carry of it what hangs on
  // them, and in the end nothing.
  void cut_cooling() {
    if (supply_.has_source() && supply_.live().feeds > 0) return;
    const bool has_batteries = !supply_.is_dark();
    if (!has_batteries || !plan_.power.ups_carries_pumps)
      std::fill(input_.pump_speed.begin(), input_.pump_speed.end(), 0);
    if (!has_batteries || !plan_.power.ups_carries_facility) input_.has_free_cooling = input_.has_chiller = false;
  }

  PowerCaps::Conditions conditions() const {
    const PlantState& plant = plant_.state();
    return {profile_.get(), clocks_, plant.gpu_junction_degc, rack_supply(), supply_.live(), plant};
  }

  RackSupply rack_supply() const {
    RackSupply supply = now_.supply;
    if (supply_.is_dark()) std::fill(supply.psus.begin(), supply.psus.end(), 0);
    return supply;
  }

  LostSupply lost_supply() const {
    LostSupply lost = breakers_.tripped();
    lost.on_batteries = !supply_.has_source();
    return lost;
  }

  void set_clock(std::uint32_t gpu_class, SetClock clock) {
    const bool is_idle = model_.gpu_classes[gpu_class].stage < 0 && clock.reason != ClockReason::kShutDown;
    clocks_[gpu_class] = clock.ratio;
    reasons_[gpu_class] = is_idle ? ClockReason::kIdle : clock.reason;
  }

  void advance_events() {
    std::vector<EventRow> rows;
    if (!schedule_.advance(time_s_, rows)) return;
    if (has_started_) see_blast_radius(rows);
    events_.insert(events_.end(), rows.begin(), rows.end());
    has_new_events_ = true;
  }

  // Once the plant is settled: what racks draw decides what their supplies can carry.
  void see_blast_radius(std::vector<EventRow>& rows) {
    const auto overloaded = [this](const RackSupply& supply) {
      const PlantState& plant = plant_.state();
      return brake_.would_go_down(
          {full_profile_.get(), clocks_, plant.gpu_junction_degc, supply, supply_.live(), plant});
    };
    add_blast_radius(plan_, model_, schedule_.in_force(), lost_supply(), overloaded, rows);
  }

  // kNone: the job runs.
  Loss why_stopped() const {
    if (is_dark()) return Loss::kPower;
    if (is_cut_off(model_, now_.network)) return Loss::kNetwork;
    if (has_shut_down()) return Loss::kHeat;
    return time_s_ < restarted_s_ - kSlack_s ? Loss::kPower : Loss::kNone;
  }

  static const char* stop_text(Loss why) {
    return why == Loss::kPower     ? "GPUs without power: the job stands still"
           : why == Loss::kNetwork ? "the network is cut: the job stands still"
                                   : "a GPU has shut down: the job has stopped";
  }

  // A GPU of the job.
  bool is_dark() const {
    if (supply_.is_dark()) return true;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0 && !has_power(model_, now_.supply, c)) return true;
    return false;
  }

  bool has_shut_down() const {
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      if (model_.gpu_classes[c].stage >= 0 && clocks_[c] <= 0) return true;
    return false;
  }

  // Nodes that have had no power boot, and the job starts again from its checkpoint.
  void watch_restart() {
    const bool was_dark = std::exchange(was_dark_, is_dark());
    if (!was_dark || was_dark_) return;
    restarted_s_ = time_s_ + plan_.workload.restart_s;
    if (plan_.workload.restart_s > 0)
      events_.push_back({time_s_, plan_.site.name,
                         fmt::format("all GPUs of the job have power again: it restarts, which takes {}",
                                     format_quantity(plan_.workload.restart_s, Dimension::kTime)),
                         "limit"});
  }

  // The profile at the present clocks and network, solved once for each. None while the job stands still.
  Result<void> find_profile() {
    watch_restart();
    const Loss before = std::exchange(stopped_by_, why_stopped());
    if (before != Loss::kNone && stopped_by_ == Loss::kNone)
      events_.push_back({time_s_, plan_.site.name, "the job runs again", "limit"});
    if (stopped_by_ != Loss::kNone) {
      if (profile_) events_.push_back({time_s_, plan_.site.name, stop_text(stopped_by_), "limit"});
      profile_ = nullptr;
      return {};
    }
    const Result<Profiles::Solved> found = profiles_.at(clocks_, now_.network);
    if (!found) return tl::unexpected(found.error());
    profile_ = found->profile;
    step_s_ = found->step_s;
    return find_full_step();
  }

  // What the network alone makes of the step: at full clocks on what is left of it.
  Result<void> find_full_step() {
    if (now_.network == full_network_) return {};
    const Result<Profiles::Solved> found = profiles_.at(std::vector<double>(clocks_.size(), 1.0), now_.network);
    if (!found) return tl::unexpected(found.error());
    full_network_ = now_.network;
    full_here_s_ = found->step_s;
    return {};
  }

  void step_power(double dt) {
    const double share = profile_ ? dt / step_s_ : 0;
    stopped_s_ = profile_ ? 0 : stopped_s_ + dt;
    compute_power(phase_ + share);
    phase_ += share;
    phase_ -= std::floor(phase_);
    const SiteLoad load = site_load(plan_.power, it_w(), plant_.state());
    has_new_events_ = breakers_.step(time_s_ + dt, dt, power_, now_, load, supply_, events_) || has_new_events_;
    for (std::string& what : supply_.step(dt, load)) {
      events_.push_back({time_s_ + dt, utility_path(plan_), std::move(what), "limit"});
      has_new_events_ = true;  // the cooling goes with the supply
    }
  }

  // AC at the racks and the network, mean over the step.
  double it_w() const {
    double it_w = power_.fabric_w();
    for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r)
      it_w += model_.rack_classes[r].count * power_.racks()[r].ac_w;
    return it_w;
  }

  // Power of every class from the present phase of the iteration to another, and the heat that it becomes.
  void compute_power(double to_phase) {
    power_.set_supply(rack_supply());
    power_.update_with_swings({profile_.get(), phase_, to_phase, stopped_s_}, clocks_,
                              plant_.state().gpu_junction_degc);
    input_.gpu_power_w = power_.gpu_w();
    input_.room_power_w = power_.fabric_w();
    for (std::uint32_t r = 0; r < model_.rack_classes.size(); ++r) {
      const UnitPower& rack = power_.racks()[r];
      input_.cpu_power_w[r] = rack.cpu_w;
      input_.tray_other_power_w[r] = rack.other_w;
      input_.switch_power_w[r] = rack.switch_w;
      input_.shelf_loss_w[r] = rack.ac_w - rack.dc_w();
    }
  }

  // What the GPU's own power limit allows, and the ramp of its smoothing.
  double power_ratio(std::uint32_t c) const {
    const double junction = plant_.state().gpu_junction_degc[c];
    double ratio = power_limited_clock(gpu_, junction);
    if (now_.gpu_limit_w[c] < gpu_.tdp_w.value)
      ratio = std::min(ratio, clock_within_power(gpu_, now_.gpu_limit_w[c], junction));
    return power_.clock_within_ramp(*full_profile_, c, ratio, junction);
  }

  // What power and events allow.
  SetClock powered_clock(std::uint32_t c) const {
    return allowed_clock(std::min({power_ratio(c), caps_.limit(c), brake_.limit(c)}), now_.clock_limit[c]);
  }

  // A control period of the power supplies; true if racks go down by it.
  bool brake_racks() {
    if (!brake_.is_needed(now_.supply)) return false;
    std::vector<double> allowed = allowed_ratios();
    for (std::uint32_t c = 0; c < clocks_.size(); ++c) allowed[c] = std::min(allowed[c], caps_.limit(c));
    const bool goes_down = brake_.control(time_s_, conditions(), allowed, events_);
    brake_.apply(now_.supply);
    return goes_down;
  }

  // Clocks but for caps, the power brake and temperature (n_gpu_class).
  std::vector<double> allowed_ratios() const {
    std::vector<double> ratios;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c) ratios.push_back(std::min(power_ratio(c), now_.clock_limit[c]));
    return ratios;
  }

  // Power limit first, then temperature.
  void limit_clocks(double dt) {
    since_control_s_ += dt;
    const std::vector<double>& junction_degc = plant_.state().gpu_junction_degc;
    for (std::uint32_t c = 0; c < clocks_.size(); ++c)
      junction_mean_degc_[c] = mean_junction_degc(junction_mean_degc_[c], junction_degc[c], dt);
    if (since_control_s_ < kControlPeriod_s - kSlack_s) return;
    const double since_s = std::exchange(since_control_s_, 0);
    if (!caps_.is_empty()) caps_.control(time_s_, since_s, conditions(), allowed_ratios(), events_);
    brake_racks();
    for (std::uint32_t c = 0; c < clocks_.size(); ++c) {
      const SeenJunction seen{junction_degc[c], junction_mean_degc_[c], junction_seen_degc_[c]};
      // Where temperature begins to move a clock in a longer step, the next one goes in parts. What comes back from a
      // cap has had all of the step for it.
      const bool is_heat = is_thermal(reasons_[c]) || seen.mean_degc > held_junction_degc(gpu_);
      const double period_s = is_heat && dt > kControlPeriod_s ? kControlPeriod_s : since_s;
      set_clock(c, thermal_clock(gpu_, {clocks_[c], reasons_[c]}, seen, powered_clock(c), period_s));
      if (model_.gpu_classes[c].stage >= 0) totals().clock_min = std::min(totals().clock_min, clocks_[c]);
    }
    junction_seen_degc_ = junction_mean_degc_;
    book_.watch_clocks(time_s_, reasons_, junction_degc, events_);
  }

  // --- the operator

  // Holds the step back until it is due, and takes what an operator sends meanwhile.
  Result<void> wait_and_hear() {
    double left_s = pacer_.left_s(time_s_, wall_s());
    do {
      if (auto ok = hear(std::clamp(left_s, 0.0, kLongestWait_s)); !ok) return ok;
      note_interrupt();
      left_s = pacer_.left_s(time_s_, wall_s());
    } while (left_s > 0 && !outcome_.was_interrupted);
    return {};
  }

  void note_interrupt() {
    outcome_.was_interrupted = outcome_.was_interrupted || (options_.is_interrupted && options_.is_interrupted());
  }

  // What begins then or later takes no effect.
  double end_s() const { return outcome_.was_interrupted ? time_s_ : static_cast<double>(step_count()) * plan_.step_s; }

  Result<void> hear(double wait_s) {
    if (!options_.wait_for_input) {
      if (wait_s > 0) std::this_thread::sleep_for(std::chrono::duration<double>(wait_s));
      return {};
    }
    const std::vector<std::string> texts = options_.wait_for_input(wait_s);
    note_interrupt();
    for (const std::string& text : texts) {
      LiveBlock block = parse_live_block(text, plan_, model_, {time_s_, end_s()});
      if (block.errors.empty()) {
        if (auto ok = obey(std::move(block)); !ok) return ok;
      } else {
        refuse(block);
      }
    }
    if (texts.empty()) return {};
    if (auto ok = append_events(); !ok) return ok;
    return record_.commit();
  }

  Result<void> obey(LiveBlock block) {
    for (Event& event : block.events) schedule_.add(std::move(event));
    advance_events();
    if (auto ok = put_sources(); !ok) return ok;
    outcome_.was_interrupted = outcome_.was_interrupted || block.stops;
    if (!block.pace) return {};
    pacer_.set(*block.pace, time_s_, wall_s());
    return record_.put_values(live_values());
  }

  // What the operator has begun to set has him as its source.
  Result<void> put_sources() {
    std::vector<Event> begun = schedule_.begun_by("operator");
    if (begun.size() == by_operator_.size()) return {};
    by_operator_ = std::move(begun);
    metrics_ = metric_rows(plan_, calibration_, by_operator_);
    return record_.put_metrics(metrics_);
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
    const std::vector<FrameRow> rows = book_.take_frame();
    if (auto ok = append_events(); !ok) return ok;
    return record_.append_frame(time_s_, rows, metrics_);
  }

  Result<void> append_events() {
    outcome_.events.insert(outcome_.events.end(), events_.begin(), events_.end());
    return record_.append_events(std::exchange(events_, {}));
  }

  // The run itself is safe before that, which takes many times as long.
  Result<void> sample() {
    if (!options_.sample || outcome_.was_interrupted) return {};
    if (auto ok = record_.commit(); !ok) return ok;
    Result<Uncertainty> sampled = options_.sample(outcome_.summary);
    if (!sampled) return tl::unexpected(sampled.error());
    outcome_.uncertainty = std::move(*sampled);
    return record_.put_uncertainty(*outcome_.uncertainty);
  }

  Result<RunOutcome> finish(double took_s) {
    if (auto ok = append_events(); !ok) return tl::unexpected(ok.error());
    totals().solves = profiles_.solves();
    totals().missed_cap = caps_.first_missed();
    outcome_.summary = summarise(plan_, model_, calibration_, *first_profile_, totals(), book_.limits(),
                                 plant_.ledger(), by_operator_);
    outcome_.has_crossed_limit = outcome_.summary.front().value > 0;
    outcome_.runaway = totals().runaway;
    if (auto ok = sample(); !ok) return tl::unexpected(ok.error());
    const RunValues ending = {{"simulated_s", fmt::format("{}", time_s_)},
                              {"wall_s", fmt::format("{:.3f}", took_s)},
                              {"interrupted", outcome_.was_interrupted ? "1" : "0"}};
    if (auto ok = record_.close(outcome_.summary, ending); !ok) return tl::unexpected(ok.error());
    outcome_.run_values = run_values_;
    for (auto& value : live_values()) outcome_.run_values.push_back(std::move(value));
    outcome_.run_values.insert(outcome_.run_values.end(), ending.begin(), ending.end());
    return std::move(outcome_);
  }

  const Plan& plan_;
  const Calibration& calibration_;
  const RunOptions& options_;
  const Gpu& gpu_;
  const Model model_;
  SitePower power_;
  Plant plant_;

  double time_s_ = 0;
  std::vector<double> clocks_;        // (n_gpu_class)
  std::vector<ClockReason> reasons_;  // (n_gpu_class) what set them
  InForce now_;
  PowerSupply supply_;
  Breakers breakers_;
  PowerCaps caps_;
  PowerBrake brake_;
  bool has_started_ = false;  // the plant is settled: power has a meaning
  EventSchedule schedule_;
  bool has_new_events_ = true;  // since they were last applied
  Pacer pacer_;

  PlantWatch watch_{plan_};
  Profiles profiles_;
  Profiles::Profile profile_, first_profile_;
  double step_s_ = 0;               // of the iteration at the present clocks
  Profiles::Profile full_profile_;  // see solve_unheld()
  double full_here_s_ = 0;          // see find_full_step()
  NetworkShare full_network_;       // the network of that
  Loss stopped_by_ = Loss::kNone;   // kNone: the job runs
  Profiles::Timeline first_;        // of the first profile, until it has been told
  double phase_ = 0;                // of the iteration, 0..1
  double stopped_s_ = 0;            // since the job stands still
  bool was_dark_ = false;           // GPUs of the job had no power
  double restarted_s_ = 0;          // when the job goes on after that
  // What the site last did with the job running, before the events of this step.
  struct LastRun {
    Profiles::Profile profile;
    std::vector<double> clocks;
    RackSupply supply;
    LiveFeeds live;
    PlantState plant;
    PowerCaps::Conditions conditions() const {
      return {profile.get(), clocks, plant.gpu_junction_degc, supply, live, plant};
    }
  } last_run_;

  PlantInput input_;
  double since_control_s_ = 0;
  // (n_gpu_class) Mean junctions: now, and when the clocks were last set.
  std::vector<double> junction_mean_degc_, junction_seen_degc_;
  bool has_just_changed_ = false;  // by events, since the last step
  double rise_k_ = 0;              // of the hottest junction in the last step

  std::vector<MetricRow> metrics_;
  RunBook book_;
  std::vector<EventRow> events_;  // not yet recorded
  const RunValues run_values_;
  RunRecord record_;
  std::vector<Event> by_operator_;  // that have begun
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
