// The time of a collective while it is put together: tiers and their bytes first, then the sum. Thread rule: plain
// values.
#pragma once

#include "sim/check.h"
#include "sim/network/nccl.h"

#include <cmath>

namespace racktwin {

inline double value(const Fitted& fitted) { return fitted.value.value; }

class CollectiveSum {
 public:
  CollectiveSum(const CollectiveLayout& layout, const CollectiveCapacities& capacities, const Calibration& calibration,
                CollectiveAlgorithm algorithm, CollectiveProtocol protocol)
      : l_(layout),
        c_(capacities),
        fit_(calibration.collective),
        nic_share_(value(calibration.nic_share)),
        copy_bytes_per_s_(capacities.hbm_bytes_per_s * value(calibration.hbm_share) / 2) {
    RT_CHECK(copy_bytes_per_s_ > 0);
    out_.algorithm = algorithm;
    out_.protocol = protocol;
    out_.launch_s = value(fit_.base_s(c_.nvlink_generation));
    out_.tiers[nccl::at(NetworkTier::kNvlink)].bytes_per_s = c_.nvlink_bytes_per_s;
    out_.tiers[nccl::at(NetworkTier::kNic)].bytes_per_s = c_.nic_bytes_per_s;
    out_.tiers[nccl::at(NetworkTier::kLeafUplink)].bytes_per_s = c_.nic_bytes_per_s / c_.oversubscription;
  }

  double nvlink_hop_s() const {
    return l_.per_domain == 1 ? 0
                              : value(fit_.step) * nccl::kTunerRing[nccl::at(out_.protocol)].nvlink_us * nccl::kMicro;
  }
  double network_hop_s() const {
    const Fitted* hops[] = {&fit_.net_hop_ll_s, &fit_.net_hop_ll128_s, &fit_.net_hop_simple_s};
    const int detours = (l_.domains > c_.domains_per_unit ? 1 : 0) + (l_.domains > c_.domains_per_pod ? 1 : 0);
    return value(*hops[nccl::at(out_.protocol)]) + c_.transport_s + c_.path_s + detours * c_.detour_s;
  }
  // Of the NVLink bandwidth. Rings reach what NCCL counts on.
  double ring_share() const {
    return nccl::tuner_generation(c_).nvlink_share * nccl::kDataShare[nccl::at(out_.protocol)];
  }
  double send_share() const {
    return out_.protocol == CollectiveProtocol::kSimple ? value(fit_.sends) * ring_share() : ring_share();
  }
  double nvls_share() const { return ring_share() * nccl::tuner_generation(c_).nvls_efficiency; }

  // copied: bytes that the kernel copies as well, from one buffer in its own memory to the other.
  void put_nvlink(double bytes, double share, double copied = 0) {
    put(NetworkTier::kNvlink, bytes, share, copied / copy_bytes_per_s_);
  }
  // Bytes that a NIC sends; `away` of them leave its scalable unit.
  void put_network(double bytes, double away) {
    const double share = nic_share_ * nccl::kDataShare[nccl::at(out_.protocol)];
    put(NetworkTier::kNic, bytes, share);
    if (l_.domains > c_.domains_per_unit) put(NetworkTier::kLeafUplink, bytes * away, share);
  }

  // LL and LL128: flags travel with the data, nothing waits. Simple: a step waits for its slice, see README.md.
  CollectiveTime ring_like(double latency_s) {
    out_.latency_s = latency_s;
    const double transfer = slowest();
    out_.time_s = out_.launch_s;
    if (out_.protocol == CollectiveProtocol::kSimple) {
      out_.time_s += std::hypot(latency_s, transfer) + 2 * std::sqrt(value(fit_.segment_s) * transfer);
    } else {
      out_.time_s += latency_s + transfer;
    }
    return out_;
  }
  // Launch, latency and transfer one after another.
  CollectiveTime plain(double launch_s, double latency_s) {
    out_.launch_s = launch_s;
    out_.latency_s = latency_s;
    out_.time_s = launch_s + latency_s + slowest();
    return out_;
  }
  // A pipeline of stages of `stages_s` in all, cut into segments of the best length.
  CollectiveTime pipelined(double latency_s, double stages_s) {
    out_.latency_s = latency_s;
    const double transfer = slowest();
    out_.time_s = out_.launch_s + latency_s + transfer;
    out_.time_s += out_.protocol == CollectiveProtocol::kSimple ? 2 * std::sqrt(stages_s * transfer) : 0;
    return out_;
  }

 private:
  void put(NetworkTier tier, double bytes, double share, double copy_s = 0) {
    TierLoad& load = out_.tiers[nccl::at(tier)];
    load.bytes = bytes;
    load.transfer_s = bytes > 0 ? bytes / (load.bytes_per_s * share) + copy_s : 0;
  }
  // All tiers work at the same time: the slowest one counts.
  double slowest() {
    for (int t = 0; t < kNetworkTiers; ++t)
      if (out_.tiers[t].transfer_s > out_.transfer_s) {
        out_.transfer_s = out_.tiers[t].transfer_s;
        out_.slowest = static_cast<NetworkTier>(t);
      }
    return out_.transfer_s;
  }

  const CollectiveLayout& l_;
  const CollectiveCapacities& c_;
  const CollectiveFit& fit_;
  double nic_share_, copy_bytes_per_s_;
  CollectiveTime out_;
};

}  // namespace racktwin
