#include "app/ui/session.h"

#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSpeedOver_s = 1;  // of wall time

// The last lines of what a run said.
std::string last_lines(const std::string& text, std::size_t most) {
  std::size_t at = text.find_last_not_of('\n');
  const std::string trimmed = at == std::string::npos ? std::string() : text.substr(0, at + 1);
  at = trimmed.size();
  for (std::size_t i = 0; i < most && at != std::string::npos; ++i)
    at = at == 0 ? std::string::npos : trimmed.rfind('\n', at - 1);
  return at == std::string::npos ? trimmed : trimmed.substr(at + 1);
}

double newest_time(const RunHistory& history) {
  return history.frame_times().empty() ? 0 : history.frame_times().back();
}

// The time of the frame that is shown at an instant; NaN while there is none.
double frame_time(const std::vector<double>& times, double time_s) {
  if (times.empty()) return std::nan("");
  const auto after = std::upper_bound(times.begin(), times.end(), time_s);
  return after == times.begin() ? times.front() : *(after - 1);
}

// Asked before the recording is read: who has let go of it had finished it, or had died.
bool has_writer(RunHistory& history) {
  const bool has_one = history.is_being_written();
  if (!has_one && !history.is_complete()) (void)history.follow();
  return has_one;
}

}  // namespace

Session::Session(RunHistory history, std::optional<LiveRun> run, double pace)
    : history_(std::move(history)),
      parts_(site_parts(history_.site())),
      run_(std::move(run)),
      first_pace_(pace),
      has_writer_(has_writer(history_)) {}

bool Session::poll(double wall_s, ViewerState& state) {
  bool has_news = false;
  if (run_) run_->poll();
  has_writer_ = history_.is_being_written();  // before the recording is read, see has_writer()
  if (!has_lost_file_) {
    const Result<bool> followed = history_.follow();
    has_news = followed && *followed;
    if (!followed) {
      has_lost_file_ = has_news = true;
      state.notes.push_back({followed.error().front().message + "; what was read before is shown", true, 0});
    }
  }
  measure_speed(wall_s);
  if (asked_pace_ && std::isnan(pace_taken_s_) && pace() == *asked_pace_) pace_taken_s_ = newest_time(history_);
  if (run_ && !run_->is_running() && !has_told_ending_) poll_run(state);
  const RunKind before = std::exchange(polled_kind_, kind());
  return has_news || before != polled_kind_;
}

void Session::poll_run(ViewerState& state) {
  has_told_ending_ = true;
  const LiveEnding& ending = *run_->ending();
  if (history_.is_complete() && ending.exit_code == 0) {
    state.notes.push_back({"The run has ended.", false, 0});
    return;
  }
  banner_ = fmt::format("The simulation {} at {}.", ending_text(ending), time_text(newest_time(history_)));
  if (!has_lost_file_) banner_ += fmt::format(" What it had recorded is kept in {}.", history_.path());
  if (const std::string words = last_lines(ending.last_words, 6); !words.empty()) banner_ += "\n" + words;
}

void Session::measure_speed(double wall_s) {
  if (wall_s - measured_s_ < kSpeedOver_s) return;
  const double time_s = newest_time(history_);
  simulated_per_wall_ = measured_s_ == 0 ? 0 : (time_s - measured_time_s_) / (wall_s - measured_s_);
  measured_s_ = wall_s;
  measured_time_s_ = time_s;
}

void Session::update(const ViewerState& state, double budget_s) {
  const double time_s = frame_time(history_.frame_times(), state.time_s);
  const bool is_new_frame = !std::isnan(time_s) && (!frame_ || frame_->time_s != time_s);
  if (is_new_frame)
    if (std::optional<Frame> frame = history_.frame(time_s)) frame_ = std::move(frame);
  if (is_new_frame && frame_) verdict_ = verdict_of(history_, *frame_);
  const std::size_t frames = history_.frame_times().size();
  // The range of a layer may rest on what has been recorded so far: looked at again as that doubles.
  if (!layer_ || layer_->layer != state.layer || frames >= 2 * std::max<std::size_t>(layer_frames_, 1)) {
    layer_ = layer_spec(history_, state.layer);
    layer_frames_ = frames;
  }
  const ComponentId of = state.selected.exists() ? state.selected : site_id();
  update_choices(of);
  if (is_new_frame || facts_of_ != of) {
    if (facts_of_ != of) units_ = units_in(history_.site(), of);
    facts_ = frame_ ? facts_of(history_, *frame_, of, units_) : std::vector<FactGroup>();
    facts_of_ = of;
  }
  if (plot_specs_of_ != state.selected) plot_specs_ = plot_specs(history_, state.selected);
  plot_specs_of_ = state.selected;
  plots_.update(history_, plot_specs_, budget_s);
}

// What can be asked of a run rests on what it does now, wherever the cursor is.
void Session::update_choices(ComponentId of) {
  const std::size_t frames = history_.frame_times().size(), events = history_.events().size();
  if (!run_ || frames == 0 || (choices_of_ == of && choices_frames_ == frames && choices_events_ == events)) return;
  if (const std::optional<Frame> newest = history_.frame(history_.frame_times().back()))
    choices_ = choices_of(history_, *newest, of);
  choices_of_ = of;
  choices_frames_ = frames;
  choices_events_ = events;
}

void Session::send(ViewerState& state) {
  if (run_) {
    for (const WhatIf& what : state.to_send) run_->send(what);
    if (state.pace_to_send) run_->send_pace(*state.pace_to_send);
  }
  if (!state.to_send.empty()) asked_pace_.reset();
  if (state.pace_to_send) {
    asked_pace_ = state.pace_to_send;
    pace_taken_s_ = std::nan("");
  }
  state.to_send.clear();
  state.pace_to_send.reset();
}

void Session::replace(RunHistory history) {
  history_ = std::move(history);
  parts_ = site_parts(history_.site());
  has_writer_ = has_writer(history_);
  plot_specs_of_.reset();
  has_lost_file_ = false;
  frame_.reset();
  layer_.reset();
  facts_of_.reset();
  verdict_ = {};
  plots_ = {};
}

RunKind Session::kind() const {
  if (history_.is_complete()) return RunKind::kReplay;
  if (run_) return run_->is_running() ? RunKind::kLive : RunKind::kBroken;
  return !has_lost_file_ && has_writer_ ? RunKind::kGrowing : RunKind::kBroken;
}

std::string Session::banner() const {
  if (!banner_.empty() || run_ || has_lost_file_ || kind() != RunKind::kBroken) return banner_;
  return fmt::format("This recording ends at {}, unfinished, and nobody is writing it: its run has died.",
                     time_text(newest_time(history_)));
}

double Session::pace() const {
  const std::string text = history_.run_value("pace");
  return text.empty() ? first_pace_ : std::strtod(text.c_str(), nullptr);
}

WhatIfAnswer Session::pace_answer() const {
  const std::string text = *asked_pace_ == 0 ? "held" : "pace " + pace_text(*asked_pace_);
  if (!std::isnan(pace_taken_s_)) return {true, false, fmt::format("{}  {}", time_text(pace_taken_s_), text)};
  const bool is_running = run_ && run_->is_running();
  return {false, !is_running, text + (is_running ? ": waiting for the run" : ": not done, the run has ended")};
}

WhatIfAnswer Session::answer(const ViewerState& state) const {
  if (asked_pace_) return pace_answer();
  return state.asked.empty() ? WhatIfAnswer() : answer_to(state.asked, history_.events(), run_ && run_->is_running());
}

std::optional<pid_t> Session::run_pid() const { return run_ ? std::optional<pid_t>(run_->pid()) : std::nullopt; }

SiteParts site_parts(const SiteMap& site) {
  SiteParts parts;
  if (const auto sites = site.placed("site"); !sites.empty()) parts.whole = {sites.front().component, -1};
  if (const auto found = site.placed("facility"); !found.empty() && !site.placed("cdu").empty())
    parts.facility = site.path({found.front().component, -1});
  parts.pumps = site.placed("pump");
  return parts;
}

}  // namespace racktwin
