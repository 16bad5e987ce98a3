// How long labels, legend and cameras take on a site of 7,000 racks: prints a table. Never fails: times are noisy.
#include "tests/render/scene/example.h"

#include <catch2/catch.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>

namespace racktwin {
namespace {

double best_ms(int repetitions, const std::function<void()>& work) {
  double best = 1e9;
  for (int i = 0; i < repetitions; ++i) {
    const auto started = std::chrono::steady_clock::now();
    work();
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - started;
    best = std::min(best, took.count());
  }
  return best;
}

TEST_CASE("labels of 7,000 racks") {
  HandMade site;
  site.rows = 70;
  site.racks_per_row = 100;
  site.gpu_class = [](std::uint32_t gpu) { return gpu % 8; };
  const RunHistory history = hand_made_history(site);
  const std::optional<Frame> frame = history.frame(10);
  const LayerSpec layer = layer_spec(history, Layer::kPower);
  FontBook fonts;
  fmt::print("{:<28}{:>12}{:>12}\n", "7,000 racks, 1920 x 1080", "camera", "overlay");
  for (const char* camera : {"overview", "plan", "row", "rack:hall/row-1/rack-07"}) {
    Composed picture = compose(history, 10, Layer::kPower, camera, 1920, 1080);
    const Viewport& viewport = picture.view.viewport;
    const Viewport free = free_part(viewport, 1, true);
    const double camera_ms = best_ms(10, [&] { (void)named_camera(history.site(), camera, viewport, free); });
    const double overlay_ms =
        best_ms(10, [&] { build_overlay(history, frame, layer, picture.view, fonts, picture.scene); });
    fmt::print("{:<28}{:>9.2f} ms{:>9.2f} ms\n", camera, camera_ms, overlay_ms);
  }
  double worst_ms = 0;
  Composed picture = compose(history, 10, Layer::kPower, "overview", 1920, 1080);
  for (int turn = 0; turn < 24; ++turn) {
    picture.view.camera.yaw = 0.26F * static_cast<float>(turn);
    worst_ms = std::max(worst_ms,
                        best_ms(3, [&] { build_overlay(history, frame, layer, picture.view, fonts, picture.scene); }));
  }
  fmt::print("{:<28}{:>12}{:>9.2f} ms\n", "worst of 24 directions", "", worst_ms);
}

}  // namespace
}  // namespace racktwin
