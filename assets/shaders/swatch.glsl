// Stands before shaders that look up swatches: 1024 in a row of the texture.
uniform sampler2D swatches;

// The colour with its finish in w.
vec4 swatch(uint index) {
  vec4 texel = texelFetch(swatches, ivec2(index & 1023u, index >> 10), 0);
  return vec4(texel.rgb, round(texel.a * 255.0));
}
