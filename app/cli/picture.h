// Pictures of a recording, drawn without a display: what `shot` and `demo` have in common. Thread rule: main thread.
#pragma once

#include "render/gl/offscreen_context.h"
#include "render/gl/scene_renderer.h"
#include "render/scene/build_scene.h"
#include "sim/recording/run_history.h"

#include <memory>
#include <optional>
#include <string>

namespace racktwin {

struct PictureRequest {
  Layer layer = Layer::kPower;
  std::string camera = "overview";
  std::optional<double> time_s;  // none: the last frame
  int width = 1920, height = 1080;
  bool is_dark = false;
  std::string output;
  bool force = false;
};

// Errors: kBadInput if a recording has no frame yet, or ends before time_s.
Result<void> check_time(const RunHistory& history, double time_s);

class PictureMaker {
 public:
  // Errors: those of RunHistory::open(), OffscreenContext::create() and SceneRenderer::create().
  static Result<PictureMaker> create(const std::string& recording);

  // Draws one picture and writes it as PNG, with its provenance in text chunks. Errors: kBadInput for a camera or time
  // that the recording does not have, kIo, kNoGraphics.
  Result<void> draw(const PictureRequest& request);

  const RunHistory& history() const { return history_; }

 private:
  PictureMaker(RunHistory history, OffscreenContext context, std::unique_ptr<FontBook> fonts, SceneRenderer renderer);
  PngText provenance(const PictureRequest& request, const Frame& frame, const LayerSpec& layer) const;

  RunHistory history_;
  OffscreenContext context_;
  std::unique_ptr<FontBook> fonts_;
  SceneRenderer renderer_;
};

}  // namespace racktwin
