// The front of a rack: a panel on the y = 0 face of its box, within a frame that the box shows.
layout(location = 0) in vec2 unit;  // across, upwards
layout(location = 1) in vec3 corner;
layout(location = 2) in vec3 size;
layout(location = 3) in vec4 grid;  // first texel (x, y), columns, rows
layout(location = 4) in uint mean_index;

uniform sampler2D cells;

out vec2 at;  // in cells of the grid, down from the top
noperspective out float lit;
flat out vec4 texture_from_at;  // factor, offset
flat out vec4 cells_per_m;      // x, y; z: ports; w: 1 / least height of a cell [px]
flat out vec4 mean;
flat out vec3 gap_colour;
#ifdef HATCHED
flat out vec3 hatch;
#endif

const float kFrame_m = 0.014;

void main() {
  vec2 inside = mix(vec2(kFrame_m), size.xz - kFrame_m, unit);
  vec3 world = corner + vec3(inside.x, 0.0, inside.y);
  gl_Position = frame.clip_from_world * vec4(world, 1.0);
  cells_per_m = vec4(grid.zw / size.xz, 10.0 * size.x / grid.z, frame.viewport.z / 1.5);
  at = vec2(inside.x, size.z - inside.y) * cells_per_m.xy;
  lit = light(vec3(0.0, -1.0, 0.0)) * ground_light(world.z);
  vec2 texel = 1.0 / vec2(textureSize(cells, 0));
  texture_from_at = vec4(texel, grid.xy * texel);
  mean = swatch(mean_index);
  gap_colour = frame.gap.rgb;
#ifdef HATCHED
  hatch = frame.hatch.rgb;
#endif
}
