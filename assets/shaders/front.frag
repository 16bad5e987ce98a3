// Cells of a rack's front; the mean where they are too small to see.
in vec2 at;
noperspective in float lit;
flat in vec4 texture_from_at;
flat in vec4 cells_per_m;
flat in vec4 mean;
flat in vec3 gap_colour;
#ifdef HATCHED
flat in vec3 hatch;
#endif
out vec4 pixel;

uniform sampler2D cells;  // colours; in w: 1, 2, 4, 8 for an edge at the left, right, top, bottom; 16 x look

const float kHalfGap_m = 0.003;
const int kLookNoData = 1, kLookPlain = 2;  // 0: data; above plain: 10, 20, ... ports a metre

void main() {
  vec4 texel = textureLod(cells, at * texture_from_at.xy + texture_from_at.zw, 0.0);
  int bits = int(texel.w * 255.0 + 0.5), look = bits >> 4;
  vec2 inside = fract(at);
  vec2 cell_px = 1.0 / fwidth(at);

  // What carries no value is lit, and has rows of ports instead.
  float per_cell = cells_per_m.z * float(look - kLookPlain);
  vec2 port = abs(vec2(fract(at.x * per_cell), inside.y) - 0.5);
  float hole = step(max(port.x, 1.3 * port.y), 0.36) * clamp(0.2 * cell_px.x - per_cell, 0.0, 1.0);
  vec3 colour = texel.rgb * (look < kLookPlain ? 1.0 : lit - 0.16 * lit * hole);

  // The share of the pixel that a gap takes.
  vec2 is_edge = vec2(bits & (inside.x < 0.5 ? 1 : 2), bits & (inside.y < 0.5 ? 4 : 8));
  vec2 gap_px = kHalfGap_m * cells_per_m.xy * cell_px;
  vec2 gap = clamp(gap_px + 0.5 - min(inside, 1.0 - inside) * cell_px, vec2(0.0), min(2.0 * gap_px, 1.0));
  gap *= min(is_edge, 1.0);
  float visible = clamp(min(cell_px.x, cell_px.y) * cells_per_m.w - 1.0, 0.0, 1.0);
  vec3 mean_colour = mean.rgb * (mean.w == kShaded ? lit : 1.0);
#ifdef HATCHED
  float stripe = hatch_stripe(gl_FragCoord.xy, 1.5 * cells_per_m.w);
  colour = mix(colour, hatch, look == kLookNoData ? stripe : 0.0);
  mean_colour = mix(mean_colour, hatch, mean.w == kNoData ? stripe : 0.0);
#endif
  colour = mix(colour, gap_colour * lit, max(gap.x, gap.y));
  pixel = vec4(mix(mean_colour, colour, visible), 1.0);
}
