#version 330 core
// Stands before every shader: what is the same for a whole picture. Colours are sRGB-encoded throughout.
//
// Software renderers spend most of a frame in fragment shaders, much of it on uniform blocks, divisions and perspective:
// so only vertex shaders look into the block, and what may be interpolated on the screen is.

layout(std140) uniform Frame {
  mat4 clip_from_world;
  vec4 eye;         // w 1: the point; w 0: the direction towards it
  vec4 floor_rect;  // corner, size [m]
  vec4 background, floor_line, shadow, gap, hatch;
  vec4 viewport;    // width, height [px], pixels of the finished picture per pixel, pixels per metre where w is 1
  vec4 distance;    // w at which lines of the floor crowd
  vec4 focus;       // x from, x to [m]; how far the rest steps back: 0 to 1
} frame;

// Finish of a swatch, in its alpha.
const float kShaded = 0.0, kData = 1.0, kNoData = 2.0;

// A fixed key light from the upper left in front, and light from above.
float light(vec3 normal) {
  float key = max(dot(normal, vec3(-0.36, -0.64, 0.68)), 0.0);
  return 0.70 + 0.09 * normal.z + 0.30 * key;
}

// What stands on the floor gets less light near it.
float ground_light(float z) { return mix(0.88, 1.0, clamp(z * 0.5, 0.0, 1.0)); }

// How far what stands there steps back into the floor's colour.
float step_back(float x) { return x < frame.focus.x || x > frame.focus.y ? frame.focus.z : 0.0; }
void step_back(inout vec3 colour, inout float lit, inout float rim, float x) {
  float share = step_back(x);
  colour = mix(colour, frame.background.rgb, share);
  lit = mix(lit, 1.0, share);
  rim *= 1.0 - share;
}

// 1 on the stripes of the "no data" hatch, in screen space: 8 pixels of the finished picture apart.
float hatch_stripe(vec2 pixel, float scale) {
  return step(0.5, fract((pixel.x + pixel.y) * 0.125 * scale));
}
