#include "render/gl/hidden_faces.h"

#include <glm/common.hpp>

#include <map>
#include <tuple>

namespace racktwin::gl {
namespace {

constexpr float kSlack_m = 0.001F;

// Axis and lowest corner of a face, in millimetres.
using FaceKey = std::tuple<int, int, int, int>;

FaceKey key_of(int axis, glm::vec3 corner) {
  const glm::ivec3 mm(glm::round(corner / kSlack_m));
  return {axis, mm.x, mm.y, mm.z};
}

// Their lowest corners are the same.
bool covers(const glm::vec3& face, const glm::vec3& other, int axis) {
  for (const int along : {(axis + 1) % 3, (axis + 2) % 3}) {
    if (face[along] < other[along] - kSlack_m) return false;
  }
  return true;
}

}  // namespace

std::vector<std::uint32_t> hidden_faces(const std::vector<Cuboid>& boxes) {
  std::map<FaceKey, std::size_t> low_faces;  // whose
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (int axis = 0; axis < 3; ++axis) low_faces.emplace(key_of(axis, boxes[i].corner), i);
  }
  std::vector<std::uint32_t> hidden(boxes.size());
  for (std::size_t i = 0; i < boxes.size(); ++i) {
    for (int axis = 0; axis < 3; ++axis) {
      glm::vec3 beyond = boxes[i].corner;
      beyond[axis] += boxes[i].size[axis];
      const auto next = low_faces.find(key_of(axis, beyond));
      if (next == low_faces.end()) continue;
      const std::size_t k = next->second;
      if (covers(boxes[k].size, boxes[i].size, axis)) hidden[i] |= 2U << (2 * axis);
      if (covers(boxes[i].size, boxes[k].size, axis)) hidden[k] |= 1U << (2 * axis);
    }
  }
  return hidden;
}

}  // namespace racktwin::gl
