// Symmetry classes by colour refinement: the coarsest equitable partition finer than the given colours.
//
// Two nodes end in one class only if they see, over edges of every label, equally many nodes of every class. Then every
// member of a class lives through the same iteration, and one member stands for all (exact, not an approximation).
// source: the 1-dimensional Weisfeiler-Leman algorithm; equitable partitions as in Godsil and Royle, Algebraic Graph
// Theory, section 9.3.
#pragma once

#include <cstdint>
#include <vector>

namespace racktwin {

// Undirected unless added once only: add(u, v, label) lets u see v.
class LabelledGraph {
 public:
  explicit LabelledGraph(std::uint32_t nodes) : nodes_(nodes) {}
  void add(std::uint32_t from, std::uint32_t to, std::uint32_t label, std::uint32_t count = 1) {
    edges_.push_back({from, to, label, count});
  }
  void add_both(std::uint32_t a, std::uint32_t b, std::uint32_t label) {
    add(a, b, label);
    add(b, a, label);
  }
  std::uint32_t nodes() const { return nodes_; }

  struct Edge {
    std::uint32_t from, to, label, count;
  };
  const std::vector<Edge>& edges() const { return edges_; }

 private:
  std::uint32_t nodes_;
  std::vector<Edge> edges_;
};

// colours (nodes): any numbers. Returns classes (nodes) numbered from 0 in order of their first member.
std::vector<std::uint32_t> refine(const LabelledGraph& graph, const std::vector<std::uint32_t>& colours);

// The graph of the classes of an equitable partition: an edge counts what each member of a class sees of another.
LabelledGraph quotient(const LabelledGraph& graph, const std::vector<std::uint32_t>& classes);

}  // namespace racktwin
