// A parallelogram in pixels of the viewport, y down: a rectangle, a line, a glyph.
layout(location = 0) in vec2 unit;
layout(location = 1) in vec2 origin;
layout(location = 2) in vec4 sides;  // the two sides [px]
layout(location = 3) in vec2 atlas;  // texel of a glyph's upper left; -1: a line, -2: a plate
layout(location = 4) in vec4 paint;
layout(location = 5) in float hatched;

uniform sampler2D font_atlas;

noperspective out vec4 inside;  // [px] along the sides; place in the atlas
flat out vec4 lengths;          // of the sides; is a glyph; is hatched
flat out vec4 colour;
flat out vec3 stripes;

void main() {
  vec2 px = vec2(length(sides.xy), length(sides.zw));
  bool is_glyph = atlas.x >= 0.0;
  float feather = atlas.x == -1.0 ? 0.5 : 0.0;  // half a pixel more, for smooth edges
  inside.xy = mix(vec2(-feather), px + feather, unit);
  inside.zw = (atlas + inside.xy) / vec2(textureSize(font_atlas, 0));
  lengths = vec4(px, is_glyph ? 1.0 : 0.0, hatched);
  colour = paint;
  stripes = frame.hatch.rgb;
  vec2 at = origin + inside.x / px.x * sides.xy + inside.y / px.y * sides.zw;
  gl_Position = vec4(2.0 * at.x / frame.viewport.x - 1.0, 1.0 - 2.0 * at.y / frame.viewport.y, 0.0, 1.0);
}
