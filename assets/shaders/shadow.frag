in vec2 from_middle;
flat in vec2 half_size;
flat in vec3 floor_colour;
flat in vec3 darker;  // than the floor, at most
out vec4 pixel;

void main() {
  vec2 away = max(abs(from_middle) - half_size, 0.0);
  float strength = max(1.0 - length(away), 0.0);
  pixel = vec4(floor_colour - strength * strength * darker, 1.0);
}
