// Boxes and pipes: the colour, times light where it carries no value, with a thin dark rim. The middle keeps its colour.
noperspective in vec4 rims;  // how dark the rim of each of four edges is; grows from below 0 towards the edge
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
  vec2 most = max(rims.xy, rims.zw);
  float rim = clamp(max(most.x, most.y), 0.0, darkest);
  pixel = vec4(base * (lit - lit * rim), 1.0);
}
