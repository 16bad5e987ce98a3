#include "sim/model/partition.h"

#include "sim/check.h"

#include <array>
#include <map>
#include <unordered_map>

namespace racktwin {
namespace {

// splitmix64: source: Steele, Lea, Flood, Fast splittable pseudorandom number generators, OOPSLA 2014.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

// Renumbers from 0 in order of the first member; returns how many classes there are.
std::uint32_t renumber(const std::vector<std::uint64_t>& keys, std::vector<std::uint32_t>& classes) {
  std::unordered_map<std::uint64_t, std::uint32_t> numbers;
  numbers.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i)
    classes[i] = numbers.emplace(keys[i], static_cast<std::uint32_t>(numbers.size())).first->second;
  return static_cast<std::uint32_t>(numbers.size());
}

}  // namespace

std::vector<std::uint32_t> refine(const LabelledGraph& graph, const std::vector<std::uint32_t>& colours) {
  RT_CHECK_EQ(colours.size(), std::size_t{graph.nodes()});
  std::vector<std::uint64_t> keys(colours.begin(), colours.end());
  std::vector<std::uint32_t> classes(colours.size());
  std::uint32_t count = renumber(keys, classes);
  for (;;) {
    // A commutative sum of mixed (label, class) pairs is a hash of the multiset that a node sees.
    for (std::size_t i = 0; i < keys.size(); ++i) keys[i] = mix(classes[i]);
    for (const auto& edge : graph.edges())
      keys[edge.from] +=
          edge.count * mix(mix((std::uint64_t{edge.label} << 32) | classes[edge.to]) ^ 0xa5a5a5a5a5a5a5a5ULL);
    const std::uint32_t refined = renumber(keys, classes);
    if (refined == count) return classes;
    count = refined;
  }
}

LabelledGraph quotient(const LabelledGraph& graph, const std::vector<std::uint32_t>& classes) {
  RT_CHECK_EQ(classes.size(), std::size_t{graph.nodes()});
  std::vector<std::uint32_t> first;  // (classes) a member
  for (std::uint32_t node = 0; node < graph.nodes(); ++node)
    if (classes[node] == first.size()) first.push_back(node);
  std::map<std::array<std::uint32_t, 3>, std::uint32_t> counts;
  for (const auto& edge : graph.edges())
    if (const std::uint32_t from = classes[edge.from]; first[from] == edge.from)
      counts[{from, classes[edge.to], edge.label}] += edge.count;
  LabelledGraph out(static_cast<std::uint32_t>(first.size()));
  for (const auto& [edge, count] : counts) out.add(edge[0], edge[1], edge[2], count);
  return out;
}

}  // namespace racktwin
