// A pane of a rack's front: cells on the y = 0 face of its box, within a frame that the box shows.
layout(location = 0) in vec2 unit;       // across, upwards
layout(location = 1) in vec3 corner;     // of the rack
layout(location = 2) in vec3 size;
layout(location = 3) in vec4 rect;       // low, high, in shares of the front
layout(location = 4) in vec2 cells;      // across, upwards
layout(location = 5) in vec3 cell_m_and_ports;  // the smallest cell of the front; ports on a metre
layout(location = 6) in uvec2 cell_and_mean;    // swatches

out vec2 at;                    // in cells
flat out vec2 cell_px;          // [px of the finished picture], in the middle of the pane
flat out vec3 colour;
flat out vec2 from_gap;         // of the middle of a cell, plus half a pixel
flat out vec2 gap_limit;        // the most of a pixel that a gap takes
flat out vec3 gap_colour;
#ifdef DETAILED
out float port;         // across
flat out float hole;    // how much darker a port is
flat out vec4 stripes;  // w: their share
flat out float scale;
#endif

const float kFrame_m = 0.014, kHalfGap_m = 0.003;
const float kOverlap_m = 0.0002;  // of panes one above the other, lest the floor shines through
const float kLeastCell_px = 1.5, kLeastPort_px = 8.0;  // below which they are not shown

vec3 on_front(vec2 inside) { return corner + vec3(inside.x, 0.0, inside.y); }

// How large a metre on the front is seen: the area of a square over the length of its side.
vec2 px_per_m(vec3 world, float w) {
  vec3 away = normalize(world * frame.eye.w - frame.eye.xyz);
  vec2 seen = abs(away.y) / sqrt(max(1.0 - away.zx * away.zx, 0.0001));
  return seen * frame.viewport.w * frame.viewport.z / max(w, 0.01);
}

void main() {
  vec2 low = rect.xy * size.xz, high = rect.zw * size.xz, cell_m = (high - low) / cells;
  vec2 inside = mix(low, high, unit) + vec2(0.0, kOverlap_m * (2.0 * unit.y - 1.0));
  inside = clamp(inside, vec2(kFrame_m), size.xz - kFrame_m);
  gl_Position = frame.clip_from_world * vec4(on_front(inside), 1.0);
  at = (inside - low) / cell_m;
  vec3 pane = on_front(0.5 * (low + high));
  cell_px = cell_m * px_per_m(pane, (frame.clip_from_world * vec4(pane, 1.0)).w);
  from_gap = (kHalfGap_m / cell_m - 0.5) * cell_px + 0.5;

  vec3 middle = on_front(0.5 * size.xz);
  vec2 middle_px_per_m = px_per_m(middle, (frame.clip_from_world * vec4(middle, 1.0)).w);
  vec2 least_px = cell_m_and_ports.xy * middle_px_per_m;
  float visible = clamp(min(least_px.x, least_px.y) / kLeastCell_px - 1.0, 0.0, 1.0);
  gap_limit = visible * min(2.0 * kHalfGap_m * middle_px_per_m, 1.0);

  // What carries no value is lit.
  float lit = light(vec3(0.0, -1.0, 0.0)) * ground_light(pane.z);
  vec4 cell = swatch(cell_and_mean.x), mean = swatch(cell_and_mean.y);
  vec3 mean_colour = mean.rgb * (mean.w == kShaded ? lit : 1.0);
  float back = step_back(corner.x + 0.5 * size.x);
  colour = mix(mix(mean_colour, cell.rgb * (cell.w == kShaded ? lit : 1.0), visible), frame.background.rgb, back);
  gap_colour = mix(mix(mean_colour, frame.gap.rgb * lit, visible), frame.background.rgb, back);
#ifdef DETAILED
  bool has_ports = frame.focus.z > 0.0 && back == 0.0 && cell.w == kShaded && cell_m_and_ports.z > 0.0;
  port = inside.x * cell_m_and_ports.z;
  hole = 0.16 * clamp(least_px.y / kLeastPort_px - 1.0, 0.0, has_ports ? 1.0 : 0.0);
  float hatched = mix(float(mean.w == kNoData), float(cell.w == kNoData), visible);
  stripes = vec4(mix(frame.hatch.rgb, frame.background.rgb, back), hatched);
  scale = frame.viewport.z;
#endif
}
