// A small site written down by hand: two rows of two racks, each of two trays of two GPUs, a switch tray between them;
// two CDUs of two pumps, a rack with three leaves and a spine.
#pragma once

#include "sim/recording/recording.h"

#include <limits>
#include <string>
#include <utility>
#include <vector>

namespace racktwin {

inline std::vector<ComponentRow> hand_made_site() {
  constexpr double kNoPlace = std::numeric_limits<double>::quiet_NaN();
  std::vector<ComponentRow> rows;
  const auto add = [&](std::string path, std::string kind, int parent, double x, double y, double z, double width,
                       double depth, double height) {
    rows.push_back(
        {static_cast<int>(rows.size()), std::move(path), std::move(kind), parent, x, y, z, width, depth, height});
    return rows.back().id;
  };
  const int hall = add("hall", "site", -1, 0, 0, 0, 10, 9, 2);
  for (const char* row_name : {"hall/row-a", "hall/row-b"}) {
    const double y = rows.size() == 1 ? 1 : 4;
    const int row = add(row_name, "row", hall, 2, y, 0, 1.2, 1, 2);
    add(std::string(row_name) + "/rack-01", "rack", row, 0, 0, 0, 0.6, 1, 2);
    add(std::string(row_name) + "/rack-02", "rack", row, 0.6, 0, 0, 0.6, 1, 2);
  }
  for (const char* name : {"hall/cdu-1", "hall/cdu-2"}) {
    const int cdu = add(name, "cdu", hall, 4, name[9] == '1' ? 1 : 4, 0, 1, 1, 2);
    add(std::string(name) + "/pump-1", "pump", cdu, 0, 0, 0, 0.5, 1, 1);
    add(std::string(name) + "/pump-2", "pump", cdu, 0.5, 0, 0, 0.5, 1, 1);
  }
  const int network = add("hall/network-1", "network-rack", hall, 1, 1, 0, 0.6, 1, 2);
  for (int leaf = 1; leaf <= 3; ++leaf)
    add("hall/network-1/leaf-0" + std::to_string(leaf), "leaf", network, 0, 0, 2 - 0.05 * leaf, 0.6, 1, 0.05);
  add("hall/network-1/spine-01", "spine", network, 0, 0, 1.8, 0.6, 1, 0.05);
  const auto add_unplaced = [&](std::string path, std::string kind, int parent) {
    return add(std::move(path), std::move(kind), parent, kNoPlace, kNoPlace, kNoPlace, kNoPlace, kNoPlace, kNoPlace);
  };
  add_unplaced("hall/facility", "facility", hall);
  add_unplaced("hall/utility", "utility", hall);
  add_unplaced("hall/feed-a/ups", "ups", add_unplaced("hall/feed-a", "feed", hall));
  const int type = add("small-rack", "rack-type", -1, 0, 0, 0, 0.6, 1, 2);
  for (const char* name : {"compute-01", "switch-tray-01", "compute-02"}) {
    const bool computes = name[0] == 'c';
    const double z = name[9] == '2' ? 0.5 : computes ? 1.5 : 1;
    const std::string path = std::string("small-rack/") + name;
    const int tray = add(path, computes ? "compute-tray" : "switch-tray", type, 0, 0, z, 0.6, 1, 0.5);
    if (!computes) continue;
    add(path + "/gpu-0", "gpu", tray, 0, 0, 0, 0.3, 1, 0.5);
    add(path + "/gpu-1", "gpu", tray, 0.3, 0, 0, 0.3, 1, 0.5);
  }
  return rows;
}

}  // namespace racktwin
