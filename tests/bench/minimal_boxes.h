// The least that could draw a hall: instanced boxes of one flat colour. What render_bench compares the renderer with.
#pragma once

#include <glm/glm.hpp>

#include <vector>

namespace racktwin {

struct MinimalBox {
  glm::vec3 corner, size;
};

// Needs a current OpenGL 3.3 context.
class MinimalBoxes {
 public:
  explicit MinimalBoxes(const std::vector<MinimalBox>& boxes);
  ~MinimalBoxes();
  MinimalBoxes(const MinimalBoxes&) = delete;
  MinimalBoxes& operator=(const MinimalBoxes&) = delete;

  // Clears the bound framebuffer and draws all boxes with one call.
  void draw(const glm::mat4& clip_from_world) const;

 private:
  unsigned program_ = 0, vertex_array_ = 0, buffers_[3] = {0, 0, 0};
  int n_box_ = 0;
};

}  // namespace racktwin
