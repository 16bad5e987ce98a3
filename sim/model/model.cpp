#include "sim/model/model.h"

#include "sim/check.h"
#include "sim/model/failures.h"
#include "sim/model/partition.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <set>

namespace racktwin {
namespace {

int extent(const Parallelism& p, Axis axis) {
  switch (axis) {
    case Axis::kTensor:
      return p.tp;
    case Axis::kContext:
      return p.cp;
    case Axis::kData:
      return p.dp;
    case Axis::kPipeline:
      return p.pp;
  }
  return 1;
}

int rank_at(const Parallelism& p, const RankCoordinates& at) {
  int rank = 0, stride = 1;
  for (const Axis axis : p.order) {
    const int i = axis == Axis::kTensor    ? at.tensor
                  : axis == Axis::kContext ? at.context
                  : axis == Axis::kData    ? at.data
                                           : at.pipeline;
    rank += i * stride;
    stride *= extent(p, axis);
  }
  return rank;
}

// Labels of the edges that colour refinement looks along.
enum Label : std::uint32_t {
  kInTray,
  kInRack,
  kInDomain,
  kAtLeaf,
  kInPod,
  kTensorGroup,
  kContextGroup,
  kGradientGroup,
  kExpertGroup,
  kExpertTensorGroup,
  kExpertGradientGroup,
  kShardGroup,
  kReplicaGroup,
  kNext,
  kPrevious
};
constexpr std::uint32_t kHops = 5;
constexpr std::uint32_t kLabelBits = 9;  // of with_hops(); above them: how many of the group share the NVLink domain,
constexpr std::uint32_t kInDomainBits = 10;  // and above these: how many are across the spine

std::uint32_t with_hops(Label label, Hop a, Hop b) {
  return (static_cast<std::uint32_t>(label) * kHops + static_cast<std::uint32_t>(a)) * kHops +
         static_cast<std::uint32_t>(b);
}

std::uint32_t label_of(std::uint32_t edge) { return (edge & ((1u << kLabelBits) - 1)) / (kHops * kHops); }

Membership& membership_of(GpuClass& gpu_class, Label label) {
  switch (label) {
    case kTensorGroup:
      return gpu_class.tensor;
    case kContextGroup:
      return gpu_class.context;
    case kExpertGroup:
      return gpu_class.expert;
    case kExpertTensorGroup:
      return gpu_class.expert_tensor;
    case kExpertGradientGroup:
      return gpu_class.expert_gradient;
    case kShardGroup:
      return gpu_class.shard;
    case kReplicaGroup:
      return gpu_class.replica;
    default:
      return gpu_class.gradient;
  }
}

struct Group {
  Label label;
  std::vector<std::uint32_t> gpus;  // members in ring order
};

// Builds a Model: places ranks and leaves, lists the communicators, refines, and reads the classes off.
class Builder {
 public:
  Builder(const Plan& plan, Folding folding)
      : plan_(plan), parallelism_(plan.workload.parallelism), folding_(folding) {}

  Result<void> place() {
    const RackType& rack = plan_.site.rack_type;
    m_.racks = static_cast<int>(plan_.site.racks.size());
    m_.gpus_per_rack = rack.gpus();
    m_.gpus_per_tray = rack.gpus_per_tray;
    m_.trays_per_rack = rack.compute_trays;
    m_.gpus_per_domain = rack.domain_gpus();
    m_.ranks = parallelism_.ranks();
    if (auto placed = place_ranks(); !placed) return placed;
    return place_leaves();
  }

  Result<Model> build() {
    if (auto placed = place(); !placed) return tl::unexpected(placed.error());
    list_groups();
    classify();
    return std::move(m_);
  }

 private:
  Result<void> place_ranks() {
    const int per_domain = plan_.workload.ranks_per_domain;
    const int domains = m_.racks * plan_.site.rack_type.domains();
    const int needed = (m_.ranks + per_domain - 1) / per_domain;
    if (needed > domains)
      return fail(ErrorCode::kBadInput,
                  fmt::format("the job needs {} NVLink domains ({} GPUs, {} in each), the site has {}", needed,
                              m_.ranks, per_domain, domains));
    m_.rank_of_gpu.assign(m_.gpus(), kNoIndex);
    m_.gpu_of_rank.resize(static_cast<std::size_t>(m_.ranks));
    for (int r = 0; r < m_.ranks; ++r) {
      const int gpu = r / per_domain * m_.gpus_per_domain + r % per_domain;
      m_.gpu_of_rank[static_cast<std::size_t>(r)] = static_cast<std::uint32_t>(gpu);
      m_.rank_of_gpu[static_cast<std::size_t>(gpu)] = static_cast<std::uint32_t>(r);
    }
    return {};
  }

  Result<void> place_leaves() {
    const Result<Fabric> fabric = fabric_of(plan_.site);
    if (!fabric) return tl::unexpected(fabric.error());
    m_.fabric = *fabric;
    m_.leaves = fabric->all_leaves();
    m_.spines = fabric->all_spines();
    m_.cores = fabric->all_cores();
    m_.leaf_of_gpu.resize(m_.gpus());
    for (int g = 0; g < static_cast<int>(m_.gpus()); ++g)
      m_.leaf_of_gpu[static_cast<std::size_t>(g)] = static_cast<std::uint32_t>(fabric->leaf_of_gpu(g));
    return {};
  }

  Hop hop(std::uint32_t from, std::uint32_t to) const {
    if (from == to) return Hop::kNone;
    if (m_.domain_of_gpu(from) == m_.domain_of_gpu(to)) return Hop::kNvlink;
    const std::uint32_t a = m_.leaf_of_gpu[from], b = m_.leaf_of_gpu[to];
    if (a == b) return Hop::kLeaf;
    return pod_of_leaf(a) == pod_of_leaf(b) ? Hop::kSpine : Hop::kCore;
  }

  std::uint32_t pod_of_leaf(std::uint32_t leaf) const {
    return m_.fabric.pods == 1 ? 0 : static_cast<std::uint32_t>(m_.fabric.pod_of_leaf(static_cast<int>(leaf)));
  }

  void list_groups() {
    const Parallelism& p = parallelism_;
    const auto gpu = [&](const RankCoordinates& at) {
      return m_.gpu_of_rank[static_cast<std::size_t>(rank_at(p, at))];
    };
    for (int s = 0; s < p.pp; ++s)
      for (int d = 0; d < p.dp; ++d) {
        for (int c = 0; c < p.cp && p.tp > 1; ++c) {
          Group group{kTensorGroup, {}};
          for (int t = 0; t < p.tp; ++t) group.gpus.push_back(gpu({t, c, d, s}));
          groups_.push_back(std::move(group));
        }
        for (int t = 0; t < p.tp && p.cp > 1; ++t) {
          Group group{kContextGroup, {}};
          for (int c = 0; c < p.cp; ++c) group.gpus.push_back(gpu({t, c, d, s}));
          groups_.push_back(std::move(group));
        }
      }
    for (int s = 0; s < p.pp; ++s)
      for (int t = 0; t < p.tp && p.dp * p.cp > 1; ++t) {
        Group group{kGradientGroup, {}};
        for (int d = 0; d < p.dp; ++d)
          for (int c = 0; c < p.cp; ++c) group.gpus.push_back(gpu({t, c, d, s}));
        if (plan_.workload.shard_ranks < p.dp * p.cp) list_shards(group.gpus);
        groups_.push_back(std::move(group));
      }
    if (plan_.workload.model.moe)
      for (int s = 0; s < p.pp; ++s) list_expert_groups(s);
  }

  // HSDP: neighbours in the gradient group share out the parameters; equal places of the blocks hold copies.
  void list_shards(const std::vector<std::uint32_t>& gpus) {
    const auto block = static_cast<std::size_t>(plan_.workload.shard_ranks);
    for (std::size_t i = 0; i < gpus.size() && block > 1; i += block)
      groups_.push_back(
          {kShardGroup,
           {gpus.begin() + static_cast<std::ptrdiff_t>(i), gpus.begin() + static_cast<std::ptrdiff_t>(i + block)}});
    for (std::size_t i = 0; i < block; ++i) {
      Group group{kReplicaGroup, {}};
      for (std::size_t k = i; k < gpus.size(); k += block) group.gpus.push_back(gpus[k]);
      groups_.push_back(std::move(group));
    }
  }

  // Of the ranks of a stage in their order: etp fastest, then ep, then the copies, as in Megatron.
  void list_expert_groups(int stage) {
    const Parallelism& p = parallelism_;
    std::vector<std::uint32_t> gpus;
    for (int r = 0; r < m_.ranks; ++r)
      if (coordinates_of(p, r).pipeline == stage) gpus.push_back(m_.gpu_of_rank[static_cast<std::size_t>(r)]);
    const auto add = [&](Label label, int size, int stride, int count, int jump) {
      for (int i = 0; i < count && size > 1; ++i)
        for (int offset = 0; offset < stride; ++offset) {
          Group group{label, {}};
          for (int k = 0; k < size; ++k)
            group.gpus.push_back(gpus[static_cast<std::size_t>(i * jump + offset + k * stride)]);
          groups_.push_back(std::move(group));
        }
    };
    const int block = p.ep * p.etp, copies = p.expert_dp();
    add(kExpertTensorGroup, p.etp, 1, copies * p.ep, p.etp);
    add(kExpertGroup, p.ep, p.etp, copies, block);
    add(kExpertGradientGroup, copies, block, 1, 0);
  }

  // The place of every member of a group, in NCCL's ring order: domain after domain. Each of the k members in a domain
  // carries 1/k of what leaves it, over its own NIC, to its counterpart in the next domain.
  std::vector<Membership> places(const Group& group) const {
    std::map<std::uint32_t, std::vector<std::uint32_t>> by_domain;
    for (const std::uint32_t g : group.gpus) by_domain[m_.domain_of_gpu(g)].push_back(g);
    std::vector<const std::vector<std::uint32_t>*> ring;
    for (const auto& [domain, gpus] : by_domain) ring.push_back(&gpus);
    std::map<std::uint32_t, Membership> place;
    for (std::size_t d = 0; d < ring.size(); ++d) {
      const auto& here = *ring[d];
      const auto& next = *ring[(d + 1) % ring.size()];
      const auto& before = *ring[(d + ring.size() - 1) % ring.size()];
      for (std::size_t i = 0; i < here.size(); ++i) {
        Membership membership;
        membership.size = static_cast<std::uint32_t>(group.gpus.size());
        membership.in_domain = static_cast<std::uint32_t>(here.size());
        if (ring.size() > 1) {
          membership.up = hop(here[i], next[std::min(i, next.size() - 1)]);
          membership.down = hop(before[std::min(i, before.size() - 1)], here[i]);
        }
        if (group.label == kExpertGroup) membership.across_spine = across_spine(here[i], ring);
        place[here[i]] = membership;
      }
    }
    std::vector<Membership> out;
    for (const std::uint32_t g : group.gpus) out.push_back(place[g]);
    return out;
  }

  // Ranks whose traffic from `gpu` crosses the spine: it leaves on the sender's rail (NVLink carries it to the
  // receiver).
  std::uint32_t across_spine(std::uint32_t gpu, const std::vector<const std::vector<std::uint32_t>*>& domains) const {
    const auto size = static_cast<std::uint32_t>(m_.gpus_per_domain);
    std::uint32_t ranks = 0;
    for (const auto* members : domains) {
      const std::uint32_t same_rail = members->front() / size * size + gpu % size;
      if (hop(gpu, same_rail) >= Hop::kSpine) ranks += static_cast<std::uint32_t>(members->size());
    }
    return ranks;
  }

  std::uint32_t neighbour(std::uint32_t gpu, int step) const {
    RankCoordinates at = coordinates_of(parallelism_, static_cast<int>(m_.rank_of_gpu[gpu]));
    at.pipeline = (at.pipeline + step + parallelism_.pp) % parallelism_.pp;
    return m_.gpu_of_rank[static_cast<std::size_t>(rank_at(parallelism_, at))];
  }

  // Nodes of the graph: GPUs, trays, racks, domains, leaves (one for its like on all planes), pods, groups.
  void classify() {
    const std::uint32_t gpus = m_.gpus();
    const std::uint32_t trays = gpus / static_cast<std::uint32_t>(m_.gpus_per_tray);
    const auto racks = static_cast<std::uint32_t>(m_.racks);
    const std::uint32_t domains = gpus / static_cast<std::uint32_t>(m_.gpus_per_domain);
    const std::uint32_t tray0 = gpus, rack0 = tray0 + trays, domain0 = rack0 + racks, leaf0 = domain0 + domains,
                        pod0 = leaf0 + static_cast<std::uint32_t>(m_.fabric.leaves),
                        group0 = pod0 + static_cast<std::uint32_t>(m_.fabric.pods);
    LabelledGraph graph(group0 + static_cast<std::uint32_t>(groups_.size()));
    // The kind of node, for a GPU its stage; and the same with what events do to it.
    std::vector<std::uint32_t> kinds(graph.nodes()), colours(graph.nodes());
    std::map<std::vector<std::uint32_t>, std::uint32_t> numbers;
    const auto number = [&](std::vector<std::uint32_t> key) {
      return numbers.emplace(std::move(key), static_cast<std::uint32_t>(numbers.size())).first->second;
    };
    const Touched touched = touched_by_events();
    const std::vector<std::uint32_t> row_of_rack = rows_told_apart();
    for (std::uint32_t g = 0; g < gpus; ++g) {
      std::vector<std::uint32_t> key = {0, stage_of(g)};
      kinds[g] = number(key);
      key.push_back(row_of_rack[m_.rack_of_gpu(g)]);
      key.insert(key.end(), touched.gpus[g].begin(), touched.gpus[g].end());
      colours[g] = number(std::move(key));
      graph.add_both(g, tray0 + m_.tray_of_gpu(g), with_hops(kInTray, Hop::kNone, Hop::kNone));
      graph.add_both(g, rack0 + m_.rack_of_gpu(g), with_hops(kInRack, Hop::kNone, Hop::kNone));
      graph.add_both(g, domain0 + m_.domain_of_gpu(g), with_hops(kInDomain, Hop::kNone, Hop::kNone));
      graph.add_both(g, leaf0 + m_.leaf_of_gpu[g], with_hops(kAtLeaf, Hop::kNone, Hop::kNone));
      if (m_.rank_of_gpu[g] != kNoIndex && parallelism_.pp > 1) {
        const std::uint32_t next = neighbour(g, 1);
        const Hop forth = hop(g, next), back = hop(next, g);
        graph.add(g, next, with_hops(kNext, forth, back));
        graph.add(next, g, with_hops(kPrevious, forth, back));
      }
    }
    for (std::uint32_t i = tray0; i < rack0; ++i) kinds[i] = colours[i] = number({1});
    for (std::uint32_t i = rack0; i < domain0; ++i) kinds[i] = colours[i] = number({2});
    for (std::uint32_t i = domain0; i < leaf0; ++i) kinds[i] = colours[i] = number({3});
    for (std::uint32_t i = leaf0; i < pod0; ++i) {
      std::vector<std::uint32_t> key = {4};
      kinds[i] = number(key);
      key.insert(key.end(), touched.leaves[i - leaf0].begin(), touched.leaves[i - leaf0].end());
      colours[i] = number(std::move(key));
      graph.add_both(i, pod0 + pod_of_leaf(i - leaf0), with_hops(kInPod, Hop::kNone, Hop::kNone));
    }
    for (std::uint32_t i = pod0; i < group0; ++i) {
      std::vector<std::uint32_t> key = {6};
      kinds[i] = number(key);
      key.insert(key.end(), touched.pods[i - pod0].begin(), touched.pods[i - pod0].end());
      colours[i] = number(std::move(key));
    }
    std::vector<std::vector<Membership>> memberships;
    for (std::uint32_t i = 0; i < groups_.size(); ++i) {
      const Group& group = groups_[i];
      kinds[group0 + i] = colours[group0 + i] = number({5, group.label});
      memberships.push_back(places(group));
      for (std::size_t k = 0; k < group.gpus.size(); ++k) {
        const Membership& membership = memberships.back()[k];
        graph.add_both(group.gpus[k], group0 + i,
                       with_hops(group.label, membership.up, membership.down) | (membership.in_domain << kLabelBits) |
                           (membership.across_spine << (kLabelBits + kInDomainBits)));
      }
    }
    std::vector<std::uint32_t> classes;
    if (folding_ == Folding::kFolded) {
      classes = refine(graph, colours);
      m_.class_graph = class_graph(quotient(graph, classes));
      for (std::uint32_t i = 0; i < graph.nodes(); ++i) m_.class_graph.colours[classes[i]] = kinds[i];
    } else {
      classes.resize(graph.nodes());
      std::iota(classes.begin(), classes.end(), 0u);
    }
    m_.class_of_gpu = number_units(classes, 0, gpus);
    m_.class_of_tray = number_units(classes, tray0, rack0);
    m_.class_of_rack = number_units(classes, rack0, domain0);
    const auto class_of_domain = number_units(classes, domain0, leaf0);
    m_.class_of_leaf = number_units(classes, leaf0, pod0);
    const auto class_of_pod = number_units(classes, pod0, group0);
    const auto class_of_group = number_units(classes, group0, graph.nodes());
    m_.tray_classes = count_units(m_.class_of_tray);
    m_.rack_classes = count_units(m_.class_of_rack);
    m_.domain_classes = count_units(class_of_domain);
    for (const UnitClass& unit : count_units(m_.class_of_leaf))
      m_.pod_class_of_leaf_class.push_back(class_of_pod[pod_of_leaf(unit.first)]);
    repeat_for_planes(m_.class_of_leaf);
    m_.leaf_classes = count_units(m_.class_of_leaf);
    m_.pod_classes = count_units(class_of_pod);
    for (UnitClass& pods : m_.pod_classes) pods.count *= static_cast<std::uint32_t>(m_.fabric.planes);

    for (const UnitClass& unit : count_units(m_.class_of_gpu)) {
      GpuClass c;
      c.count = unit.count;
      c.first = unit.first;
      c.rack_class = m_.class_of_rack[m_.rack_of_gpu(unit.first)];
      c.tray_class = m_.class_of_tray[m_.tray_of_gpu(unit.first)];
      c.domain_class = class_of_domain[m_.domain_of_gpu(unit.first)];
      c.leaf_class = m_.class_of_leaf[m_.leaf_of_gpu[unit.first]];
      if (m_.rank_of_gpu[unit.first] != kNoIndex) {
        c.stage = static_cast<int>(stage_of(unit.first));
        if (parallelism_.pp > 1) {
          const std::uint32_t next = neighbour(unit.first, 1), previous = neighbour(unit.first, -1);
          c.next = m_.class_of_gpu[next];
          c.previous = m_.class_of_gpu[previous];
          c.to_next = hop(unit.first, next);
          c.to_previous = hop(unit.first, previous);
        }
      }
      m_.gpu_classes.push_back(c);
    }
    const auto group_units = count_units(class_of_group);
    m_.group_classes.resize(group_units.size());
    for (std::uint32_t g = 0; g < group_units.size(); ++g) {
      const Group& group = groups_[group_units[g].first];
      GroupClass& group_class = m_.group_classes[g];
      auto& members = group_class.gpu_classes;
      std::set<std::uint32_t> in_domains;
      group_class.fewest_in_domain = static_cast<std::uint32_t>(group.gpus.size());
      for (std::size_t k = 0; k < group.gpus.size(); ++k) {
        const std::uint32_t c = m_.class_of_gpu[group.gpus[k]];
        members.push_back(c);
        in_domains.insert(m_.domain_of_gpu(group.gpus[k]));
        Membership membership = memberships[group_units[g].first][k];
        group_class.most_in_domain = std::max(group_class.most_in_domain, membership.in_domain);
        group_class.fewest_in_domain = std::min(group_class.fewest_in_domain, membership.in_domain);
        membership.group = g;
        GpuClass& gpu_class = m_.gpu_classes[c];
        membership_of(gpu_class, group.label) = membership;
      }
      std::sort(members.begin(), members.end());
      members.erase(std::unique(members.begin(), members.end()), members.end());
      group_class.domains = static_cast<std::uint32_t>(in_domains.size());
    }
  }

  static ClassGraph class_graph(const LabelledGraph& classes) {
    ClassGraph out{LabelledGraph(classes.nodes()), LabelledGraph(classes.nodes()), {}};
    out.colours.resize(classes.nodes());
    for (const auto& edge : classes.edges()) {
      const std::uint32_t label = label_of(edge.label);
      if (label == kAtLeaf || label == kInPod) out.uplinks.add(edge.from, edge.to, edge.label, edge.count);
      if (label >= kTensorGroup) out.exchanges.add(edge.from, edge.to, edge.label, edge.count);
    }
    return out;
  }

  void repeat_for_planes(std::vector<std::uint32_t>& classes) const {
    const std::vector<std::uint32_t> plane = classes;
    for (int p = 1; p < m_.fabric.planes; ++p) classes.insert(classes.end(), plane.begin(), plane.end());
  }

  std::uint32_t stage_of(std::uint32_t gpu) const {
    const std::uint32_t rank = m_.rank_of_gpu[gpu];
    return rank == kNoIndex ? kNoIndex
                            : static_cast<std::uint32_t>(coordinates_of(parallelism_, static_cast<int>(rank)).pipeline);
  }

  // Which events touch a component, by their numbers. A plane or a core is everybody's: it tells nobody apart.
  struct Touched {
    std::vector<std::vector<std::uint32_t>> gpus, leaves, pods;
  };

  Touched touched_by_events() const {
    Touched touched;
    touched.gpus.resize(m_.gpus());
    touched.leaves.resize(static_cast<std::size_t>(m_.fabric.leaves));
    touched.pods.resize(static_cast<std::size_t>(m_.fabric.pods));
    for (std::uint32_t e = 0; e < plan_.events.size(); ++e) {
      const Event& event = plan_.events[e];
      NetworkPart part;  // of no GPU unless the event is a failure
      if (event.kind == EventKind::kFailure)
        part = network_part(plan_.site, m_.fabric, event.path).value_or(NetworkPart());
      const GpuRange range = acts_on_gpus(event.kind) ? gpus_at(plan_, event.path) : part.gpus;
      for (std::uint32_t g = range.begin; g < range.end; ++g) touched.gpus[g].push_back(e);
      const auto index = static_cast<std::size_t>(part.index);
      if (part.kind == NetworkPartKind::kLeaf || part.kind == NetworkPartKind::kUplink)
        touched.leaves[index].push_back(e);
      if (part.kind == NetworkPartKind::kSpine)
        touched.pods[index / static_cast<std::size_t>(m_.fabric.spines_per_pod)].push_back(e);
    }
    return touched;
  }

  // (n_rack) by rows where each has breakers of its own that may trip; else all alike.
  std::vector<std::uint32_t> rows_told_apart() const {
    std::vector<std::uint32_t> row_of_rack(static_cast<std::size_t>(m_.racks));
    if (std::isnan(plan_.power.breaker_delay_s) || std::isnan(plan_.power.busway_rating_w)) return row_of_rack;
    const auto row = [&](std::size_t r) {
      const std::string& path = plan_.site.racks[r].path;
      return path.substr(0, path.rfind('/'));
    };
    for (std::size_t r = 1; r < row_of_rack.size(); ++r)
      row_of_rack[r] = row_of_rack[r - 1] + (row(r) != row(r - 1) ? 1 : 0);
    return row_of_rack;
  }

  static std::vector<std::uint32_t> number_units(const std::vector<std::uint32_t>& classes, std::uint32_t begin,
                                                 std::uint32_t end) {
    std::map<std::uint32_t, std::uint32_t> numbers;
    std::vector<std::uint32_t> out;
    for (std::uint32_t i = begin; i < end; ++i)
      out.push_back(numbers.emplace(classes[i], static_cast<std::uint32_t>(numbers.size())).first->second);
    return out;
  }

  static std::vector<UnitClass> count_units(const std::vector<std::uint32_t>& class_of) {
    std::vector<UnitClass> units;
    for (std::uint32_t i = 0; i < class_of.size(); ++i) {
      if (class_of[i] == units.size()) units.push_back({0, i});
      ++units[class_of[i]].count;
    }
    return units;
  }

  const Plan& plan_;
  const Parallelism& parallelism_;
  Folding folding_;
  Model m_;
  std::vector<Group> groups_;
};

}  // namespace

RankCoordinates coordinates_of(const Parallelism& parallelism, int rank) {
  RankCoordinates at;
  for (const Axis axis : parallelism.order) {
    const int n = extent(parallelism, axis);
    (axis == Axis::kTensor    ? at.tensor
     : axis == Axis::kContext ? at.context
     : axis == Axis::kData    ? at.data
                              : at.pipeline) = rank % n;
    rank /= n;
  }
  return at;
}

int default_ranks_per_domain(const Parallelism& parallelism, int domain_gpus) {
  if (parallelism.ranks() <= domain_gpus) return parallelism.ranks();
  int block = 1;
  for (const Axis axis : parallelism.order) {
    const int n = extent(parallelism, axis);
    if (block * n <= domain_gpus) {
      block *= n;
      continue;
    }
    int whole = 1, power_of_two = 1;
    for (int q = 1; block * q <= domain_gpus; ++q)
      if (n % q == 0) whole = q;
    while (block * power_of_two * 2 <= domain_gpus) power_of_two *= 2;
    return block * (2 * whole <= domain_gpus / block ? power_of_two : whole);
  }
  return block;
}

Result<Model> build_model(const Plan& plan, Folding folding) { return Builder(plan, folding).build(); }

Result<void> check_placement(const Plan& plan) { return Builder(plan, Folding::kFolded).place(); }

std::vector<std::string> tray_and_gpu_names(const RackType& rack) {
  std::vector<std::string> names;
  for (int t = 1; t <= rack.compute_trays; ++t) {
    names.push_back(fmt::format("compute-{:02}", t));
    for (int g = 0; g < rack.gpus_per_tray; ++g) names.push_back(fmt::format("compute-{:02}/gpu-{}", t, g));
  }
  return names;
}

Result<Fabric> fabric_of(const Site& site) {
  const RackType& type = site.rack_type;
  return generate_fabric(site.fabric, static_cast<int>(site.racks.size()) * type.domains(), type.domain_gpus(),
                         type.nic_bytes_per_s_per_gpu());
}

// The number of "power-shelf-2" is 2; 0: it is no power shelf of such a rack.
ShelfPart shelf_part(const RackType& type, const std::string& name) {
  for (int shelf = 1; shelf <= type.shelves; ++shelf)
    for (const std::string& of : {fmt::format("power-shelf-{:02}", shelf), fmt::format("power-shelf-{}", shelf)}) {
      if (name == of) return {shelf, 0};
      for (int psu = 1; psu <= type.shelf_psus; ++psu)
        if (name == fmt::format("{}/psu-{}", of, psu)) return {shelf, psu};
    }
  return {};
}

GpuRange gpus_at(const Site& site, const std::string& path) {
  const RackType& type = site.rack_type;
  const auto per_rack = static_cast<std::uint32_t>(type.gpus());
  GpuRange racks;  // of a row or the site
  for (std::uint32_t r = 0; r < site.racks.size(); ++r) {
    const std::string& rack = site.racks[r].path;
    if (path != site.name && path != rack.substr(0, rack.rfind('/'))) continue;
    if (racks.end == 0) racks.begin = r * per_rack;
    racks.end = (r + 1) * per_rack;
  }
  if (racks.end > 0) return racks;
  for (std::size_t r = 0; r < site.racks.size(); ++r) {
    const std::string& rack = site.racks[r].path;
    const auto first = static_cast<std::uint32_t>(r) * static_cast<std::uint32_t>(type.gpus());
    if (path == rack) return {first, first + static_cast<std::uint32_t>(type.gpus())};
    if (path.compare(0, rack.size() + 1, rack + "/") != 0) continue;
    const std::string inside = path.substr(rack.size() + 1);
    if (shelf_part(type, inside).shelf > 0) return {first, first + per_rack};
    std::uint32_t gpu = first;
    for (const std::string& name : tray_and_gpu_names(type)) {
      const bool is_tray = name.find('/') == std::string::npos;
      if (name == inside) return {gpu, gpu + (is_tray ? static_cast<std::uint32_t>(type.gpus_per_tray) : 1)};
      if (!is_tray) ++gpu;
    }
  }
  return {};
}

}  // namespace racktwin
