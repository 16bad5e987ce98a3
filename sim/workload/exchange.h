// What the ranks of a job send each other: collectives and sends as flows over a GPU's NVLink port and its NIC.
//
// How long an exchange takes on an idle network, which algorithm and protocol it uses and how many bytes it moves is
// sim/network/collective.h's; here that becomes flows, which take as long alone and slow each other down where they
// meet. Thread rule: one thread, a part of build_iteration().
#pragma once

#include "sim/network/collective.h"
#include "sim/workload/links.h"

#include <compare>
#include <cstdint>
#include <map>
#include <vector>

namespace racktwin {

// What one rank sends over one kind of link.
struct Flow {
  Hop up = Hop::kNvlink, down = Hop::kNvlink;
  double bytes = 0;
  double delay_s = 0;  // launch, steps and filling of the pipeline
  double cap_bytes_per_s = 0;
};

// On an idle network.
double time_alone(const std::vector<Flow>& flows);

class Exchanges {
 public:
  Exchanges(const Plan& plan, const Model& model, const Calibration& calibration, const Links& links);

  // What a rank of class `c` sends in `times` collectives in a row of its group `member`; bytes as in collective.h.
  std::vector<Flow> collective(std::uint32_t c, const Membership& member, CollectiveOp op, double bytes,
                               double times) const;

  // The same for `times` dispatches or combines of a rank's `tokens` to their experts in `member`.
  std::vector<Flow> expert_exchange(std::uint32_t c, const Membership& member, double tokens, double times) const;

  // To a peer in another stage.
  Flow send(std::uint32_t from, Hop hop, double bytes) const;

 private:
  CollectiveLayout layout_of(const Membership& member) const;
  CollectiveCapacities capacities_of(std::uint32_t c, Hop hop, const CollectiveLayout& layout) const;
  // hop: the farthest way between two ranks.
  const CollectiveTime& time_of(std::uint32_t c, CollectiveOp op, double bytes, const CollectiveLayout& layout,
                                Hop hop) const;
  std::vector<Flow> flows_of(const CollectiveTime& time, const CollectiveLayout& layout, const Membership& member,
                             double times) const;

  const Workload& w_;
  const Model& model_;
  const Calibration& calibration_;
  const Links& links_;
  CollectiveCapacities capacities_;
  // Collectives that were asked for: thousands of blocks ask for the same few.
  struct Asked {
    std::uint32_t gpu_class;
    CollectiveOp op;
    double bytes;
    int ranks, per_domain, in_smallest, domains;
    Hop hop;
    auto operator<=>(const Asked&) const = default;
  };
  mutable std::map<Asked, CollectiveTime> asked_;
};

}  // namespace racktwin
