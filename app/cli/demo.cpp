#include "app/cli/commands.h"
#include "app/cli/picture.h"
#include "app/cli/simulate.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

namespace racktwin {
namespace {

constexpr std::string_view kScenario = "scenarios/gb200-su-llama405b.toml";
constexpr std::string_view kFolder = "out";
constexpr double kWarmWater_s = 19 * 60 + 55;  // just before the pump trips: the hottest that both events leave

// An overview and a rack, once for each layer.
Result<void> draw_pictures(const std::string& recording, const GlobalOptions& global) {
  Result<PictureMaker> maker = PictureMaker::create(recording);
  if (!maker) return tl::unexpected(maker.error());
  const SiteMap& site = maker->history().site();
  const std::string rack = site.path({site.racks().front().component, -1});
  for (const Layer layer : kLayers)
    for (const bool is_rack : {false, true}) {
      PictureRequest request;
      request.layer = layer;
      request.camera = is_rack ? "rack:" + rack : "overview";
      request.time_s = kWarmWater_s;
      request.output = fmt::format("{}/demo-{}-{}.png", kFolder, layer_word(layer), is_rack ? "rack" : "overview");
      request.force = true;
      if (auto done = maker->draw(request); !done) return done;
      if (!global.is_quiet) print_message(fmt::format("wrote {}\n", request.output));
    }
  return {};
}

bool has_display() {
  for (const char* name : {"DISPLAY", "WAYLAND_DISPLAY"})
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return true;
  return false;
}

// Replaces this program by the viewer.
int open_viewer(const std::string& recording, const GlobalOptions& global) {
  if (!global.is_quiet) print_message("opening the viewer; --no-view leaves it out\n");
  execl("/proc/self/exe", "racktwin", "view", recording.c_str(), static_cast<char*>(nullptr));
  return print_error({ErrorCode::kIo, "cannot start the viewer", {}, 1, {}, {}}, global);
}

int run_demo(bool opens_viewer, const GlobalOptions& global) {
  std::error_code error;
  std::filesystem::create_directories(kFolder, error);
  if (error)
    return print_error({ErrorCode::kIo, fmt::format("cannot create {}: {}", kFolder, error.message()), {}, 1, {}, {}},
                       global);
  SimulationRequest request;
  request.scenario = fmt::format("{}/{}", global.catalogue_directory, kScenario);
  request.output = fmt::format("{}/demo.racktwin", kFolder);
  request.force = true;
  if (const int exit_code = simulate(request, global); exit_code != 0) return exit_code;
  if (const auto drawn = draw_pictures(request.output, global); !drawn) return print_errors(drawn.error(), global);
  if (opens_viewer && has_display()) return open_viewer(request.output, global);
  if (!global.is_quiet)
    print_message(fmt::format("next: racktwin view {0}; racktwin show {0}; racktwin new hall.toml\n", request.output));
  return 0;
}

}  // namespace

Subcommand add_demo(CLI::App& program, const GlobalOptions& global) {
  auto opens_viewer = std::make_shared<bool>(true);
  CLI::App* app = program.add_subcommand(
      "demo", "Simulate the example site, write out/demo.racktwin and pictures of it, open the viewer");
  app->footer(
      "  racktwin demo\n"
      "  racktwin demo --no-view");
  app->add_flag("--no-view{false}", *opens_viewer, "Do not open the viewer where there is a display");
  return {app, [=, &global] { return run_demo(*opens_viewer, global); }};
}

}  // namespace racktwin
