#include "tests/bench/minimal_boxes.h"

#include <epoxy/gl.h>
#include <glm/gtc/type_ptr.hpp>

#include <cstddef>

namespace racktwin {
namespace {

constexpr const char* kVertexShader = R"(#version 330 core
uniform mat4 clip_from_world;
layout(location = 0) in vec3 unit;
layout(location = 1) in vec3 corner;
layout(location = 2) in vec3 size;
void main() { gl_Position = clip_from_world * vec4(corner + size * unit, 1.0); }
)";
constexpr const char* kFragmentShader = R"(#version 330 core
out vec4 pixel;
void main() { pixel = vec4(0.4, 0.5, 0.6, 1.0); }
)";

constexpr float kCorners[] = {0, 0, 0, 1, 0, 0, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1, 0, 1, 1};
constexpr unsigned char kTriangles[] = {0, 3, 2, 0, 2, 1, 4, 5, 6, 4, 6, 7, 0, 1, 5, 0, 5, 4,
                                        1, 2, 6, 1, 6, 5, 2, 3, 7, 2, 7, 6, 3, 0, 4, 3, 4, 7};

void attach(unsigned program, GLenum stage, const char* text) {
  const unsigned shader = glCreateShader(stage);
  glShaderSource(shader, 1, &text, nullptr);
  glCompileShader(shader);
  glAttachShader(program, shader);
  glDeleteShader(shader);
}

void add_attribute(unsigned location, std::size_t stride, std::size_t offset, unsigned divisor) {
  glEnableVertexAttribArray(location);
  glVertexAttribPointer(location, 3, GL_FLOAT, GL_FALSE, static_cast<GLsizei>(stride),
                        reinterpret_cast<const void*>(offset));
  glVertexAttribDivisor(location, divisor);
}

}  // namespace

MinimalBoxes::MinimalBoxes(const std::vector<MinimalBox>& boxes)
    : program_(glCreateProgram()), n_box_(static_cast<int>(boxes.size())) {
  attach(program_, GL_VERTEX_SHADER, kVertexShader);
  attach(program_, GL_FRAGMENT_SHADER, kFragmentShader);
  glLinkProgram(program_);
  glGenVertexArrays(1, &vertex_array_);
  glGenBuffers(3, buffers_);
  glBindVertexArray(vertex_array_);
  glBindBuffer(GL_ELEMENT_ARRAY_BUFFER, buffers_[0]);
  glBufferData(GL_ELEMENT_ARRAY_BUFFER, sizeof(kTriangles), kTriangles, GL_STATIC_DRAW);
  glBindBuffer(GL_ARRAY_BUFFER, buffers_[1]);
  glBufferData(GL_ARRAY_BUFFER, sizeof(kCorners), kCorners, GL_STATIC_DRAW);
  add_attribute(0, 3 * sizeof(float), 0, 0);
  glBindBuffer(GL_ARRAY_BUFFER, buffers_[2]);
  glBufferData(GL_ARRAY_BUFFER, static_cast<GLsizeiptr>(boxes.size() * sizeof(MinimalBox)), boxes.data(),
               GL_STATIC_DRAW);
  add_attribute(1, sizeof(MinimalBox), offsetof(MinimalBox, corner), 1);
  add_attribute(2, sizeof(MinimalBox), offsetof(MinimalBox, size), 1);
  glBindVertexArray(0);
}

MinimalBoxes::~MinimalBoxes() {
  glDeleteBuffers(3, buffers_);
  glDeleteVertexArrays(1, &vertex_array_);
  glDeleteProgram(program_);
}

void MinimalBoxes::draw(const glm::mat4& clip_from_world) const {
  glEnable(GL_DEPTH_TEST);
  glEnable(GL_CULL_FACE);
  glDisable(GL_BLEND);
  glClearColor(1, 1, 1, 1);
  glClear(GL_COLOR_BUFFER_BIT | GL_DEPTH_BUFFER_BIT);
  glUseProgram(program_);
  glUniformMatrix4fv(glGetUniformLocation(program_, "clip_from_world"), 1, GL_FALSE, glm::value_ptr(clip_from_world));
  glBindVertexArray(vertex_array_);
  glDrawElementsInstanced(GL_TRIANGLES, sizeof(kTriangles), GL_UNSIGNED_BYTE, nullptr, n_box_);
  glBindVertexArray(0);
  glUseProgram(0);
}

}  // namespace racktwin
