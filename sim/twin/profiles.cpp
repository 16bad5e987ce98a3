#include "sim/twin/profiles.h"

#include "sim/workload/links.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <utility>

namespace racktwin {
namespace {

constexpr double kSlack = 1e-9;  // 0.57 * 100 is 56.999...
constexpr double kNear = 1.02;   // times the lowest clock: what is faster need not follow it, and keeps its percent

std::vector<double> clocks_of(const std::vector<int>& key, std::size_t gpu_classes) {
  std::vector<double> clocks(gpu_classes, 1.0);
  for (std::size_t c = 0; c < gpu_classes; ++c)
    if (key[c] > 0) clocks[c] = key[c] / 100.0;
  return clocks;
}

// What holds for a class holds for all that were solved as it. Path and busiest links stay those of what was solved.
IterationProfile of_all_classes(const IterationProfile& solved, const std::vector<std::uint32_t>& solved_as,
                                const std::vector<LinkLoad>& loads_of_a_second) {
  IterationProfile all = solved;
  all.parts_of_class.clear();
  all.activity.clear();
  for (const std::uint32_t s : solved_as) {
    all.parts_of_class.push_back(solved.parts_of_class[s]);
    all.activity.push_back(solved.activity[s]);
  }
  all.links = loads_of_a_second;
  for (LinkLoad& link : all.links) link.utilization /= solved.step_s;
  return all;
}

}  // namespace

std::vector<int> Profiles::key_of(const std::vector<double>& clocks, const NetworkShare& network) const {
  double lowest = 1;
  for (std::uint32_t c = 0; c < clocks.size(); ++c)
    if (model_.gpu_classes[c].stage >= 0) lowest = std::min(lowest, clocks[c]);
  const double factor = lowest / (std::floor(lowest * 100 + kSlack) / 100);
  std::vector<int> key;
  for (std::uint32_t c = 0; c < clocks.size(); ++c) {
    const double clock = clocks[c] > kNear * lowest ? clocks[c] : clocks[c] / factor;
    key.push_back(model_.gpu_classes[c].stage < 0 ? 0 : static_cast<int>(std::lround(clock * 100)));
  }
  for (const auto* shares : {&network.nvlink, &network.nic, &network.uplinks, &network.pods})
    for (const double share : *shares) key.push_back(static_cast<int>(std::lround(share * 1e6)));
  return key;
}

Result<Profiles::Solved> Profiles::at(const std::vector<double>& clocks, const NetworkShare& network) {
  std::vector<int> key = key_of(clocks, network);
  auto found = known_.find(key);
  if (found == known_.end()) {
    Result<Known> solved = solve_merged(key, network);
    if (!solved) return tl::unexpected(solved.error());
    ++solves_;
    found = known_.emplace(std::move(key), std::move(*solved)).first;
  }
  const Known& known = found->second;
  const std::vector<double> solved_at = clocks_of(found->first, clocks.size());
  std::vector<double> longer(known.path_compute_s.size());  // (n_solved_class) than at the clock that was solved
  for (std::size_t c = 0; c < clocks.size(); ++c) {
    double& most = longer[known.solved_as[c]];
    most = std::max(most, solved_at[c] / clocks[c]);
  }
  double step_s = known.profile->step_s;
  for (std::size_t s = 0; s < longer.size(); ++s)
    if (known.path_compute_s[s] > 0) step_s += known.path_compute_s[s] * (longer[s] - 1);
  return Solved{known.profile, step_s};
}

MergedClasses Profiles::merged_at(const std::vector<int>& key, const NetworkShare& network) const {
  const auto percents_end = key.begin() + static_cast<std::ptrdiff_t>(model_.gpu_classes.size());
  return merge_classes(model_, {key.begin(), percents_end}, network, uplinks_may_bind(plan_, model_, network));
}

Result<Profiles::Known> Profiles::solve_merged(const std::vector<int>& key, const NetworkShare& network) {
  const std::size_t n = model_.gpu_classes.size();
  MergedClasses merged = merged_at(key, network);
  const std::vector<double> clocks = clocks_of(key, n);
  std::vector<double> merged_clocks(merged.model.gpu_classes.size());
  for (std::size_t c = 0; c < n; ++c) merged_clocks[merged.gpu[c]] = clocks[c];
  const Result<IterationProfile> solved =
      solve_iteration(plan_, merged.model, calibration_, merged_clocks, merged.network);
  if (!solved) return tl::unexpected(solved.error());
  // What travels does not hang on the clocks.
  const auto [loads, is_new] =
      loads_of_a_second_.try_emplace({key.begin() + static_cast<std::ptrdiff_t>(n), key.end()});
  if (is_new) loads->second = link_loads(build_iteration(plan_, model_, calibration_, clocks, network), 1);
  return Known{std::make_shared<const IterationProfile>(of_all_classes(*solved, merged.gpu, loads->second)),
               std::move(merged.gpu), solved->path.compute_s_of_class};
}

Result<Profiles::Timeline> Profiles::timeline_at(const std::vector<double>& clocks, const NetworkShare& network) {
  Timeline timeline{build_iteration(plan_, model_, calibration_, clocks, network), {}, nullptr};
  Result<ActivityTimes> times = solve(timeline.iteration.graph);
  if (!times) return tl::unexpected(times.error());
  ++solves_;
  timeline.times = std::move(*times);
  IterationProfile profile = profile_of(model_, timeline.iteration, timeline.times);
  std::vector<int> key = key_of(clocks, network);
  bool is_whole = true;
  for (std::size_t c = 0; c < clocks.size(); ++c)
    is_whole = is_whole && (key[c] == 0 || std::abs(clocks[c] * 100 - key[c]) < kSlack);
  if (!is_whole) {
    timeline.profile = std::make_shared<const IterationProfile>(std::move(profile));
    return timeline;
  }
  MergedClasses merged = merged_at(key, network);
  Known known;
  known.path_compute_s.resize(merged.model.gpu_classes.size());
  ActivityProfiles of_merged(merged.model.gpu_classes.size());
  for (std::size_t c = 0; c < clocks.size(); ++c) {
    const std::uint32_t s = merged.gpu[c];
    known.path_compute_s[s] += profile.path.compute_s_of_class[c];
    if (of_merged[s] == nullptr) of_merged[s] = profile.activity[c];
    profile.activity[c] = of_merged[s];
  }
  known.solved_as = std::move(merged.gpu);
  known.profile = timeline.profile = std::make_shared<const IterationProfile>(std::move(profile));
  known_[std::move(key)] = std::move(known);
  return timeline;
}

}  // namespace racktwin
