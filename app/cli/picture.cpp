#include "app/cli/picture.h"

#include "app/cli/picture_options.h"
#include "app/cli/picture_output.h"

#include <fmt/format.h>

#include <filesystem>

namespace racktwin {
namespace {

constexpr double kSlack_s = 1e-6;

tl::unexpected<Errors> bad_time(std::string message, std::string hint) {
  return tl::unexpected(Errors{{ErrorCode::kBadInput, std::move(message), {}, 1, std::move(hint), {}}});
}

}  // namespace

Result<void> check_time(const RunHistory& history, double time_s) {
  const std::vector<double>& times = history.frame_times();
  if (times.empty())
    return bad_time(fmt::format("{} has no frame yet", history.path()), "wait until its run has simulated one");
  if (time_s <= times.back() + kSlack_s) return {};
  const char* why = history.is_complete() ? "" : history.is_being_written() ? ", its run goes on" : ", it was cut off";
  return bad_time(fmt::format("{} is later than the recording goes", time_option(time_s)),
                  fmt::format("--at 0s to --at {}{}", time_option(times.back()), why));
}

PictureMaker::PictureMaker(RunHistory history, OffscreenContext context, std::unique_ptr<FontBook> fonts,
                           SceneRenderer renderer)
    : history_(std::move(history)),
      context_(std::move(context)),
      fonts_(std::move(fonts)),
      renderer_(std::move(renderer)) {}

Result<PictureMaker> PictureMaker::create(const std::string& recording) {
  Result<RunHistory> history = RunHistory::open(recording);
  if (!history) return tl::unexpected(history.error());
  Result<OffscreenContext> context = OffscreenContext::create();
  if (!context) return tl::unexpected(context.error());
  auto fonts = std::make_unique<FontBook>();
  Result<SceneRenderer> renderer = SceneRenderer::create(*fonts);
  if (!renderer) return tl::unexpected(renderer.error());
  return PictureMaker(std::move(*history), std::move(*context), std::move(fonts), std::move(*renderer));
}

Result<void> PictureMaker::draw(const PictureRequest& request) {
  if (auto reached = check_time(history_, request.time_s.value_or(0)); !reached) return reached;
  const std::optional<Frame> frame = history_.frame(request.time_s.value_or(history_.frame_times().back()));
  if (!frame)
    return tl::unexpected(
        Errors{{ErrorCode::kIo, fmt::format("{}: a frame cannot be read", history_.path()), {}, 1, {}, {}}});

  SceneView view;
  view.layer = request.layer;
  view.viewport = {0, 0, request.width, request.height};
  view.scale = scale_for(request.width, request.height);
  view.is_dark = request.is_dark;
  const Result<Camera> camera = named_camera(history_.site(), request.camera, view.viewport,
                                             free_part(view.viewport, view.scale, view.has_title));
  if (!camera) return tl::unexpected(camera.error());
  view.camera = *camera;
  const Scene scene = build_scene(history_, frame, view, *fonts_);
  if (const auto whole = history_.follow(); !whole) return tl::unexpected(whole.error());  // damage that reading met
  const Result<Image> image = renderer_.picture(scene, view.camera, request.width, request.height);
  if (!image) return tl::unexpected(image.error());
  return write_picture(request.output, *image, provenance(request, *frame, layer_spec(history_, request.layer)),
                       request.force);
}

PngText PictureMaker::provenance(const PictureRequest& request, const Frame& frame, const LayerSpec& layer) const {
  const auto described = [](const MetricRow* metric) {
    return metric == nullptr ? std::string("no data")
                             : fmt::format("{} [{}]: {}; computed by {}; evidence: {} ({})", metric->name, metric->unit,
                                           metric->description, metric->computed_by, metric->evidence, metric->source);
  };
  return {{"Title", history_.run_value("title")},
          {"Software", "racktwin " + history_.run_value("version")},
          {"Source", std::filesystem::path(history_.path()).filename().string()},
          {"Scenario", history_.run_value("scenario")},
          {"Scenario hash", history_.run_value("scenario_hash")},
          {"Simulated time", fmt::format("{:g} s", frame.time_s)},
          {"Run started", history_.run_value("started")},
          {"Layer", std::string(layer_word(request.layer))},
          {"Camera", request.camera},
          {"Metric", described(layer.gpu)},
          {"Scale", fmt::format("{:g} to {:g} {}", layer.low, layer.high, layer.unit)},
          {"Renderer", context_.info().renderer}};
}

}  // namespace racktwin
