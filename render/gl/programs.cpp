#include "render/gl/programs.h"

#include <fmt/core.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

// clang-format off
#define RACKTWIN_SHADER(name) extern "C" const char racktwin_embedded_##name[]
RACKTWIN_SHADER(frame_glsl);   RACKTWIN_SHADER(swatch_glsl);
RACKTWIN_SHADER(box_vert);     RACKTWIN_SHADER(tube_vert);    RACKTWIN_SHADER(solid_frag);
RACKTWIN_SHADER(front_vert);   RACKTWIN_SHADER(front_frag);
RACKTWIN_SHADER(tile_vert);    RACKTWIN_SHADER(tile_frag);
RACKTWIN_SHADER(shadow_vert);  RACKTWIN_SHADER(shadow_frag);
RACKTWIN_SHADER(overlay_vert); RACKTWIN_SHADER(plate_frag);   RACKTWIN_SHADER(shape_frag);
RACKTWIN_SHADER(glyph_frag);
// clang-format on

namespace racktwin::gl {
namespace {

tl::unexpected<Errors> refused(const std::string& what, const std::string& log) {
  Error error{ErrorCode::kNoGraphics, fmt::format("the OpenGL driver refuses the shader {}", what), {}, 1, {}, {}};
  error.notes.push_back(log);
  return fail(std::move(error));
}

// Names of a program, its texts, and the definitions that go before them.
struct ProgramText {
  const char *name, *vertex, *fragment, *definitions;
};

Result<Shader> compile(GLenum stage, const ProgramText& program) {
  Shader shader(glCreateShader(stage));
  const std::array<const char*, 4> sources = {racktwin_embedded_frame_glsl, program.definitions,
                                              racktwin_embedded_swatch_glsl,
                                              stage == GL_VERTEX_SHADER ? program.vertex : program.fragment};
  glShaderSource(shader.id(), static_cast<GLsizei>(sources.size()), sources.data(), nullptr);
  glCompileShader(shader.id());
  GLint is_compiled = GL_FALSE;
  glGetShaderiv(shader.id(), GL_COMPILE_STATUS, &is_compiled);
  if (is_compiled == GL_TRUE) return shader;
  std::array<char, 2048> log{};
  glGetShaderInfoLog(shader.id(), static_cast<GLsizei>(log.size()), nullptr, log.data());
  return refused(program.name, log.data());
}

void bind_inputs(GLuint program) {
  glUniformBlockBinding(program, glGetUniformBlockIndex(program, "Frame"), kFrameBinding);
  glUseProgram(program);
  const std::pair<const char*, int> samplers[] = {{"swatches", kSwatchUnit}, {"font_atlas", kAtlasUnit}};
  for (const auto& [name, unit] : samplers) glUniform1i(glGetUniformLocation(program, name), unit);
  glUseProgram(0);
}

Result<Program> link(const ProgramText& text) {
  const Result<Shader> vertex = compile(GL_VERTEX_SHADER, text);
  if (!vertex) return fail(vertex.error());
  const Result<Shader> fragment = compile(GL_FRAGMENT_SHADER, text);
  if (!fragment) return fail(fragment.error());
  Program program(glCreateProgram());
  glAttachShader(program.id(), vertex->id());
  glAttachShader(program.id(), fragment->id());
  glLinkProgram(program.id());
  GLint is_linked = GL_FALSE;
  glGetProgramiv(program.id(), GL_LINK_STATUS, &is_linked);
  if (is_linked == GL_TRUE) {
    bind_inputs(program.id());
    return program;
  }
  std::array<char, 2048> log{};
  glGetProgramInfoLog(program.id(), static_cast<GLsizei>(log.size()), nullptr, log.data());
  return refused(text.name, log.data());
}

}  // namespace

Result<Programs> compile_programs() {
  Programs made;
  std::vector<std::pair<Program*, ProgramText>> rows = {
      {&made.tile, {"tile", racktwin_embedded_tile_vert, racktwin_embedded_tile_frag, ""}},
      {&made.shadow, {"shadow", racktwin_embedded_shadow_vert, racktwin_embedded_shadow_frag, ""}},
      {&made.plate, {"plate", racktwin_embedded_overlay_vert, racktwin_embedded_plate_frag, ""}},
      {&made.shape, {"shape", racktwin_embedded_overlay_vert, racktwin_embedded_shape_frag, ""}},
      {&made.glyph, {"glyph", racktwin_embedded_overlay_vert, racktwin_embedded_glyph_frag, ""}},
  };
  const auto add_solid = [&](SolidPrograms& solid, const char* definitions) {
    rows.push_back({&solid.box, {"box", racktwin_embedded_box_vert, racktwin_embedded_solid_frag, definitions}});
    rows.push_back({&solid.front, {"front", racktwin_embedded_front_vert, racktwin_embedded_front_frag, definitions}});
    rows.push_back({&solid.tube, {"tube", racktwin_embedded_tube_vert, racktwin_embedded_solid_frag, definitions}});
  };
  add_solid(made.plain, "");
  add_solid(made.detailed, "#define DETAILED\n");
  for (const auto& [program, text] : rows) {
    Result<Program> linked = link(text);
    if (!linked) return fail(linked.error());
    *program = std::move(*linked);
  }
  return made;
}

}  // namespace racktwin::gl
