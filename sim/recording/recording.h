// A run on disk: one SQLite file, append-only, readable by another process while it grows.
//
// The format is documented in sim/recording/README.md. Only recording_*.cpp see SQLite. WAL mode while it is
// written, checkpointed into one plain file on close; whatever was committed survives a kill at any instant.
// Thread rule: one thread per Writer or Reader. A forked child must leave its parent's alone and end with _exit().
#pragma once

#include "sim/result.h"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace racktwin {

inline constexpr int kRecordingFormat = 5;

// What frame values describe: one value per class of this kind of component.
enum class UnitKind : std::uint8_t { kGpu, kTray, kRack, kPump, kLeaf, kSite };
std::string_view unit_kind_word(UnitKind kind);

struct MetricRow {
  int id = 0;
  std::string name;  // "gpu_power"
  UnitKind kind = UnitKind::kGpu;
  std::string unit;  // "W"
  std::string description;
  std::string computed_by;   // the function
  double low = 0, high = 0;  // range to draw; NaN: from the data
  std::string evidence;      // weakest that its values rest on
  std::string source;        // of that weakest input: "junction-to-case resistance (engineering-estimate)"
};

// A bound that values of a metric should keep to.
struct LimitRow {
  int metric = 0;
  std::string name;  // "first slowdown"
  double value = 0;  // in the metric's unit; NaN: no data
  std::string evidence, source;
};

struct ComponentRow {
  int id = 0;
  std::string path;  // "hall/row-a/rack-03"; a template's path starts with its type: "gb200-nvl72/compute-07/gpu-2"
  std::string kind;  // "site", "row", "rack", "cdu", "pump", "tray", "gpu", "switch-tray", "power-shelf", "psu", ...
  int parent = -1;   // component id; -1: none
  double x_m = 0, y_m = 0, z_m = 0;               // of the front lower left corner, in the parent
  double width_m = 0, depth_m = 0, height_m = 0;  // NaN: no data
};

// One metric over one interval that ends at the frame's time. (n_class) each.
struct FrameRow {
  int metric = 0;
  std::vector<float> mean, low, high;
  int epoch = 0;      // set by the reader, ignored by the writer: whose membership() the classes are
  double time_s = 0;  // the same
};

// From time_s on, components belong to the classes of this epoch.
struct EpochRow {
  int id = 0;
  double time_s = 0;
};

struct SeriesRow {
  std::string metric;
  double value = 0;
};

// What happened to a component. Of several at once the path is that of the first.
struct EventRow {
  double time_s = 0;
  std::string path, what, by;
  std::string metric = {};  // whose limit was crossed, that throttled or shut a GPU down; empty: of no metric
  double value = std::numeric_limits<double>::quiet_NaN(), limit = value;  // of the first, in the metric's unit
  int count = 1;                                                           // components to which it happened at once
  // Its blast radius, in GPUs: those that hang on what it takes away, and those that lose power, coolant or network by
  // it, redundancy counted. -1: it takes nothing away.
  int gpus_behind = -1, gpus_lost = -1;
  // What somebody asked for: the key of the scenario that it sets, and to what, in its unit (a state: 1 works, 0 does
  // not); NaN: to what it is without. An empty key: something that happened.
  std::string key = {};
  double setting = std::numeric_limits<double>::quiet_NaN();
};

struct ActivityRow {
  int gpu_class = 0;
  std::string kind;
  double start_s = 0, end_s = 0;
};

// A power over one iteration, which repeats: means over equal parts of the period.
struct WaveformRow {
  double time_s = 0;    // of the run, from which it holds
  std::string channel;  // the metric that it resolves, of its largest class: "rack_power"
  std::string unit;     // "W"
  double period_s = 0;
  std::vector<float> values;  // (n_sample)
};

struct SummaryRow {
  std::string name;
  double value = 0;  // NaN: no data
  std::string text;  // for values that are no numbers ("verdict"), otherwise empty
  std::string unit;
  std::string evidence;  // weakest that it rests on, empty where it does not apply
};

// A value of the catalogue that is not known exactly, and what the samples of a run put in its place.
struct UncertainInputRow {
  std::string entry, key;     // file and place in it: "chips/gb200", "thermal.junction_to_case"
  std::string unit;           // of the numbers
  double nominal, low, high;  // NaN: it has no range, or is a curve
  std::string evidence, source;
  std::vector<double> samples = {};  // (n_sample); empty: it was not varied
};

// A number of the summary in every sample.
struct UncertainFigureRow {
  std::string name;             // of its SummaryRow
  std::vector<double> samples;  // (n_sample) NaN: no data, or the sample failed
};

struct SampleRow {
  bool has_failed = false;
  std::string what;  // its verdict, or why it failed
};

// The same run over and over, each time with other values of its uncertain inputs.
struct Uncertainty {
  int asked = 0;  // samples; fewer were taken if the run was interrupted
  std::uint64_t seed = 0;
  std::vector<UncertainInputRow> inputs;
  std::vector<UncertainFigureRow> figures;
  std::vector<SampleRow> samples;
};

class RecordingWriter {
 public:
  // Errors: kIo if the file exists and force is false, if another program has it open, or if it cannot be created.
  static Result<RecordingWriter> create(const std::string& path, bool force);

  // All calls append to the open transaction; commit() makes them durable and visible to readers. Each returns kIo with
  // the reason (disk full, file deleted, ...) and leaves what was committed intact; after an error every later call
  // returns the same one, so that a recording never has a gap. put_run, put_metrics and put_summary replace rows of the
  // same name.
  Result<void> put_run(const std::vector<std::pair<std::string, std::string>>& values);
  Result<void> put_components(const std::vector<ComponentRow>& components);
  Result<void> put_metrics(const std::vector<MetricRow>& metrics);
  Result<void> put_limits(const std::vector<LimitRow>& limits);
  Result<void> put_epoch(int epoch, double time_s);
  // The class of every component of a kind (n_component), in the order that README.md gives.
  Result<void> put_membership(int epoch, UnitKind kind, const std::vector<std::uint32_t>& class_of);
  Result<void> put_activities(int epoch, const std::vector<ActivityRow>& activities);
  Result<void> put_waveforms(const std::vector<WaveformRow>& waveforms);
  Result<void> append_frame(int epoch, double time_s, const std::vector<FrameRow>& values);
  Result<void> append_rack_series(double time_s, int rack_class, const std::vector<SeriesRow>& values);
  Result<void> append_site_series(double time_s, const std::vector<SeriesRow>& values);
  Result<void> append_event(const EventRow& event);
  Result<void> put_summary(const std::vector<SummaryRow>& rows);
  Result<void> put_uncertainty(const Uncertainty& uncertainty);
  Result<void> commit();
  // Marks the run as finished, commits, checkpoints the WAL into the file and closes; the last call. Without it the
  // file still opens up to the last commit.
  Result<void> close();

  RecordingWriter(RecordingWriter&&) noexcept;
  RecordingWriter& operator=(RecordingWriter&&) noexcept;
  ~RecordingWriter();

 private:
  RecordingWriter();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

class RecordingReader {
 public:
  // Errors: kIo if there is no such file; kBadInput if it is no recording, or of another format version (both named).
  static Result<RecordingReader> open(const std::string& path);

  // The first error (kIo) that a call below has met, such as a damaged page; that call returned nothing.
  Result<void> status() const;

  std::optional<std::string> run_value(const std::string& key) const;
  std::vector<std::pair<std::string, std::string>> run_values() const;
  std::vector<MetricRow> metrics() const;
  std::vector<LimitRow> limits() const;
  std::vector<ComponentRow> components() const;
  std::vector<EpochRow> epochs() const;
  std::vector<std::uint32_t> membership(int epoch, UnitKind kind) const;
  std::vector<ActivityRow> activities(int epoch) const;
  std::vector<WaveformRow> waveforms() const;  // in order of writing; none in files written before there were any
  // Ascending; those later than after_s.
  std::vector<double> frame_times(double after_s = -std::numeric_limits<double>::infinity()) const;
  // All metrics of the frame that ends at time_s; empty if there is none.
  std::vector<FrameRow> frame_at(double time_s) const;
  // A metric in all frames that end in (from_s, to_s].
  std::vector<FrameRow> frames(int metric, double from_s, double to_s) const;
  // In order of writing, without the first `skip`.
  std::vector<EventRow> events(std::size_t skip = 0) const;
  std::vector<SummaryRow> summary() const;
  std::optional<Uncertainty> uncertainty() const;  // of a run that was sampled
  bool is_complete() const;                        // closed by its writer (run key "finished")
  // Whether a process has it open for writing: it may still grow. Neither this nor complete: it was cut off.
  bool is_being_written() const;
  // Another number than before if somebody has committed since, at next to no cost.
  int change_counter() const;

  // Writes the files csv_names() into a directory that it creates; README.md says what they hold. Errors: kIo, also for
  // every file that exists if force is false; kBadInput if its components contradict each other.
  static std::vector<std::string> csv_names();
  Result<void> export_csv(const std::string& directory, bool force) const;

  // FNV-1a over frames, series, waveforms, events, summary and samples, in order: equal for two runs of the same input.
  std::uint64_t content_hash() const;

  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;
  ~RecordingReader();

 private:
  RecordingReader();
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace racktwin
