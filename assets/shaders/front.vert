// The front of a rack: a panel on the y = 0 face of its box, within a frame that the box shows.
layout(location = 0) in vec2 unit;  // across, upwards
layout(location = 1) in vec3 corner;
layout(location = 2) in vec3 size;
layout(location = 3) in vec4 grid;  // first texel (x, y), columns, rows
layout(location = 4) in uint mean_index;

uniform sampler2D cells;

out vec2 at;                              // in cells of the grid, down from the top
noperspective out vec3 cell_px_w_and_lit;  // size of a cell [px of the finished picture] where w is 1; light
flat out vec4 texture_from_at;            // factor, offset
flat out vec4 gap_and_ports;              // x, y: half a gap [cells]; z: ports in a cell, of 10 a metre; w 1: are shown
flat out vec4 mean;
flat out vec3 gap_colour;
flat out vec4 veil;                       // w: how far the front steps back
#ifdef DETAILED
flat out vec4 stripes;                    // w: scale
#endif

const float kFrame_m = 0.014, kHalfGap_m = 0.003;

void main() {
  vec2 inside = mix(vec2(kFrame_m), size.xz - kFrame_m, unit);
  vec3 world = corner + vec3(inside.x, 0.0, inside.y);
  gl_Position = frame.clip_from_world * vec4(world, 1.0);
  vec2 cells_per_m = grid.zw / size.xz;
  at = vec2(inside.x, size.z - inside.y) * cells_per_m;

  // How far lines one metre apart are from each other as seen: the area of a square over the length of its side.
  vec3 away = normalize(world * frame.eye.w - frame.eye.xyz);
  vec2 seen = abs(away.y) / sqrt(max(1.0 - away.zx * away.zx, 0.0001));
  cell_px_w_and_lit.xy = seen / cells_per_m * frame.viewport.w * frame.viewport.z;
  cell_px_w_and_lit.z = light(vec3(0.0, -1.0, 0.0)) * ground_light(world.z);

  vec2 texel = 1.0 / vec2(textureSize(cells, 0));
  texture_from_at = vec4(texel, grid.xy * texel);
  veil = vec4(frame.background.rgb, step_back(corner.x + 0.5 * size.x));
  bool is_focus = frame.focus.z > 0.0 && veil.w == 0.0;
  gap_and_ports = vec4(kHalfGap_m * cells_per_m, 10.0 * size.x / grid.z, is_focus ? 1.0 : 0.0);
  mean = swatch(mean_index);
  gap_colour = frame.gap.rgb;
#ifdef DETAILED
  stripes = vec4(frame.hatch.rgb, frame.viewport.z);
  bool is_drawn = is_focus || frame.focus.w > 0.0;
#else
  bool is_drawn = !is_focus;  // by the detailed program, then
#endif
  if (!is_drawn) gl_Position = vec4(2.0, 2.0, 2.0, 1.0);  // outside
}
