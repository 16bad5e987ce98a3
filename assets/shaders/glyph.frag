noperspective in vec2 texel;
flat in vec4 colour;
out vec4 pixel;

uniform sampler2D font_atlas;

void main() { pixel = vec4(colour.rgb, colour.a * textureLod(font_atlas, texel, 0.0).r); }
