#include "app/cli/commands.h"
#include "app/cli/picture.h"
#include "app/cli/picture_options.h"
#include "app/cli/picture_output.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <filesystem>
#include <memory>

namespace racktwin {
namespace {

struct ShotOptions {
  std::string recording, layer = "power", at, camera = "overview", output, size = "1920x1080", theme = "light";
  bool force = false;
};

// "hall.racktwin" -> "hall-power-overview.png", here, with --at "hall-power-overview-0h12m00s.png";
// "rack:hall/row-a/rack-01" becomes "rack-01".
std::string default_output(const ShotOptions& options, const Result<double>& time_s) {
  const std::string camera = options.camera.substr(options.camera.find_last_of(":/") + 1);
  std::string name =
      fmt::format("{}-{}-{}", std::filesystem::path(options.recording).stem().string(), options.layer, camera);
  if (!options.at.empty() && time_s) {
    const auto s = static_cast<long long>(*time_s + 1e-6);
    name += fmt::format("-{}h{:02}m{:02}s", s / 3600, s / 60 % 60, s % 60);
  }
  return name + ".png";
}

Result<PictureRequest> request_of(const ShotOptions& options) {
  Errors errors;
  const auto layer = parse_layer(options.layer);
  const auto size = parse_size(options.size);
  const auto is_dark = parse_is_dark(options.theme);
  const Result<double> time_s = options.at.empty() ? 0 : parse_time(options.at);
  collect(layer, errors);
  collect(size, errors);
  collect(is_dark, errors);
  collect(time_s, errors);
  const std::string output = options.output.empty() ? default_output(options, time_s) : options.output;
  collect(check_picture_output(output, options.force), errors);
  if (!errors.empty()) return tl::unexpected(errors);
  PictureRequest request;
  request.layer = *layer;
  request.camera = options.camera;
  if (!options.at.empty()) request.time_s = *time_s;
  request.width = size->width;
  request.height = size->height;
  request.is_dark = *is_dark;
  request.output = output;
  request.force = options.force;
  return request;
}

int shoot(const ShotOptions& options, const GlobalOptions& global) {
  const Result<PictureRequest> request = request_of(options);
  if (!request) return print_errors(request.error(), global, "No picture was drawn.");
  if (std::filesystem::path(options.recording).extension() == ".toml")
    return print_error({ErrorCode::kBadInput,
                        fmt::format("{} is a scenario, shot draws a recording", options.recording),
                        {},
                        1,
                        fmt::format("racktwin run {}", options.recording),
                        {}},
                       global);
  Result<PictureMaker> maker = PictureMaker::create(options.recording);
  if (!maker) return print_errors(maker.error(), global);
  if (const auto done = maker->draw(*request); !done) return print_errors(done.error(), global);
  const std::string note = camera_note(maker->history().site(), request->camera);
  if (!global.is_quiet && !note.empty()) print_message(note + "\n");
  if (!global.is_quiet) print_message(written_text(request->output));
  return 0;
}

}  // namespace

Subcommand add_shot(CLI::App& program, const GlobalOptions& global) {
  auto options = std::make_shared<ShotOptions>();
  CLI::App* app = program.add_subcommand("shot", "Draw a picture of a recording; needs no display");
  app->footer(
      "  racktwin shot hall.racktwin --layer temperature --at 12min -o hall.png\n"
      "  racktwin shot hall.racktwin --layer power --camera rack:hall/row-a/rack-03 --size 1600x1200\n"
      "  racktwin shot hall.racktwin -o - | convert - hall.jpg");
  app->add_option("FILE", options->recording, "Recording")->required();
  app->add_option("--layer", options->layer, "power (default), temperature, utilization or clock")->type_name("LAYER");
  app->add_option("--at", options->at, "Simulated time, 12min or 0:12:00; default: the last frame")->type_name("TIME");
  app->add_option("--camera", options->camera, "overview (default), plan, row, row:PATH or rack:PATH")
      ->type_name("CAMERA");
  app->add_option("-o,--output", options->output,
                  "PNG, - for standard output; default: RECORDING-LAYER-CAMERA.png, here")
      ->type_name("FILE");
  app->add_option("--size", options->size, "In pixels, 320x240 to 8192x8192; default: 1920x1080")->type_name("WxH");
  app->add_option("--theme", options->theme, "light (default) or dark")->type_name("THEME");
  app->add_flag("--force", options->force, "Replace a picture that exists");
  return {app, [=, &global] { return shoot(*options, global); }};
}

}  // namespace racktwin
