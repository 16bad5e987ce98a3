// A small shape drawn many times. Each of its vertices is written out with its instance, since software renderers take
// several times as long for instanced calls, which they draw one by one. Thread rule: the context's thread.
#pragma once

#include "render/gl/handle.h"

#include <glm/glm.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace racktwin::gl {

// A shader input, in the order of locations.
struct Attribute {
  GLint components = 1;
  GLenum type = GL_FLOAT;  // GL_UNSIGNED_INT stays whole, GL_UNSIGNED_BYTE becomes 0..1
  std::size_t offset = 0;
};

struct Shape {
  std::vector<float> vertices;
  std::vector<GLint> attributes;  // components of each shader input, together a vertex
  std::vector<std::uint16_t> indices;
  GLenum primitive = GL_TRIANGLES;
};
Shape unit_line();    // location 0: float
Shape unit_square();  // location 0: vec2
Shape unit_ring();    // as shadow.vert has it
Shape unit_box();     // as box.vert has it
Shape unit_rack();    // the same, with a frame in place of the front
Shape unit_tube();    // as tube.vert has it

class Mesh {
 public:
  // The instance's attributes come at the locations after those of the shape.
  Mesh(const Shape& shape, const std::vector<Attribute>& instance_attributes, std::size_t instance_bytes);

  template <class Instance>
  void upload(const std::vector<Instance>& instances) {
    upload(instances.data(), instances.size());
  }
  void draw() const;  // with the program that is in use

 private:
  void upload(const void* instances, std::size_t count);
  void upload_indices(std::size_t count, std::size_t shape_vertices);

  VertexArray vertex_array_;
  Buffer vertices_, indices_;
  Shape shape_;
  std::size_t shape_bytes_ = 0, instance_bytes_;  // of a vertex
  std::size_t n_indexed_ = 0;                     // instances that indices_ has
  GLsizei n_index_ = 0;                           // to draw
};

}  // namespace racktwin::gl
