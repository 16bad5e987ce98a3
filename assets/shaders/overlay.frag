noperspective in vec4 inside;
flat in vec4 lengths;
flat in vec4 colour;
flat in vec3 stripes;
out vec4 pixel;

uniform sampler2D font_atlas;

void main() {
  float glyph = textureLod(font_atlas, inside.zw, 0.0).r;
  vec2 edge = clamp(min(inside.xy, lengths.xy - inside.xy) + 0.5, 0.0, 1.0);
  vec3 shown = mix(colour.rgb, stripes, lengths.w * hatch_stripe(gl_FragCoord.xy, 1.0));
  pixel = vec4(shown, colour.a * mix(edge.x * edge.y, glyph, lengths.z));
}
