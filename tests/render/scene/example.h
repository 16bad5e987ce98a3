// Recordings to draw: the example site, simulated, and sites made by hand where exact values matter.
#pragma once

#include "render/scene/build_scene.h"

#include <functional>
#include <string>
#include <vector>

namespace racktwin {

// Eight racks of GB200, 30 minutes, 22 of them with one pump of two tripped. Simulated once a process.
const RunHistory& example_history();
inline constexpr double kExampleTime_s = 22 * 60;

// A rack of 1 m x 1 m x 2 m: a shelf on top, a tray of two GPUs, a switch tray, a tray of two GPUs, 0.5 m high each.
struct HandMade {
  int rows = 1, racks_per_row = 2;
  bool has_cdu = true, has_network = true;
  // The class of a GPU, and the metrics' values by class.
  std::function<std::uint32_t(std::uint32_t)> gpu_class = [](std::uint32_t gpu) { return gpu; };
  std::vector<float> power_w = {100, 200, 300, 400, 500, 600, 700, 800};
  bool has_power = true;
  std::vector<double> limits_w = {1000};
  std::vector<float> leaf_use;              // by leaf; empty: not recorded
  float coolant_degc = 30, pump_speed = 1;  // into the racks, which may be up to 45 degC; of the only pump
  std::function<void(std::vector<ComponentRow>&)> change = [](std::vector<ComponentRow>&) {};
};
RunHistory hand_made_history(const HandMade& site);

ComponentId id_of(const RunHistory& history, const std::string& path);

// A picture of a history at a time, as `racktwin shot` composes it.
struct Composed {
  SceneView view;
  Scene scene;
};
Composed compose(const RunHistory& history, double time_s, Layer layer, const std::string& camera, int width,
                 int height, bool is_dark = false);

inline const std::vector<std::string>& example_cameras() {
  static const std::vector<std::string> kCameras = {"overview", "plan", "row", "rack:hall/row-a/rack-03"};
  return kCameras;
}
struct Size {
  int width, height;
};
inline constexpr Size kSizes[] = {{1920, 1080}, {1280, 720}, {800, 600}};

}  // namespace racktwin
