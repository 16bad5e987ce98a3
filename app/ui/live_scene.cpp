#include "app/ui/live_scene.h"

namespace racktwin {
namespace {

bool is_same(const Camera& a, const Camera& b) {
  return a.target == b.target && a.yaw == b.yaw && a.pitch == b.pitch && a.distance == b.distance &&
         a.fov_y == b.fov_y && a.is_orthographic == b.is_orthographic && a.behind_m == b.behind_m;
}

}  // namespace

bool is_same(const Viewport& a, const Viewport& b) {
  return a.x == b.x && a.y == b.y && a.width == b.width && a.height == b.height;
}

void LiveScene::update(const RunHistory& history, const std::optional<Frame>& frame, const LayerSpec& layer,
                       const SceneView& view) {
  const Shown now{frame ? frame->epoch : 0, frame ? frame->time_s : -1, layer.low, layer.high, view};
  const bool has_place = shown_ && shown_->epoch == now.epoch && shown_->view.layer == view.layer;
  const bool has_swatches = has_place && shown_->frame_s == now.frame_s && shown_->low == now.low &&
                            shown_->high == now.high && shown_->view.is_dark == view.is_dark;
  const bool has_overlay = has_swatches && is_same(shown_->view.camera, view.camera) &&
                           is_same(shown_->view.viewport, view.viewport) && shown_->view.scale == view.scale &&
                           shown_->view.selected == view.selected && shown_->view.hovered == view.hovered;
  if (!has_place) build_place(history, now.epoch, layer, scene_);
  if (!has_swatches) build_swatches(frame, layer, view.is_dark ? dark_theme() : light_theme(), scene_);
  if (!has_overlay) build_overlay(history, frame, layer, view, fonts_, scene_);
  shown_ = now;
}

}  // namespace racktwin
