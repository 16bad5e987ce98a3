#include "sim/validation/training.h"

#include "sim/catalog/entry.h"
#include "sim/nearest_match.h"
#include "sim/plan/resolve_workload.h"
#include "sim/processes.h"
#include "sim/validation/row_words.h"
#include "sim/workload/profile.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <map>
#include <optional>
#include <regex>
#include <thread>

namespace racktwin {
namespace {

constexpr double kNoValue = std::numeric_limits<double>::quiet_NaN();

using Row = CsvRow;

std::string first_message(const Errors& errors) { return errors.empty() ? "unknown" : errors.front().message; }

// The number before `what` ("8 KV heads"), or after it ("FFN 28672"); 0: not in the notes.
int noted(const std::string& notes, const std::string& pattern) {
  std::smatch match;
  if (!std::regex_search(notes, match, std::regex(pattern, std::regex::icase))) return 0;
  int value = 0;
  const std::string digits = match[1].str();
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

// The catalogue's entry by id, or by the name as printed; otherwise a model of the dimensions that the row states. What
// it does not state is as in GPT-3: a feed-forward layer of four times the hidden size, GELU, learned positions.
std::optional<TransformerModel> model_of_row(const Row& row, const Catalog& catalog,
                                             const std::vector<EntryName>& names) {
  for (const char* column : {"model_id", "model"}) {
    const EntryName* name = find_entry(names, "models", row.text(column));
    if (name == nullptr) continue;
    if (Result<TransformerModel> entry = catalog.model(name->name)) {
      entry->layers = row.integer("layers", entry->layers);
      return std::move(*entry);
    }
  }
  TransformerModel m;
  m.layers = row.integer("layers", 0);
  m.hidden = row.integer("hidden", 0);
  m.heads = row.integer("heads", 0);
  if (m.layers < 1 || m.hidden < 1 || m.heads < 1) return std::nullopt;
  const std::string& notes = row.text("notes");
  m.name = m.title = row.text("model");
  m.head_dim = m.hidden / m.heads;
  m.kv_heads = noted(notes, "(\\d+) KV heads");
  const bool grouped = m.kv_heads > 0;
  if (!grouped) m.kv_heads = m.heads;
  m.vocab = noted(notes, "vocab (\\d+)");
  if (m.vocab == 0) m.vocab = grouped ? 128256 : 51200;
  m.ffn = noted(notes, "(?:^|[^t] )FFN (\\d+)");
  if (m.ffn == 0) m.ffn = 4 * m.hidden;
  const bool squared = notes.find("squared-ReLU") != std::string::npos;
  m.activation = squared ? Activation::kSquaredRelu : grouped ? Activation::kSwiglu : Activation::kGelu;
  m.positions = grouped ? Positions::kRotary : Positions::kLearned;
  if (const int experts = noted(notes, "(\\d+) experts"); experts > 0) {
    MixtureOfExperts moe;
    moe.experts = experts;
    moe.experts_per_token = std::max(1, noted(notes, "top-(\\d+)"));
    moe.expert_ffn = noted(notes, "expert FFN (\\d+)");
    if (moe.expert_ffn == 0) moe.expert_ffn = m.ffn;
    if (notes.find("shared") != std::string::npos) moe.shared_ffn = moe.expert_ffn;
    m.moe = moe;
  }
  return m;
}

// How a row's notes say that parameters are sharded: "FSDP FULL_SHARD", "FSDP SHARD_GRAD_OP", "FSDP shard=64", "HSDP".
void read_sharding(const std::string& notes, WorkloadRequest& q) {
  if (notes.find("SDP") == std::string::npos || notes.find("FSDP=0") != std::string::npos) return;
  q.sharding = notes.find("SHARD_GRAD_OP") != std::string::npos ? Sharding::kGradients : Sharding::kParameters;
  if (notes.find("HSDP") != std::string::npos) q.shard_ranks = std::min(8, q.dp.value_or(q.gpus) * q.cp);
  // "FSDP=64", "FSDP shard=64", not "FSDP2 with TP=8"
  if (const int ranks = noted(notes, "SDP2?(?: [a-z_]*shard[a-z_]*)? ?= ?(\\d+)"); ranks > 0)
    q.shard_ranks = ranks * q.cp;
  // PyTorch's own sharding, by the names of its strategies: eager unless compiled, gathers wait their turn.
  if (notes.find("torch.compile") != std::string::npos) {
    q.kernels = Kernels::kCompiled;
  } else if (notes.find("_SHARD") != std::string::npos || notes.find("SHARD_") != std::string::npos) {
    q.kernels = Kernels::kEager;
    q.overlap_grad_reduce = false;
  }
}

// Words are found however capitals, spaces and hyphens are set: "FP8-MX", "fp8_mx". The empty word: not stated.
template <class T>
using Words = std::vector<std::pair<std::string, T>>;

template <class T>
std::optional<T> word_of(const Words<T>& words, const std::string& text) {
  for (const auto& [word, value] : words)
    if (plain_name(word) == plain_name(text)) return std::optional<T>(std::in_place, value);
  return std::nullopt;
}

std::string nearest_hint(const std::string& nearest) {
  return nearest.empty() ? "" : fmt::format("; the nearest is {}", nearest);
}

template <class T>
std::string not_modelled(const char* what, const std::string& text, const Words<T>& words) {
  std::vector<std::string> known;
  for (const auto& [word, value] : words) known.push_back(word);
  return fmt::format("{} {} is not modelled{}", what, text, nearest_hint(nearest_match(text, known).value_or("")));
}

const Words<Precision>& precision_words() {
  static const Words<Precision> kWords = {
      {"bf16", Precision::kBf16},         {"bfloat16", Precision::kBf16},
      {"fp16", Precision::kBf16},         {"float16", Precision::kBf16},  // the same rates
      {"fp8", Precision::kFp8},           {"fp8-delayed", Precision::kFp8},
      {"fp8 (TE)", Precision::kFp8},      {"fp8-current", Precision::kFp8Current},
      {"fp8-cs", Precision::kFp8Current}, {"mxfp8", Precision::kMxfp8},
      {"fp8-mx", Precision::kMxfp8},      {"nvfp4", Precision::kNvfp4}};
  return kWords;
}

const Words<std::optional<Kernels>>& kernels_words() {
  static const Words<std::optional<Kernels>> kWords = [] {
    Words<std::optional<Kernels>> words = {{"", std::nullopt}};
    for (const Kernels k : {Kernels::kNative, Kernels::kFlash2, Kernels::kCompiled, Kernels::kEager})
      words.emplace_back(kernels_word(k), k);
    return words;
  }();
  return kWords;
}

const Words<Task>& task_words() {
  static const Words<Task> kWords = {{"", Task::kPretrain},
                                     {"pretrain", Task::kPretrain},
                                     {"pretraining", Task::kPretrain},
                                     {"sft", Task::kSft},
                                     {"lora", Task::kLora}};
  return kWords;
}

const Words<std::optional<Recompute>>& recompute_words() {
  static const Words<std::optional<Recompute>> kWords = {
      {"", std::nullopt}, {"none", Recompute::kNone}, {"selective", Recompute::kSelective}, {"full", Recompute::kFull}};
  return kWords;
}

const Words<std::optional<ExpertDispatch>>& dispatch_words() {
  static const Words<std::optional<ExpertDispatch>> kWords = {
      {"", std::nullopt}, {"alltoall", ExpertDispatch::kAllToAll}, {"deepep", ExpertDispatch::kDeepEp}};
  return kWords;
}

const Words<std::optional<bool>>& yes_no_words() {
  static const Words<std::optional<bool>> kWords = {{"", std::nullopt}, {"true", true}, {"false", false}};
  return kWords;
}

// Year and month of a release, 25.09 as 2509, where a source is cited with one: "@v25.02.02", "release 26.04". 0: none.
int release_of(const std::string& source) {
  std::smatch match;
  if (!std::regex_search(source, match, std::regex(R"((?:@v|release |NeMo )(2\d)\.(\d\d)\b)"))) return 0;
  return 100 * std::stoi(match[1]) + std::stoi(match[2]);
}

// How a row's job is sharded and whose kernels it runs: the column first, then the notes. Where neither says it,
// Transformer Engine's of its release: it gives cuDNN's attention the preference on Hopper since 1.9 (2024/08; the
// version is assumed, and sources of before are of Hopper or Ampere).
void read_software(const Row& row, WorkloadRequest& q) {
  constexpr int kCudnnAttention = 2409;
  read_sharding(row.text("notes"), q);
  if (const auto stated = word_of(kernels_words(), row.text("kernels")).value_or(std::nullopt)) q.kernels = stated;
  const int release = release_of(row.text("source"));
  if (!q.kernels && release > 0 && release < kCudnnAttention) q.kernels = Kernels::kFlash2;
}

// How a row says that tokens reach their experts. Where it does not, what its release could do: all-to-all beside the
// compute came with Megatron-Core 0.14 of 2025/09, DeepEP with 0.12 and into recipes with it.
// source: Megatron-LM, megatron/core/transformer/moe/README.md, "What's New"
void read_dispatch(const Row& row, WorkloadRequest& q) {
  constexpr int kDispatchBesideCompute = 2509;
  q.expert_dispatch = word_of(dispatch_words(), row.text("expert_dispatch")).value_or(std::nullopt);
  q.overlap_expert_parallel = word_of(yes_no_words(), row.text("overlap_expert_parallel")).value_or(std::nullopt);
  const int release = release_of(row.text("source"));
  if (release == 0 || release >= kDispatchBesideCompute) return;
  if (!q.expert_dispatch) q.expert_dispatch = ExpertDispatch::kAllToAll;
  if (!q.overlap_expert_parallel) q.overlap_expert_parallel = false;
}

// Chunks of a stage where a row does not say: about four layers each, as in most published recipes; one where the
// micro-batches do not divide by the stages, which interleaving needs.
int usual_interleaving(int layers, int pp, const Row& row) {
  const long ranks = 1L * row.integer("tp", 1) * pp * row.integer("cp", 1);
  const long per_stage = row.integer("micro_batch", 1) * (row.integer("n_gpus", 1) / ranks) * pp;
  if (per_stage > 0 && row.integer("global_batch", 1) % per_stage != 0) return 1;
  for (int per_chunk = 4; per_chunk >= 1; --per_chunk)
    if (layers % (pp * per_chunk) == 0) return layers / (pp * per_chunk);
  return 1;
}

const std::string& model_text(const Row& row) {
  return row.text("model_id").empty() ? row.text("model") : row.text("model_id");
}

// What a row says of its job beside numbers, so that equal jobs have equal texts.
std::string notes_text(const Row& row) {
  WorkloadRequest q;
  q.dp = row.integer("dp", 1);
  read_software(row, q);
  const bool is_balanced = row.text("notes").find("force-balanced") != std::string::npos;
  std::string text = fmt::format("{}|{}|{}|{}|{}|{}", model_text(row), q.sharding ? sharding_word(*q.sharding) : "",
                                 q.shard_ranks.value_or(0), kernels_word(q.kernels.value_or(Kernels::kNative)),
                                 q.overlap_grad_reduce.value_or(true), is_balanced);
  if (row.integer("ep", 1) == 1) return text;
  read_dispatch(row, q);
  return text + fmt::format("|{}|{}", q.expert_dispatch ? expert_dispatch_word(*q.expert_dispatch) : "",
                            q.overlap_expert_parallel ? (*q.overlap_expert_parallel ? "true" : "false") : "");
}

// What a planner is given, without how it is laid out: "llama3-70b on 128 hgx-h100, fp8, sequence 8192, ...".
std::string job_text(const Row& row, const RowPrediction& named) {
  std::string text = fmt::format("{} on {} {}, {}, sequence {}, global batch {}", named.model, row.text("n_gpus"),
                                 named.system, row.text("prec"), row.text("seq"), row.text("global_batch"));
  for (const char* column : {"task", "nic_gbps", "recompute_id", "layers"})
    if (!row.text(column).empty()) text += fmt::format(", {} {}", column, row.text(column));
  WorkloadRequest q;
  q.dp = row.integer("dp", 1);
  read_software(row, q);
  if (const Kernels kernels = q.kernels.value_or(Kernels::kNative); kernels != Kernels::kNative)
    text += fmt::format(", {} kernels", kernels_word(kernels));
  if (row.text("notes").find("force-balanced") != std::string::npos) text += ", forced routing";
  return text +
         fmt::format(", {}{}", named.metric, named.metric == "step_time" && named.unit != "s" ? " " + named.unit : "");
}

// How a job is laid out on its GPUs: "tp 4, pp 8, vp 5, micro-batch 1". One rank is as good as not stated, and dp
// follows from the others.
std::string layout_text(const Row& row) {
  std::string text;
  for (const char* column : {"tp", "pp", "vp", "cp", "ep"}) {
    const bool is_idle = column == std::string("vp") && row.integer("pp", 1) == 1;  // nothing to interleave
    if (const int ranks = row.integer(column, 1); ranks > 1 && !is_idle) text += fmt::format("{} {}, ", column, ranks);
  }
  WorkloadRequest q;
  q.dp = row.integer("dp", 1);
  read_software(row, q);
  if (q.sharding) text += fmt::format("sharded {}, ", sharding_word(*q.sharding));
  if (q.shard_ranks) text += fmt::format("over {} ranks, ", *q.shard_ranks);
  return text + fmt::format("micro-batch {}", row.integer("micro_batch", 1));
}

constexpr const char* kNeededNumbers[] = {"n_gpus", "seq", "micro_batch", "global_batch"};
constexpr const char* kOtherNumbers[] = {"layers", "hidden", "heads", "tp", "pp", "vp", "cp", "ep", "dp"};

// What is wrong with the number of GPUs and the like; empty if nothing is.
std::string bad_number(const Row& row) {
  constexpr double kMost = 1e9;
  for (const char* column : kNeededNumbers)
    if (row.text(column).empty()) return fmt::format("{} is not stated", column);
  const auto is_bad = [&](const char* column, bool is_whole) {
    const std::string& text = row.text(column);
    const auto number = row.number(column);
    return !text.empty() &&
           !(number && *number > 0 && *number <= kMost && (!is_whole || *number == std::floor(*number)));
  };
  for (const char* column : kNeededNumbers)
    if (is_bad(column, true)) return fmt::format("{} \"{}\" is no whole number", column, row.text(column));
  for (const char* column : kOtherNumbers)
    if (is_bad(column, true)) return fmt::format("{} \"{}\" is no whole number", column, row.text(column));
  for (const char* column : {"nic_gbps", "value"})
    if (is_bad(column, false)) return fmt::format("{} \"{}\" is no number above zero", column, row.text(column));
  return {};
}

// What a row names that the catalogue or the simulator lacks; empty if nothing.
std::string why_not_here(const Row& row, const Catalog& catalog, const std::vector<EntryName>& names) {
  const std::string &system = row.text("system"), &model = model_text(row);
  if (system.empty()) return "the system is not stated";
  if (find_entry(names, "racks", system) == nullptr)
    return fmt::format("system {} is not in the catalogue{}", system,
                       nearest_hint(nearest_entry(names, "racks", system)));
  if (!model_of_row(row, catalog, names))
    return model.empty() ? "the model is not stated"
                         : fmt::format("model {} is not in the catalogue{}", model,
                                       nearest_hint(nearest_entry(names, "models", model)));
  if (row.text("prec").empty()) return "the precision is not stated";
  if (!word_of(precision_words(), row.text("prec")))
    return not_modelled("precision", row.text("prec"), precision_words());
  if (!word_of(task_words(), row.text("task"))) return not_modelled("task", row.text("task"), task_words());
  if (!word_of(recompute_words(), row.text("recompute_id")))
    return not_modelled("recompute_id", row.text("recompute_id"), recompute_words());
  if (!word_of(kernels_words(), row.text("kernels")))
    return not_modelled("kernels", row.text("kernels"), kernels_words());
  if (!word_of(dispatch_words(), row.text("expert_dispatch")))
    return not_modelled("expert_dispatch", row.text("expert_dispatch"), dispatch_words());
  if (!word_of(yes_no_words(), row.text("overlap_expert_parallel")))
    return not_modelled("overlap_expert_parallel", row.text("overlap_expert_parallel"), yes_no_words());
  return {};
}

// Predicts rows; equal configurations are solved once, on all cores.
class Predictor {
 public:
  Predictor(const Catalog& catalog, const Calibration& calibration, std::vector<EntryName> names)
      : catalog_(catalog), calibration_(calibration), names_(std::move(names)) {}

  // `printed`: the table as it is; `worded`: the same rows in known words.
  Result<std::vector<RowPrediction>> predict(const CsvTable& printed, const WordedTable& worded) {
    const CsvTable& table = worded.table;
    std::vector<RowPrediction> out;
    std::vector<std::size_t> jobs;    // a row of each configuration to solve
    std::vector<std::size_t> job_of;  // (n_row)
    std::map<std::string, std::size_t> numbers;
    for (std::size_t i = 0; i < table.rows.size(); ++i) {
      const Row row(table, i);
      out.push_back(describe(row));
      job_of.push_back(0);
      if (!out.back().reason.empty()) continue;
      const auto [found, is_new] = numbers.emplace(out.back().configuration, jobs.size());
      if (is_new) jobs.push_back(i);
      job_of.back() = found->second;
    }
    const Result<std::vector<Solved>> solved = solve_all(table, jobs);
    if (!solved) return tl::unexpected(solved.error());
    for (std::size_t i = 0; i < out.size(); ++i) {
      RowPrediction& p = out[i];
      if (!p.reason.empty()) continue;
      const Solved& s = (*solved)[job_of[i]];
      p.reason = s.reason;
      p.defaults = s.defaults;
      p.step_s = s.step_s;
      const Row row(table, i);
      p.predicted = predicted(row, p.step_s);
      p.configuration += row.text("metric") + row.text("unit");
    }
    for (std::size_t i = 0; i < out.size(); ++i) {
      RowPrediction& p = out[i];
      const std::string& taken = worded.taken[i];
      if (p.reason.empty() && !taken.empty()) p.defaults += (p.defaults.empty() ? "" : ", ") + taken;
      p.metric = Row(printed, i).text("metric");
      p.unit = Row(printed, i).text("unit");
    }
    return out;
  }

 private:
  struct Solved {
    double step_s = kNoValue;
    std::string reason, defaults;
  };

  // In the metric and unit of a row.
  static double predicted(const Row& row, double step_s) {
    const std::string& metric = row.text("metric");
    if (metric == "step_time") return step_s / unit_si(row.text("unit"), Dimension::kTime, 1);
    double rate = row.number("global_batch").value_or(kNoValue) / step_s;
    if (metric.starts_with("tokens")) rate *= row.number("seq").value_or(kNoValue);
    if (metric.ends_with("_per_gpu")) rate /= row.number("n_gpus").value_or(kNoValue);
    return rate / *throughput_unit(row.text("unit"));
  }

  // Tokens or sequences that a rate is counted in; none if the text is no such unit.
  static std::optional<double> throughput_unit(const std::string& unit) {
    if (unit.empty()) return 1;
    if (unit == "k") return 1e3;
    if (unit == "M") return 1e6;
    return std::nullopt;
  }

  static std::string why_not(const Row& row) {
    const std::string &metric = row.text("metric"), &unit = row.text("unit");
    if (training_metric(metric) != metric || metric.empty())
      return fmt::format("metric {} is listed, not scored", metric);
    if (metric == "step_time" && std::isnan(unit_si(unit, Dimension::kTime, 1)))
      return no_such_unit(unit, Dimension::kTime);
    if (metric != "step_time" && !throughput_unit(unit)) return fmt::format("unit {} is not one of throughput", unit);
    return bad_number(row);
  }

  RowPrediction describe(const Row& row) const {
    RowPrediction p;
    describe_row(row, ',', p);
    const EntryName* system = find_entry(names_, "racks", row.text("system"));
    p.system = system != nullptr ? system->name : row.text("system");
    const EntryName* model = find_entry(names_, "models", model_text(row));
    p.model = model != nullptr ? model->name : model_text(row);
    p.reason = why_not(row);
    // Here and not where it is solved: what is wrong with a row must not stand for its duplicates.
    if (p.reason.empty()) p.reason = why_not_here(row, catalog_, names_);
    for (const char* column : {"system", "nic_gbps", "task", "prec", "recompute_id", "n_gpus", "layers", "seq", "tp",
                               "pp", "vp", "cp", "ep", "dp", "micro_batch", "global_batch"})
      p.configuration += row.text(column) + "|";
    p.configuration += notes_text(row) + "|";
    // Of a model that the catalogue lacks, what it is made of.
    if (model == nullptr && find_entry(names_, "models", row.text("model")) == nullptr)
      p.configuration += row.text("hidden") + "|" + row.text("heads") + "|" + row.text("notes") + "|";
    p.job = job_text(row, p);
    p.layout = layout_text(row);
    return p;
  }

  Result<std::vector<Solved>> solve_all(const CsvTable& table, const std::vector<std::size_t>& jobs) const {
    const auto answers = in_processes(jobs.size(), std::thread::hardware_concurrency(),
                                      [&](std::size_t i) { return text_of(solved(Row(table, jobs[i]))); });
    if (!answers) return tl::unexpected(answers.error());
    std::vector<Solved> solved;
    for (const std::optional<std::string>& answer : *answers)
      solved.push_back(answer ? solved_of(*answer) : Solved{kNoValue, "the process that predicts it ended early", {}});
    return solved;
  }

  Solved solved(const Row& row) const {
    const Explained<TrainingStep> step = solve_training_row(row, catalog_, calibration_, names_);
    return step ? Solved{step->profile.step_s, {}, step->defaults} : Solved{kNoValue, step.error(), {}};
  }

  // A result as a process hands it on: the step time's bytes, the reason, the defaults.
  static std::string text_of(const Solved& s) {
    std::string text(sizeof s.step_s, '\0');
    std::memcpy(text.data(), &s.step_s, sizeof s.step_s);
    return text + s.reason + '\0' + s.defaults;
  }
  static Solved solved_of(const std::string& text) {
    Solved s;
    std::memcpy(&s.step_s, text.data(), sizeof s.step_s);
    const std::size_t end = text.find('\0', sizeof s.step_s);
    s.reason = text.substr(sizeof s.step_s, end - sizeof s.step_s);
    s.defaults = text.substr(end + 1);
    return s;
  }

  const Catalog& catalog_;
  const Calibration& calibration_;
  std::vector<EntryName> names_;
};

}  // namespace

Explained<TrainingStep> solve_training_row(const CsvRow& row, const Catalog& catalog, const Calibration& calibration,
                                           const std::vector<EntryName>& names) {
  if (std::string reason = why_not_here(row, catalog, names); !reason.empty()) return tl::unexpected(std::move(reason));
  Result<RackType> rack = catalog.rack(find_entry(names, "racks", row.text("system"))->name);
  if (!rack) return tl::unexpected(first_message(rack.error()));
  const bool is_rack_scale = rack->domain_gpus() > 8;
  Result<FabricType> fabric = catalog.fabric(is_rack_scale ? "superpod-gb200-ndr" : "superpod-b200-ndr");
  if (!fabric) return tl::unexpected(first_message(fabric.error()));

  WorkloadRequest q;
  q.fits_for_sure = true;
  q.model = *model_of_row(row, catalog, names);
  q.precision = *word_of(precision_words(), row.text("prec"));
  q.task = *word_of(task_words(), row.text("task"));
  q.recompute = *word_of(recompute_words(), row.text("recompute_id"));
  q.gpus = row.integer("n_gpus", 1);
  q.tp = row.integer("tp", 1);
  q.pp = row.integer("pp", 1);
  if (q.pp > 1) q.vp = row.number("vp") ? row.integer("vp", 1) : usual_interleaving(q.model.layers, q.pp, row);
  q.cp = row.integer("cp", 1);
  if (row.number("dp")) q.dp = row.integer("dp", 1);
  if (q.model.moe && row.number("ep")) q.ep = row.integer("ep", 1);
  read_software(row, q);
  if (q.model.moe && row.text("notes").find("force-balanced") == std::string::npos)
    q.expert_imbalance = calibration.expert_imbalance.value.value;
  if (q.model.moe) read_dispatch(row, q);
  q.micro_batch = row.integer("micro_batch", 1);
  q.global_batch = row.integer("global_batch", 1);
  q.sequence = row.integer("seq", 1);

  TrainingStep step;
  Plan& plan = step.plan;
  plan.site.name = "table";
  plan.site.fabric = std::move(*fabric);
  plan.site.rack_type = std::move(*rack);
  RackType& type = plan.site.rack_type;
  if (const auto nic = row.number("nic_gbps"))
    type.nic_bytes_per_s.value = *nic * 1e9 / 8 * type.gpus_per_tray / type.nics_per_tray;
  double& port = plan.site.fabric.port_bytes_per_s.value;
  port = std::max(port, type.nic_bytes_per_s.value);
  std::string reason;
  const auto report = [&](const std::string&, std::string message, const std::string&,
                          const std::vector<std::string>&) {
    if (reason.empty()) reason = std::move(message);
  };
  auto workload = resolve_workload(q, type, plan, report);
  if (!workload) return tl::unexpected(std::move(reason));
  plan.workload = std::move(*workload);
  for (const DefaultUsed& d : plan.defaults)
    if (d.key == "workload.recompute") step.defaults = "recompute " + d.value;
  const int per_rack = plan.workload.ranks_per_domain * type.domains();
  for (int r = 0; r < (q.gpus + per_rack - 1) / per_rack; ++r)
    plan.site.racks.push_back({fmt::format("table/{}", r), 0, 0});
  Result<Model> model = build_model(plan);
  if (!model) return tl::unexpected(first_message(model.error()));
  step.model = std::move(*model);
  const std::vector<double> clocks(step.model.gpu_classes.size(), 1.0);
  Result<IterationProfile> profile = solve_iteration(plan, step.model, calibration, clocks);
  if (!profile) return tl::unexpected(first_message(profile.error()));
  step.profile = std::move(*profile);
  return step;
}

Result<std::vector<RowPrediction>> predict_training_rows(const CsvTable& table, const Catalog& catalog,
                                                         const Calibration& calibration) {
  Result<std::vector<EntryName>> names = list_entries(catalog);
  if (!names) return tl::unexpected(names.error());
  const WordedTable worded = in_known_words(table, *names);
  Errors errors = missing_columns(
      worded.table, {"id", "system", "model_id", "prec", "n_gpus", "seq", "micro_batch", "global_batch", "metric"});
  if (!errors.empty()) return fail(std::move(errors));
  return Predictor(catalog, calibration, std::move(*names)).predict(table, worded);
}

}  // namespace racktwin
