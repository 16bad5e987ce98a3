#include "sim/twin/blast_radius.h"

#include <algorithm>

namespace racktwin {
namespace {

// Whether all pumps of all CDUs in the loops stand still; a speed of NaN is up to their control.
bool has_no_flow(const Plan& plan, const PlantInput& boundary) {
  if (boundary.pump_speed.empty()) return false;  // air-cooled
  const std::size_t per_cdu = boundary.pump_speed.size() / boundary.is_cdu_isolated.size();
  for (std::size_t p = 0; p < boundary.pump_speed.size(); ++p)
    if (boundary.pump_speed[p] != 0 && !boundary.is_cdu_isolated[p / per_cdu]) return false;
  return plan.cooling.cdus > 0;
}

// (n_gpu_class) of GPUs that are down.
std::vector<bool> classes_down(const Plan& plan, const Model& model, const InForce& now, const PlantInput& boundary,
                               const Overloaded& overloaded) {
  const std::vector<bool> is_overloaded = overloaded(now.supply);
  std::vector<bool> down(model.gpu_classes.size());
  const bool no_flow = has_no_flow(plan, boundary);
  const bool no_utility = !now.has_utility && (now.live.ups == 0 || !(plan.power.ride_through_s > 0));
  for (std::uint32_t c = 0; c < down.size(); ++c) {
    const std::uint32_t rack = model.class_of_rack[model.rack_of_gpu(model.gpu_classes[c].first)];
    down[c] = no_flow || no_utility || !has_power(model, now.supply, c) || is_overloaded[rack] ||
              boundary.rack_opening[rack] <= 0 || boundary.gpu_flow_area[c] <= 0 || now.network.nvlink_of(c) <= 0 ||
              now.network.nic_of(c) <= 0;
  }
  return down;
}

// What breaks at once in the same way and carries the same GPUs breaks as one: PSUs of a rack, pumps, feeds.
bool is_one_with(const Plan& plan, const Event& a, const Event& b) {
  if (a.kind != b.kind || a.value != b.value || a.time_s != b.time_s) return false;
  if (!acts_on_gpus(a.kind)) return a.kind != EventKind::kFailure;
  const GpuRange of_a = gpus_at(plan, a.path), of_b = gpus_at(plan, b.path);
  return of_a.begin == of_b.begin && of_a.end == of_b.end;
}

int count(const Model& model, const std::vector<bool>& classes) {
  int gpus = 0;
  for (std::size_t c = 0; c < classes.size(); ++c)
    gpus += classes[c] ? static_cast<int>(model.gpu_classes[c].count) : 0;
  return gpus;
}

// -1: it takes nothing away.
int gpus_behind(const Plan& plan, const Model& model, const Event& event) {
  const GpuRange all{0, model.gpus()};
  const auto size = [](GpuRange range) { return static_cast<int>(range.end - range.begin); };
  switch (event.kind) {
    case EventKind::kPumpSpeed:
    case EventKind::kCduIsolation:
    case EventKind::kFreeCooling:
    case EventKind::kChiller:
    case EventKind::kFeed:
    case EventKind::kUps:
    case EventKind::kUtility:
      return event.value == 0 ? size(all) : -1;
    case EventKind::kRackValve:
    case EventKind::kFlowArea:
      return event.value < 1 ? size(gpus_at(plan, event.path)) : -1;
    case EventKind::kLeak:
    case EventKind::kShelf:
    case EventKind::kPsu:
      return event.value == 0 ? size(gpus_at(plan, event.path)) : -1;
    case EventKind::kFailure: {
      if (event.value != 0) return -1;
      const NetworkShare share = network_share(plan.site, model, {event.path});
      std::vector<bool> reached(model.gpu_classes.size());
      for (std::uint32_t c = 0; c < reached.size(); ++c) {
        reached[c] = share.nvlink_of(c) < 1 || share.nic_of(c) < 1 || !share.pods.empty();
        if (share.uplinks.empty()) continue;
        const auto leaves = static_cast<std::size_t>(model.fabric.leaves);  // of a plane
        for (auto leaf = static_cast<std::size_t>(model.leaf_of_gpu[model.gpu_classes[c].first]);
             leaf < model.class_of_leaf.size(); leaf += leaves)
          reached[c] = reached[c] || share.uplinks_of(model.class_of_leaf[leaf]) < 1;
      }
      return count(model, reached);
    }
    case EventKind::kFacilitySupply:
    case EventKind::kDryBulb:
    case EventKind::kDryBulbRise:
    case EventKind::kClockLimit:
    case EventKind::kGpuPowerLimit:
    case EventKind::kPowerCap:
    case EventKind::kCurtail:
      return -1;
  }
  return -1;
}

}  // namespace

void add_blast_radius(const Plan& plan, const Model& model, const std::vector<const Event*>& events,
                      const LostSupply& tripped, const Overloaded& overloaded, std::vector<EventRow>& rows) {
  for (EventRow& row : rows) {
    const auto found = std::find_if(events.begin(), events.end(), [&](const Event* event) {
      return event->path == row.path && event->what == row.what && event->by == row.by;
    });
    if (found == events.end()) continue;
    const int behind = gpus_behind(plan, model, **found);
    if (behind < 0) continue;
    PlantInput boundary;
    boundary.pump_speed.resize(pump_paths(plan).size());
    const auto down_by = [&](const std::vector<const Event*>& of) {
      const InForce now = in_force(plan, model, of, tripped, boundary);
      return count(model, classes_down(plan, model, now, boundary, overloaded));
    };
    std::vector<const Event*> others;
    for (const Event* event : events)
      if (event != *found && !is_one_with(plan, *event, **found)) others.push_back(event);
    row.gpus_behind = behind;
    row.gpus_lost = down_by(events) - down_by(others);
  }
}

}  // namespace racktwin
