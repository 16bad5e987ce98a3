#include "sim/twin/profiles.h"

#include <algorithm>
#include <cmath>
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
    Result<IterationProfile> solved =
        solve_iteration(plan_, model_, calibration_, clocks_of(key, clocks.size()), network);
    if (!solved) return tl::unexpected(solved.error());
    ++solves_;
    found = known_.emplace(std::move(key), std::make_shared<const IterationProfile>(std::move(*solved))).first;
  }
  const IterationProfile& profile = *found->second;
  const std::vector<double> solved_at = clocks_of(found->first, clocks.size());
  double step_s = profile.step_s;
  for (std::size_t c = 0; c < clocks.size(); ++c)
    if (const double compute_s = profile.path.compute_s_of_class[c]; compute_s > 0)
      step_s -= compute_s * (1 - solved_at[c] / clocks[c]);
  return Solved{found->second, step_s};
}

Result<Profiles::Timeline> Profiles::timeline_at(const std::vector<double>& clocks, const NetworkShare& network) {
  Timeline timeline{build_iteration(plan_, model_, calibration_, clocks, network), {}, nullptr};
  Result<ActivityTimes> times = solve(timeline.iteration.graph);
  if (!times) return tl::unexpected(times.error());
  ++solves_;
  timeline.times = std::move(*times);
  timeline.profile = std::make_shared<const IterationProfile>(profile_of(model_, timeline.iteration, timeline.times));
  std::vector<int> key = key_of(clocks, network);
  bool is_whole = true;
  for (std::size_t c = 0; c < clocks.size(); ++c)
    is_whole = is_whole && (key[c] == 0 || std::abs(clocks[c] * 100 - key[c]) < kSlack);
  if (is_whole) known_[std::move(key)] = timeline.profile;
  return timeline;
}

}  // namespace racktwin
