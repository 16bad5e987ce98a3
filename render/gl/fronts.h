// The fronts of racks: their panes where cells are seen, one pane where they are too small, and nothing out of view.
// Thread rule: the context's thread.
#pragma once

#include "render/gl/front_panes.h"
#include "render/gl/mesh.h"
#include "render/scene/scene.h"

#include <vector>

namespace racktwin::gl {

// A rack's front, with its panes as a range.
struct Front {
  glm::vec3 corner{0}, size{0};
  glm::vec2 cell_m{0};  // of its grid
  SwatchIndex mean = 0;
  std::size_t first_pane = 0, end_pane = 0;
};

// Where fronts are seen from.
struct FrontView {
  glm::mat4 clip_from_world{1};
  glm::vec4 eye{0};    // as in frame.glsl
  float px_per_m = 1;  // of the finished picture, where the clip coordinate w is 1
};

enum class FrontSight { kHidden, kFar, kNear };  // far: no cell can be seen by itself
FrontSight sight_of(const Front& front, const FrontView& view);

class Fronts {
 public:
  Fronts();
  void upload(const Scene& scene);

  enum class Choice { kInFocus, kOthers, kAll };
  void draw(const FrontView& view, const Focus& focus, Choice choice);  // with the program that is in use

 private:
  struct Instance {
    glm::vec3 corner, size;  // of the rack
    glm::vec4 rect;
    glm::vec2 cells;
    glm::vec3 cell_m_and_ports;
    SwatchIndex swatch, mean;
  };
  void add(const Front& front, const FrontPane& pane);

  std::vector<FrontPane> panes_;
  std::vector<Front> fronts_;
  std::vector<Instance> seen_;
  Mesh mesh_;
};

}  // namespace racktwin::gl
