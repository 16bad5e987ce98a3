// OpenGL objects that delete themselves. Thread rule: the context's thread.
#pragma once

#include <epoxy/gl.h>

#include <utility>

namespace racktwin::gl {

template <void (*destroy)(GLuint)>
class Handle {
 public:
  explicit Handle(GLuint id = 0) : id_(id) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, 0)) {}
  Handle& operator=(Handle&& other) noexcept {
    std::swap(id_, other.id_);
    return *this;
  }
  ~Handle() {
    if (id_ != 0) destroy(id_);
  }
  GLuint id() const { return id_; }

 private:
  GLuint id_ = 0;
};

inline void delete_buffer(GLuint id) { glDeleteBuffers(1, &id); }
inline void delete_texture(GLuint id) { glDeleteTextures(1, &id); }
inline void delete_vertex_array(GLuint id) { glDeleteVertexArrays(1, &id); }
inline void delete_framebuffer(GLuint id) { glDeleteFramebuffers(1, &id); }
inline void delete_renderbuffer(GLuint id) { glDeleteRenderbuffers(1, &id); }
inline void delete_shader(GLuint id) { glDeleteShader(id); }
inline void delete_program(GLuint id) { glDeleteProgram(id); }

using Buffer = Handle<delete_buffer>;
using Texture = Handle<delete_texture>;
using VertexArray = Handle<delete_vertex_array>;
using Framebuffer = Handle<delete_framebuffer>;
using Renderbuffer = Handle<delete_renderbuffer>;
using Shader = Handle<delete_shader>;
using Program = Handle<delete_program>;

// glGenBuffers and its sisters, for one object.
template <class Made, class Generate>
Made make(Generate generate) {
  GLuint id = 0;
  generate(1, &id);
  return Made(id);
}

}  // namespace racktwin::gl
