// Boxes and pipes: the colour, times light where it carries no value, with a thin dark rim. The middle keeps its colour.
noperspective in vec2 off_middle;  // how much darker than in the middle, either way
flat in vec2 middle_rims;          // how dark the rims would be in the middle: below 0
noperspective in float lit;
flat in float darkest;  // of a rim
flat in vec3 colour;
#ifdef DETAILED
flat in vec4 stripes;  // w: scale, 0: none
#endif
out vec4 pixel;

void main() {
  vec3 base = colour;
#ifdef DETAILED
  if (stripes.w > 0.0) base = mix(base, stripes.rgb, hatch_stripe(gl_FragCoord.xy, stripes.w));
#endif
  vec2 rims = abs(off_middle) + middle_rims;
  float rim = clamp(max(rims.x, rims.y), 0.0, darkest);
  pixel = vec4(base * (lit - lit * rim), 1.0);
}
