#include "sim/workload/iteration.h"

#include "sim/check.h"
#include "sim/workload/block.h"
#include "sim/workload/exchange.h"
#include "sim/workload/schedule.h"

#include <algorithm>
#include <compare>
#include <map>

namespace racktwin {
namespace {

using Nodes = std::vector<std::uint32_t>;
using NodesByClass = std::map<std::uint32_t, Nodes>;

// An exchange of keys and values over NVLink that takes less than this share of the attention that it hides behind is
// no activity: a GPU's own port, which only its own few collectives share, could be ten times slower before it showed.
// Its bytes are counted all the same. Over the fabric it always is an activity.
constexpr double kHiddenExchangeShare = 0.1;

// SMs that a communication kernel occupies. source: NCCL runs one block of threads for each channel, 16 or more for
// rings of large messages (assumed; NVIDIA, Enabling Fast Inference and Resilient Training with NCCL 2.27);
// Megatron-LM, moe_deepep_num_sms = 20
constexpr double kNcclSms = 16, kDeepEpSms = 20;

// The ranks over which a collective runs, as a field of GpuClass.
using Group = Membership GpuClass::*;

class Builder {
 public:
  Builder(const Plan& plan, const Model& model, const Calibration& calibration, const std::vector<double>& clocks,
          const NetworkShare& network)
      : rack_(plan.site.rack_type),
        w_(plan.workload),
        p_(plan.workload.parallelism),
        model_(model),
        calibration_(calibration),
        clocks_(clocks),
        graph_(static_cast<std::uint32_t>(model.gpu_classes.size())),
        links_(plan, model, network, graph_),
        exchanges_(plan, model, calibration, links_),
        hidden_bytes_(links_.owners.size()),
        tail_(model.gpu_classes.size()),
        before_block_(model.gpu_classes.size()),
        latest_(model.gpu_classes.size(), {kNoIndex, kNoIndex}),
        gather_tail_(model.gpu_classes.size()),
        reduce_tail_(model.gpu_classes.size()) {
    RT_CHECK_EQ(clocks.size(), model.gpu_classes.size());
  }

  Iteration build() {
    for (int s = 0; s < p_.pp; ++s) add_stage(s);
    connect_pipeline();
    add_optimizer();
    Iteration iteration;
    iteration.graph = graph_.finish();
    iteration.trunk_owners = std::move(links_.owners);
    iteration.hidden_bytes = std::move(hidden_bytes_);
    return iteration;
  }

 private:
  // --- collectives

  std::uint32_t add_flow(ActivityKind kind, std::uint32_t from, std::uint32_t to, const Flow& flow,
                         std::uint32_t block) {
    const std::uint32_t route = links_.route(from, to, flow.up, flow.down, flow.cap_bytes_per_s);
    return graph_.add_comm(kind, from, route, flow.bytes, flow.delay_s, block);
  }

  Nodes add_flows(ActivityKind kind, std::uint32_t c, const std::vector<Flow>& flows, std::uint32_t block) {
    Nodes nodes;
    for (const Flow& flow : flows) nodes.push_back(add_flow(kind, c, c, flow, block));
    return nodes;
  }

  // Per class of the group of `member`: the nodes after which all members are done. One class: its own nodes.
  Nodes sync(const Membership& member, const NodesByClass& nodes, std::uint32_t c,
             std::map<std::uint32_t, std::uint32_t>& joins) {
    if (member.group == kNoIndex || model_.group_classes[member.group].gpu_classes.size() == 1) return nodes.at(c);
    const auto [join, created] = joins.emplace(member.group, 0);
    if (created) {
      join->second = graph_.add_join();
      for (const std::uint32_t other : model_.group_classes[member.group].gpu_classes)
        for (const std::uint32_t node : nodes.at(other)) graph_.connect(node, join->second);
    }
    return {join->second};
  }

  // A collective of every member's `group` once all of the group have done `before`; returns what marks its end for
  // each. flows_of(class, place in the group): what a rank sends.
  template <class FlowsOf>
  NodesByClass exchange(const std::vector<std::uint32_t>& members, ActivityKind kind, Group group,
                        const NodesByClass& before, std::uint32_t block, const FlowsOf& flows_of) {
    NodesByClass flows, after;
    std::map<std::uint32_t, std::uint32_t> start_joins, end_joins;
    for (const std::uint32_t c : members) {
      const Membership& member = model_.gpu_classes[c].*group;
      flows[c] = add_flows(kind, c, flows_of(c, member), block);
      connect(sync(member, before, c, start_joins), flows[c]);
    }
    for (const std::uint32_t c : members) after[c] = sync(model_.gpu_classes[c].*group, flows, c, end_joins);
    return after;
  }

  void connect(const Nodes& before, std::uint32_t after) {
    for (const std::uint32_t node : before) graph_.connect(node, after);
  }
  void connect(const Nodes& before, const Nodes& after) {
    for (const std::uint32_t node : after) connect(before, node);
  }

  // --- blocks

  std::uint32_t label(const Block& block) const {
    return static_cast<std::uint32_t>(block.micro_batch * p_.vp + block.chunk);
  }

  void add_stage(int stage) {
    std::vector<std::uint32_t> members;
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c)
      if (model_.gpu_classes[c].stage == stage) members.push_back(c);
    std::vector<BlockCost> costs;
    for (int v = 0; v < p_.vp; ++v) costs.push_back(block_cost(rack_.gpu, calibration_, w_, stage, v));
    const bool replicas = p_.dp * p_.cp > 1 && w_.trains_all();
    if (replicas && !w_.is_fully_sharded()) add_gathers(members, costs);
    for (const Block& block : stage_schedule(p_, w_.micro_batches(), stage))
      add_block(members, block, costs[static_cast<std::size_t>(block.chunk)]);
    if (replicas && !w_.is_fully_sharded() && !w_.overlap_grad_reduce) {
      NodesByClass after;
      for (const std::uint32_t c : members) after[c] = tail_[c];
      for (const BlockCost& cost : costs)
        add_gradients(members, ActivityKind::kGradReduce, cost.parameters, kGradientBytes, 1, 0, after, reduce_tail_);
    }
  }

  // Parameters of all chunks, bucket after bucket, from the start of the iteration on.
  void add_gathers(const std::vector<std::uint32_t>& members, const std::vector<BlockCost>& costs) {
    for (int v = 0; v < p_.vp; ++v) {
      const BlockCost& cost = costs[static_cast<std::size_t>(v)];
      for (int b = 0; b < cost.buckets; ++b) {
        add_gradients(members, ActivityKind::kParamGather, cost.parameters, kParameterBytes / cost.buckets, 1,
                      static_cast<std::uint32_t>(v), {}, gather_tail_);
        for (const std::uint32_t c : members) gathered_[{c, v, b}] = gather_tail_[c];
      }
    }
    if (!w_.overlap_grad_reduce)
      for (const std::uint32_t c : members) tail_[c] = gather_tail_[c];
  }

  struct GradientExchange {
    Group group;
    CollectiveOp op;
    double bytes;
  };

  // How gradients are reduced, or parameters gathered, over their groups: the dense part over data and context parallel
  // ranks (those that share out, if these are fewer), the experts over their copies.
  std::vector<GradientExchange> gradient_exchanges(ActivityKind kind, const ParameterCount& parameters,
                                                   double bytes_each) const {
    std::vector<GradientExchange> out;
    const bool hybrid = w_.shard_ranks < p_.dp * p_.cp, reduces = kind == ActivityKind::kGradReduce;
    const CollectiveOp op = reduces ? CollectiveOp::kReduceScatter : CollectiveOp::kAllGather;
    if (parameters.dense > 0 && (!hybrid || w_.shard_ranks > 1))
      out.push_back({hybrid ? &GpuClass::shard : &GpuClass::gradient, op, parameters.dense * bytes_each});
    if (parameters.expert > 0 && p_.expert_dp() > 1)
      out.push_back({&GpuClass::expert_gradient, op, parameters.expert * bytes_each});
    // Copies of a shard all-reduce its gradients.
    if (hybrid && reduces)
      out.push_back({&GpuClass::replica, CollectiveOp::kAllReduce, parameters.dense * bytes_each / w_.shard_ranks});
    return out;
  }

  // `collectives` in a row move it all, after `after` and the stream's previous ones.
  void add_gradients(const std::vector<std::uint32_t>& members, ActivityKind kind, const ParameterCount& parameters,
                     double bytes_each, double collectives, std::uint32_t block, const NodesByClass& after,
                     std::vector<Nodes>& stream) {
    for (const GradientExchange& gradient : gradient_exchanges(kind, parameters, bytes_each)) {
      NodesByClass before;
      for (const std::uint32_t c : members) {
        before[c] = stream[c];
        if (const auto found = after.find(c); found != after.end())
          before[c].insert(before[c].end(), found->second.begin(), found->second.end());
      }
      const auto flows = [&](std::uint32_t c, const Membership& member) {
        return exchanges_.collective(c, member, gradient.op, gradient.bytes / collectives, collectives);
      };
      for (auto& [c, nodes] : exchange(members, kind, gradient.group, before, block, flows))
        stream[c] = std::move(nodes);
    }
  }

  // What communication beside a block takes from its compute: its kernels occupy SMs for as long as it takes alone.
  KernelTime beside_communication(KernelTime time, std::uint32_t c, const BlockCost& cost, bool backward, bool gathers,
                                  bool reduces) const {
    double nccl_s = 0, experts_s = 0;
    if (w_.overlap_tensor_parallel)
      nccl_s +=
          time_alone(tensor_flows(c, backward ? cost.tensor_backward_collectives : cost.tensor_forward_collectives));
    if (w_.overlap_expert_parallel) {
      const double layers = backward ? cost.expert_backward_layers : cost.expert_forward_layers;
      experts_s = time_alone(expert_flows(c, layers)) + time_alone(expert_tensor_flows(c, layers));
    }
    if (w_.overlap_grad_reduce)
      for (const auto& [kind, happens] :
           {std::pair{ActivityKind::kParamGather, gathers}, {ActivityKind::kGradReduce, reduces}}) {
        if (!happens) continue;
        const double each = kind == ActivityKind::kGradReduce ? kGradientBytes : kParameterBytes;
        for (const GradientExchange& g : gradient_exchanges(kind, cost.parameters, each))
          nccl_s += time_alone(exchanges_.collective(c, model_.gpu_classes[c].*g.group, g.op, g.bytes, 1));
      }
    const double sms = rack_.gpu.sm_count.value;
    const double expert_sms = w_.expert_dispatch == ExpertDispatch::kDeepEp ? kDeepEpSms : kNcclSms;
    const double most = std::max(expert_sms, kNcclSms) / sms;
    time.clocked_s += std::min((nccl_s * kNcclSms + experts_s * expert_sms) / sms, time.clocked_s * most / (1 - most));
    return time;
  }

  void add_block(const std::vector<std::uint32_t>& members, const Block& block, const BlockCost& cost) {
    const std::uint32_t id = label(block);
    const bool sharded = p_.dp * p_.cp > 1 && w_.is_fully_sharded();
    const bool overlaps = p_.dp * p_.cp > 1 && w_.trains_all() && !sharded && w_.overlap_grad_reduce;
    const bool first = overlaps && !block.backward && block.micro_batch == 0;
    const bool last = overlaps && block.backward && block.micro_batch == w_.micro_batches() - 1;
    const bool gathers = sharded && (!block.backward || w_.sharding == Sharding::kParameters);
    const int pieces = first || last || sharded ? cost.buckets : 1;
    const bool reduces = block.backward && (last || (sharded && w_.trains_all()));
    const ActivityKind kind = block.backward ? ActivityKind::kBackward : ActivityKind::kForward;

    // What a block waits for goes before its entries: its first Exec and, if it spans several classes, the start of its
    // context-parallel group.
    NodesByClass entries, computed;
    std::vector<NodesByClass> piece_done(static_cast<std::size_t>(pieces));
    const double host_launch_s = calibration_.host_launch_s.value.value;
    for (int i = 0; i < pieces; ++i) {
      if (gathers) {
        // Gathered a piece ahead: a gather begins with the computation before its own. Without overlap after it.
        NodesByClass ahead;
        for (const std::uint32_t c : members) {
          const std::uint32_t before = w_.overlap_grad_reduce ? latest_[c].second : latest_[c].first;
          if (before != kNoIndex) ahead[c] = {before};
          if (!w_.overlap_grad_reduce) ahead[c].insert(ahead[c].end(), reduce_tail_[c].begin(), reduce_tail_[c].end());
        }
        add_gradients(members, ActivityKind::kParamGather, cost.parameters, kParameterBytes / pieces,
                      layers_in(cost, pieces), id, ahead, gather_tail_);
      }
      for (const std::uint32_t c : members) {
        const KernelTime time = beside_communication(block.backward ? cost.backward : cost.forward, c, cost,
                                                     block.backward, first || gathers, reduces);
        const double seconds = time.at(clocks_[c], host_launch_s) / pieces;
        const double clocked = time.clocked_s / clocks_[c] / pieces / seconds;
        const std::uint32_t exec = graph_.add_exec(kind, c, seconds, clocked, id);
        if (i == 0) {
          entries[c] = {exec};
        } else {
          graph_.connect(latest_[c].first, exec);
        }
        if (first) connect(gathered_.at({c, block.chunk, i}), exec);
        if (gathers) connect(gather_tail_[c], exec);
        if (sharded && !w_.overlap_grad_reduce) connect(reduce_tail_[c], exec);
        piece_done[static_cast<std::size_t>(i)][c] = {exec};
        latest_[c] = {exec, latest_[c].first};
        if (i == pieces - 1) computed[c] = {exec};
      }
      if (sharded && block.backward && w_.trains_all())
        add_gradients(members, ActivityKind::kGradReduce, cost.parameters, kGradientBytes / pieces,
                      layers_in(cost, pieces), id, piece_done[static_cast<std::size_t>(i)], reduce_tail_);
    }
    add_context_exchange(members, block, cost, id, entries, computed);
    for (const std::uint32_t c : members) {
      before_block_[c] = tail_[c];
      connect(tail_[c], entries[c]);
      slot(c, block).entries = entries[c];
      tail_[c] = computed[c];
    }
    const double collectives = block.backward ? cost.tensor_backward_collectives : cost.tensor_forward_collectives;
    if (collectives > 0) add_tensor_exchange(members, block, collectives);
    const double layers = block.backward ? cost.expert_backward_layers : cost.expert_forward_layers;
    if (layers > 0) add_expert_exchange(members, block, layers);
    for (const std::uint32_t c : members) slot(c, block).tail = tail_[c];

    if (last) {
      for (int i = 0; i < pieces; ++i) {
        const bool at_end = i == pieces - 1;
        NodesByClass after;
        for (const std::uint32_t c : members) after[c] = at_end ? tail_[c] : piece_done[static_cast<std::size_t>(i)][c];
        add_gradients(members, ActivityKind::kGradReduce, cost.parameters, kGradientBytes / pieces, 1, id, after,
                      reduce_tail_);
      }
    }
  }

  // FSDP gathers and reduces layer by layer: how many of them are in a piece.
  static double layers_in(const BlockCost& cost, int pieces) {
    return std::max(1.0, static_cast<double>(cost.transformer_layers) / pieces);
  }

  // What an exchange waits for: the end of what is there, or, beside the block, what the block's compute waits for.
  NodesByClass before_exchange(const std::vector<std::uint32_t>& members, const Block& block, bool beside) {
    NodesByClass before;
    for (const std::uint32_t c : members) {
      before[c] = tail_[c];
      if (!beside) continue;
      const std::uint32_t start = graph_.add_join();
      connect(before_block_[c], start);
      slot(c, block).entries.push_back(start);
      before[c] = {start};
    }
    return before;
  }

  void move_tail(const std::vector<std::uint32_t>& members, NodesByClass after, bool beside) {
    for (const std::uint32_t c : members) {
      if (beside) after[c].insert(after[c].end(), tail_[c].begin(), tail_[c].end());
      tail_[c] = std::move(after[c]);
    }
  }

  void add_tensor_exchange(const std::vector<std::uint32_t>& members, const Block& block, double collectives) {
    const bool beside = w_.overlap_tensor_parallel;
    const auto flows = [&](std::uint32_t c, const Membership&) { return tensor_flows(c, collectives); };
    move_tail(members,
              exchange(members, ActivityKind::kTensorParallel, &GpuClass::tensor,
                       before_exchange(members, block, beside), label(block), flows),
              beside);
  }

  // Dispatch and combine of `layers` layers and, in a group that shares out each expert, the gather and reduction of
  // the tokens.
  void add_expert_exchange(const std::vector<std::uint32_t>& members, const Block& block, double layers) {
    const bool beside = w_.overlap_expert_parallel;
    NodesByClass after = before_exchange(members, block, beside);
    const auto tokens = [&](std::uint32_t c, const Membership&) { return expert_flows(c, layers); };
    const auto shares = [&](std::uint32_t c, const Membership&) { return expert_tensor_flows(c, layers); };
    if (p_.ep > 1)
      after = exchange(members, ActivityKind::kExpertParallel, &GpuClass::expert, after, label(block), tokens);
    if (p_.etp > 1)
      after = exchange(members, ActivityKind::kExpertParallel, &GpuClass::expert_tensor, after, label(block), shares);
    move_tail(members, std::move(after), beside);
  }

  std::vector<Flow> tensor_flows(std::uint32_t c, double collectives) const {
    return exchanges_.collective(c, model_.gpu_classes[c].tensor, CollectiveOp::kAllGather, tensor_buffer_bytes(w_),
                                 collectives);
  }
  // Every layer dispatches and combines.
  std::vector<Flow> expert_flows(std::uint32_t c, double layers) const {
    return exchanges_.expert_exchange(c, model_.gpu_classes[c].expert, rank_tokens(w_) / p_.tp, 2 * layers);
  }
  std::vector<Flow> expert_tensor_flows(std::uint32_t c, double layers) const {
    return exchanges_.collective(c, model_.gpu_classes[c].expert_tensor, CollectiveOp::kAllGather,
                                 expert_buffer_bytes(w_), 2 * layers);
  }
  std::vector<Flow> context_flows(std::uint32_t c, double collectives) const {
    return exchanges_.collective(c, model_.gpu_classes[c].context, CollectiveOp::kAllGather, context_buffer_bytes(w_),
                                 collectives);
  }

  // Whether attention hides the exchange of all members by far; then its bytes are booked here.
  bool hide_exchange(const std::vector<std::uint32_t>& members, double collectives, double attention_s) {
    for (const std::uint32_t c : members) {
      if (model_.gpu_classes[c].context.spans_domains()) return false;
      for (const Flow& flow : context_flows(c, collectives))
        if (flow.delay_s + flow.bytes / flow.cap_bytes_per_s > kHiddenExchangeShare * attention_s) return false;
    }
    for (const std::uint32_t c : members)
      for (const Flow& flow : context_flows(c, collectives)) {
        const Route& route = graph_.route(links_.route(c, c, flow.up, flow.down, flow.cap_bytes_per_s));
        for (const std::uint32_t t : route.trunks) hidden_bytes_[t] += flow.bytes * route.flows;
      }
    return true;
  }

  void add_context_exchange(const std::vector<std::uint32_t>& members, const Block& block, const BlockCost& cost,
                            std::uint32_t id, NodesByClass& entries, NodesByClass& computed) {
    const double collectives = block.backward ? cost.context_backward_collectives : cost.context_forward_collectives;
    const double attention_s = block.backward ? cost.attention_backward_s : cost.attention_forward_s;
    if (collectives <= 0 || hide_exchange(members, collectives, attention_s)) return;
    NodesByClass starts, rings;
    for (const std::uint32_t c : members) {
      const Membership& member = model_.gpu_classes[c].context;
      rings[c] = add_flows(ActivityKind::kContextParallel, c, context_flows(c, collectives), id);
      if (model_.group_classes[member.group].gpu_classes.size() == 1) {
        entries[c].insert(entries[c].end(), rings[c].begin(), rings[c].end());
      } else {
        const std::uint32_t start = graph_.add_join();
        graph_.connect(start, entries[c].front());
        entries[c] = {start};
      }
      starts[c] = entries[c];
    }
    std::map<std::uint32_t, std::uint32_t> start_joins, end_joins;
    for (const std::uint32_t c : members) {
      const Membership& member = model_.gpu_classes[c].context;
      if (model_.group_classes[member.group].gpu_classes.size() > 1)
        connect(sync(member, starts, c, start_joins), rings[c]);
    }
    for (const std::uint32_t c : members) {
      const Nodes done = sync(model_.gpu_classes[c].context, rings, c, end_joins);
      computed[c].insert(computed[c].end(), done.begin(), done.end());
    }
  }

  // --- between stages

  struct Slot {
    Nodes entries, tail;
  };

  Slot& slot(std::uint32_t c, const Block& block) {
    auto& slots = slots_[c];
    if (slots.empty()) slots.resize(2 * static_cast<std::size_t>(w_.micro_batches() * p_.vp));
    return slots[2 * label(block) + (block.backward ? 1 : 0)];
  }

  void connect_pipeline() {
    if (p_.pp == 1) return;
    const double bytes = stage_bytes(w_);
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
      const GpuClass& gpu = model_.gpu_classes[c];
      if (gpu.stage < 0) continue;
      for (int m = 0; m < w_.micro_batches(); ++m)
        for (int v = 0; v < p_.vp; ++v) {
          const int next_chunk = v + (gpu.stage == p_.pp - 1 ? 1 : 0);
          if (next_chunk < p_.vp)
            send(ActivityKind::kPipelineForward, c, gpu.next, gpu.to_next, {false, v, m}, {false, next_chunk, m},
                 bytes);
          const int previous_chunk = v - (gpu.stage == 0 ? 1 : 0);
          if (previous_chunk >= 0)
            send(ActivityKind::kPipelineBackward, c, gpu.previous, gpu.to_previous, {true, v, m},
                 {true, previous_chunk, m}, bytes);
        }
    }
  }

  void send(ActivityKind kind, std::uint32_t from, std::uint32_t to, Hop hop, const Block& block, const Block& peer,
            double bytes) {
    const std::uint32_t comm = add_flow(kind, from, to, exchanges_.send(from, hop, bytes), label(block));
    connect(slot(from, block).tail, comm);
    connect({comm}, slot(to, peer).entries);
  }

  // --- end of the iteration

  // All ranks meet in the all-reduce of the gradient norm, then step their shards.
  void add_optimizer() {
    const Roofline roofline{&rack_.gpu, &calibration_, w_.precision};
    const std::uint32_t norm = graph_.add_join();
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
      const GpuClass& gpu = model_.gpu_classes[c];
      if (gpu.stage < 0) continue;
      connect(tail_[c], norm);
      connect(reduce_tail_[c], norm);
      const KernelTime time = optimizer_step(roofline, optimizer_parameters(w_, gpu.stage));
      const std::uint32_t exec = graph_.add_exec(ActivityKind::kOptimizer, c, time.at(clocks_[c], 0), 0, 0);
      graph_.connect(norm, exec);
    }
  }

  struct BucketKey {
    std::uint32_t gpu_class;
    int chunk, bucket;
    auto operator<=>(const BucketKey&) const = default;
  };

  const RackType& rack_;
  const Workload& w_;
  const Parallelism& p_;
  const Model& model_;
  const Calibration& calibration_;
  const std::vector<double>& clocks_;
  ActivityGraphBuilder graph_;
  Links links_;
  Exchanges exchanges_;
  std::vector<double> hidden_bytes_;                             // (n_trunk)
  std::vector<Nodes> tail_;                                      // (n_gpu_class) end of the latest block
  std::vector<Nodes> before_block_;                              // (n_gpu_class) end of the one before
  std::vector<std::pair<std::uint32_t, std::uint32_t>> latest_;  // (n_gpu_class) the two latest Execs, kNoIndex: none
  std::vector<Nodes> gather_tail_;                               // (n_gpu_class) end of the latest ring on the stream
  std::vector<Nodes> reduce_tail_;
  std::map<BucketKey, Nodes> gathered_;
  std::map<std::uint32_t, std::vector<Slot>> slots_;  // by GPU class
};

}  // namespace

Iteration build_iteration(const Plan& plan, const Model& model, const Calibration& calibration,
                          const std::vector<double>& clocks, const NetworkShare& network) {
  return Builder(plan, model, calibration, clocks, network).build();
}

}  // namespace racktwin
