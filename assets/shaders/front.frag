// Cells of a rack's front, with the share of the pixel that a gap between them takes. DETAILED: with what few fronts
// have: the "no data" hatch, and ports on the rack that is in focus.
in vec2 at;
flat in vec2 cell_px;
flat in vec3 colour;
flat in vec2 from_gap;
flat in vec2 gap_limit;
flat in vec3 gap_colour;
#ifdef DETAILED
in float port;
flat in float hole;
flat in vec4 stripes;
flat in float scale;
#endif
out vec4 pixel;

void main() {
  vec2 from_middle = abs(fract(at) - 0.5);
  vec3 base = colour;
#ifdef DETAILED
  base *= 1.0 - hole * step(max(abs(fract(port) - 0.5), 1.3 * from_middle.y), 0.36);
  base = mix(base, stripes.rgb, stripes.w * hatch_stripe(gl_FragCoord.xy, scale));
#endif
  vec2 gap = clamp(from_middle * cell_px + from_gap, vec2(0.0), gap_limit);
  pixel = vec4(mix(base, gap_colour, max(gap.x, gap.y)), 1.0);
}
