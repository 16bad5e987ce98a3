// A Scene that keeps up with what is shown: each of its parts is built again only when what it rests on has changed.
// Thread rule: one thread per LiveScene.
#pragma once

#include "render/scene/build_scene.h"

#include <optional>

namespace racktwin {

bool is_same(const Viewport& a, const Viewport& b);

class LiveScene {
 public:
  explicit LiveScene(FontBook& fonts) : fonts_(fonts) {}

  void update(const RunHistory& history, const std::optional<Frame>& frame, const LayerSpec& layer,
              const SceneView& view);
  void forget() { shown_.reset(); }  // another recording
  const Scene& scene() const { return scene_; }

 private:
  // What the scene was built from.
  struct Shown {
    int epoch = 0;
    double frame_s = 0;  // -1: none
    double low = 0, high = 0;
    SceneView view;
  };

  FontBook& fonts_;
  Scene scene_;
  std::optional<Shown> shown_;
};

}  // namespace racktwin
