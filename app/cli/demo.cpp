#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/picture.h"
#include "app/cli/simulate.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

extern char** environ;

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
      if (is_interrupted()) return {};
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

// The viewer's exit code, when it has been closed. It is a process of its own: this one has another OpenGL already.
int show_viewer(const std::string& recording, const GlobalOptions& global) {
  if (!global.is_quiet) print_message("opening the viewer; --no-view leaves it out\n");
  std::vector<std::string> words = {"racktwin", "view", recording, "--color", global.colour};
  if (global.is_quiet) words.emplace_back("-q");
  if (global.is_verbose) words.emplace_back("-v");
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t viewer = 0;
  const int failure = posix_spawn(&viewer, "/proc/self/exe", nullptr, nullptr, arguments.data(), environ);
  if (failure != 0) {
    const std::string message = fmt::format("cannot start the viewer: {}", std::strerror(failure));
    return print_error({ErrorCode::kIo, message, {}, 1, {}, {}}, global);
  }
  int status = 0;
  bool is_told = false;
  while (waitpid(viewer, &status, WNOHANG) == 0) {
    if (is_interrupted() && !std::exchange(is_told, true)) kill(viewer, SIGTERM);
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void print_next(const std::string& recording, const GlobalOptions& global) {
  if (global.is_quiet) return;
  print_message(fmt::format("next: racktwin view {0}; racktwin show {0}; racktwin new hall.toml\n", recording));
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
  const auto drawn = draw_pictures(request.output, global);
  if (is_interrupted()) return kExitInterrupted;
  const int without_pictures = drawn ? 0 : print_errors(drawn.error(), global);
  const bool can_go_on = drawn || without_pictures == kExitNoGraphics;  // a window may open all the same
  if (can_go_on && opens_viewer && has_display()) {
    const int exit_code = show_viewer(request.output, global);
    if (exit_code != kExitNoGraphics) return exit_code;  // a display that nobody serves is as good as none
    if (drawn && !global.is_quiet)
      print_message(fmt::format("no window for the reason above; the pictures are in {}\n", kFolder));
  }
  if (drawn) print_next(request.output, global);
  return without_pictures;
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
