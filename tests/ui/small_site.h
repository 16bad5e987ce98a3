// A site of two racks with a tray of two GPUs each, a CDU with two pumps, and a facility.
#pragma once

#include "sim/recording/site_map.h"

namespace racktwin {

inline SiteMap small_site() {
  const double x = 0.6;
  std::vector<ComponentRow> rows = {{0, "hall", "site", -1, 0, 0, 0, 0, 0, 0},
                                    {1, "hall/row-a", "row", 0, 0, 0, 0, 0, 0, 0},
                                    {2, "hall/row-a/rack-01", "rack", 1, 0, 0, 0, 0.6, 1.0, 2.0},
                                    {3, "hall/row-a/rack-02", "rack", 1, x, 0, 0, 0.6, 1.0, 2.0},
                                    {4, "hall/cdu-1", "cdu", 0, 2, 0, 0, 0.6, 1.0, 2.0},
                                    {5, "hall/cdu-1/pump-1", "pump", 4, 0, 0, 0, 0.3, 0.3, 0.3},
                                    {6, "hall/cdu-1/pump-2", "pump", 4, 0.3, 0, 0, 0.3, 0.3, 0.3},
                                    {7, "hall/facility", "facility", 0, 4, 0, 0, 1, 1, 1},
                                    {8, "small", "rack-type", -1, 0, 0, 0, 0.6, 1.0, 2.0},
                                    {9, "small/compute-01", "compute-tray", 8, 0, 0, 1, 0.6, 1.0, 0.1},
                                    {10, "small/compute-01/gpu-0", "gpu", 9, 0, 0, 0, 0.3, 1.0, 0.1},
                                    {11, "small/compute-01/gpu-1", "gpu", 9, 0.3, 0, 0, 0.3, 1.0, 0.1},
                                    {12, "small/power-shelf-01", "power-shelf", 8, 0, 0, 0.5, 0.6, 1.0, 0.1}};
  return SiteMap::create(rows).value();
}

}  // namespace racktwin
