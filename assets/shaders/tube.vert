// A round pipe with rounded ends: a prism with smooth normals. Rings lie at both ends.
layout(location = 0) in vec3 normal;  // of a sphere about z; the lower half belongs to the first end
layout(location = 1) in float end;    // 0 or 1
layout(location = 2) in vec3 from;
layout(location = 3) in vec3 along;
layout(location = 4) in float radius;
layout(location = 5) in uint swatch_index;

noperspective out vec4 rims;
noperspective out float lit;
flat out float darkest;
flat out vec3 colour;
#ifdef DETAILED
flat out vec4 stripes;
#endif

void main() {
  vec3 z = normalize(along);
  vec3 x = abs(z.z) > 0.5 ? vec3(1.0, 0.0, 0.0) : vec3(0.0, 0.0, 1.0);
  vec3 y = cross(z, x);
  vec3 radial = x * normal.x + y * normal.y, world_normal = radial + z * normal.z;
  float rounding = min(radius, 0.5 * length(along));
  vec3 world = from + along * end + z * rounding * (1.0 - 2.0 * end + normal.z) + radius * radial;
  gl_Position = frame.clip_from_world * vec4(world, 1.0);

  // Along the pipe only what lies across it counts, so that its middle is as bright from everywhere. The rim begins
  // where the surface turns away by 70 degrees.
  vec3 towards_eye = frame.eye.xyz - world * frame.eye.w;
  vec3 across = towards_eye - z * (dot(towards_eye, z) * (1.0 - abs(normal.z)));
  float facing = dot(world_normal, across) / max(length(across), 1e-6);

  vec4 paint = swatch(swatch_index);
  lit = paint.w == kShaded ? light(world_normal) : 1.0;
  colour = paint.rgb;
  darkest = paint.w == kShaded ? 0.15 : 0.4;
  step_back(colour, lit, darkest, from.x + 0.5 * along.x);
  rims = vec4(darkest * 1.5 * (1.0 - facing / 0.35));
#ifdef DETAILED
  stripes = vec4(frame.hatch.rgb, paint.w == kNoData ? frame.viewport.z : 0.0);
#endif
}
