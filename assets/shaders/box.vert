// A box: six faces of four corners. The front of a rack's is a frame around its panel.
layout(location = 0) in vec3 unit;    // corner of the unit cube
layout(location = 1) in vec3 normal;
layout(location = 2) in vec3 u;       // from this corner along an edge of the face to the next
layout(location = 3) in vec3 v;       // along the other edge
layout(location = 4) in float inner;  // 1: an inner corner of the frame
layout(location = 5) in vec3 corner;  // of the instance
layout(location = 6) in vec3 size;
layout(location = 7) in uvec3 side_top_hidden;  // swatches; a bit for each face that something hides

noperspective out vec2 off_middle;
flat out vec2 middle_rims;
noperspective out float lit;
flat out float darkest;
flat out vec3 colour;
#ifdef DETAILED
flat out vec4 stripes;
#endif

const float kFrame_m = 0.014;
const float kPlate_m = 0.02, kLeastEdge_px = 2.0;  // what is thinner is a plate on a front: edges are shown near by

// As render/gl/hidden_faces.h counts them.
uint face() { return uint(dot(abs(normal), vec3(0.0, 2.0, 4.0)) + step(0.0, dot(normal, vec3(1.0)))); }

vec2 screen(vec3 world) {
  vec4 clip = frame.clip_from_world * vec4(world, 1.0);
  return clip.xy / max(clip.w, 0.01) * 0.5 * frame.viewport.xy * frame.viewport.z;
}

void main() {
  vec3 outer = corner + size * unit, inset = inner * kFrame_m * (u + v);
  gl_Position = frame.clip_from_world * vec4(outer + inset, 1.0);

  // How far opposite edges are apart, as seen. The same at all corners, since it is flat.
  vec3 half_u = 0.5 * size * u, half_v = 0.5 * size * v, middle = outer + half_u + half_v;
  vec2 along_u = screen(middle + half_u) - screen(middle - half_u);
  vec2 along_v = screen(middle + half_v) - screen(middle - half_v);
  float area = abs(along_u.x * along_v.y - along_u.y * along_v.x);
  vec2 across = area / max(vec2(length(along_v), length(along_u)), 0.001);
  vec2 uv = vec2(dot(unit, abs(u)) + dot(inset, u) / dot(size, abs(u)) * dot(u, vec3(1.0)),
                 dot(unit, abs(v)) + dot(inset, v) / dot(size, abs(v)) * dot(v, vec3(1.0)));
  bool is_thin_edge = size.y < kPlate_m && normal.y == 0.0 && min(across.x, across.y) < kLeastEdge_px;
  if ((side_top_hidden.z >> face() & 1u) == 1u || is_thin_edge) {  // shrinks to a point
    gl_Position = frame.clip_from_world * vec4(middle, 1.0);
  }
  // No rims where there is hardly a face.
  float strength = 0.22 * clamp(0.15 * min(across.x, across.y) - 0.3, 0.0, 1.0);

  vec4 paint = swatch(normal.z > 0.5 ? side_top_hidden.y : side_top_hidden.x);
  lit = paint.w == kShaded ? light(normal) * ground_light(outer.z) : 1.0;
  colour = paint.rgb;
  step_back(colour, lit, strength, corner.x + 0.5 * size.x);
  off_middle = strength * (uv - 0.5) * across;
  middle_rims = strength * (1.5 - 0.5 * across);
  darkest = strength;
#ifdef DETAILED
  stripes = vec4(frame.hatch.rgb, paint.w == kNoData ? frame.viewport.z : 0.0);
#endif
}
