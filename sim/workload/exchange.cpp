#include "sim/workload/exchange.h"

#include "sim/check.h"
#include "sim/network/moe_exchange.h"

#include <algorithm>

namespace racktwin {
namespace {

constexpr double kActivationBytes = 2;  // tokens travel to their experts and back in BF16

const TierLoad& tier(const CollectiveTime& time, NetworkTier tier) {
  return time.tiers[static_cast<std::size_t>(tier)];
}

}  // namespace

double time_alone(const std::vector<Flow>& flows) {
  double longest = 0;
  for (const Flow& flow : flows) longest = std::max(longest, flow.delay_s + flow.bytes / flow.cap_bytes_per_s);
  return longest;
}

Exchanges::Exchanges(const Plan& plan, const Model& model, const Calibration& calibration, const Links& links)
    : w_(plan.workload),
      model_(model),
      calibration_(calibration),
      links_(links),
      capacities_(collective_capacities(plan.site.rack_type, plan.site.fabric, model.fabric)) {
  capacities_.oversubscription = 1;  // the leaf's uplinks are trunks of their own
}

CollectiveLayout Exchanges::layout_of(const Membership& member) const {
  const GroupClass& group = model_.group_classes[member.group];
  CollectiveLayout layout;
  layout.ranks = static_cast<int>(member.size);
  layout.per_domain = static_cast<int>(group.most_in_domain);
  layout.in_smallest = static_cast<int>(group.fewest_in_domain);
  layout.domains = static_cast<int>(group.domains);
  return layout;
}

// The network as this group crosses it: `hop` is the farthest way between two of its domains.
CollectiveCapacities Exchanges::capacities_of(std::uint32_t c, Hop hop, const CollectiveLayout& layout) const {
  CollectiveCapacities capacities = capacities_;
  capacities.nvlink_bytes_per_s = links_.nvlink_bytes_per_s(c);
  capacities.nic_bytes_per_s = std::min(capacities.nic_bytes_per_s, links_.nic_bytes_per_s(c));
  capacities.domains_per_unit = hop >= Hop::kSpine ? 1 : layout.domains;
  capacities.domains_per_pod = hop == Hop::kCore ? 1 : layout.domains;
  return capacities;
}

// All tiers work at the same time. What is not transfer comes before it.
std::vector<Flow> Exchanges::flows_of(const CollectiveTime& time, const CollectiveLayout& layout,
                                      const Membership& member, double times) const {
  const double delay = times * (time.time_s - time.transfer_s);
  std::vector<Flow> flows;
  if (const TierLoad& nvlink = tier(time, NetworkTier::kNvlink); nvlink.bytes > 0)
    flows.push_back({Hop::kNvlink, Hop::kNvlink, times * nvlink.bytes, delay, nvlink.bytes / nvlink.transfer_s});
  if (const TierLoad& nic = tier(time, NetworkTier::kNic); nic.bytes > 0) {
    const double bytes = sent_by_each(time, layout, static_cast<int>(member.in_domain));
    flows.push_back({member.up, member.down, times * bytes, delay, bytes / nic.transfer_s});
  }
  return flows;
}

const CollectiveTime& Exchanges::time_of(std::uint32_t c, CollectiveOp op, double bytes, const CollectiveLayout& layout,
                                         Hop hop) const {
  const auto [found, is_new] =
      asked_.try_emplace({c, op, bytes, layout.ranks, layout.per_domain, layout.in_smallest, layout.domains, hop});
  if (is_new) {
    const auto time = chosen_collective(op, bytes, layout, capacities_of(c, hop, layout), calibration_);
    RT_CHECK(time.has_value());
    found->second = *time;
  }
  return found->second;
}

std::vector<Flow> Exchanges::collective(std::uint32_t c, const Membership& member, CollectiveOp op, double bytes,
                                        double times) const {
  if (member.size <= 1 || bytes <= 0) return {};
  const CollectiveLayout layout = layout_of(member);
  return flows_of(time_of(c, op, bytes, layout, std::max(member.up, member.down)), layout, member, times);
}

// What leaves the NVLink domain goes to the ranks on the same leaf, and to those across the spine.
std::vector<Flow> Exchanges::expert_exchange(std::uint32_t c, const Membership& member, double tokens,
                                             double times) const {
  if (member.size <= 1 || tokens <= 0) return {};
  const CollectiveLayout layout = layout_of(member);
  CollectiveCapacities capacities = capacities_of(c, member.across_spine > 0 ? Hop::kSpine : Hop::kLeaf, layout);
  const double token_bytes = w_.model.hidden * kActivationBytes;
  CollectiveTime time;
  if (w_.expert_dispatch == ExpertDispatch::kDeepEp) {
    const MixtureOfExperts& moe = *w_.model.moe;
    const MoeExchange exchange = {tokens * w_.expert_imbalance, token_bytes, moe.experts_per_token, moe.groups,
                                  moe.groups_per_token};
    time = moe_exchange_time(MoeKernel::kDeepEp, exchange, layout, capacities, calibration_);
  } else {
    capacities.skew = w_.expert_imbalance;
    const double bytes = tokens * w_.model.moe->experts_per_token * token_bytes;
    time = *chosen_collective(CollectiveOp::kAllToAll, bytes, layout, capacities, calibration_);
  }
  std::vector<Flow> flows = flows_of(time, layout, member, times);
  if (!member.spans_domains()) return flows;
  Flow nic = flows.back();
  flows.pop_back();
  const double far = member.across_spine, away = member.size - member.in_domain;
  for (const auto& [hop, ranks] : {std::pair{Hop::kLeaf, away - far}, {Hop::kSpine, far}}) {
    if (ranks <= 0) continue;
    flows.push_back(nic);
    flows.back().up = flows.back().down = hop;
    flows.back().bytes = nic.bytes * ranks / away;
  }
  return flows;
}

Flow Exchanges::send(std::uint32_t from, Hop hop, double bytes) const {
  const CollectiveLayout layout = CollectiveLayout::of(2, hop == Hop::kNvlink ? 2 : 1);
  const CollectiveTime& time = time_of(from, CollectiveOp::kSendRecv, bytes, layout, hop);
  const TierLoad& load = tier(time, hop == Hop::kNvlink ? NetworkTier::kNvlink : NetworkTier::kNic);
  return {hop, hop, bytes, time.time_s - time.transfer_s, load.bytes / load.transfer_s};
}

}  // namespace racktwin
