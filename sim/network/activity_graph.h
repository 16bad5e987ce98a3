// The work of one iteration as a graph of activities: what the solver runs, and what traces and profiles read.
//
// Flat arrays, folded or not: an activity stands for `multiplicity` equal activities of the members of a class
// (multiplicity 1 everywhere in an unfolded graph). No SimGrid, no strings. Thread rule: immutable once built.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace racktwin {

enum class ActivityKind : std::uint8_t {
  kForward,           // Exec: forward pass of a block (one micro-batch through one model chunk)
  kBackward,          // Exec: backward pass of a block
  kOptimizer,         // Exec: distributed optimizer step
  kTensorParallel,    // Comm: all-gathers and reduce-scatters of a block
  kContextParallel,   // Comm: exchange of keys and values of a block
  kExpertParallel,    // Comm: dispatch and combine of a block's experts
  kPipelineForward,   // Comm: activations to the next stage
  kPipelineBackward,  // Comm: gradients of activations to the previous stage
  kGradReduce,        // Comm: data-parallel reduce-scatter of gradients
  kParamGather,       // Comm: data-parallel all-gather of parameters
  kJoin,              // no work: waits for all its predecessors
};
inline constexpr int kActivityKinds = 11;
std::string_view activity_word(ActivityKind kind);

inline bool is_exec(ActivityKind kind) { return kind <= ActivityKind::kOptimizer; }
inline bool is_comm(ActivityKind kind) { return !is_exec(kind) && kind != ActivityKind::kJoin; }

// A class of equal directed links, as one trunk.
struct Trunk {
  double bandwidth_bytes_per_s = 0;  // of one link
  std::uint32_t links = 1;           // in the class
};

// A class of equal flows.
struct Route {
  std::uint32_t flows = 1;            // in the class
  double flow_cap_bytes_per_s = 0;    // what the protocol can reach at most, per flow
  std::vector<std::uint32_t> trunks;  // crossed, each once
};

// A GPU computes one thing at a time: Execs of one class must not overlap.
struct ActivityGraph {
  // (n_activity), in an order in which every activity comes after its predecessors
  std::vector<ActivityKind> kind;
  std::vector<std::uint32_t> gpu_class;  // who does it; a join: any
  std::vector<std::uint32_t> route;      // comm: into routes; otherwise 0
  std::vector<double> amount;            // exec: [s] at the given clocks; comm: [B] per flow, a whole number
  std::vector<float> clocked_share;      // exec: of its time that scales with the clock
  std::vector<double> delay_s;           // comm: latency before the transfer
  std::vector<std::uint32_t> block;      // label: micro-batch * chunks + chunk

  // dependencies: successors of activity a are successor[successor_begin[a] .. successor_begin[a+1])
  std::vector<std::uint32_t> successor_begin;  // (n_activity + 1)
  std::vector<std::uint32_t> successor;
  std::vector<std::uint32_t> predecessors;  // (n_activity) how many

  std::vector<Route> routes;
  std::vector<Trunk> trunks;
  std::uint32_t gpu_classes = 0;

  std::size_t size() const { return kind.size(); }
};

// Builds the arrays above: add activities in order, connect them, then finish().
class ActivityGraphBuilder {
 public:
  explicit ActivityGraphBuilder(std::uint32_t gpu_classes) { graph_.gpu_classes = gpu_classes; }
  std::uint32_t add_trunk(Trunk trunk);
  std::uint32_t add_route(Route route);
  const Route& route(std::uint32_t route) const { return graph_.routes[route]; }
  std::uint32_t add_exec(ActivityKind kind, std::uint32_t gpu_class, double time_s, double clocked_share,
                         std::uint32_t block);
  std::uint32_t add_comm(ActivityKind kind, std::uint32_t gpu_class, std::uint32_t route, double bytes, double delay_s,
                         std::uint32_t block);
  std::uint32_t add_join();
  void connect(std::uint32_t before, std::uint32_t after);
  ActivityGraph finish();

 private:
  std::uint32_t add(ActivityKind kind, std::uint32_t gpu_class, std::uint32_t route, double amount, double delay_s,
                    std::uint32_t block);
  ActivityGraph graph_;
  std::vector<std::pair<std::uint32_t, std::uint32_t>> edges_;
};

}  // namespace racktwin
