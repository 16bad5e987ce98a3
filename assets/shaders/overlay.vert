// A parallelogram in pixels of the viewport, y down: a rectangle, a line, a glyph.
layout(location = 0) in vec2 unit;
layout(location = 1) in vec2 origin;
layout(location = 2) in vec4 sides;  // the two sides [px]
layout(location = 3) in vec2 atlas;  // texel of a glyph's upper left; -1: a line, -2: a plate
layout(location = 4) in vec4 paint;
layout(location = 5) in float hatched;

uniform sampler2D font_atlas;

// Each fragment shader takes what it needs.
noperspective out vec2 inside;  // [px] along the sides
noperspective out vec2 texel;   // place in the atlas
flat out vec2 lengths;          // of the sides
flat out vec4 colour;
flat out vec4 stripes;          // w 1: is hatched

void main() {
  lengths = vec2(length(sides.xy), length(sides.zw));
  float feather = atlas.x == -1.0 ? 0.5 : 0.0;  // half a pixel more, for smooth edges
  inside = mix(vec2(-feather), lengths + feather, unit);
  texel = (atlas + inside) / vec2(textureSize(font_atlas, 0));
  colour = paint;
  stripes = vec4(frame.hatch.rgb, hatched);
  vec2 at = origin + inside.x / lengths.x * sides.xy + inside.y / lengths.y * sides.zw;
  gl_Position = vec4(2.0 * at.x / frame.viewport.x - 1.0, 1.0 - 2.0 * at.y / frame.viewport.y, 0.0, 1.0);
}
