#include "sim/twin/profiles.h"

#include <cmath>
#include <utility>

namespace racktwin {

std::vector<int> Profiles::key_of(const std::vector<double>& clocks, const NetworkShare& network) const {
  std::vector<int> key;
  for (std::uint32_t c = 0; c < clocks.size(); ++c)
    key.push_back(model_.gpu_classes[c].stage < 0 ? 0 : static_cast<int>(std::lround(clocks[c] * 100)));
  for (const auto* shares : {&network.nvlink, &network.nic, &network.uplinks, &network.pods})
    for (const double share : *shares) key.push_back(static_cast<int>(std::lround(share * 1e6)));
  return key;
}

Result<Profiles::Profile> Profiles::at(const std::vector<double>& clocks, const NetworkShare& network) {
  std::vector<int> key = key_of(clocks, network);
  if (const auto found = known_.find(key); found != known_.end()) return found->second;
  Result<IterationProfile> solved = solve_iteration(plan_, model_, calibration_, clocks, network);
  if (!solved) return tl::unexpected(solved.error());
  ++solves_;
  return known_[std::move(key)] = std::make_shared<const IterationProfile>(std::move(*solved));
}

Result<Profiles::Timeline> Profiles::timeline_at(const std::vector<double>& clocks, const NetworkShare& network) {
  Timeline timeline{build_iteration(plan_, model_, calibration_, clocks, network), {}, nullptr};
  Result<ActivityTimes> times = solve(timeline.iteration.graph);
  if (!times) return tl::unexpected(times.error());
  ++solves_;
  timeline.times = std::move(*times);
  timeline.profile = std::make_shared<const IterationProfile>(profile_of(model_, timeline.iteration, timeline.times));
  known_[key_of(clocks, network)] = timeline.profile;
  return timeline;
}

}  // namespace racktwin
