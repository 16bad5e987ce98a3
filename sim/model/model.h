// The compiled site: who sits where, who talks to whom, and the symmetry classes.
//
// Flat arrays, no strings in hot paths. Built once from a Plan; whatever any event of the plan touches is told apart
// from the start, so classes never change during a run. Thread rule: immutable once built.
#pragma once

#include "sim/model/fabric.h"
#include "sim/model/partition.h"
#include "sim/plan/plan.h"
#include "sim/result.h"

#include <cstdint>
#include <vector>

namespace racktwin {

inline constexpr std::uint32_t kNoIndex = 0xffffffff;

// How a transfer between two GPUs travels.
enum class Hop : std::uint8_t { kNone, kNvlink, kLeaf, kSpine, kCore };

// One communicator's place of one rank, as its flows see it.
struct Membership {
  std::uint32_t group = kNoIndex;  // group class; kNoIndex: a group of one
  std::uint32_t size = 1;          // ranks in the group
  std::uint32_t in_domain = 1;     // of them in this rank's NVLink domain
  Hop up = Hop::kNone;             // how the share that leaves the domain goes to the next domain,
  Hop down = Hop::kNone;           // and comes from the previous one; Hop::kNone: the group stays in one domain
  std::uint32_t across_spine = 0;  // experts: ranks in domains whose GPU on the same rail hangs on another leaf
  bool spans_domains() const { return in_domain < size; }
};

// A class of equal GPUs.
struct GpuClass {
  std::uint32_t count = 0;
  std::uint32_t first = 0;  // a member, as GPU index
  std::uint32_t rack_class = 0;
  std::uint32_t tray_class = 0;
  std::uint32_t domain_class = 0;
  std::uint32_t leaf_class = 0;                       // of its leaves on all planes
  int stage = -1;                                     // pipeline stage; -1: no rank, idle
  Membership tensor, context, gradient;               // gradient: data x context parallel
  Membership expert, expert_tensor, expert_gradient;  // all-to-all; ranks that share each expert; copies of an expert
  Membership shard, replica;                          // HSDP: ranks that share out parameters, and copies of a shard
  std::uint32_t next = kNoIndex;  // class of the peer in the next stage (last: in the first), kNoIndex if pp = 1
  std::uint32_t previous = kNoIndex;
  Hop to_next = Hop::kNone, to_previous = Hop::kNone;
};

// Classes of containers and links' owners. `first` is a member.
struct UnitClass {
  std::uint32_t count = 0;
  std::uint32_t first = 0;
};

// Classes of communicators: who takes part, and how many of them in an NVLink domain.
struct GroupClass {
  std::vector<std::uint32_t> gpu_classes;  // ascending
  std::uint32_t domains = 1, most_in_domain = 1, fewest_in_domain = 1;
};

// What the classes see of each other. Nodes: the classes of GPUs, trays, racks, domains, leaves (of a plane), pods,
// groups, in this order; none if nothing is folded.
struct ClassGraph {
  LabelledGraph exchanges{0};          // GPUs: their groups, places in them, peers in other stages
  LabelledGraph uplinks{0};            // GPUs at leaves, leaves in pods
  std::vector<std::uint32_t> colours;  // kinds and stages, not what events do
};

struct Model {
  // numbers
  int racks = 0, gpus_per_rack = 0, gpus_per_tray = 0, trays_per_rack = 0, gpus_per_domain = 0;
  int ranks = 0;
  // placement
  std::vector<std::uint32_t> rank_of_gpu;  // (n_gpu) kNoIndex: idle
  std::vector<std::uint32_t> gpu_of_rank;  // (n_rank)
  std::vector<std::uint32_t> leaf_of_gpu;  // (n_gpu) in each plane
  Fabric fabric;
  int leaves = 0, spines = 0, cores = 0;  // switches of all planes
  // classes: class_of_... (n_component), ... (n_class)
  std::vector<std::uint32_t> class_of_gpu, class_of_tray, class_of_rack, class_of_leaf;  // leaves: plane by plane
  std::vector<std::uint32_t> pod_class_of_leaf_class;
  std::vector<GpuClass> gpu_classes;
  std::vector<UnitClass> tray_classes, rack_classes, domain_classes, leaf_classes;
  std::vector<UnitClass> pod_classes;  // of all planes, as the leaves
  std::vector<GroupClass> group_classes;
  ClassGraph class_graph;

  std::uint32_t gpus() const { return static_cast<std::uint32_t>(racks * gpus_per_rack); }
  std::uint32_t rack_of_gpu(std::uint32_t gpu) const { return gpu / static_cast<std::uint32_t>(gpus_per_rack); }
  std::uint32_t tray_of_gpu(std::uint32_t gpu) const { return gpu / static_cast<std::uint32_t>(gpus_per_tray); }
  std::uint32_t domain_of_gpu(std::uint32_t gpu) const { return gpu / static_cast<std::uint32_t>(gpus_per_domain); }
};

enum class Folding : std::uint8_t { kFolded, kUnfolded };

// Errors: kBadInput if the job does not fit the site.
Result<Model> build_model(const Plan& plan, Folding folding = Folding::kFolded);
// The errors that build_model() would have, in a fraction of its time.
Result<void> check_placement(const Plan& plan);

// The coordinates of a rank on the axes.
struct RankCoordinates {
  int tensor = 0, context = 0, data = 0, pipeline = 0;
};
RankCoordinates coordinates_of(const Parallelism& parallelism, int rank);

// How many GPUs of a domain a job uses when nobody says: whole stages or replicas; 64 of 72 if groups are powers of
// two.
int default_ranks_per_domain(const Parallelism& parallelism, int domain_gpus);

// What a component path means ("hall", "hall/row-a", ".../rack-03", ".../compute-07", ".../gpu-2"), as a range of GPUs;
// of a power shelf (".../rack-03/power-shelf-02") or a PSU of it (".../power-shelf-02/psu-3") those of its rack. Empty
// if there is none.
struct GpuRange {
  std::uint32_t begin = 0, end = 0;
};
std::vector<std::string> tray_and_gpu_names(const RackType& rack);  // "compute-01", "compute-01/gpu-0", ...
// Of "power-shelf-02" shelf 2, PSU 0; of "power-shelf-02/psu-3" shelf 2, PSU 3; of anything else shelf 0.
struct ShelfPart {
  int shelf = 0, psu = 0;
  bool operator==(const ShelfPart&) const = default;
};
ShelfPart shelf_part(const RackType& rack, const std::string& name);
GpuRange gpus_at(const Site& site, const std::string& path);
inline GpuRange gpus_at(const Plan& plan, const std::string& path) { return gpus_at(plan.site, path); }

// The fabric of a site, as build_model() generates it.
Result<Fabric> fabric_of(const Site& site);

}  // namespace racktwin
