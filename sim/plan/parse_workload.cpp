#include "sim/plan/in_range.h"
#include "sim/plan/resolve_workload.h"
#include "sim/plan/scenario_reader.h"

#include <fmt/core.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {
namespace {

// A node reboots in 10 to 30 min (assumed).
constexpr double kRestart_s = 900;

std::optional<std::array<Axis, 4>> parse_order(Table& table) {
  const auto text = table.optional_text("order");
  if (!text) return std::nullopt;
  std::array<Axis, 4> order{};
  std::size_t n = 0, begin = 0;
  bool good = true;
  std::vector<bool> seen(4);
  while (begin <= text->size()) {
    const std::size_t end = std::min(text->find('-', begin), text->size());
    const std::string word = text->substr(begin, end - begin);
    begin = end + 1;
    if (word == "ep") continue;  // expert parallelism lies inside dp x tp and moves nobody
    const Axis axis = word == "tp"   ? Axis::kTensor
                      : word == "cp" ? Axis::kContext
                      : word == "dp" ? Axis::kData
                                     : Axis::kPipeline;
    if ((axis == Axis::kPipeline && word != "pp") || n == 4 || seen[static_cast<std::size_t>(axis)]) {
      good = false;
      break;
    }
    seen[static_cast<std::size_t>(axis)] = true;
    order[n++] = axis;
  }
  if (!good || n != 4) {
    table.error_at("order", fmt::format("\"{}\" is no rank order", *text),
                   "each of tp, cp, dp, pp once, fastest first: \"tp-cp-dp-pp\"");
    return std::nullopt;
  }
  return order;
}

// "tp-ep"
std::vector<std::string> parse_kept(Table& table) {
  std::vector<std::string> kept;
  const auto text = table.optional_text("keep_in_domain");
  for (std::size_t begin = 0; text && begin <= text->size();) {
    const std::size_t end = std::min(text->find('-', begin), text->size());
    kept.push_back(text->substr(begin, end - begin));
    begin = end + 1;
    if (kept.back() == "tp" || kept.back() == "cp" || kept.back() == "ep") continue;
    table.error_at("keep_in_domain", fmt::format("\"{}\" names no groups that could stay in a domain", *text),
                   "of tp, cp and ep those whose groups must not leave an NVLink domain: \"tp-ep\"");
    break;
  }
  return kept;
}

}  // namespace

void parse_workload(ScenarioReader& reader) {
  Plan& plan = reader.plan;
  Table table = reader.table("workload");
  const std::size_t errors = reader.errors().size();
  std::size_t misspelt = 0;  // errors of words, which layout and batches do not depend on
  const auto word = [&](const char* key, const auto& words, bool required) {
    const std::size_t before = reader.errors().size();
    const auto value = reader.one_of(table, key, words, required);
    misspelt += reader.errors().size() - before;
    return value;
  };
  WorkloadRequest q;
  static constexpr std::pair<const char*, Task> kTasks[] = {
      {"pretrain", Task::kPretrain}, {"sft", Task::kSft}, {"lora", Task::kLora}};
  q.task = word("task", kTasks, true).value_or(Task::kPretrain);
  const bool has_model = reader.look_up(table, "model", &Catalog::model, q.model);
  static constexpr std::pair<const char*, Precision> kPrecisions[] = {{"bf16", Precision::kBf16},
                                                                      {"fp8", Precision::kFp8},
                                                                      {"fp8-current", Precision::kFp8Current},
                                                                      {"mxfp8", Precision::kMxfp8},
                                                                      {"nvfp4", Precision::kNvfp4}};
  q.precision = word("precision", kPrecisions, true).value_or(Precision::kBf16);
  constexpr int kMost = 1 << 20;
  q.gpus = reader.integer_within(table, "gpus", 1, kMost, 512);
  for (const auto& [key, value] : {std::pair{"tp", &q.tp}, {"cp", &q.cp}, {"pp", &q.pp}, {"vp", &q.vp}})
    *value = reader.choose(reader.optional_integer_within(table, key, 1, 1024), 1,
                           fmt::format("workload.{}", key).c_str(), "1");
  q.ep = reader.optional_integer_within(table, "ep", 1, 4096);
  q.etp = reader.optional_integer_within(table, "etp", 1, 1024);
  if (table.has("dp")) q.dp = reader.integer_within(table, "dp", 1, kMost);
  q.order = parse_order(table);
  if (table.has("gpus_per_domain")) q.ranks_per_domain = reader.integer_within(table, "gpus_per_domain", 1, kMost, 64);
  q.keep_in_domain = parse_kept(table);
  q.micro_batch = reader.integer_within(table, "micro_batch", 1, kMost, 1);
  q.global_batch = reader.integer_within(table, "global_batch", 1, kMost, 512);
  q.sequence = reader.integer_within(table, "sequence", 1, 1 << 24, 8192);
  static constexpr std::pair<const char*, Recompute> kRecompute[] = {
      {"none", Recompute::kNone}, {"selective", Recompute::kSelective}, {"full", Recompute::kFull}};
  q.recompute = word("recompute", kRecompute, false);
  q.embedding_and_loss_count_as_layers = table.optional_boolean("embedding_and_loss_count_as_layers");
  q.overlap_tensor_parallel = table.optional_boolean("overlap_tensor_parallel");
  q.overlap_grad_reduce = table.optional_boolean("overlap_grad_reduce");
  q.overlap_expert_parallel = table.optional_boolean("overlap_expert_parallel");
  static constexpr std::pair<const char*, Sharding> kSharding[] = {
      {"optimizer", Sharding::kOptimizer}, {"gradients", Sharding::kGradients}, {"parameters", Sharding::kParameters}};
  q.sharding = word("sharding", kSharding, false);
  static constexpr std::pair<const char*, Kernels> kKernels[] = {{"native", Kernels::kNative},
                                                                 {"flash-attention-2", Kernels::kFlash2},
                                                                 {"compiled", Kernels::kCompiled},
                                                                 {"eager", Kernels::kEager}};
  q.kernels = word("kernels", kKernels, false);
  static constexpr std::pair<const char*, ExpertDispatch> kDispatch[] = {{"alltoall", ExpertDispatch::kAllToAll},
                                                                         {"deepep", ExpertDispatch::kDeepEp}};
  q.expert_dispatch = word("expert_dispatch", kDispatch, false);
  q.expert_imbalance = table.optional_quantity("expert_imbalance", Dimension::kNone);
  if (q.expert_imbalance && (*q.expert_imbalance < 1 || *q.expert_imbalance > 10))
    table.error_at("expert_imbalance", "the busiest rank has 1 to 10 times the mean");
  const std::optional<double> restart_s = optional_in_range(table, "restart", Dimension::kTime, 0, 86400);
  q.shard_ranks = reader.optional_integer_within(table, "shard_ranks", 1, kMost);
  q.document = reader.optional_integer_within(table, "document", 1, 1 << 24);
  q.lora_rank = reader.optional_integer_within(table, "lora_rank", 1, 1 << 16);
  if (reader.has_site && q.gpus > plan.gpus())
    table.error_at("gpus", fmt::format("the job asks for {} GPUs, the site has {}", q.gpus, plan.gpus()));
  if (!reader.has_rack || !has_model || reader.errors().size() > errors + misspelt) return;
  q.checks_layout_only = misspelt > 0;
  const auto report = [&](const std::string& key, std::string message, std::string hint,
                          std::vector<std::string> notes) {
    table.error_at(table.has(key) ? key : "gpus", std::move(message), std::move(hint));
    reader.errors().back().notes = std::move(notes);
  };
  auto workload = resolve_workload(q, plan.site.rack_type, plan, report);
  if (!workload) return;
  plan.workload = std::move(*workload);
  plan.workload.restart_s = reader.choose(restart_s, kRestart_s, "workload.restart", "15 min");
}

}  // namespace racktwin
