#include "sim/plan/resolve_workload.h"

#include "sim/catalog/calibration.h"
#include "sim/model/model.h"
#include "sim/quantity.h"
#include "sim/workload/memory.h"
#include "sim/workload/operators.h"
#include "sim/workload/schedule.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

constexpr double kTightMemory = 0.9;  // of the capacity; above it there is a warning
// The estimate is that uncertain: what is known to have run is not made to recompute within this share of the capacity.
constexpr double kMemoryEstimate = 1.15;
constexpr Precision kPrecisions[] = {Precision::kBf16, Precision::kFp8, Precision::kFp8Current, Precision::kMxfp8,
                                     Precision::kNvfp4};

class Resolver {
 public:
  Resolver(const WorkloadRequest& request, const RackType& rack, Plan& plan, const ReportError& report)
      : q_(request), rack_(rack), plan_(plan), report_(report) {}

  std::optional<Workload> resolve() {
    w_.task = q_.task;
    w_.model = q_.model;
    w_.precision = q_.precision;
    w_.micro_batch = q_.micro_batch;
    w_.global_batch = q_.global_batch;
    w_.sequence = q_.sequence;
    check_precision();
    check_nvlink();
    resolve_parallelism();
    if (failed_) return std::nullopt;
    resolve_experts();
    resolve_batches();
    if (q_.checks_layout_only) return std::nullopt;
    resolve_sharding();
    resolve_task();
    resolve_layers();
    resolve_overlap();
    if (failed_) return std::nullopt;
    resolve_domain();
    if (failed_) return std::nullopt;
    check_groups();
    resolve_dispatch();
    resolve_memory();
    if (failed_) return std::nullopt;
    return w_;
  }

 private:
  void error(const std::string& key, std::string message, std::string hint = {}, std::vector<std::string> notes = {}) {
    failed_ = true;
    report_(key, std::move(message), std::move(hint), std::move(notes));
  }

  template <class T>
  T choose(const std::optional<T>& given, T chosen, const char* key, std::string value, const char* reason) {
    if (given) return *given;
    plan_.defaults.push_back({fmt::format("workload.{}", key), std::move(value), reason});
    return chosen;
  }

  void check_precision() {
    const Gpu& gpu = rack_.gpu;
    if (supports(gpu, q_.precision)) return;
    std::string known;
    for (const Precision other : kPrecisions)
      if (supports(gpu, other)) known += fmt::format("{}{}", known.empty() ? "it has " : ", ", precision_word(other));
    const bool has_peak = !std::isnan(gemm_efficiency(gpu, q_.precision).dense_flops.value);
    error("precision",
          fmt::format("the catalogue has no {} {} for the {}", precision_word(q_.precision),
                      has_peak ? "GEMM efficiency" : "performance", gpu.title),
          !known.empty() ? known : "its entry has no table [gemm] with what measured kernels reach");
  }

  void check_nvlink() {
    const int generation = rack_.gpu.nvlink_generation;
    if (generation >= kOldestFittedNvlink && generation <= kNewestFittedNvlink) return;
    plan_.warnings.push_back(
        fmt::format("no collective was fitted on NVLink {}: it is taken to be as efficient as NVLink {}", generation,
                    std::clamp(generation, kOldestFittedNvlink, kNewestFittedNvlink)));
  }

  void resolve_parallelism() {
    Parallelism& p = w_.parallelism;
    p.tp = q_.tp;
    p.cp = q_.cp;
    p.pp = q_.pp;
    p.vp = q_.vp;
    const int group = p.tp * p.cp * p.pp;
    if (!q_.dp && q_.gpus % group != 0) {
      error(
          "gpus",
          fmt::format("{} GPUs do not divide into tp x cp x pp = {} x {} x {} = {}", q_.gpus, p.tp, p.cp, p.pp, group),
          fmt::format("use a multiple of {}", group));
      return;
    }
    p.dp = choose<int>(q_.dp, q_.gpus / group, "dp", std::to_string(q_.gpus / group), "gpus / (tp x cp x pp)");
    if (p.ranks() != q_.gpus)
      error("gpus", fmt::format("tp x cp x dp x pp = {} x {} x {} x {} = {}, but the job asks for {} GPUs", p.tp, p.cp,
                                p.dp, p.pp, p.ranks(), q_.gpus));
    p.order = choose<std::array<Axis, 4>>(q_.order, p.order, "order", "tp-cp-dp-pp", "Megatron's default");
    if (p.vp > 1 && p.pp == 1) error("vp", "interleaving (vp > 1) needs a pipeline (pp > 1)");
    if (q_.model.heads % p.tp != 0)
      error("tp", fmt::format("{} attention heads do not divide by tp = {}", q_.model.heads, p.tp));
    else if (!q_.model.latent && q_.model.kv_heads % p.tp != 0 && p.tp % q_.model.kv_heads != 0)
      error("tp", fmt::format("{} key-value heads do not divide by tp = {}", q_.model.kv_heads, p.tp));
    else if (q_.sequence % p.tp != 0)  // sequence parallelism
      error("tp", fmt::format("a sequence of {} does not divide by tp = {}", q_.sequence, p.tp));
    const int layers = q_.model.layers + q_.model.prediction_layers + (counts_ends() ? 2 : 0);
    if (p.pp * p.vp > layers)
      error("pp",
            fmt::format("{} stages x {} chunks are more than the model's {} layers{}", p.pp, p.vp, q_.model.layers,
                        counts_ends() ? ", embedding and loss" : ""),
            fmt::format("pp x vp must be at most {}", layers));
    if (q_.sequence % (2 * p.cp) != 0 && p.cp > 1)
      error("cp", fmt::format("a sequence of {} does not divide by 2 x cp = {}", q_.sequence, 2 * p.cp));
    else if (q_.sequence % p.tp == 0 && q_.sequence % (p.cp * p.tp) != 0)
      error("cp", fmt::format("a sequence of {} does not divide by cp x tp = {}", q_.sequence, p.cp * p.tp));
  }

  // Expert parallelism lies inside the ranks of a stage, as in Megatron: ep x etp divides tp x cp x dp.
  void resolve_experts() {
    Parallelism& p = w_.parallelism;
    if (!q_.model.moe) {
      for (const auto& [key, stated] : {std::pair{"ep", q_.ep.value_or(1) > 1},
                                        {"etp", q_.etp.value_or(1) > 1},
                                        {"expert_dispatch", q_.expert_dispatch.has_value()},
                                        {"expert_imbalance", q_.expert_imbalance.has_value()},
                                        {"overlap_expert_parallel", q_.overlap_expert_parallel.has_value()}})
        if (stated) error(key, fmt::format("{} has no experts", q_.model.title), "leave it out");
      return;
    }
    const MixtureOfExperts& moe = *q_.model.moe;
    p.ep = choose<int>(q_.ep, 1, "ep", "1", "every rank holds all experts");
    const int stage = p.tp * p.cp * p.dp;
    const bool same = stage % (p.ep * p.tp) == 0;
    p.etp = p.tp == 1 ? q_.etp.value_or(1)
                      : choose<int>(q_.etp, same ? p.tp : 1, "etp", std::to_string(same ? p.tp : 1),
                                    same ? "tp, Megatron's default" : "ep x tp do not fit into tp x cp x dp");
    if (moe.experts % p.ep != 0) {
      error("ep", fmt::format("{} experts do not divide by ep = {}", moe.experts, p.ep));
    } else if (stage % (p.ep * p.etp) != 0) {
      error("ep", fmt::format("ep x etp = {} x {} does not divide the tp x cp x dp = {} x {} x {} ranks of a stage",
                              p.ep, p.etp, p.tp, p.cp, p.dp));
    } else if (moe.expert_ffn % p.etp != 0) {
      error("etp", fmt::format("an expert's {} columns do not divide by etp = {}", moe.expert_ffn, p.etp));
    }
    if (p.ep == 1) return;  // every rank holds all experts: none waits for a busier one
    w_.expert_imbalance = choose(q_.expert_imbalance, 1.0, "expert_imbalance", "1", "routing is forced to be even");
  }

  void resolve_sharding() {
    const Parallelism& p = w_.parallelism;
    const int ranks = p.dp * p.cp;
    w_.shard_ranks = ranks;
    if (ranks == 1) return;
    w_.sharding =
        choose(q_.sharding, Sharding::kOptimizer, "sharding", "optimizer", "Megatron's distributed optimizer");
    if (w_.sharding == Sharding::kOptimizer) {
      if (q_.shard_ranks) error("shard_ranks", "shard_ranks needs sharding = \"gradients\" or \"parameters\"");
      return;
    }
    w_.shard_ranks = choose<int>(q_.shard_ranks, ranks, "shard_ranks", std::to_string(ranks), "all of dp x cp");
    if (ranks % w_.shard_ranks != 0)
      error("shard_ranks",
            fmt::format("shard_ranks = {} does not divide dp x cp = {} x {}", w_.shard_ranks, p.dp, p.cp));
  }

  void resolve_task() {
    w_.document = q_.document.value_or(0);
    if (w_.document > w_.sequence)
      error("document",
            fmt::format("documents of {} tokens do not fit into a sequence of {}", w_.document, w_.sequence));
    w_.kernels = choose(q_.kernels, Kernels::kNative, "kernels", "native", "fused, attention made for the chip");
    if (w_.task != Task::kLora) {
      if (q_.lora_rank) error("lora_rank", "lora_rank needs task = \"lora\"");
      return;
    }
    if (w_.model.latent)
      error("task", fmt::format("adapters of latent attention are not modelled, and {} has it", w_.model.title));
    w_.lora_rank = choose<int>(q_.lora_rank, 16, "lora_rank", "16", "adapters of the query, key and value projections");
  }

  void resolve_batches() {
    const int replicas = w_.micro_batch * w_.parallelism.dp;
    if (w_.global_batch % replicas != 0)
      error("global_batch", fmt::format("a global batch of {} does not divide by micro_batch x dp = {} x {} = {}",
                                        w_.global_batch, w_.micro_batch, w_.parallelism.dp, replicas));
    else if (w_.parallelism.vp > 1 && w_.micro_batches() % w_.parallelism.pp != 0)
      error("global_batch",
            fmt::format("interleaving needs micro-batches that divide by pp: {} do not divide by {}",
                        w_.micro_batches(), w_.parallelism.pp),
            fmt::format("use a multiple of {}, or vp = 1", replicas * w_.parallelism.pp));
  }

  bool counts_ends() const {
    return q_.embedding_and_loss_count_as_layers.value_or(
        default_embedding_and_loss_count(q_.model.layers, w_.parallelism));
  }

  void resolve_layers() {
    const bool counts = default_embedding_and_loss_count(w_.model.layers, w_.parallelism);
    w_.embedding_and_loss_count_as_layers = choose(
        q_.embedding_and_loss_count_as_layers, counts, "embedding_and_loss_count_as_layers", counts ? "true" : "false",
        counts ? "layers + 2 divide by pp x vp and the layers do not" : "the layers are spread alone");
  }

  void resolve_overlap() {
    if (w_.parallelism.tp > 1)
      w_.overlap_tensor_parallel = choose(q_.overlap_tensor_parallel, false, "overlap_tensor_parallel", "false",
                                          "tensor-parallel collectives are exposed");
    if (w_.parallelism.dp * w_.parallelism.cp > 1)
      w_.overlap_grad_reduce =
          choose(q_.overlap_grad_reduce, true, "overlap_grad_reduce", "true", "Megatron's distributed optimizer");
  }

  void resolve_domain() {
    const int gpus = rack_.domain_gpus();
    const int chosen = default_ranks_per_domain(w_.parallelism, gpus);
    w_.ranks_per_domain = choose<int>(q_.ranks_per_domain, chosen, "gpus_per_domain", std::to_string(chosen),
                                      "whole stages or replicas in an NVLink domain");
    if (w_.ranks_per_domain < 1 || w_.ranks_per_domain > gpus)
      error("gpus_per_domain", fmt::format("an NVLink domain of the {} has {} GPUs", rack_.title, gpus));
  }

  // Known only once the ranks have their places. Public recipes for experts that span NVLink domains use DeepEP, and
  // run it beside the compute where chunks interleave. source: Megatron-Bridge, scripts/performance/configs (deepseek,
  // qwen).
  void resolve_dispatch() {
    const Parallelism& p = w_.parallelism;
    if (p.ep == 1) return;
    const bool leaves_domain = straddles("ep");
    const bool beside = leaves_domain && p.vp > 1 && q_.recompute != Recompute::kFull;
    w_.overlap_expert_parallel =
        choose(q_.overlap_expert_parallel, beside, "overlap_expert_parallel", beside ? "true" : "false",
               beside ? "experts span NVLink domains and chunks interleave" : "dispatch and combine are exposed");
    const ExpertDispatch chosen = leaves_domain ? ExpertDispatch::kDeepEp : ExpertDispatch::kAllToAll;
    w_.expert_dispatch =
        choose(q_.expert_dispatch, chosen, "expert_dispatch", std::string(expert_dispatch_word(chosen)),
               leaves_domain ? "experts span NVLink domains" : "experts stay in an NVLink domain");
  }

  // Ranks of a group in different NVLink domains. Ranks fill domains in their order, those of a stage groups of
  // experts.
  bool straddles(const std::string& axis) const {
    const Parallelism& p = w_.parallelism;
    const auto domain = [&](int rank) { return rank / w_.ranks_per_domain; };
    if (axis == "ep") {
      std::vector<int> stage;
      for (int r = 0; r < p.ranks(); ++r)
        if (coordinates_of(p, r).pipeline == 0) stage.push_back(r);
      const int block = p.ep * p.etp;
      for (int i = 0; i < static_cast<int>(stage.size()); ++i) {
        const int first = i - i % block / p.etp * p.etp;
        if (domain(stage[static_cast<std::size_t>(i)]) != domain(stage[static_cast<std::size_t>(first)])) return true;
      }
      return false;
    }
    const Axis of = axis == "tp" ? Axis::kTensor : Axis::kContext;
    int stride = 1;
    for (const Axis before : p.order) {
      if (before == of) break;
      stride *= before == Axis::kTensor ? p.tp : before == Axis::kContext ? p.cp : before == Axis::kData ? p.dp : p.pp;
    }
    for (int r = 0; r < p.ranks(); ++r) {
      const RankCoordinates at = coordinates_of(p, r);
      if (domain(r) != domain(r - (of == Axis::kTensor ? at.tensor : at.context) * stride)) return true;
    }
    return false;
  }

  // Groups that straddle domains: an error where the scenario forbids it, else worth a word if they need not.
  void check_groups() {
    const Parallelism& p = w_.parallelism;
    for (const auto& [axis, ranks] : {std::pair{std::string("tp"), p.tp}, {"cp", p.cp}, {"ep", p.ep}}) {
      if (ranks == 1 || !straddles(axis)) continue;
      const std::string what =
          fmt::format("groups of {} = {} straddle NVLink domains, of which the job uses {} GPUs each", axis, ranks,
                      w_.ranks_per_domain);
      if (std::find(q_.keep_in_domain.begin(), q_.keep_in_domain.end(), axis) != q_.keep_in_domain.end())
        error("keep_in_domain", what, "another gpus_per_domain, order or layout, or leave it out here");
      else if (w_.ranks_per_domain % ranks != 0 && ranks < w_.ranks_per_domain)
        plan_.warnings.push_back(what + ": what they exchange leaves NVLink");
    }
  }

  // Recompute that is not stated is the least that fits: of as few layers as need be, in sixteenths.
  void resolve_memory() {
    const double capacity = rack_.gpu.hbm_capacity_bytes.value;
    if (q_.recompute) {
      w_.recompute = *q_.recompute;
      w_.recomputed_layers = w_.recompute == Recompute::kFull ? 1 : 0;
    } else {
      const double limit = q_.fits_for_sure ? kMemoryEstimate * capacity : capacity;
      while (memory_use(w_).total_bytes() > limit && w_.recomputed_layers < 1) w_.recomputed_layers += 1.0 / 16;
      w_.recompute = w_.recomputed_layers > 0 ? Recompute::kFull : Recompute::kNone;
      plan_.defaults.push_back(
          {"workload.recompute",
           w_.recomputed_layers > 0 ? fmt::format("full, {:g} % of the layers", 100 * w_.recomputed_layers) : "none",
           "the least that fits"});
    }
    const MemoryUse use = memory_use(w_);
    if (use.total_bytes() <= capacity) {
      if (use.total_bytes() > kTightMemory * capacity)
        plan_.warnings.push_back(
            fmt::format("the GPUs' memory is {:.0f} % full ({} of {}): an estimate this close may not fit",
                        100 * use.total_bytes() / capacity, format_quantity(use.total_bytes(), Dimension::kBytes),
                        format_quantity(capacity, Dimension::kBytes)));
      return;
    }
    if (q_.fits_for_sure) return;
    std::vector<std::string> notes = {fmt::format("stage {} of {}, per GPU, recompute {}:", use.stage + 1,
                                                  w_.parallelism.pp, recompute_word(w_.recompute))};
    for (const MemoryItem& item : use.items)
      notes.push_back(fmt::format("{:>9}  {}", format_quantity(item.bytes, Dimension::kBytes), item.name));
    notes.push_back(fmt::format("{:>9}  in all; the {} has {}", format_quantity(use.total_bytes(), Dimension::kBytes),
                                rack_.gpu.title, format_quantity(capacity, Dimension::kBytes)));
    error("model", fmt::format("{} does not fit into the GPUs' memory", w_.model.title),
          "raise tp, pp or cp, or lower micro_batch", std::move(notes));
  }

  const WorkloadRequest& q_;
  const RackType& rack_;
  Plan& plan_;
  const ReportError& report_;
  Workload w_;
  bool failed_ = false;
};

}  // namespace

std::optional<Workload> resolve_workload(const WorkloadRequest& request, const RackType& rack, Plan& plan,
                                         const ReportError& report) {
  return Resolver(request, rack, plan, report).resolve();
}

bool supports(const Gpu& gpu, Precision precision) { return gemm_efficiency(gpu, precision).known(); }

}  // namespace racktwin
