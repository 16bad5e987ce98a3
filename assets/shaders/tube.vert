// A round pipe with rounded ends: a prism with smooth normals. Rings lie at both ends.
layout(location = 0) in vec3 normal;  // of a sphere about z; the lower half belongs to the first end
layout(location = 1) in float end;    // 0 or 1
layout(location = 2) in vec3 from;
layout(location = 3) in vec3 along;
layout(location = 4) in float radius;
layout(location = 5) in uint swatch_index;

noperspective out vec3 world_normal;
noperspective out vec3 towards_eye;
flat out vec3 axis;
flat out vec4 paint;
#ifdef HATCHED
flat out vec4 stripes;
#endif

void main() {
  vec3 z = normalize(along);
  vec3 x = abs(z.z) > 0.5 ? vec3(1.0, 0.0, 0.0) : vec3(0.0, 0.0, 1.0);
  vec3 y = cross(z, x);
  world_normal = x * normal.x + y * normal.y + z * normal.z;
  float rounding = min(radius, 0.5 * length(along));
  vec3 world = from + along * end + z * rounding * (1.0 - 2.0 * end) + radius * (x * normal.x + y * normal.y) +
               rounding * z * normal.z;
  gl_Position = frame.clip_from_world * vec4(world, 1.0);
  towards_eye = frame.eye.xyz - world * frame.eye.w;
  axis = z;
  paint = swatch(swatch_index);
#ifdef HATCHED
  stripes = vec4(frame.hatch.rgb, frame.viewport.z);
#endif
}
