// What the window shows, without the window: the recording as it grows, the run behind it, the frame of an instant and
// what follows from it. Thread rule: one thread per Session.
#pragma once

#include "app/ui/facts.h"
#include "app/ui/live_run.h"
#include "app/ui/panels.h"
#include "app/ui/plot_data.h"
#include "app/ui/verdict.h"
#include "sim/recording/run_history.h"

#include <optional>
#include <string>
#include <vector>

namespace racktwin {

class Session {
 public:
  Session(RunHistory history, std::optional<LiveRun> run, double pace);

  // Picks up what is new; true if there was anything to show. wall_s: now.
  bool poll(double wall_s, ViewerState& state);
  // The frame, layer, facts and figures of a state.
  void update(const ViewerState& state, double budget_s);
  // Passes on what the state has for the run.
  void send(ViewerState& state);
  void replace(RunHistory history);  // of a replay, by another

  const RunHistory& history() const { return history_; }
  bool is_own_run() const { return run_.has_value(); }
  bool is_growing() const {
    return !history_.is_complete() && !has_lost_file_ && (run_ ? run_->is_running() : has_writer_);
  }
  RunKind kind() const;
  std::optional<pid_t> run_pid() const;
  // What is wrong with the run; empty: nothing.
  std::string banner() const;
  double first_pace() const { return first_pace_; }
  double pace() const;  // that the run says it has
  // To what was asked last; without a text if nothing was.
  WhatIfAnswer answer(const ViewerState& state) const;
  double simulated_per_wall() const { return simulated_per_wall_; }

  const std::optional<Frame>& frame() const { return frame_; }
  const LayerSpec& layer() const { return *layer_; }  // after update()
  const std::vector<FactGroup>& facts() const { return facts_; }
  const Verdict& verdict() const { return verdict_; }
  const Choices& choices() const { return choices_; }  // of what is selected; none of somebody else's run
  const PlotData& plots() const { return plots_; }
  const SiteParts& parts() const { return parts_; }
  ComponentId site_id() const { return parts_.whole; }

 private:
  void poll_run(ViewerState& state);
  WhatIfAnswer pace_answer() const;
  void measure_speed(double wall_s);
  void update_choices(ComponentId of);

  RunHistory history_;
  SiteParts parts_;
  std::optional<LiveRun> run_;
  bool has_lost_file_ = false, has_told_ending_ = false;
  std::string banner_;
  RunKind polled_kind_ = RunKind::kReplay;
  double first_pace_;
  bool has_writer_;                   // without one, a recording that is not complete was cut off
  std::optional<double> asked_pace_;  // if that was asked last
  double pace_taken_s_ = 0;           // simulated time at which the run had it; NaN: it has not yet
  double measured_s_ = 0, measured_time_s_ = 0, simulated_per_wall_ = 0;

  std::optional<Frame> frame_;
  std::optional<LayerSpec> layer_;
  std::size_t layer_frames_ = 0;  // recorded when the layer's range was set
  std::vector<FactGroup> facts_;
  Verdict verdict_;
  Choices choices_;
  std::optional<ComponentId> choices_of_;
  std::size_t choices_frames_ = 0, choices_events_ = 0;  // that there were when they were listed
  std::optional<ComponentId> facts_of_;
  UnitCounts units_{};  // of that
  std::vector<PlotSpec> plot_specs_;
  std::optional<ComponentId> plot_specs_of_;
  PlotData plots_;
};

}  // namespace racktwin
