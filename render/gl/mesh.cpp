#include "render/gl/mesh.h"

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <numbers>
#include <utility>

namespace racktwin::gl {
namespace {

const void* as_pointer(std::size_t offset) { return reinterpret_cast<const void*>(offset); }

void add(Shape& shape, std::initializer_list<float> values) { shape.vertices.insert(shape.vertices.end(), values); }

void add_indices(Shape& shape, std::initializer_list<int> indices) {
  for (const int index : indices) shape.indices.push_back(static_cast<std::uint16_t>(index));
}

constexpr int kBoxVertexFloats = 3 + 3 + 3 + 3 + 1;  // place, normal, the two edges from there, inner

struct Face {
  glm::vec3 origin{0}, normal{0}, u{0}, v{0};  // counter-clockwise seen from outside
};

Face face_of(int axis, int side) {
  Face face;
  face.origin[axis] = static_cast<float>(side);
  face.normal[axis] = side == 1 ? 1.0F : -1.0F;
  face.u[(axis + 1) % 3] = 1;
  face.v[(axis + 2) % 3] = 1;
  if (side == 0) std::swap(face.u, face.v);
  return face;
}

void add_corner(Shape& shape, const Face& face, glm::vec2 at, float inner) {
  const glm::vec3 place = face.origin + at.x * face.u + at.y * face.v;
  const glm::vec3 u = face.u * (1 - 2 * at.x), v = face.v * (1 - 2 * at.y);
  for (const glm::vec3& value : {place, face.normal, u, v}) add(shape, {value.x, value.y, value.z});
  add(shape, {inner});
}

constexpr glm::vec2 kCorners[] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}};

void add_face(Shape& shape, const Face& face) {
  const int first = static_cast<int>(shape.vertices.size()) / kBoxVertexFloats;
  for (const glm::vec2 at : kCorners) add_corner(shape, face, at, 0);
  add_indices(shape, {first, first + 1, first + 2, first, first + 2, first + 3});
}

// Four strips around a face.
void add_frame(Shape& shape, const Face& face) {
  const int first = static_cast<int>(shape.vertices.size()) / kBoxVertexFloats;
  for (const glm::vec2 at : kCorners) {
    for (const float inner : {0.0F, 1.0F}) add_corner(shape, face, at, inner);
  }
  for (int i = 0; i < 4; ++i) {
    const int here = first + 2 * i, next = first + 2 * ((i + 1) % 4);
    add_indices(shape, {here, next, next + 1, here, next + 1, here + 1});
  }
}

Shape box_shape(bool is_rack) {
  Shape shape;
  shape.attributes = {3, 3, 3, 3, 1};
  for (int axis = 0; axis < 3; ++axis) {
    for (const int side : {0, 1}) {
      const bool is_front = axis == 1 && side == 0;
      (is_front && is_rack ? add_frame : add_face)(shape, face_of(axis, side));
    }
  }
  return shape;
}

void enable(GLuint location, const Attribute& attribute, GLsizei stride) {
  glEnableVertexAttribArray(location);
  if (attribute.type == GL_UNSIGNED_INT) {
    glVertexAttribIPointer(location, attribute.components, attribute.type, stride, as_pointer(attribute.offset));
  } else {
    const GLboolean is_share = attribute.type == GL_UNSIGNED_BYTE ? GL_TRUE : GL_FALSE;
    glVertexAttribPointer(location, attribute.components, attribute.type, is_share, stride,
                          as_pointer(attribute.offset));
  }
}

}  // namespace

Shape unit_line() { return {{0, 1}, {1}, {0, 1}, GL_LINES}; }

Shape unit_square() { return {{0, 0, 1, 0, 1, 1, 0, 1}, {2}, {0, 1, 2, 0, 2, 3}, GL_TRIANGLES}; }

// Two squares, one on the other, and the four strips between them.
Shape unit_ring() {
  Shape shape;
  shape.attributes = {2, 1};
  for (const glm::vec2 at : kCorners) add(shape, {at.x, at.y, 0, at.x, at.y, 1});
  for (int i = 0; i < 4; ++i) {
    const int here = 2 * i, next = (here + 2) % 8;
    add_indices(shape, {here, next, next + 1, here, next + 1, here + 1});
  }
  return shape;
}

Shape unit_box() { return box_shape(false); }
Shape unit_rack() { return box_shape(true); }

// The discs come last: the roof hides half of each.
Shape unit_tube() {
  constexpr int kSides = 8, kVertices = kSides + 1;  // of a disc: its middle, then around it
  Shape shape;
  shape.attributes = {2, 1};
  for (const float end : {0.0F, 1.0F}) {
    add(shape, {0, 0, end});
    for (int i = 0; i < kSides; ++i) {
      const float angle = 2 * std::numbers::pi_v<float> * static_cast<float>(i) / kSides;
      add(shape, {std::cos(angle), std::sin(angle), end});
    }
  }
  constexpr int kRight = 1, kLeft = 1 + kSides / 2;
  for (const auto& [right, left] : {std::pair(kRight, 0), std::pair(0, kLeft)}) {
    add_indices(shape, {right, kVertices + right, kVertices + left, right, kVertices + left, left});
  }
  for (const int middle : {0, kVertices}) {
    for (int i = 0; i < kSides; ++i) {
      add_indices(shape, {middle, middle + 1 + i, middle + 1 + (i + 1) % kSides});
    }
  }
  return shape;
}

Mesh::Mesh(const Shape& shape, const std::vector<Attribute>& instance_attributes, std::size_t instance_bytes)
    : vertex_array_(make<VertexArray>(glGenVertexArrays)),
      vertices_(make<Buffer>(glGenBuffers)),
      indices_(make<Buffer>(glGenBuffers)),
      shape_(shape),
      instance_bytes_(instance_bytes) {
  for (const GLint components : shape.attributes) shape_bytes_ += static_cast<std::size_t>(components) * sizeof(float);
  const auto stride = static_cast<GLsizei>(shape_bytes_ + instance_bytes);
  glBindVertexArray(vertex_array_.id());
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, indices_.id());
  glBindBuffer(GL_ARRAY_BUFFER, vertices_.id());
  GLuint location = 0;
  std::size_t offset = 0;
  for (const GLint components : shape.attributes) {
    enable(location++, {components, GL_FLOAT, offset}, stride);
    offset += static_cast<std::size_t>(components) * sizeof(float);
  }
  for (Attribute attribute : instance_attributes) {
    attribute.offset += shape_bytes_;
    enable(location++, attribute, stride);
  }
  glBindVertexArray(0);
  glBindBuffer(GL_ARRAY_BUFFER, 0);
}

void Mesh::upload(const void* instances, std::size_t count) {
  const auto* shape = reinterpret_cast<const std::byte*>(shape_.vertices.data());
  const auto* instance = static_cast<const std::byte*>(instances);
  const std::size_t shape_vertices = shape_.vertices.size() * sizeof(float) / shape_bytes_;
  std::vector<std::byte> vertices(count * shape_vertices * (shape_bytes_ + instance_bytes_));
  std::byte* to = vertices.data();
  for (std::size_t i = 0; i < count; ++i, instance += instance_bytes_) {
    for (std::size_t k = 0; k < shape_vertices; ++k) {
      to = std::copy_n(shape + k * shape_bytes_, shape_bytes_, to);
      to = std::copy_n(instance, instance_bytes_, to);
    }
  }
  n_index_ = static_cast<GLsizei>(count * shape_.indices.size());
  glBindBuffer(GL_ARRAY_BUFFER, vertices_.id());
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(vertices.size()), vertices.data(), GL_DYNAMIC_DRAW);
  glBindBuffer(GL_ARRAY_BUFFER, 0);
  if (count > n_indexed_) upload_indices(count, shape_vertices);
}

void Mesh::upload_indices(std::size_t count, std::size_t shape_vertices) {
  std::vector<std::uint32_t> indices;
  indices.reserve(count * shape_.indices.size());
  for (std::size_t i = 0; i < count; ++i) {
    for (const std::uint16_t index : shape_.indices) {
      indices.push_back(static_cast<std::uint32_t>(i * shape_vertices + index));
    }
  }
  n_indexed_ = count;
  glBindVertexArray(vertex_array_.id());
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, static_cast<GLsizeiptr>(indices.size() * sizeof(std::uint32_t)), indices.data(),
               GL_DYNAMIC_DRAW);
  glBindVertexArray(0);
}

void Mesh::draw() const {
  if (n_index_ == 0) return;
  glBindVertexArray(vertex_array_.id());
  glDrawElements(shape_.primitive, n_index_, GL_UNSIGNED_INT, nullptr);
  glBindVertexArray(0);
}

}  // namespace racktwin::gl
