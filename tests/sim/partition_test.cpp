#include "sim/model/partition.h"

#include <catch2/catch.hpp>

#include <map>
#include <random>
#include <set>
#include <tuple>

namespace racktwin {
namespace {

using Classes = std::vector<std::uint32_t>;

LabelledGraph path_graph(std::uint32_t nodes) {
  LabelledGraph graph(nodes);
  for (std::uint32_t i = 0; i + 1 < nodes; ++i) graph.add_both(i, i + 1, 0);
  return graph;
}

// What a node sees: how many nodes of each class over edges of each label.
using View = std::map<std::pair<std::uint32_t, std::uint32_t>, int>;
std::vector<View> views(const LabelledGraph& graph, const Classes& classes) {
  std::vector<View> out(graph.nodes());
  for (const auto& edge : graph.edges()) out[edge.from][{edge.label, classes[edge.to]}] += static_cast<int>(edge.count);
  return out;
}

bool is_equitable(const LabelledGraph& graph, const Classes& classes) {
  const std::vector<View> seen = views(graph, classes);
  std::map<std::uint32_t, View> of_class;
  for (std::uint32_t i = 0; i < graph.nodes(); ++i)
    if (of_class.emplace(classes[i], seen[i]).first->second != seen[i]) return false;
  return true;
}

// Colour refinement without hashes.
Classes refine_by_comparison(const LabelledGraph& graph, const Classes& colours) {
  Classes classes = colours;
  std::size_t count = 0;
  for (;;) {
    const std::vector<View> seen = views(graph, classes);
    std::map<std::pair<std::uint32_t, View>, std::uint32_t> numbers;
    Classes next;
    for (std::uint32_t i = 0; i < graph.nodes(); ++i)
      next.push_back(
          numbers.emplace(std::pair(classes[i], seen[i]), static_cast<std::uint32_t>(numbers.size())).first->second);
    classes = next;
    if (numbers.size() == count) return classes;
    count = numbers.size();
  }
}

LabelledGraph random_graph(std::uint32_t nodes, std::uint32_t edges, unsigned seed) {
  std::mt19937 random(seed);
  LabelledGraph graph(nodes);
  for (std::uint32_t e = 0; e < edges; ++e) {
    const auto from = static_cast<std::uint32_t>(random() % nodes), to = static_cast<std::uint32_t>(random() % nodes);
    const auto label = static_cast<std::uint32_t>(random() % 3);
    if (random() % 2 == 0) {
      graph.add_both(from, to, label);
    } else {
      graph.add(from, to, label);
    }
  }
  return graph;
}

TEST_CASE("the nodes of a cycle are all alike") {
  LabelledGraph graph(6);
  for (std::uint32_t i = 0; i < 6; ++i) graph.add_both(i, (i + 1) % 6, 0);
  CHECK(refine(graph, Classes(6, 7)) == Classes(6, 0));
}

TEST_CASE("a path folds about its middle") {
  CHECK(refine(path_graph(5), Classes(5)) == Classes{0, 1, 2, 1, 0});
  CHECK(refine(path_graph(4), Classes(4)) == Classes{0, 1, 1, 0});
}

TEST_CASE("a star has a centre and equal leaves") {
  LabelledGraph graph(5);
  for (std::uint32_t leaf : {0u, 1u, 3u, 4u}) graph.add_both(2, leaf, 0);
  CHECK(refine(graph, Classes(5)) == Classes{0, 0, 1, 0, 0});
}

TEST_CASE("components of different shape share no class where their nodes differ") {
  LabelledGraph graph(6);  // a path of two, a path of three, a single node
  graph.add_both(0, 1, 0);
  graph.add_both(2, 3, 0);
  graph.add_both(3, 4, 0);
  CHECK(refine(graph, Classes(6)) == Classes{0, 0, 1, 2, 1, 3});
}

TEST_CASE("labels and directions of edges tell nodes apart") {
  LabelledGraph labels(4);  // a cycle of which one edge is different
  labels.add_both(0, 1, 1);
  labels.add_both(1, 2, 1);
  labels.add_both(2, 3, 1);
  labels.add_both(3, 0, 2);
  CHECK(refine(labels, Classes(4)) == Classes{0, 1, 1, 0});

  LabelledGraph chain(3);  // 0 sees 1 sees 2
  chain.add(0, 1, 0);
  chain.add(1, 2, 0);
  CHECK(refine(chain, Classes(3)) == Classes{0, 1, 2});

  LabelledGraph twice(3);  // the number of parallel edges counts
  twice.add(0, 2, 0);
  twice.add(0, 2, 0);
  twice.add(1, 2, 0);
  CHECK(refine(twice, Classes(3)) == Classes{0, 1, 2});
}

TEST_CASE("colours are never merged and one coloured node spreads as far as it must") {
  LabelledGraph graph(6);
  for (std::uint32_t i = 0; i < 6; ++i) graph.add_both(i, (i + 1) % 6, 0);
  CHECK(refine(graph, {0, 0, 0, 9, 0, 0}) == Classes{0, 1, 2, 3, 2, 1});
  CHECK(refine(LabelledGraph(3), {5, 4, 5}) == Classes{0, 1, 0});
}

TEST_CASE("a graph without nodes or edges has a partition") {
  CHECK(refine(LabelledGraph(0), {}).empty());
  CHECK(refine(LabelledGraph(3), {0, 0, 0}) == Classes{0, 0, 0});
}

TEST_CASE("classes that are finer than need be come together in the graph of the classes") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    const std::uint32_t nodes = 5 + seed;
    const LabelledGraph graph = random_graph(nodes, nodes * 2 / 3, seed);
    Classes coarse(nodes), fine(nodes);
    for (std::uint32_t i = 0; i < nodes; ++i) {
      coarse[i] = i % 7 == 0 ? 1 : 0;
      fine[i] = i % 5 == 0 ? 2 + coarse[i] : coarse[i];
    }
    const Classes classes = refine(graph, fine);
    const LabelledGraph of_classes = quotient(graph, classes);
    Classes colours(of_classes.nodes());
    for (std::uint32_t i = 0; i < nodes; ++i) colours[classes[i]] = coarse[i];
    const Classes merged = refine(of_classes, colours);
    Classes of_nodes;
    for (std::uint32_t i = 0; i < nodes; ++i) of_nodes.push_back(merged[classes[i]]);
    CHECK(of_nodes == refine(graph, coarse));
  }
}

TEST_CASE("the partition is equitable, the coarsest, numbered by first members and the same every time") {
  for (unsigned seed = 1; seed <= 50; ++seed) {
    CAPTURE(seed);
    const std::uint32_t nodes = 5 + seed;
    const LabelledGraph graph = random_graph(nodes, nodes * 2 / 3, seed);
    Classes colours(nodes);
    for (std::uint32_t i = 0; i < nodes; i += 7) colours[i] = 3;
    const Classes classes = refine(graph, colours);
    CHECK(is_equitable(graph, classes));
    CHECK(classes == refine_by_comparison(graph, colours));
    CHECK(classes == refine(graph, colours));
    std::uint32_t next = 0;
    bool in_order = true;
    for (const std::uint32_t c : classes) {
      in_order = in_order && c <= next;
      if (c == next) ++next;
    }
    CHECK(in_order);
  }
}

}  // namespace
}  // namespace racktwin
