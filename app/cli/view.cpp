#include "app/cli/commands.h"
#include "app/cli/interrupt.h"
#include "app/cli/pace_option.h"
#include "app/cli/picture.h"
#include "app/cli/picture_options.h"
#include "app/cli/picture_output.h"
#include "app/cli/version.h"
#include "app/ui/start_live.h"
#include "app/ui/viewer.h"
#include "app/window/offscreen_window.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>

namespace racktwin {
namespace {

namespace fs = std::filesystem;

constexpr double kFirstFrame_s = 5;  // a picture of a live run waits so long for its first frame
constexpr double kFirstPace = 60;    // of a live run

struct ViewOptions {
  std::string target, output, at, layer = "power", camera = "overview", select, size = "1600x900", theme = "dark";
  std::string screenshot, state_file;
  std::vector<std::string> assignments;
  std::optional<double> pace;
  bool force = false;
};

bool is_scenario(const std::string& target) { return fs::path(target).extension() == ".toml"; }

struct ViewRequest {
  ViewerOptions viewer;
  PictureSize size;
};

// A state file of an earlier window is replaced, anything else is not unless told so.
Result<void> check_state_file(const std::string& path, bool force) {
  std::error_code error;
  if (force || !fs::is_regular_file(path, error) || fs::file_size(path, error) == 0) return {};
  constexpr std::string_view kBegin = "{\"time_s\":";
  std::string begin(kBegin.size(), '\0');
  std::ifstream(path, std::ios::binary).read(begin.data(), static_cast<std::streamsize>(begin.size()));
  if (begin == kBegin) return {};
  return fail(Error{ErrorCode::kIo,
                    fmt::format("cannot write {}: it exists and is no state file", path),
                    {},
                    1,
                    "--force replaces it",
                    {}});
}

Result<ViewRequest> request_of(const ViewOptions& options) {
  Errors errors;
  const auto add_error = [&](std::string message, std::string hint) {
    errors.push_back({ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}});
  };
  const auto layer = parse_layer(options.layer);
  const auto size = parse_size(options.size);
  const auto is_dark = parse_is_dark(options.theme);
  const Result<double> time_s = options.at.empty() ? 0 : parse_time(options.at);
  collect(layer, errors);
  collect(size, errors);
  collect(is_dark, errors);
  collect(time_s, errors);
  if (size && (size->width < kSmallestWindow_px[0] || size->height < kSmallestWindow_px[1]))
    add_error(fmt::format("{} is too small for a window", options.size),
              fmt::format("at least {}x{}", kSmallestWindow_px[0], kSmallestWindow_px[1]));
  if (is_scenario(options.target) && !options.at.empty())
    add_error("a scenario that starts now has no time to go to", "leave --at out");
  if (!is_scenario(options.target) && (options.pace || !options.output.empty() || !options.assignments.empty()))
    add_error("a recording is shown, not run", "leave --pace, --output and --set out, or give a scenario (.toml)");
  if (!options.screenshot.empty()) collect(check_picture_output(options.screenshot, options.force), errors);
  if (!options.state_file.empty()) collect(check_state_file(options.state_file, options.force), errors);
  if (!errors.empty()) return tl::unexpected(errors);
  ViewRequest request;
  request.viewer.layer = *layer;
  request.viewer.camera = options.camera;
  request.viewer.selected = options.select;
  request.viewer.is_dark = *is_dark;
  request.viewer.state_file = options.state_file;
  if (!options.at.empty()) request.viewer.time_s = *time_s;
  request.size = *size;
  return request;
}

// Draws until all of it is there: the first frame of a run, the plots.
int take_screenshot(Session session, const ViewRequest& request, const ViewOptions& options,
                    const GlobalOptions& global) {
  Result<std::unique_ptr<OffscreenWindow>> window = OffscreenWindow::open(request.size.width, request.size.height);
  if (!window) return print_errors(window.error(), global);
  Result<std::unique_ptr<Viewer>> viewer = Viewer::create(**window, std::move(session), request.viewer);
  if (!viewer) return print_errors(viewer.error(), global);
  (*viewer)->wait_for_first_frame(kFirstFrame_s);
  while (!(*viewer)->is_settled() && !is_interrupted()) (*viewer)->show_frame();
  if (is_interrupted()) return kExitInterrupted;
  PngText text = {{"Software", fmt::format("racktwin {}", version_text())}, {"Source", options.target}};
  if (const auto& frame = (*viewer)->session().frame())  // the cursor may stand between two
    text.emplace_back("Simulated time", fmt::format("{:g} s", frame->time_s));
  if (auto written = write_picture(options.screenshot, (*window)->picture(), text, options.force); !written)
    return print_errors(written.error(), global);
  if (!global.is_quiet) print_message(written_text(options.screenshot));
  return 0;
}

int open_window(Session session, const ViewRequest& request, const ViewOptions& options, const GlobalOptions& global) {
  const std::string title = fmt::format("{} - racktwin", fs::path(options.target).filename().string());
  Result<std::unique_ptr<Window>> window = Window::open(title, request.size.width, request.size.height);
  if (!window) return print_errors(window.error(), global);
  Result<std::unique_ptr<Viewer>> viewer = Viewer::create(**window, std::move(session), request.viewer);
  if (!viewer) return print_errors(viewer.error(), global);
  (*viewer)->run(is_interrupted);
  return is_interrupted() ? kExitInterrupted : 0;
}

int show_session(Session session, const ViewRequest& request, const ViewOptions& options, const GlobalOptions& global) {
  return options.screenshot.empty() ? open_window(std::move(session), request, options, global)
                                    : take_screenshot(std::move(session), request, options, global);
}

int view_live(const ViewRequest& request, const ViewOptions& options, const GlobalOptions& global) {
  LiveRunOptions live;
  live.scenario = options.target;
  live.assignments = options.assignments;
  live.catalogue_directory = global.catalogue_directory;
  live.pace = options.pace.value_or(kFirstPace);
  live.force = options.force;
  live.recording =
      options.output.empty() ? free_name(fs::path(options.target).stem().string() + ".racktwin") : options.output;
  watch_for_interrupts();
  Result<StartedRun> started = start_live(live, is_interrupted);
  if (!started) return print_errors(started.error(), global);
  if (!started->history) {  // it says what was wrong with the scenario
    const LiveEnding& ending = *started->run.ending();
    print_message(ending.last_words.empty() ? fmt::format("error: the simulation {}\n", ending_text(ending))
                                            : ending.last_words);
    return ending.signal != 0 ? 128 + ending.signal : ending.exit_code > 0 ? ending.exit_code : kExitBug;
  }
  return show_session(Session(std::move(*started->history), std::move(started->run), live.pace), request, options,
                      global);
}

int view(const ViewOptions& options, const GlobalOptions& global) {
  const Result<ViewRequest> request = request_of(options);
  if (!request) return print_errors(request.error(), global);
  if (is_scenario(options.target)) return view_live(*request, options, global);
  Result<RunHistory> history = RunHistory::open(options.target);
  if (!history) return print_errors(history.error(), global);
  if (request->viewer.time_s)
    if (const auto reached = check_time(*history, *request->viewer.time_s); !reached)
      return print_errors(reached.error(), global);
  watch_for_interrupts();
  return show_session(Session(std::move(*history), std::nullopt, 0), *request, options, global);
}

}  // namespace

Subcommand add_view(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ViewOptions>();
  CLI::App* app = program.add_subcommand("view", "Open a window on a recording, or on a scenario that runs meanwhile");
  app->footer(
      "  racktwin view hall.racktwin\n"
      "  racktwin view hall.toml --pace 60              live: a minute in a second\n"
      "  racktwin view hall.toml --set duration='2 h' --pace 600\n"
      "  racktwin view hall.racktwin --layer temperature --at 21min --screenshot hall.png");
  app->add_option("TARGET", options->target, "Recording, or scenario (.toml)")->required();
  app->add_option("-o,--output", options->output, "Recording of a live run; default: the scenario's name, here")
      ->type_name("FILE");
  app->add_flag("--force", options->force, "Replace a recording, picture or other file that exists");
  app->add_option("--pace", options->pace, "Simulated seconds in a second of a live run; default: 60")
      ->type_name("X")
      ->check(pace_validator());
  app->add_option("--set", options->assignments, "Set a value of the scenario of a live run; repeatable")
      ->type_name("PATH=VALUE")
      ->allow_extra_args(false);
  app->add_option("--at", options->at, "Simulated time, 12min or 0:12:00; default: the last frame")->type_name("TIME");
  app->add_option("--layer", options->layer, "power (default), temperature, utilization or clock")->type_name("LAYER");
  app->add_option("--camera", options->camera, "overview (default), plan, row, row:PATH or rack:PATH")
      ->type_name("CAMERA");
  app->add_option("--select", options->select, "Component to select")->type_name("PATH");
  app->add_option("--size", options->size, "Of the window, in pixels; default: 1600x900")->type_name("WxH");
  app->add_option("--theme", options->theme, "dark (default) or light")->type_name("THEME");
  app->add_option("--screenshot", options->screenshot,
                  "Draw the window into a PNG, - for standard output; needs no display")
      ->type_name("FILE");
  app->add_option("--state-file", options->state_file, "Write what the window shows, as JSON; replaces an earlier one")
      ->type_name("FILE");
  return {app, [=, &global] { return view(*options, global); }};
}

}  // namespace racktwin
