// A soft shadow on the floor: a ring around what stands there, which hides the middle.
layout(location = 0) in vec2 unit;
layout(location = 1) in float inner;  // 1: under the thing, 0: beyond it by the softness
layout(location = 2) in vec2 corner;
layout(location = 3) in vec2 size;
layout(location = 4) in float softness;

out vec2 from_middle;          // in units of the softness
flat out vec2 half_size;
flat out vec3 floor_colour;
flat out vec3 darker;

const float kShown = 0.92, kHidden = 0.1;  // of the softness: less than a level of 255 is beyond

void main() {
  half_size = 0.5 * size / softness;
  from_middle = (2.0 * unit - 1.0) * (half_size + mix(kShown, -kHidden, inner));
  gl_Position = frame.clip_from_world * vec4(corner + 0.5 * size + softness * from_middle, 0.0, 1.0);
  floor_colour = frame.background.rgb;
  darker = frame.shadow.a * (frame.background.rgb - frame.shadow.rgb);
}
