// Lines and hatched rectangles, with smooth edges.
noperspective in vec2 inside;
flat in vec2 lengths;
flat in vec4 colour;
flat in vec4 stripes;
out vec4 pixel;

void main() {
  vec2 edge = clamp(min(inside, lengths - inside) + 0.5, 0.0, 1.0);
  vec3 shown = mix(colour.rgb, stripes.rgb, stripes.w * hatch_stripe(gl_FragCoord.xy, 1.0));
  pixel = vec4(shown, colour.a * edge.x * edge.y);
}
