in vec3 place;
flat in vec3 colour, background;
out vec4 pixel;

// Faded out towards the edge of the floor, and far away.
void main() {
  vec2 edge = clamp(4.0 - 4.0 * abs(place.xy), 0.0, 1.0);
  float share = edge.x * edge.y * clamp(1.5 - place.z, 0.0, 1.0);
  pixel = vec4(mix(background, colour, share), 1.0);
}
