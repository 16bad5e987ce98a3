#include "sim/workload/iteration.h"

#include "sim/check.h"
#include "sim/workload/memory.h"
#include "sim/workload/operators.h"
#include "sim/workload/schedule.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <compare>
#include <map>

namespace racktwin {
namespace {

using Nodes = std::vector<std::uint32_t>;

// Layers between two pieces of a chunk whose gradients are reduced (or parameters gathered) together: Megatron's
// gradient buckets, of the order of a few layers.
constexpr int kLayersPerBucket = 4;
constexpr double kGradientBytes = 2;  // BF16 on the wire
constexpr double kParameterBytes = 2;
constexpr double kActivationBytes = 2;

// An exchange of keys and values over NVLink that takes less than this share of the attention that it hides behind is
// no activity: a GPU's own port, which only its own few collectives share, could be ten times slower before it showed.
// Its bytes are counted all the same. Over the fabric it always is an activity.
constexpr double kHiddenExchangeShare = 0.1;

struct BlockCost {
  KernelTime forward, backward;
  double tensor_forward_collectives = 0, tensor_backward_collectives = 0;    // of tensor_buffer_bytes() each
  double context_forward_collectives = 0, context_backward_collectives = 0;  // of context_buffer_bytes() each
  double expert_forward_layers = 0, expert_backward_layers = 0;              // each dispatches and combines once
  double attention_forward_s = 0, attention_backward_s = 0;
  ParameterCount parameters;  // on a GPU
  int transformer_layers = 0;
  int buckets = 1;
};

// The ranks over which a collective runs, as a field of GpuClass.
using Group = Membership GpuClass::*;

class Builder {
 public:
  Builder(const Plan& plan, const Model& model, const Calibration& calibration, const std::vector<double>& clocks,
          const NetworkShare& network)
      : plan_(plan),
        rack_(plan.site.rack_type),
        w_(plan.workload),
        p_(plan.workload.parallelism),
        model_(model),
        calibration_(calibration),
        clocks_(clocks),
        network_(network),
        graph_(static_cast<std::uint32_t>(model.gpu_classes.size())),
        tail_(model.gpu_classes.size()),
        before_block_(model.gpu_classes.size()),
        latest_(model.gpu_classes.size(), {kNoIndex, kNoIndex}),
        gather_tail_(model.gpu_classes.size()),
        reduce_tail_(model.gpu_classes.size()) {
    RT_CHECK_EQ(clocks.size(), model.gpu_classes.size());
  }

  Iteration build() {
    add_trunks();
    hidden_bytes_.resize(owners_.size());
    for (int s = 0; s < p_.pp; ++s) add_stage(s);
    connect_pipeline();
    add_optimizer();
    Iteration iteration;
    iteration.graph = graph_.finish();
    iteration.trunk_owners = std::move(owners_);
    iteration.hidden_bytes = std::move(hidden_bytes_);
    return iteration;
  }

 private:
  // --- links

  std::uint32_t add_trunk(TrunkKind kind, std::uint32_t unit_class, double bandwidth, std::uint32_t links) {
    owners_.push_back({kind, unit_class});
    return graph_.add_trunk({bandwidth, links});
  }

  void add_trunks() {
    const double port = plan_.site.fabric.port_bytes_per_s.value;
    const Fabric& fabric = model_.fabric;
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c) {
      const GpuClass& gpu = model_.gpu_classes[c];
      GpuLinks links;
      if (gpu.stage >= 0) {
        const double nvlink = nvlink_bytes_per_s(c), nic = nic_bytes_per_s(c);
        links.nvlink_up = add_trunk(TrunkKind::kNvlinkUp, c, nvlink, gpu.count);
        links.nvlink_down = add_trunk(TrunkKind::kNvlinkDown, c, nvlink, gpu.count);
        links.nic_up = add_trunk(TrunkKind::kNicUp, c, nic, gpu.count);
        links.nic_down = add_trunk(TrunkKind::kNicDown, c, nic, gpu.count);
      }
      gpu_links_.push_back(links);
    }
    for (std::uint32_t d = 0; d < model_.domain_classes.size(); ++d)
      nvswitch_.push_back(add_trunk(TrunkKind::kNvswitch, d,
                                    rack_.gpu.nvlink_bytes_per_s.value * model_.gpus_per_domain,
                                    model_.domain_classes[d].count));
    for (std::uint32_t l = 0; fabric.spines > 0 && l < model_.leaf_classes.size(); ++l) {
      const double uplinks = fabric.leaf_uplinks * port * network_.uplinks_of(l);
      leaf_up_.push_back(add_trunk(TrunkKind::kLeafUp, l, uplinks, model_.leaf_classes[l].count));
      leaf_down_.push_back(add_trunk(TrunkKind::kLeafDown, l, uplinks, model_.leaf_classes[l].count));
    }
    for (std::uint32_t p = 0; fabric.cores > 0 && p < model_.pod_classes.size(); ++p) {
      const double pod = static_cast<double>(fabric.spines_per_pod) * fabric.spine_uplinks * port * network_.pod_of(p);
      pod_up_.push_back(add_trunk(TrunkKind::kPodUp, p, pod, model_.pod_classes[p].count));
      pod_down_.push_back(add_trunk(TrunkKind::kPodDown, p, pod, model_.pod_classes[p].count));
    }
  }

  double nvlink_bytes_per_s(std::uint32_t c) const {
    return rack_.gpu.nvlink_bytes_per_s.value * network_.nvlink_of(c);
  }
  double nic_bytes_per_s(std::uint32_t c) const { return rack_.nic_bytes_per_s_per_gpu() * network_.nic_of(c); }

  // The route of what class `from` sends to class `to` (itself, for the port pairs of a collective), made once.
  // share: of the port's bandwidth that the protocol reaches with this message.
  std::uint32_t route(ActivityKind kind, std::uint32_t from, std::uint32_t to, Hop up, Hop down, double share) {
    const RouteKey key = {kind, from, up, down, share};
    if (const auto found = routes_.find(key); found != routes_.end()) return found->second;
    const GpuClass& gpu = model_.gpu_classes[from];
    Route r;
    r.flows = gpu.count;
    if (up == Hop::kNvlink) {
      r.flow_cap_bytes_per_s = nvlink_bytes_per_s(from) * share;
      r.trunks = {gpu_links_[from].nvlink_up, nvswitch_[gpu.domain_class], gpu_links_[to].nvlink_down};
    } else {
      const std::uint32_t leaf = gpu.leaf_class, to_leaf = model_.gpu_classes[to].leaf_class;
      r.flow_cap_bytes_per_s = nic_bytes_per_s(from) * share;
      r.trunks = {gpu_links_[from].nic_up, gpu_links_[to].nic_down};
      if (up >= Hop::kSpine) r.trunks.push_back(leaf_up_[leaf]);
      if (down >= Hop::kSpine) r.trunks.push_back(leaf_down_[to_leaf]);
      if (up == Hop::kCore) r.trunks.push_back(pod_up_[model_.pod_class_of_leaf_class[leaf]]);
      if (down == Hop::kCore) r.trunks.push_back(pod_down_[model_.pod_class_of_leaf_class[to_leaf]]);
    }
    return routes_[key] = graph_.add_route(std::move(r));
  }

  // What a ring over `ranks` reaches with a message of `bytes` in each collective:
  //   share = e (n-1)/(n-1+fill) / (1 + sqrt(S_half / S)), S_half = port bandwidth * half time
  // source: fit in tests/validation/fit_kernels.py
  double nvlink_share(double ranks, double message_bytes) const {
    const NvlinkFit& fit = calibration_.nvlink(rack_.gpu.nvlink_generation);
    const double half_bytes = rack_.gpu.nvlink_bytes_per_s.value * calibration_.ring_half_time_s.value.value;
    const double fill = (ranks - 1) / (ranks - 1 + calibration_.ring_fill.value.value);
    return fit.ring_share.value.value * fill / (1 + std::sqrt(half_bytes / message_bytes));
  }

  double hop_latency(Hop hop) const {
    if (hop == Hop::kNvlink) return calibration_.nvlink(rack_.gpu.nvlink_generation).base_s.value.value;
    const FabricType& fabric = plan_.site.fabric;
    const double switches = hop == Hop::kCore ? 5 : hop == Hop::kSpine ? 3 : 1;
    return calibration_.nic_latency_s.value.value + fabric.link_latency_s.value +
           switches * fabric.switch_latency_s.value;
  }

  // --- collectives

  // What one member of a ring sends over one kind of link.
  struct RingShare {
    std::uint32_t route;
    double bytes, delay_s;
  };

  // `collectives` ring all-gathers or reduce-scatters in a row of `buffer_bytes` each: NVLink inside the domain and,
  // where the group spans domains, each member's share over its own NIC, both at once.
  std::vector<RingShare> ring_shares(ActivityKind kind, std::uint32_t c, const Membership& member, double buffer_bytes,
                                     double collectives) {
    std::vector<RingShare> shares;
    if (member.size <= 1 || buffer_bytes <= 0) return shares;
    const double n = member.size, k = member.in_domain;
    const double bytes = collectives * buffer_bytes * (n - 1) / n;
    if (member.in_domain > 1) {
      const NvlinkFit& fit = calibration_.nvlink(rack_.gpu.nvlink_generation);
      const double latency = fit.base_s.value.value + fit.step_s.value.value * (n - 1);
      shares.push_back({route(kind, c, c, Hop::kNvlink, Hop::kNvlink, nvlink_share(n, buffer_bytes)),
                        member.spans_domains() ? bytes * (k - 1) / k : bytes, collectives * latency});
    }
    if (member.spans_domains()) {
      const double latency = hop_latency(std::max(member.up, member.down)) * (n / k - 1);
      shares.push_back({route(kind, c, c, member.up, member.down, calibration_.nic_share.value.value), bytes / k,
                        collectives * latency});
    }
    return shares;
  }

  Nodes add_ring(ActivityKind kind, std::uint32_t c, const Membership& member, double buffer_bytes, double collectives,
                 std::uint32_t block) {
    Nodes nodes;
    for (const RingShare& share : ring_shares(kind, c, member, buffer_bytes, collectives))
      nodes.push_back(graph_.add_comm(kind, c, share.route, share.bytes, share.delay_s, block));
    return nodes;
  }

  // Per class of the group of `member`: the nodes after which all members are done. One class: its own nodes.
  Nodes sync(const Membership& member, const std::map<std::uint32_t, Nodes>& nodes, std::uint32_t c,
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

  void connect(const Nodes& before, std::uint32_t after) {
    for (const std::uint32_t node : before) graph_.connect(node, after);
  }
  void connect(const Nodes& before, const Nodes& after) {
    for (const std::uint32_t node : after) connect(before, node);
  }

  // --- blocks

  BlockCost block_cost(int stage, int chunk) const {
    const Roofline roofline{&rack_.gpu, &calibration_, w_.precision, w_.kernels};
    const ChunkLayers layers = chunk_layers(w_, stage, chunk);
    const int dense_layers = layers.transformer - layers.moe;
    const LayerCost dense = dense_layers > 0 ? transformer_layer(roofline, w_, false) : LayerCost();
    const LayerCost sparse = layers.moe > 0 ? transformer_layer(roofline, w_, true) : LayerCost();
    const auto of_layers = [&](KernelTime LayerCost::*part) {
      KernelTime sum = static_cast<double>(dense_layers) * (dense.*part);
      return sum += static_cast<double>(layers.moe) * (sparse.*part);
    };
    BlockCost cost;
    cost.forward = of_layers(&LayerCost::forward);
    cost.backward = of_layers(&LayerCost::backward);
    // Sequence parallelism: an all-gather before and a reduce-scatter after attention and MLP, in both directions.
    // Experts work on the ranks' own tokens; a shared expert does not.
    const double sparse_collectives = layers.moe > 0 && w_.model.moe->shared_ffn > 0 ? 4 : 2;
    double forward_collectives = 4.0 * dense_layers + sparse_collectives * layers.moe;
    double backward_collectives = (1 + w_.recomputed_layers) * forward_collectives;
    if (p_.ep * p_.etp > 1) {
      cost.expert_forward_layers = layers.moe;
      cost.expert_backward_layers = (1 + w_.recomputed_layers) * layers.moe;
    }
    cost.transformer_layers = layers.transformer;
    cost.parameters = chunk_parameters(w_, layers);
    // PyTorch copies gathered parameters out of, and gradients into, the buffers of its collectives: read and written
    // once forward, twice backward. source: Zhao et al., PyTorch FSDP, arXiv 2304.11277, section 4.2.
    if (w_.is_fully_sharded() && w_.kernels != Kernels::kNative) {
      const KernelTime copy = stream(roofline, cost.parameters.total() * 2 * kParameterBytes);
      cost.forward += copy;
      cost.backward += 2.0 * copy;
    }
    if (layers.embedding) {
      const LayerCost embedding = embedding_layer(roofline, w_);
      cost.forward += embedding.forward;
      cost.backward += embedding.backward;
      forward_collectives += 1;
      backward_collectives += 1;
    }
    if (const int outputs = (layers.output ? 1 : 0) + layers.predictions; outputs > 0) {
      const LayerCost output = output_layer(roofline, w_);
      cost.forward += static_cast<double>(outputs) * output.forward;
      cost.backward += static_cast<double>(outputs) * output.backward;
      forward_collectives += outputs;
      backward_collectives += outputs;
    }
    if (p_.tp > 1 && !w_.overlap_tensor_parallel) {
      cost.tensor_forward_collectives = forward_collectives;
      cost.tensor_backward_collectives = backward_collectives;
    }
    // Ring attention: keys and values go round once forward; backward they go round again with their gradients.
    if (p_.cp > 1) {
      cost.attention_forward_s = of_layers(&LayerCost::attention_forward).clocked_s;
      cost.attention_backward_s = of_layers(&LayerCost::attention_backward).clocked_s;
      cost.context_forward_collectives = layers.transformer;
      const double again = w_.recompute == Recompute::kSelective ? 1 : w_.recomputed_layers;
      cost.context_backward_collectives = (2.0 + again) * layers.transformer;
    }
    cost.buckets = std::clamp(layers.transformer / kLayersPerBucket, 1, 8);
    return cost;
  }

  double tokens() const { return static_cast<double>(w_.sequence) * w_.micro_batch / p_.cp; }
  double stage_buffer_bytes() const { return tokens() * w_.model.hidden * kActivationBytes; }
  // All-gathers move quantised operands, reduce-scatters BF16, as in Transformer Engine: the mean of the two.
  double tensor_buffer_bytes() const {
    return tokens() * w_.model.hidden * (operand_bytes(w_.precision) + kActivationBytes) / 2;
  }
  double context_buffer_bytes() const {
    const TransformerModel& m = w_.model;
    const double key_dim = m.latent ? m.latent->plain_head_dim + m.latent->rotary_head_dim : m.head_dim;
    return tokens() * p_.cp * m.kv_heads * (key_dim + m.head_dim) / p_.tp * kActivationBytes;
  }
  // What a rank dispatches to experts and gets back, in BF16; the busiest one receives more.
  double expert_bytes() const {
    return tokens() / p_.tp * w_.model.moe->experts_per_token * w_.model.hidden * kActivationBytes *
           w_.expert_imbalance;
  }

  std::uint32_t label(const Block& block) const {
    return static_cast<std::uint32_t>(block.micro_batch * p_.vp + block.chunk);
  }

  void add_stage(int stage) {
    std::vector<std::uint32_t> members;
    for (std::uint32_t c = 0; c < model_.gpu_classes.size(); ++c)
      if (model_.gpu_classes[c].stage == stage) members.push_back(c);
    std::vector<BlockCost> costs;
    for (int v = 0; v < p_.vp; ++v) costs.push_back(block_cost(stage, v));
    const bool replicas = p_.dp * p_.cp > 1 && w_.trains_all();
    if (replicas && !w_.is_fully_sharded()) add_gathers(members, costs);
    for (const Block& block : stage_schedule(p_, w_.micro_batches(), stage))
      add_block(members, block, costs[static_cast<std::size_t>(block.chunk)]);
    if (replicas && !w_.is_fully_sharded() && !w_.overlap_grad_reduce) {
      std::map<std::uint32_t, Nodes> after;
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

  // Reduces gradients, or gathers parameters, over their groups: of the dense part over data and context parallel ranks
  // (those that share out, if these are fewer), of the experts over their copies. `collectives` in a row move it all.
  void add_gradients(const std::vector<std::uint32_t>& members, ActivityKind kind, const ParameterCount& parameters,
                     double bytes_each, double collectives, std::uint32_t block,
                     const std::map<std::uint32_t, Nodes>& after, std::vector<Nodes>& stream) {
    const bool hybrid = w_.shard_ranks < p_.dp * p_.cp;
    const double bytes = bytes_each / collectives;
    const Group dense = hybrid ? &GpuClass::shard : &GpuClass::gradient;
    if (parameters.dense > 0 && (!hybrid || w_.shard_ranks > 1))
      add_gradient_ring(members, kind, dense, parameters.dense * bytes, collectives, block, after, stream);
    if (parameters.expert > 0 && p_.expert_dp() > 1)
      add_gradient_ring(members, kind, &GpuClass::expert_gradient, parameters.expert * bytes, collectives, block, after,
                        stream);
    // Copies of a shard all-reduce its gradients: a reduce-scatter and an all-gather.
    if (hybrid && kind == ActivityKind::kGradReduce)
      add_gradient_ring(members, kind, &GpuClass::replica, parameters.dense * bytes / w_.shard_ranks, 2 * collectives,
                        block, after, stream);
  }

  // Rings in a row, after `after` and the stream's previous ring.
  void add_gradient_ring(const std::vector<std::uint32_t>& members, ActivityKind kind, Group group, double buffer_bytes,
                         double collectives, std::uint32_t block, const std::map<std::uint32_t, Nodes>& after,
                         std::vector<Nodes>& stream) {
    std::map<std::uint32_t, Nodes> before, rings;
    for (const std::uint32_t c : members) {
      before[c] = stream[c];
      if (const auto found = after.find(c); found != after.end())
        before[c].insert(before[c].end(), found->second.begin(), found->second.end());
    }
    std::map<std::uint32_t, std::uint32_t> start_joins, end_joins;
    for (const std::uint32_t c : members) {
      const Membership& member = model_.gpu_classes[c].*group;
      rings[c] = add_ring(kind, c, member, buffer_bytes, collectives, block);
      connect(sync(member, before, c, start_joins), rings[c]);
    }
    for (const std::uint32_t c : members) stream[c] = sync(model_.gpu_classes[c].*group, rings, c, end_joins);
  }

  void add_block(const std::vector<std::uint32_t>& members, const Block& block, const BlockCost& cost) {
    const std::uint32_t id = label(block);
    const bool sharded = p_.dp * p_.cp > 1 && w_.is_fully_sharded();
    const bool overlaps = p_.dp * p_.cp > 1 && w_.trains_all() && !sharded && w_.overlap_grad_reduce;
    const bool first = overlaps && !block.backward && block.micro_batch == 0;
    const bool last = overlaps && block.backward && block.micro_batch == w_.micro_batches() - 1;
    const bool gathers = sharded && (!block.backward || w_.sharding == Sharding::kParameters);
    const int pieces = first || last || sharded ? cost.buckets : 1;
    const KernelTime& time = block.backward ? cost.backward : cost.forward;
    const ActivityKind kind = block.backward ? ActivityKind::kBackward : ActivityKind::kForward;

    // What a block waits for goes before its entries: its first Exec and, if it spans several classes, the start of its
    // context-parallel group.
    std::map<std::uint32_t, Nodes> entries, computed;
    std::vector<std::map<std::uint32_t, Nodes>> piece_done(static_cast<std::size_t>(pieces));
    const double host_launch_s = calibration_.host_launch_s.value.value;
    for (int i = 0; i < pieces; ++i) {
      if (gathers) {
        // Gathered a piece ahead: a gather begins with the computation before its own. Without overlap after it.
        std::map<std::uint32_t, Nodes> ahead;
        for (const std::uint32_t c : members) {
          const std::uint32_t before = w_.overlap_grad_reduce ? latest_[c].second : latest_[c].first;
          if (before != kNoIndex) ahead[c] = {before};
          if (!w_.overlap_grad_reduce) ahead[c].insert(ahead[c].end(), reduce_tail_[c].begin(), reduce_tail_[c].end());
        }
        add_gradients(members, ActivityKind::kParamGather, cost.parameters, kParameterBytes / pieces,
                      layers_in(cost, pieces), id, ahead, gather_tail_);
      }
      for (const std::uint32_t c : members) {
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
    }

    // Tensor-parallel collectives after the compute of all members.
    const double collectives = block.backward ? cost.tensor_backward_collectives : cost.tensor_forward_collectives;
    if (collectives > 0) {
      std::map<std::uint32_t, Nodes> rings;
      std::map<std::uint32_t, std::uint32_t> start_joins, end_joins;
      for (const std::uint32_t c : members) {
        const Membership& member = model_.gpu_classes[c].tensor;
        rings[c] = add_ring(ActivityKind::kTensorParallel, c, member, tensor_buffer_bytes(), collectives, id);
        connect(sync(member, computed, c, start_joins), rings[c]);
      }
      for (const std::uint32_t c : members) tail_[c] = sync(model_.gpu_classes[c].tensor, rings, c, end_joins);
    } else {
      for (const std::uint32_t c : members) tail_[c] = computed[c];
    }
    const double layers = block.backward ? cost.expert_backward_layers : cost.expert_forward_layers;
    if (layers > 0) add_expert_exchange(members, block, layers);
    for (const std::uint32_t c : members) slot(c, block).tail = tail_[c];

    if (last) {
      for (int i = 0; i < pieces; ++i) {
        const bool at_end = i == pieces - 1;
        std::map<std::uint32_t, Nodes> after;
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

  // Dispatch and combine of `layers` layers, after what is computed and, in a group that shares out each expert, the
  // gather and reduction of the tokens; or beside the block.
  void add_expert_exchange(const std::vector<std::uint32_t>& members, const Block& block, double layers) {
    const std::uint32_t id = label(block);
    std::map<std::uint32_t, Nodes> after, exchanges;
    std::map<std::uint32_t, std::uint32_t> start_joins, end_joins, tensor_start_joins, tensor_end_joins;
    for (const std::uint32_t c : members) {
      after[c] = tail_[c];
      if (!w_.overlap_expert_parallel) continue;
      // Beside the block: it waits for what the block's compute waits for.
      const std::uint32_t start = graph_.add_join();
      connect(before_block_[c], start);
      slot(c, block).entries.push_back(start);
      after[c] = {start};
    }
    if (p_.ep > 1) {
      for (const std::uint32_t c : members) {
        const Membership& member = model_.gpu_classes[c].expert;
        exchanges[c] = add_all_to_all(c, member, expert_bytes(), 2 * layers, id);
        connect(sync(member, after, c, start_joins), exchanges[c]);
      }
      for (const std::uint32_t c : members) after[c] = sync(model_.gpu_classes[c].expert, exchanges, c, end_joins);
    }
    if (p_.etp > 1) {
      std::map<std::uint32_t, Nodes> rings;
      for (const std::uint32_t c : members) {
        const Membership& member = model_.gpu_classes[c].expert_tensor;
        rings[c] = add_ring(ActivityKind::kExpertParallel, c, member, expert_bytes() * p_.etp, 2 * layers, id);
        connect(sync(member, after, c, tensor_start_joins), rings[c]);
      }
      for (const std::uint32_t c : members)
        after[c] = sync(model_.gpu_classes[c].expert_tensor, rings, c, tensor_end_joins);
    }
    for (const std::uint32_t c : members) {
      if (w_.overlap_expert_parallel) after[c].insert(after[c].end(), tail_[c].begin(), tail_[c].end());
      tail_[c] = after[c];
    }
  }

  // `exchanges` all-to-alls in a row, in each of which a rank sends `bytes` evenly to the members of its group, itself
  // included. What leaves the NVLink domain goes out on the sender's rail and over NVLink to its receiver, as in NCCL's
  // PXN and DeepEP.
  Nodes add_all_to_all(std::uint32_t c, const Membership& member, double bytes, double exchanges, std::uint32_t block) {
    const double n = member.size, k = member.in_domain, spine = member.across_spine, leaf = n - k - spine;
    const ActivityKind kind = ActivityKind::kExpertParallel;
    Nodes nodes;
    const double nvlink = bytes * ((k - 1) / n + (n - k) / n * (k - 1) / k);
    if (nvlink > 0) {
      const double latency = calibration_.nvlink(rack_.gpu.nvlink_generation).base_s.value.value;
      nodes.push_back(graph_.add_comm(kind, c,
                                      route(kind, c, c, Hop::kNvlink, Hop::kNvlink, nvlink_share(k, bytes * k / n)),
                                      exchanges * nvlink, exchanges * latency, block));
    }
    for (const auto& [hop, ranks] : {std::pair{Hop::kLeaf, leaf}, {Hop::kSpine, spine}})
      if (ranks > 0)
        nodes.push_back(graph_.add_comm(kind, c, route(kind, c, c, hop, hop, calibration_.nic_share.value.value),
                                        exchanges * bytes * ranks / n, exchanges * hop_latency(hop), block));
    return nodes;
  }

  // Whether attention hides the exchange of all members by far; then its bytes are booked here.
  bool hide_exchange(const std::vector<std::uint32_t>& members, double collectives, double attention_s) {
    std::vector<RingShare> shares;
    for (const std::uint32_t c : members)
      for (const RingShare& share : ring_shares(ActivityKind::kContextParallel, c, model_.gpu_classes[c].context,
                                                context_buffer_bytes(), collectives)) {
        if (model_.gpu_classes[c].context.spans_domains()) return false;
        const double rate = graph_.route(share.route).flow_cap_bytes_per_s;
        if (share.delay_s + share.bytes / rate > kHiddenExchangeShare * attention_s) return false;
        shares.push_back(share);
      }
    for (const RingShare& share : shares) {
      const Route& route = graph_.route(share.route);
      for (const std::uint32_t t : route.trunks) hidden_bytes_[t] += share.bytes * route.flows;
    }
    return true;
  }

  void add_context_exchange(const std::vector<std::uint32_t>& members, const Block& block, const BlockCost& cost,
                            std::uint32_t id, std::map<std::uint32_t, Nodes>& entries,
                            std::map<std::uint32_t, Nodes>& computed) {
    const double collectives = block.backward ? cost.context_backward_collectives : cost.context_forward_collectives;
    const double attention_s = block.backward ? cost.attention_backward_s : cost.attention_forward_s;
    if (collectives <= 0 || hide_exchange(members, collectives, attention_s)) return;
    std::map<std::uint32_t, Nodes> starts, rings;
    for (const std::uint32_t c : members) {
      const Membership& member = model_.gpu_classes[c].context;
      rings[c] = add_ring(ActivityKind::kContextParallel, c, member, context_buffer_bytes(), collectives, id);
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
    const double bytes = stage_buffer_bytes() / p_.tp;
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
    const std::uint32_t comm = graph_.add_comm(kind, from, route(kind, from, to, hop, hop, send_share(hop, bytes)),
                                               bytes, hop_latency(hop), label(block));
    connect(slot(from, block).tail, comm);
    connect({comm}, slot(to, peer).entries);
  }

  double send_share(Hop hop, double bytes) const {
    return hop == Hop::kNvlink ? nvlink_share(2, bytes) : calibration_.nic_share.value.value;
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

  struct RouteKey {
    ActivityKind kind;
    std::uint32_t from;
    Hop up, down;
    double share;
    auto operator<=>(const RouteKey&) const = default;
  };
  struct GpuLinks {
    std::uint32_t nvlink_up = 0, nvlink_down = 0, nic_up = 0, nic_down = 0;
  };
  struct BucketKey {
    std::uint32_t gpu_class;
    int chunk, bucket;
    auto operator<=>(const BucketKey&) const = default;
  };

  const Plan& plan_;
  const RackType& rack_;
  const Workload& w_;
  const Parallelism& p_;
  const Model& model_;
  const Calibration& calibration_;
  const std::vector<double>& clocks_;
  const NetworkShare& network_;
  ActivityGraphBuilder graph_;
  std::vector<TrunkOwner> owners_;
  std::vector<double> hidden_bytes_;                // (n_trunk)
  std::vector<GpuLinks> gpu_links_;                 // (n_gpu_class)
  std::vector<std::uint32_t> nvswitch_;             // (n_domain_class)
  std::vector<std::uint32_t> leaf_up_, leaf_down_;  // (n_leaf_class) empty: there are no spines
  std::vector<std::uint32_t> pod_up_, pod_down_;    // (n_pod_class) empty: there are no cores
  std::map<RouteKey, std::uint32_t> routes_;
  std::vector<Nodes> tail_;                                      // (n_gpu_class) end of the latest block
  std::vector<Nodes> before_block_;                              // (n_gpu_class) end of the one before
  std::vector<std::pair<std::uint32_t, std::uint32_t>> latest_;  // (n_gpu_class) the two latest Execs, kNoIndex: none
  std::vector<Nodes> gather_tail_;                               // (n_gpu_class) end of the latest ring on the stream
  std::vector<Nodes> reduce_tail_;
  std::map<BucketKey, Nodes> gathered_;
  std::map<std::uint32_t, std::vector<Slot>> slots_;  // by GPU class
};

}  // namespace

std::string_view trunk_word(TrunkKind kind) {
  static constexpr std::array<std::string_view, 9> kWords = {
      "nvlink up", "nvlink down", "nvswitch", "nic up", "nic down", "leaf up", "leaf down", "pod up", "pod down"};
  return kWords[static_cast<std::size_t>(kind)];
}

Iteration build_iteration(const Plan& plan, const Model& model, const Calibration& calibration,
                          const std::vector<double>& clocks, const NetworkShare& network) {
  return Builder(plan, model, calibration, clocks, network).build();
}

}  // namespace racktwin
