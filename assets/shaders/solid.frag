// Boxes and pipes: the colour, times light where it carries no value, with a thin dark rim. The middle keeps its colour.
noperspective in vec4 from_edges;  // [px of the finished picture] from four edges, or what is to look like it
noperspective in vec2 lit_and_rim;  // light, strength of the rim
flat in vec3 colour;
#ifdef DETAILED
flat in vec4 stripes;  // w: scale, 0: none
#endif
out vec4 pixel;

void main() {
  vec3 base = colour * lit_and_rim.x;
#ifdef DETAILED
  if (stripes.w > 0.0) base = mix(base, stripes.rgb, hatch_stripe(gl_FragCoord.xy, stripes.w));
#endif
  vec2 least = min(from_edges.xy, from_edges.zw);
  float rim = clamp(1.5 - min(least.x, least.y), 0.0, 1.0);
  pixel = vec4(base * (1.0 - rim * lit_and_rim.y), 1.0);
}
