#include "sim/validation/validation.h"

#include "sim/plan/resolve_workload.h"
#include "sim/workload/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <set>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

using Row = CsvRow;

std::string first_message(const Errors& errors) { return errors.empty() ? "unknown" : errors.front().message; }

// Predicts rows one by one; equal configurations are solved once.
class Predictor {
 public:
  Predictor(const Catalog& catalog, const Calibration& calibration) : catalog_(catalog), calibration_(calibration) {}

  RowPrediction predict(const Row& row) {
    RowPrediction p;
    p.id = row.text("id");
    p.source = row.text("source").substr(0, row.text("source").find(','));
    p.use = row.text("use");
    p.system = row.text("system");
    p.model = row.text("model_id");
    p.metric = row.text("metric");
    p.unit = row.text("unit");
    p.value = row.number("value").value_or(kNoValue);
    p.predicted = p.step_s = kNoValue;
    p.reason = why_not(row);
    if (!p.reason.empty()) return p;
    for (const char* column : {"system", "nic_gbps", "model_id", "prec", "recompute_id", "n_gpus", "layers", "seq",
                               "tp", "pp", "vp", "cp", "dp", "micro_batch", "global_batch", "metric"})
      p.configuration += row.text(column) + "|";
    const std::string key = p.configuration.substr(0, p.configuration.rfind('|', p.configuration.size() - 2));
    auto found = solved_.find(key);
    if (found == solved_.end()) found = solved_.emplace(key, solve(row)).first;
    const Solved& solved = found->second;
    p.reason = solved.reason;
    p.defaults = solved.defaults;
    p.step_s = solved.step_s;
    const double tokens = row.number("global_batch").value_or(kNoValue) * row.number("seq").value_or(kNoValue);
    p.predicted = p.metric == "step_time" ? p.step_s : tokens / p.step_s / row.number("n_gpus").value_or(kNoValue);
    return p;
  }

 private:
  struct Solved {
    double step_s = kNoValue;
    std::string reason, defaults;
  };

  static std::string why_not(const Row& row) {
    if (row.text("metric") != "step_time" && row.text("metric") != "tokens_per_s_per_gpu")
      return fmt::format("metric {} is listed, not scored", row.text("metric"));
    if (row.text("task") != "pretrain") return fmt::format("task {} is not modelled yet", row.text("task"));
    if (row.text("model_id").empty()) return "the model is not in the catalogue";
    const std::string& notes = row.text("notes");
    if (notes.find("FSDP") != std::string::npos && notes.find("FSDP=0") == std::string::npos)
      return "fully sharded data parallelism is not modelled yet";
    if (row.integer("ep", 1) > 1) return "expert parallelism is not modelled yet";
    for (const char* column : {"value", "n_gpus", "seq", "micro_batch", "global_batch"})
      if (!row.number(column)) return fmt::format("{} is not stated", column);
    return {};
  }

  Solved solve(const Row& row) {
    Solved out;
    Result<RackType> rack = catalog_.rack(row.text("system"));
    Result<TransformerModel> model = catalog_.model(row.text("model_id"));
    Result<FabricType> fabric = catalog_.fabric("superpod-b200-ndr");
    if (!rack) out.reason = fmt::format("system {} is not in the catalogue", row.text("system"));
    if (!model) out.reason = fmt::format("model {} is not in the catalogue", row.text("model_id"));
    if (!fabric) out.reason = first_message(fabric.error());
    if (!out.reason.empty()) return out;

    WorkloadRequest q;
    q.model = std::move(*model);
    q.model.layers = row.integer("layers", q.model.layers);
    static const std::map<std::string, Precision> kPrecisions = {{"bf16", Precision::kBf16},
                                                                 {"fp8", Precision::kFp8},
                                                                 {"fp8-current", Precision::kFp8},
                                                                 {"mxfp8", Precision::kMxfp8},
                                                                 {"nvfp4", Precision::kNvfp4}};
    const auto precision = kPrecisions.find(row.text("prec"));
    if (precision == kPrecisions.end()) {
      out.reason = fmt::format("precision {} is not modelled", row.text("prec"));
      return out;
    }
    q.precision = precision->second;
    q.gpus = row.integer("n_gpus", 1);
    q.tp = row.integer("tp", 1);
    q.pp = row.integer("pp", 1);
    q.vp = q.pp > 1 ? row.integer("vp", 1) : 1;
    q.cp = row.integer("cp", 1);
    if (row.number("dp")) q.dp = row.integer("dp", 1);
    q.micro_batch = row.integer("micro_batch", 1);
    q.global_batch = row.integer("global_batch", 1);
    q.sequence = row.integer("seq", 1);
    const std::string& recompute = row.text("recompute_id");
    if (recompute == "none") q.recompute = Recompute::kNone;
    if (recompute == "selective") q.recompute = Recompute::kSelective;
    if (recompute == "full") q.recompute = Recompute::kFull;

    Plan plan;
    plan.site.name = "table";
    plan.site.fabric = std::move(*fabric);
    plan.site.rack_type = std::move(*rack);
    RackType& type = plan.site.rack_type;
    if (const auto nic = row.number("nic_gbps"))
      type.nic_bytes_per_s.value = *nic * 1e9 / 8 * type.gpus_per_tray / type.nics_per_tray;
    const auto report = [&](const std::string&, std::string message, const std::string&,
                            const std::vector<std::string>&) {
      if (out.reason.empty()) out.reason = std::move(message);
    };
    auto workload = resolve_workload(q, type, plan, report);
    if (!workload) return out;
    plan.workload = std::move(*workload);
    for (const DefaultUsed& d : plan.defaults)
      if (d.key == "workload.recompute") out.defaults = "recompute " + d.value;
    const int per_rack = plan.workload.ranks_per_domain * type.domains();
    for (int r = 0; r < (q.gpus + per_rack - 1) / per_rack; ++r)
      plan.site.racks.push_back({fmt::format("table/{}", r), 0, 0});
    const Result<Model> compiled = build_model(plan);
    if (!compiled) {
      out.reason = first_message(compiled.error());
      return out;
    }
    const std::vector<double> clocks(compiled->gpu_classes.size(), 1.0);
    const Result<IterationProfile> profile = solve_iteration(plan, *compiled, calibration_, clocks);
    if (!profile) {
      out.reason = first_message(profile.error());
      return out;
    }
    out.step_s = profile->step_s;
    return out;
  }

  const Catalog& catalog_;
  const Calibration& calibration_;
  std::map<std::string, Solved> solved_;
};

Score score_of(const std::vector<const RowPrediction*>& rows, std::string source, std::string use) {
  Score s;
  s.source = std::move(source);
  s.use = std::move(use);
  s.rows = static_cast<int>(rows.size());
  std::map<std::string, std::vector<const RowPrediction*>> configurations;
  for (const RowPrediction* row : rows)
    if (row->reason.empty()) {
      ++s.predicted_rows;
      configurations[row->configuration].push_back(row);
    }
  std::vector<double> errors, magnitudes;
  for (const auto& [configuration, duplicates] : configurations) {
    std::vector<double> values;
    for (const RowPrediction* row : duplicates) values.push_back(row->value);
    errors.push_back(duplicates.front()->predicted / quantile(values, 0.5) - 1);
    magnitudes.push_back(std::abs(errors.back()));
  }
  s.configurations = static_cast<int>(errors.size());
  s.median = quantile(magnitudes, 0.5);
  s.p90 = quantile(magnitudes, 0.9);
  s.bias = quantile(errors, 0.5);
  return s;
}

}  // namespace

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return kNoValue;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto i = static_cast<std::size_t>(at);
  const double next = i + 1 < values.size() ? values[i + 1] : values[i];
  return values[i] + (at - static_cast<double>(i)) * (next - values[i]);
}

Result<std::vector<RowPrediction>> predict_training_rows(const CsvTable& table, const Catalog& catalog,
                                                         const Calibration& calibration) {
  Errors errors;
  for (const char* column :
       {"id", "system", "model_id", "prec", "n_gpus", "seq", "micro_batch", "global_batch", "metric", "value"})
    if (table.column(column) < 0)
      errors.push_back(
          {ErrorCode::kBadInput, fmt::format("{} has no column \"{}\"", table.path, column), {}, 1, {}, {}});
  if (!errors.empty()) return fail(std::move(errors));
  Predictor predictor(catalog, calibration);
  std::vector<RowPrediction> out;
  for (std::size_t i = 0; i < table.rows.size(); ++i) out.push_back(predictor.predict(Row(table, i)));
  return out;
}

std::vector<Score> score(const std::vector<RowPrediction>& rows) {
  std::set<std::string> uses;
  for (const RowPrediction& row : rows) uses.insert(row.use);
  std::vector<Score> scores;
  for (const std::string& use : uses) {
    std::map<std::string, std::vector<const RowPrediction*>> by_source;
    std::vector<const RowPrediction*> all;
    for (const RowPrediction& row : rows)
      if (row.use == use) {
        by_source[row.source].push_back(&row);
        all.push_back(&row);
      }
    for (const auto& [source, members] : by_source) scores.push_back(score_of(members, source, use));
    scores.push_back(score_of(all, "all", use));
  }
  return scores;
}

}  // namespace racktwin
