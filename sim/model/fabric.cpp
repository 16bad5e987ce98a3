#include "sim/model/fabric.h"

#include <fmt/core.h>

#include <algorithm>
#include <cmath>

namespace racktwin {
namespace {

int quotient_up(int a, int b) { return (a + b - 1) / b; }

// The least number of switches of `ports` ports for the uplinks of `below` switches, each with equally many links to
// each; 0: there is none.
int switches_above(int below, int uplinks, int ports) {
  for (int n = quotient_up(below * uplinks, ports); n <= uplinks; ++n)
    if (uplinks % n == 0) return n;
  return 0;
}

class Generator {
 public:
  Generator(const FabricType& type, int domains, int gpus_per_domain) : type_(type), domains_(domains) {
    f_.gpus_per_domain = gpus_per_domain;
    f_.planes = type.planes;
    f_.rail_optimised = type.rail_optimised;
  }

  Result<Fabric> generate(double nic_bytes_per_s) {
    if (auto placed = place_gpus(nic_bytes_per_s); !placed) return tl::unexpected(placed.error());
    if (f_.leaves > 1)
      if (auto joined = join_leaves(); !joined) return tl::unexpected(joined.error());
    count_cables();
    return f_;
  }

 private:
  Result<void> error(const SourceLoc& loc, std::string message, std::string hint) const {
    return fail(Error{ErrorCode::kBadInput, std::move(message), loc, 1, std::move(hint), {}});
  }

  Result<void> place_gpus(double nic_bytes_per_s) {
    const double on_a_plane = nic_bytes_per_s / (type_.planes * type_.port_bytes_per_s.value);
    f_.links_per_gpu = std::max(1, static_cast<int>(std::ceil(on_a_plane - 1e-9)));
    f_.gpus_per_leaf = type_.leaf_ports_down / f_.links_per_gpu;
    if (f_.gpus_per_leaf < 1)
      return error(type_.ports_loc,
                   fmt::format("a GPU needs {} links on a plane, a leaf has {} ports down", f_.links_per_gpu,
                               type_.leaf_ports_down),
                   "more ports, faster ports or more planes");
    if (!type_.rail_optimised) {
      f_.leaves = quotient_up(domains_ * f_.gpus_per_domain, f_.gpus_per_leaf);
      return {};
    }
    if (type_.unit_domains > f_.gpus_per_leaf)
      return error(type_.unit_domains_loc,
                   fmt::format("a leaf serves {} GPUs, so it cannot join the {} domains of a unit on a rail",
                               f_.gpus_per_leaf, type_.unit_domains),
                   fmt::format("at most {}", f_.gpus_per_leaf));
    const int wanted = type_.unit_domains > 0 ? type_.unit_domains : domains_;
    f_.rails_per_leaf = std::clamp(f_.gpus_per_leaf / wanted, 1, f_.gpus_per_domain);
    while (f_.gpus_per_domain % f_.rails_per_leaf != 0) --f_.rails_per_leaf;
    f_.domains_per_unit = type_.unit_domains > 0 ? type_.unit_domains : f_.gpus_per_leaf / f_.rails_per_leaf;
    f_.leaves = quotient_up(domains_, f_.domains_per_unit) * leaves_per_unit();
    return {};
  }

  int leaves_per_unit() const { return f_.rail_optimised ? f_.gpus_per_domain / f_.rails_per_leaf : 1; }

  Result<void> join_leaves() {
    f_.leaf_uplinks = type_.leaf_ports_up;
    f_.leaves_per_pod = f_.leaves;
    f_.spines = f_.spines_per_pod = switches_above(f_.leaves, f_.leaf_uplinks, type_.switch_ports);
    if (f_.spines > 0) return {};
    if (type_.tiers >= 3 && join_pods()) return {};
    return error(
        type_.tiers_loc,
        fmt::format("{} tiers of switches with {} ports do not join the {} leaves of a plane that the site needs",
                    type_.tiers, type_.switch_ports, f_.leaves),
        type_.tiers < 3 ? "tiers = 3, or switches with more ports" : "switches with more ports");
  }

  // Half of a spine's ports go down. A pod holds whole units, as many as its spines reach.
  bool join_pods() {
    f_.spine_uplinks = type_.switch_ports / 2;
    const int down = type_.switch_ports - f_.spine_uplinks;
    const int unit = leaves_per_unit() <= down ? leaves_per_unit() : 1;
    f_.leaves_per_pod = down / unit * unit;
    f_.spines_per_pod = switches_above(f_.leaves_per_pod, f_.leaf_uplinks, down);
    f_.pods = quotient_up(f_.leaves, f_.leaves_per_pod);
    const int cores_per_group = switches_above(f_.pods, f_.spine_uplinks, type_.switch_ports);
    f_.spines = f_.pods * f_.spines_per_pod;
    f_.cores = f_.spines_per_pod * cores_per_group;
    return f_.cores > 0;
  }

  void count_cables() {
    const auto cables = [&](int links) { return quotient_up(links, type_.links_per_cable); };
    const int gpu_links = f_.planes * domains_ * f_.gpus_per_domain * f_.links_per_gpu;
    const int leaf_links = f_.planes * f_.leaves * f_.leaf_uplinks;
    const int spine_links = f_.planes * f_.spines * f_.spine_uplinks;
    f_.gpu_cables = cables(gpu_links) + type_.management_cables;
    f_.leaf_spine_cables = cables(leaf_links);
    f_.spine_core_cables = cables(spine_links);
    f_.links = gpu_links + leaf_links + spine_links;
  }

  const FabricType& type_;
  const int domains_;
  Fabric f_;
};

}  // namespace

int Fabric::leaf_of_gpu(int gpu) const {
  if (!rail_optimised) return gpu / gpus_per_leaf;
  const int domain = gpu / gpus_per_domain, rail = gpu % gpus_per_domain;
  return domain / domains_per_unit * (gpus_per_domain / rails_per_leaf) + rail / rails_per_leaf;
}

std::string switch_path(const std::string& site_name, const Fabric& fabric, int number) {
  const int rack = number / kSwitchesPerRack + 1;
  const char* kind = "leaf";
  if (number >= fabric.all_leaves()) {
    number -= fabric.all_leaves();
    kind = "spine";
    if (number >= fabric.all_spines()) {
      number -= fabric.all_spines();
      kind = "core";
    }
  }
  return fmt::format("{}/network-{}/{}-{:02}", site_name, rack, kind, number + 1);
}

Result<Fabric> generate_fabric(const FabricType& type, int domains, int gpus_per_domain, double nic_bytes_per_s) {
  return Generator(type, domains, gpus_per_domain).generate(nic_bytes_per_s);
}

}  // namespace racktwin
