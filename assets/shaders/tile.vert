// A line between two tiles of the floor.
layout(location = 0) in float along;
layout(location = 1) in vec4 ends;  // [m] x, y of each

out vec3 place;  // from the middle of the floor, as shares of its half size; distance over that of crowding
flat out vec3 colour, background;

void main() {
  vec2 world = mix(ends.xy, ends.zw, along);
  gl_Position = frame.clip_from_world * vec4(world, 0.0, 1.0);
  place.xy = (world - frame.floor_rect.xy) / (0.5 * frame.floor_rect.zw) - 1.0;
  place.z = gl_Position.w / frame.distance.x;
  colour = frame.floor_line.rgb;
  background = frame.background.rgb;
}
