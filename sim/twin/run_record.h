// The recording of a run as it goes on: the tables that describe it, then frames and events. Without a file it takes
// everything and keeps nothing. Thread rule: one thread per RunRecord.
#pragma once

#include "sim/model/model.h"
#include "sim/plan/plan.h"
#include "sim/recording/recording.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

using RunValues = std::vector<std::pair<std::string, std::string>>;

// Title, scenario, version, defaults, ...: the facts about a run that are known before its first step.
RunValues run_values_of(const Plan& plan, const std::string& version);

class RunRecord {
 public:
  // All calls: errors of RecordingWriter. An empty path: no file.
  Result<void> open(const std::string& path, bool force, const RunValues& values);
  Result<void> put_site(const Plan& plan, const Model& model, int pumps);
  Result<void> put_values(const RunValues& values);
  Result<void> put_metrics(const std::vector<MetricRow>& metrics);
  Result<void> put_activities(const std::vector<ActivityRow>& activities);
  Result<void> put_waveforms(const std::vector<WaveformRow>& waveforms);
  // A frame, and its rack and site metrics once more as series. `metrics` by id.
  Result<void> append_frame(double time_s, const std::vector<FrameRow>& rows, const std::vector<MetricRow>& metrics);
  Result<void> append_events(const std::vector<EventRow>& events);
  Result<void> put_uncertainty(const Uncertainty& uncertainty);
  Result<void> commit();
  double committed_wall_s() const { return committed_wall_s_; }  // of the steady clock; 0: never
  Result<void> close(const std::vector<SummaryRow>& summary, const RunValues& ending);

 private:
  std::optional<RecordingWriter> writer_;
  double committed_wall_s_ = 0;
};

// Seconds of the steady clock.
double wall_s();

}  // namespace racktwin
