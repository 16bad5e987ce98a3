#include "sim/validation/node_power.h"

#include "sim/catalog/entry.h"
#include "sim/power/power.h"
#include "sim/processes.h"
#include "sim/twin/site_power.h"
#include "sim/validation/row_words.h"
#include "sim/validation/training.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <thread>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();
constexpr const char* kMean = "node_power_mean";
constexpr const char* kMedian = "node_power_p50";
constexpr double kSample_s = 2;  // MLPerf's meters are read every two seconds or so
constexpr int kSamples = 64;     // begin within an iteration

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

std::vector<std::string> split(const std::string& text, char at) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == at) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

// Why a metric is not predicted; empty if it is.
std::string why_not(const std::string& metric) {
  if (metric == kMean || metric == kMedian) return {};
  if (metric.empty()) return "the metric is not stated";
  if (metric == "node_power_p5" || metric == "node_power_p95" || metric == "node_power_max")
    return fmt::format(
        "metric {} is of evaluations, pauses and differences between nodes, which a steady iteration does not have",
        metric);
  if (contains(metric, "energy_per_run")) return fmt::format("metric {} is the mean times the run's time", metric);
  if (contains(metric, "gpu_power") || contains(metric, "system_power"))
    return fmt::format("metric {} is of serving, which is not modelled", metric);
  return fmt::format("metric {} is not a node's power in training", metric);
}

// node_power_mean and node_power_p50 as sources print them ("Node power (avg)"); other metrics as they are.
std::string plain_metric(const std::string& text) {
  const std::string plain = plain_name(text);
  for (const char* node : {"nodepower", "powerpernode"}) {
    const std::string begin = node;
    if (plain == begin + "mean" || plain == begin + "avg" || plain == begin + "average") return kMean;
    if (plain == begin + "median" || plain == begin + "p50") return kMedian;
    for (const char* mean : {"mean", "avg", "average"})
      if (plain == mean + begin) return kMean;
  }
  return text;
}

// The rows with their metrics in the words above and numbers without units.
CsvTable power_in_known_words(const CsvTable& table) {
  CsvTable out = numbers_in_plain_digits(table);
  const int metric = out.column("metric");
  for (auto& row : out.rows)
    row[static_cast<std::size_t>(metric)] = plain_metric(row[static_cast<std::size_t>(metric)]);
  return out;
}

// What the hardware of a row says.
struct NodeText {
  const EntryName* rack = nullptr;
  bool has_fans = true, is_dc = false, says_side = false;
};

NodeText node_of(const std::string& hardware, const std::vector<EntryName>& names) {
  NodeText node;
  node.rack = rack_in_text(names, hardware);
  const std::string plain = plain_name(hardware);
  node.has_fans = !contains(plain, "immersion") && !contains(plain, "watercooled") && !contains(plain, "liquidcooled");
  node.is_dc = std::regex_search(hardware, std::regex("\\bDC\\b"));
  node.says_side = node.is_dc || std::regex_search(hardware, std::regex("\\bAC\\b"));
  return node;
}

// "time-to-train 5.32 min": seconds between run_start and run_stop; NaN if the notes do not say.
double window_s(const std::string& notes) {
  std::smatch match;
  if (!std::regex_search(notes, match, std::regex("time-to-train ([0-9.]+) min"))) return kNoValue;
  return 60 * std::stod(match[1].str());
}

// A node while it trains, and while the job waits: [W] DC and AC.
struct NodeSamples {
  std::vector<double> training_dc_w;  // (kSamples) each the mean of kSample_s, over which the GPUs' limit holds
  double waiting_dc_w = 0;            // in pauses, and in time that a run takes beyond what is predicted
  double work_s = kNoValue;           // that training and evaluating takes as predicted; NaN: how much is not stated
};

// What all GPUs of the working trays draw while each class draws a row of `gpu_w`, per tray. [W]
double gpus_per_node_w(const Model& model, const std::vector<double>& gpu_w) {
  double sum_w = 0, gpus = 0;
  for (std::size_t c = 0; c < model.gpu_classes.size(); ++c)
    if (model.gpu_classes[c].stage >= 0) {
      sum_w += model.gpu_classes[c].count * gpu_w[c];
      gpus += model.gpu_classes[c].count;
    }
  return sum_w / gpus * model.gpus_per_tray;
}

// What a forward pass takes of a step: one of three equal parts, or of two where the weights have no gradients.
double forward_share(Task task) { return task == Task::kLora ? 1.0 / 2 : 1.0 / 3; }

NodeSamples sample_node(const TrainingStep& step, const CsvRow& run) {
  const RackType& type = step.plan.site.rack_type;
  const Model& model = step.model;
  SitePower power(step.plan, model);
  const std::vector<double> clocks(model.gpu_classes.size(), 1.0), junctions(model.gpu_classes.size(), kNoValue);
  const double rest_w = type.cpus_per_tray * cpu_power_w(type.cpu, true) + type.compute_tray_other_w.value;
  const double sample = std::max(kSample_s / step.profile.step_s, 1.0 / kSamples);  // of an iteration
  NodeSamples samples;
  for (int k = 0; k < kSamples; ++k) {
    const double from = static_cast<double>(k) / kSamples;
    power.update({&step.profile, from, from + sample}, clocks, junctions);
    samples.training_dc_w.push_back(gpus_per_node_w(model, power.gpu_w()) + rest_w);
  }
  GpuActivity waits;
  waits.waiting = 1;
  samples.waiting_dc_w =
      type.gpus_per_tray * gpu_power_w(type.gpu, waits, 1, type.gpu.reference_junction_degc.value) + rest_w;
  if (const auto trained = run.number("samples")) {
    const double evaluated = run.number("evaluation_samples").value_or(0) * forward_share(step.plan.workload.task);
    samples.work_s = (*trained + evaluated) / step.plan.workload.global_batch * step.profile.step_s;
  }
  return samples;
}

struct NodePower {
  double mean_w = kNoValue, median_w = kNoValue;
};

// Over a window of which `pause_share` is spent waiting, and of the rest `work_share` at work.
NodePower over_window(const NodeSamples& samples, double pause_share, double work_share,
                      const std::function<double(double)>& at_meter) {
  std::vector<double> metered_w;
  double mean_w = 0;
  for (const double dc_w : samples.training_dc_w) {
    metered_w.push_back(at_meter(work_share * dc_w + (1 - work_share) * samples.waiting_dc_w));
    mean_w += metered_w.back() / static_cast<double>(samples.training_dc_w.size());
  }
  const double waiting_w = at_meter(samples.waiting_dc_w);
  NodePower power;
  power.mean_w = (1 - pause_share) * mean_w + pause_share * waiting_w;
  power.median_w = pause_share < 0.5 ? quantile(metered_w, (0.5 - pause_share) / (1 - pause_share)) : waiting_w;
  return power;
}

// The runs that MLPerf's configurations describe.
class Runs {
 public:
  explicit Runs(CsvTable table) : table_(std::move(table)) {}

  // The rows of the benchmark that a text names: the longest name that it begins with.
  std::vector<std::size_t> of_benchmark(const std::string& text) const {
    std::vector<std::size_t> rows;
    std::size_t longest = 0;
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      std::size_t length = 0;
      for (const std::string& name : split(CsvRow(table_, i).text("benchmark"), '|'))
        if (const std::string plain = plain_name(name); plain_name(text).compare(0, plain.size(), plain) == 0)
          length = std::max(length, plain.size());
      if (length == 0 || length < longest) continue;
      if (length > longest) rows.clear();
      longest = length;
      rows.push_back(i);
    }
    return rows;
  }

  // Of these the one that is nearest to a system and a number of GPUs.
  std::size_t nearest(const std::vector<std::size_t>& rows, const std::string& system, int gpus) const {
    const auto distance = [&](std::size_t i) {
      const CsvRow run(table_, i);
      const double ratio = static_cast<double>(gpus) / run.integer("n_gpus", 1);
      return std::abs(std::log(ratio)) + (run.text("system") == system ? 0 : 1e3);
    };
    return *std::min_element(rows.begin(), rows.end(),
                             [&](std::size_t a, std::size_t b) { return distance(a) < distance(b); });
  }

  CsvRow row(std::size_t i) const { return CsvRow(table_, i); }

  // The run on another number of GPUs: as many sequences on every data-parallel rank. Nullopt if the layout does not
  // divide them.
  std::optional<std::vector<std::string>> scaled(std::size_t i, const std::string& system, int gpus) const {
    std::vector<std::string> fields = table_.rows[i];
    const CsvRow run(table_, i);
    const int per_replica = run.integer("tp", 1) * run.integer("pp", 1) * run.integer("cp", 1);
    if (gpus % per_replica != 0) return std::nullopt;
    const int dp = gpus / per_replica;
    const auto set = [&](const char* column, std::string text) {
      fields[static_cast<std::size_t>(table_.column(column))] = std::move(text);
    };
    set("system", system);
    set("n_gpus", std::to_string(gpus));
    set("global_batch", std::to_string(run.integer("global_batch", 1) / run.integer("dp", 1) * dp));
    set("dp", std::to_string(dp));
    return fields;
  }

  const CsvTable& table() const { return table_; }

 private:
  CsvTable table_;
};

// Predicts rows; equal runs are solved once, on all cores.
class Predictor {
 public:
  Predictor(const Catalog& catalog, const Calibration& calibration, std::vector<EntryName> names, Runs runs)
      : catalog_(catalog), calibration_(calibration), names_(std::move(names)), runs_(std::move(runs)) {
    jobs_.path = runs_.table().path;
    jobs_.heading = runs_.table().heading;
  }

  Result<std::vector<PowerPrediction>> predict(const CsvTable& table) {
    std::vector<PowerPrediction> out;
    for (std::size_t i = 0; i < table.rows.size(); ++i) out.push_back(describe(CsvRow(table, i)));
    const auto answers = in_processes(jobs_.rows.size(), std::thread::hardware_concurrency(),
                                      [&](std::size_t j) { return text_of(solve(CsvRow(jobs_, j))); });
    if (!answers) return tl::unexpected(answers.error());
    for (std::size_t i = 0; i < out.size(); ++i)
      if (out[i].reason.empty()) finish(CsvRow(table, i), (*answers)[asked_[i].job], asked_[i], out[i]);
    return out;
  }

 private:
  // What a row needs: a run and how it is metered.
  struct Asked {
    std::size_t job = 0;
    const EntryName* rack = nullptr;
    bool has_fans = true, is_dc = false;
    double pause_s = 0;
  };

  PowerPrediction describe(const CsvRow& row) {
    PowerPrediction p;
    describe_row(row, ',', p);
    p.hardware = row.text("hardware");
    p.gpus = row.integer("n_gpus", 0);
    asked_.emplace_back();
    Asked& asked = asked_.back();
    p.reason = why_not(p.metric);
    const std::string& value = row.text("value");
    if (p.reason.empty() && !value.empty() && !(std::isfinite(p.value) && p.value > 0))
      p.reason = fmt::format("value \"{}\" is no number above zero", value);
    if (p.reason.empty() && std::isnan(unit_si(p.unit, Dimension::kPower, 1)))
      p.reason = no_such_unit(p.unit, Dimension::kPower);
    if (p.reason.empty()) p.reason = ask(row, p, asked);
    p.configuration = fmt::format("{}|{}|{}|{}", p.hardware, p.gpus, p.model, p.metric);
    return p;
  }

  // Finds the run of a row. Returns why there is none.
  std::string ask(const CsvRow& row, PowerPrediction& p, Asked& asked) {
    const NodeText node = node_of(p.hardware, names_);
    if (p.hardware.empty()) return "the hardware is not stated";
    if (node.rack == nullptr) return fmt::format("hardware {} names no system of the catalogue", p.hardware);
    p.system = node.rack->name;
    const Result<RackType> rack = catalog_.rack(node.rack->name);
    if (!rack) return rack.error().front().message;
    if (!rack->domain_is_tray)
      return fmt::format("what a node of {} is, whose shelves and switches serve a rack, is not stated", p.system);
    if (p.gpus < 1 || p.gpus % rack->gpus_per_tray != 0)
      return fmt::format("n_gpus \"{}\" is no number of whole nodes of {} GPUs", row.text("n_gpus"),
                         rack->gpus_per_tray);
    if (p.model.empty()) return "the model is not stated";
    const std::vector<std::size_t> rows = runs_.of_benchmark(p.model);
    if (rows.empty()) return fmt::format("benchmark {} is not in {}", p.model, runs_.table().path);
    const std::size_t run = runs_.nearest(rows, p.system, p.gpus);
    const CsvRow r = runs_.row(run);
    if (!r.text("reason").empty())
      return fmt::format("benchmark {} is {}, no transformer that a model entry describes", p.model, r.text("reason"));
    auto fields = runs_.scaled(run, p.system, p.gpus);
    if (!fields)
      return fmt::format("the layout of {} on {} GPUs does not divide {}", p.model, r.text("n_gpus"), p.gpus);
    if (r.integer("n_gpus", 0) != p.gpus || r.text("system") != p.system)
      add(p.defaults, fmt::format("laid out as on {} {}", r.text("n_gpus"), r.text("system")));
    if (!node.says_side) add(p.defaults, "metered AC");
    asked = {0, node.rack, node.has_fans, node.is_dc, r.number("pause_s").value_or(0)};
    p.how = fmt::format("{}, {}, {}", p.system, node.has_fans ? "fans" : "no fans", node.is_dc ? "DC" : "AC");
    const auto [found, is_new] = numbers_.emplace(*fields, jobs_.rows.size());
    if (is_new) {
      jobs_.rows.push_back(*fields);
      jobs_.lines.push_back(0);
    }
    asked.job = found->second;
    return {};
  }

  static void add(std::string& text, const std::string& more) { text += (text.empty() ? "" : ", ") + more; }

  struct Solved {
    NodeSamples samples;
    std::string reason;
  };

  Solved solve(const CsvRow& run) const {
    const Explained<TrainingStep> step = solve_training_row(run, catalog_, calibration_, names_);
    if (!step) return {{}, step.error()};
    return {sample_node(*step, run), {}};
  }

  // As a process hands it on: the samples, then the other fields; or a reason behind a zero.
  static std::string text_of(const Solved& s) {
    if (!s.reason.empty()) return '\0' + s.reason;
    std::vector<double> values = s.samples.training_dc_w;
    values.push_back(s.samples.waiting_dc_w);
    values.push_back(s.samples.work_s);
    std::string text(1 + values.size() * sizeof(double), '\1');
    std::memcpy(text.data() + 1, values.data(), values.size() * sizeof(double));
    return text;
  }
  static NodeSamples samples_of(const std::string& text) {
    std::vector<double> values((text.size() - 1) / sizeof(double));
    std::memcpy(values.data(), text.data() + 1, values.size() * sizeof(double));
    NodeSamples samples;
    for (double* field : {&samples.work_s, &samples.waiting_dc_w}) {
      *field = values.back();
      values.pop_back();
    }
    samples.training_dc_w = std::move(values);
    return samples;
  }

  void finish(const CsvRow& row, const std::optional<std::string>& answer, const Asked& asked, PowerPrediction& p) {
    if (!answer || answer->empty()) {
      p.reason = "the process that predicts it ended early";
    } else if (answer->front() == '\0') {
      p.reason = answer->substr(1);
    }
    const Result<RackType> rack = catalog_.rack(asked.rack->name);
    if (p.reason.empty() && !rack) p.reason = rack.error().front().message;
    if (!p.reason.empty()) return;
    const double fans_w = rack->compute_tray_fans_w.value;
    if (!asked.has_fans && std::isnan(fans_w)) {
      p.reason = fmt::format("the power of the fans of {} is not known, and this node has none", p.system);
      return;
    }
    const auto at_meter = [&](double dc_w) {
      const double node_w = dc_w - (asked.has_fans ? 0 : fans_w);
      return asked.is_dc ? node_w : rack_ac_w(*rack, node_w * rack->compute_trays) / rack->compute_trays;
    };
    const double window = window_s(row.text("notes"));
    const NodeSamples samples = samples_of(*answer);
    double pause_share = 0, work_share = 1;
    if (window > asked.pause_s) {
      pause_share = asked.pause_s / window;
      if (!std::isnan(samples.work_s)) work_share = std::min(1.0, samples.work_s / (window - asked.pause_s));
      add(p.defaults, fmt::format("at work for {:.0f} % of {:.0f} s, pauses of {:g} s",
                                  100 * (1 - pause_share) * work_share, window, asked.pause_s));
    } else {
      add(p.defaults, "how long it ran is not stated: all of it at work");
    }
    const NodePower power = over_window(samples, pause_share, work_share, at_meter);
    p.predicted = p.metric == kMean ? power.mean_w : power.median_w;
    p.predicted /= unit_si(p.unit, Dimension::kPower, 1);
  }

  const Catalog& catalog_;
  const Calibration& calibration_;
  std::vector<EntryName> names_;
  Runs runs_;
  CsvTable jobs_;  // runs to solve, with the columns of racks/mlperf_runs.csv
  std::map<std::vector<std::string>, std::size_t> numbers_;
  std::vector<Asked> asked_;  // (n_row)
};

PowerScore score_of(const std::vector<const PowerPrediction*>& rows, std::string hardware) {
  PowerScore s;
  s.use = rows.front()->use;
  s.metric = rows.front()->metric;
  s.hardware = std::move(hardware);
  s.rows = static_cast<int>(rows.size());
  s.mae_w = s.nmbe = s.cv_rmse = kNoValue;
  double n = 0, sum_w = 0, difference_w = 0, absolute_w = 0, squares = 0;
  for (const PowerPrediction* row : rows) {
    if (!row->reason.empty()) continue;
    ++s.predicted_rows;
    if (std::isnan(row->value)) continue;
    const double to_w = row->unit == "kW" ? 1000 : 1;
    const double d = (row->value - row->predicted) * to_w;
    ++n;
    sum_w += row->value * to_w;
    difference_w += d;
    absolute_w += std::abs(d);
    squares += d * d;
  }
  if (n >= 1) s.mae_w = absolute_w / n;
  if (n >= 2) {
    s.nmbe = difference_w / (n - 1) / (sum_w / n);
    s.cv_rmse = std::sqrt(squares / (n - 1)) / (sum_w / n);
  }
  return s;
}

}  // namespace

bool is_power_metric(std::string_view metric) { return contains(metric, "power") || contains(metric, "energy"); }

Result<std::vector<PowerPrediction>> predict_power_rows(const CsvTable& table, const Catalog& catalog,
                                                        const Calibration& calibration) {
  Errors errors = missing_columns(table, {"id", "hardware", "n_gpus", "model", "metric"});
  if (!errors.empty()) return fail(std::move(errors));
  Result<std::vector<EntryName>> names = list_entries(catalog);
  if (!names) return tl::unexpected(names.error());
  Result<CsvTable> runs = load_csv((std::filesystem::path(catalog.directory()) / "mlperf_runs.csv").string());
  if (!runs) return tl::unexpected(runs.error());
  errors = missing_columns(*runs, {"benchmark", "system", "n_gpus", "model_id", "task", "prec", "seq", "tp", "pp", "cp",
                                   "dp", "micro_batch", "global_batch", "samples", "pause_s", "reason"});
  if (!errors.empty()) return fail(std::move(errors));
  auto rows =
      Predictor(catalog, calibration, std::move(*names), Runs(std::move(*runs))).predict(power_in_known_words(table));
  for (std::size_t i = 0; rows && i < rows->size(); ++i) (*rows)[i].metric = CsvRow(table, i).text("metric");
  return rows;
}

std::vector<PowerScore> score_power(const std::vector<PowerPrediction>& rows) {
  std::map<std::pair<std::string, std::string>, std::map<std::string, std::vector<const PowerPrediction*>>> groups;
  for (const PowerPrediction& row : rows) groups[{row.use, row.metric}][row.hardware].push_back(&row);
  std::vector<PowerScore> scores;
  for (const auto& [key, systems] : groups) {
    std::vector<const PowerPrediction*> all;
    for (const auto& [hardware, members] : systems) all.insert(all.end(), members.begin(), members.end());
    PowerScore total = score_of(all, "all");
    if (total.predicted_rows == 0) continue;
    for (const auto& [hardware, members] : systems) scores.push_back(score_of(members, hardware));
    scores.push_back(std::move(total));
  }
  return scores;
}

}  // namespace racktwin
