// Cells of a rack's front; the mean where they are too small to see. DETAILED: with what few fronts have: the "no
// data" hatch, and ports on the rack that is in focus.
in vec2 at;
noperspective in vec3 cell_px_w_and_lit;
flat in vec4 texture_from_at;
flat in vec4 gap_and_ports;
flat in vec4 mean;
flat in vec3 gap_colour;
flat in vec4 veil;
#ifdef DETAILED
flat in vec4 stripes;
#endif
out vec4 pixel;

uniform sampler2D cells;  // colours; in w: 1, 2, 4, 8 for an edge at the left, right, top, bottom; 16 x look

const int kLookNoData = 1, kLookPlain = 2;  // 0: data; above plain: 10, 20, ... ports a metre
const float kLeastCell_px = 1.5, kLeastPort_px = 8.0;  // below which they are not shown

void main() {
  vec4 texel = textureLod(cells, at * texture_from_at.xy + texture_from_at.zw, 0.0);
  int bits = int(texel.w * 255.0 + 0.5);
  vec2 inside = fract(at);
  vec2 cell_px = cell_px_w_and_lit.xy * gl_FragCoord.w;
  float lit = cell_px_w_and_lit.z;

  // What carries no value is lit.
  vec3 colour = texel.rgb * (bits < 16 * kLookPlain ? 1.0 : lit);
  vec3 mean_colour = mean.rgb * (mean.w == kShaded ? lit : 1.0);
#ifdef DETAILED
  int look = bits >> 4;
  float per_cell = gap_and_ports.z * float(look - kLookPlain);
  vec2 port = abs(vec2(fract(at.x * per_cell), inside.y) - 0.5);
  float is_hole = look > kLookPlain ? step(max(port.x, 1.3 * port.y), 0.36) : 0.0;
  colour *= 1.0 - 0.16 * is_hole * clamp(cell_px.y / kLeastPort_px - 1.0, 0.0, gap_and_ports.w);
  float stripe = hatch_stripe(gl_FragCoord.xy, stripes.w);
  colour = mix(colour, stripes.rgb, look == kLookNoData ? stripe : 0.0);
  mean_colour = mix(mean_colour, stripes.rgb, mean.w == kNoData ? stripe : 0.0);
#endif

  // The share of the pixel that a gap takes.
  vec2 is_edge = vec2(ivec2(bits) & ivec2(inside.x < 0.5 ? 1 : 2, inside.y < 0.5 ? 4 : 8));
  vec2 gap_px = gap_and_ports.xy * cell_px;
  vec2 gap = clamp(gap_px + 0.5 - min(inside, 1.0 - inside) * cell_px, vec2(0.0), min(2.0 * gap_px, 1.0));
  gap *= min(is_edge, 1.0);
  colour = mix(colour, gap_colour * lit, max(gap.x, gap.y));
  float visible = clamp(min(cell_px.x, cell_px.y) / kLeastCell_px - 1.0, 0.0, 1.0);
  colour = mix(mean_colour, colour, visible);
  pixel = vec4(mix(colour, veil.rgb, veil.w), 1.0);
}
