// Frame -> Scene. Thread rule: one thread per FontBook, otherwise pure functions.
#pragma once

#include "render/scene/camera.h"
#include "render/scene/layer.h"
#include "render/scene/scene.h"

#include <optional>
#include <string>

namespace racktwin {

// What the scene shows, besides the frame.
struct SceneView {
  Layer layer = Layer::kPower;
  Camera camera;
  Viewport viewport;
  float scale = 1;  // of text and lines: 2 on a screen of twice the density
  bool is_dark = false;
  ComponentId selected, hovered;
  bool has_title = true;  // title block and provenance line: in pictures, not in the window
};

// Racks, CDUs, network racks, pipes and cable trays where the site has them. Replaces Scene's place.
void build_place(const RunHistory& history, int epoch, const LayerSpec& layer, Scene& scene);
// Colours of all values of a frame; without a frame everything has no data. The place must have been built for the
// frame's epoch and for the layer. Replaces Scene's swatches.
void build_swatches(const std::optional<Frame>& frame, const LayerSpec& layer, const Theme& theme, Scene& scene);
// Labels, legend, scale, title block. No two labels overlap; a label that finds no room is left out, the selected thing
// and the larger things first. Replaces Scene's overlay.
void build_overlay(const RunHistory& history, const std::optional<Frame>& frame, const LayerSpec& layer,
                   const SceneView& view, FontBook& fonts, Scene& scene);

// All three.
Scene build_scene(const RunHistory& history, const std::optional<Frame>& frame, const SceneView& view, FontBook& fonts);

// The scale of text and lines for a picture of so many pixels: 1 up to 1920 x 1080, more where a larger one would be
// looked at from as far.
float scale_for(int width_px, int height_px);

// What legend, title and scale leave of a viewport for the subject.
Viewport free_part(const Viewport& viewport, float scale, bool has_title);

}  // namespace racktwin
