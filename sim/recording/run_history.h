// A recorded run as a viewer sees it: opened once, followed while it still grows, read frame by frame.
//
// Values of frames and series are read when they are asked for; tables without them are kept, and read again when
// something is added. Thread rule: one thread per RunHistory.
#pragma once

#include "sim/recording/recording.h"
#include "sim/recording/site_map.h"

#include <compare>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace racktwin {

// Every metric over one interval that ends at time_s.
struct Frame {
  double time_s = 0;
  int epoch = 0;
  std::vector<FrameRow> values;  // (n_metric) by metric id; a metric that was not recorded has no classes
};

// A metric of one thing in a frame, or of all that it holds: mean of the means, lowest low, highest high. NaN: no data.
struct Reading {
  double mean = std::numeric_limits<double>::quiet_NaN(), low = mean, high = mean;
  bool has_data() const { return mean == mean; }
};

// A class of a metric, and how many units of it a thing holds.
struct ClassCount {
  std::uint32_t unit_class = 0, units = 0;
  friend auto operator<=>(const ClassCount&, const ClassCount&) = default;
};
// By class, from the class of every unit.
std::vector<ClassCount> counted(std::vector<std::uint32_t> classes);
// Over the units with data: each class counts as often as it has units.
Reading reading_of(const FrameRow& row, std::span<const ClassCount> parts);

// One metric of one thing over time: (n_frame) each, NaN where there is no data.
struct Series {
  std::vector<double> time_s, mean, low, high;
};

class RunHistory {
 public:
  // Errors: those of RecordingReader::open() and SiteMap::create(); kIo if its run has not written its tables yet.
  static Result<RunHistory> open(const std::string& path);

  // Picks up what was committed since the last call; true if there was anything. Errors: kIo if the file can no longer
  // be read (damaged, deleted); what was read before stays usable.
  Result<bool> follow();

  const std::string& path() const;
  const SiteMap& site() const;
  const std::vector<MetricRow>& metrics() const;
  const MetricRow* metric(std::string_view name) const;  // nullptr: not recorded
  const std::vector<LimitRow>& limits() const;
  std::string run_value(const std::string& key) const;  // empty: none
  const std::vector<double>& frame_times() const;       // ascending
  const std::vector<EventRow>& events() const;
  const std::vector<SummaryRow>& summary() const;  // empty until the run is finished
  bool is_complete() const;
  bool is_being_written() const;  // by a process that lives; neither this nor complete: it was cut off
  double duration_s() const;      // that the run is meant to last; NaN: not known

  // The last frame at or before time_s (the first, if time_s lies before it); nullopt while there is none.
  std::optional<Frame> frame(double time_s) const;

  // A metric of a thing. What a metric is recorded for decides: a GPU metric of a tray, rack, row or site is taken over
  // its GPUs, a rack metric of a row or site over its racks; a rack metric of a GPU is that of its rack; a site metric
  // is the same everywhere. No data where neither holds the other (a pump and a rack).
  Reading reading(const Frame& frame, const MetricRow& metric, ComponentId id) const;
  // The metric's classes that make up a thing, as indices into FrameRow::mean; empty where reading() has no data.
  std::vector<std::uint32_t> classes_of(int epoch, const MetricRow& metric, ComponentId id) const;
  // Class of every unit of a kind in an epoch (n_unit).
  const std::vector<std::uint32_t>& membership(int epoch, UnitKind kind) const;

  // reading() for all frames in (from_s, to_s].
  Series series(const MetricRow& metric, ComponentId id, double from_s, double to_s) const;

  RunHistory(RunHistory&&) noexcept;
  RunHistory& operator=(RunHistory&&) noexcept;
  ~RunHistory();

 private:
  RunHistory();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace racktwin
