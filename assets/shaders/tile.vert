// A piece of a line of the grid on the floor. Faded out towards the edge of the floor, and far away.
layout(location = 0) in float along;
layout(location = 1) in vec4 ends;  // [m] x, y of each

noperspective out vec3 colour;

const float kLeast = 0.05;  // a level of 255 on the floor

vec4 clip(vec2 world) { return frame.clip_from_world * vec4(world, 0.0, 1.0); }

float strength(vec2 world, float w) {
  vec2 from_middle = (world - frame.floor_rect.xy) / (0.5 * frame.floor_rect.zw) - 1.0;
  vec2 edge = clamp(4.0 - 4.0 * abs(from_middle), 0.0, 1.0);
  return edge.x * edge.y * clamp(1.5 - w / frame.distance.x, 0.0, 1.0);
}

void main() {
  vec4 from = clip(ends.xy), to = clip(ends.zw);
  vec2 strengths = vec2(strength(ends.xy, from.w), strength(ends.zw, to.w));
  gl_Position = mix(from, to, along);
  if (max(strengths.x, strengths.y) < kLeast) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);  // outside
  colour = mix(frame.background.rgb, frame.floor_line.rgb, mix(strengths.x, strengths.y, along));
}
