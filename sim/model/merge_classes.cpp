#include "sim/model/merge_classes.h"

#include "sim/check.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

namespace racktwin {
namespace {

using Numbers = std::vector<std::uint32_t>;

Numbers identity(std::size_t n) {
  Numbers out(n);
  std::iota(out.begin(), out.end(), 0u);
  return out;
}

// (n) members of each class as classes of their own, counted from the first.
Numbers part(const Numbers& classes, std::size_t begin, std::size_t n) {
  Numbers out(classes.begin() + static_cast<std::ptrdiff_t>(begin),
              classes.begin() + static_cast<std::ptrdiff_t>(begin + n));
  const std::uint32_t first = out.empty() ? 0 : out.front();  // refine() numbers in order of the first member
  for (std::uint32_t& c : out) c -= first;
  return out;
}

// The first class that is merged into each; a GpuClass or UnitClass adds up its count.
template <class Class>
std::vector<Class> merged(const std::vector<Class>& classes, const Numbers& into) {
  std::vector<Class> out;
  for (std::size_t c = 0; c < classes.size(); ++c) {
    if (into[c] == out.size())
      out.push_back(classes[c]);
    else
      out[into[c]].count += classes[c].count;
  }
  return out;
}

std::vector<double> first_of_each(const std::vector<double>& values, const Numbers& into) {
  std::vector<double> out;
  for (std::size_t c = 0; c < values.size(); ++c)
    if (into[c] == out.size()) out.push_back(values[c]);
  return out;
}

void replace(Numbers& classes, const Numbers& into) {
  for (std::uint32_t& c : classes) c = into[c];
}

}  // namespace

MergedClasses merge_classes(const Model& model, const std::vector<int>& states, const NetworkShare& network,
                            bool uplinks_may_bind) {
  const std::size_t gpus = model.gpu_classes.size(), trays = model.tray_classes.size(),
                    racks = model.rack_classes.size(), domains = model.domain_classes.size(),
                    leaves = model.leaf_classes.size(), pods = model.pod_classes.size(),
                    groups = model.group_classes.size();
  RT_CHECK_EQ(states.size(), gpus);
  MergedClasses out{model, network, identity(gpus)};
  if (model.class_graph.colours.empty()) return out;
  const std::size_t tray0 = gpus, rack0 = tray0 + trays, domain0 = rack0 + racks, leaf0 = domain0 + domains,
                    pod0 = leaf0 + leaves, group0 = pod0 + pods;
  RT_CHECK_EQ(model.class_graph.colours.size(), group0 + groups);

  using Key = std::tuple<std::uint32_t, int, double, double>;
  std::vector<Key> keys;
  for (const std::uint32_t colour : model.class_graph.colours) keys.emplace_back(colour, 0, 1.0, 1.0);
  for (std::uint32_t c = 0; c < gpus; ++c)
    keys[c] = {model.class_graph.colours[c], states[c], network.nvlink_of(c), network.nic_of(c)};
  if (uplinks_may_bind) {
    for (std::uint32_t l = 0; l < leaves; ++l) std::get<2>(keys[leaf0 + l]) = network.uplinks_of(l);
    for (std::uint32_t p = 0; p < pods; ++p) std::get<2>(keys[pod0 + p]) = network.pod_of(p);
  } else {
    out.network.uplinks.clear();  // of leaves that are told apart no more
    out.network.pods.clear();
  }
  std::map<Key, std::uint32_t> numbers;
  Numbers colours;
  for (const Key& key : keys)
    colours.push_back(numbers.emplace(key, static_cast<std::uint32_t>(numbers.size())).first->second);

  LabelledGraph graph = model.class_graph.exchanges;
  if (uplinks_may_bind)
    for (const auto& edge : model.class_graph.uplinks.edges()) graph.add(edge.from, edge.to, edge.label, edge.count);
  const Numbers classes = refine(graph, colours);
  out.gpu = part(classes, 0, gpus);
  const Numbers tray = part(classes, tray0, trays), rack = part(classes, rack0, racks),
                domain = part(classes, domain0, domains), leaf = part(classes, leaf0, leaves),
                pod = part(classes, pod0, pods), group = part(classes, group0, groups);

  Model& m = out.model;
  replace(m.class_of_gpu, out.gpu);
  replace(m.class_of_tray, tray);
  replace(m.class_of_rack, rack);
  replace(m.class_of_leaf, leaf);
  m.gpu_classes = merged(model.gpu_classes, out.gpu);
  m.tray_classes = merged(model.tray_classes, tray);
  m.rack_classes = merged(model.rack_classes, rack);
  m.domain_classes = merged(model.domain_classes, domain);
  m.leaf_classes = merged(model.leaf_classes, leaf);
  m.pod_classes = merged(model.pod_classes, pod);
  m.pod_class_of_leaf_class.clear();
  m.group_classes.clear();
  m.class_graph = {};
  for (std::size_t l = 0; l < leaves; ++l)
    if (leaf[l] == m.pod_class_of_leaf_class.size())
      m.pod_class_of_leaf_class.push_back(pod[model.pod_class_of_leaf_class[l]]);
  for (GpuClass& gpu : m.gpu_classes) {
    gpu.rack_class = rack[gpu.rack_class];
    gpu.tray_class = tray[gpu.tray_class];
    gpu.domain_class = domain[gpu.domain_class];
    gpu.leaf_class = leaf[gpu.leaf_class];
    if (gpu.next != kNoIndex) gpu.next = out.gpu[gpu.next];
    if (gpu.previous != kNoIndex) gpu.previous = out.gpu[gpu.previous];
    for (Membership* place : {&gpu.tensor, &gpu.context, &gpu.gradient, &gpu.expert, &gpu.expert_tensor,
                              &gpu.expert_gradient, &gpu.shard, &gpu.replica})
      if (place->group != kNoIndex) place->group = group[place->group];
  }
  for (std::size_t g = 0; g < groups; ++g) {
    if (group[g] != m.group_classes.size()) continue;
    GroupClass like = model.group_classes[g];
    replace(like.gpu_classes, out.gpu);
    std::sort(like.gpu_classes.begin(), like.gpu_classes.end());
    like.gpu_classes.erase(std::unique(like.gpu_classes.begin(), like.gpu_classes.end()), like.gpu_classes.end());
    m.group_classes.push_back(std::move(like));
  }
  out.network.nvlink = first_of_each(network.nvlink, out.gpu);
  out.network.nic = first_of_each(network.nic, out.gpu);
  out.network.uplinks = first_of_each(out.network.uplinks, leaf);
  out.network.pods = first_of_each(out.network.pods, pod);
  return out;
}

}  // namespace racktwin
