// A round pipe with rounded ends, as it is seen: a disc about the middle of each end, and between the two a roof whose
// ridge is nearest to the eye.
layout(location = 0) in vec2 around;  // in radii across the pipe, and along it as seen; 0: on the ridge
layout(location = 1) in float end;    // 0 or 1
layout(location = 2) in vec3 from;
layout(location = 3) in vec3 along;
layout(location = 4) in float radius;
layout(location = 5) in uint swatch_index;

noperspective out vec2 off_middle;
flat out vec2 middle_rims;
noperspective out float lit;
flat out float darkest;
flat out vec3 colour;
#ifdef DETAILED
flat out vec4 stripes;
#endif

const float kRim = 0.1;  // of the radius; none around the ends, since most lie inside other pipes

void main() {
  vec3 z = normalize(along);
  vec3 middle = from + along * end + z * min(radius, 0.5 * length(along)) * (1.0 - 2.0 * end);
  vec3 towards_eye = normalize(frame.eye.xyz - middle * frame.eye.w);
  vec3 across = cross(z, towards_eye);
  if (dot(across, across) < 1e-8) across = cross(z, abs(z.z) > 0.5 ? vec3(1.0, 0.0, 0.0) : vec3(0.0, 0.0, 1.0));
  across = normalize(across);
  bool is_ridge = around == vec2(0.0);
  vec3 away = is_ridge ? towards_eye : across * around.x + cross(towards_eye, across) * around.y;
  gl_Position = frame.clip_from_world * vec4(middle + radius * away, 1.0);

  vec4 paint = swatch(swatch_index);
  lit = paint.w == kShaded ? light(is_ridge ? cross(across, z) : away) : 1.0;
  colour = paint.rgb;
  darkest = paint.w == kShaded ? 0.15 : 0.4;
  step_back(colour, lit, darkest, from.x + 0.5 * along.x);
  off_middle = vec2(abs(around.x) > 0.99 ? 1.5 * darkest / kRim * around.x : 0.0, 0.0);
  middle_rims = vec2(1.5 * darkest * (1.0 - 1.0 / kRim));
#ifdef DETAILED
  stripes = vec4(frame.hatch.rgb, paint.w == kNoData ? frame.viewport.z : 0.0);
#endif
}
