// A soft shadow: its rectangle, widened by the softness, on the floor.
layout(location = 0) in vec2 unit;
layout(location = 1) in vec2 corner;
layout(location = 2) in vec2 size;
layout(location = 3) in float softness;

out vec2 from_middle;          // in units of the softness
flat out vec2 half_size;
flat out vec4 colour;

void main() {
  half_size = 0.5 * size / softness;
  from_middle = (2.0 * unit - 1.0) * (half_size + 1.0);
  gl_Position = frame.clip_from_world * vec4(corner + 0.5 * size + softness * from_middle, 0.0, 1.0);
  colour = frame.shadow;
}
