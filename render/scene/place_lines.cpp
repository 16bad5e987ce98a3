// Pipes and cable trays: what runs overhead.
#include "render/scene/place_parts.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

constexpr float kHeaderRadius_m = 0.05F, kDropRadius_m = 0.022F, kFacilityRadius_m = 0.065F;
// Of supply (left) and return (right) from the middle of a rack or CDU; those of the facility stand outside.
constexpr float kApart_m = 0.10F, kFacilityApart_m = 0.22F;

// The two pipes of a loop differ in all of this.
struct Side {
  float aside = 0;  // [m] of drops and risers, along x
  float depth = 0;  // share of the row's depth at which the header runs
  float rise = 0;   // [m] of the header above the deck
  SwatchIndex loop = 0;
  const char* rack_metric = nullptr;
  Neutral neutral = Neutral::kSupply;
};

// A pipe through points that differ in one coordinate each; bends are filled.
void add_pipe(Scene& scene, const std::vector<glm::vec3>& points, float radius, SwatchIndex swatch, ComponentId id) {
  std::vector<glm::vec3> bends;
  for (const glm::vec3& point : points)
    if (bends.empty() || glm::distance(bends.back(), point) > 1e-4F) bends.push_back(point);
  for (std::size_t i = 1; i < bends.size(); ++i) {
    const glm::vec3 along = radius * glm::normalize(bends[i] - bends[i - 1]);
    const glm::vec3 from = i == 1 ? bends[i - 1] : bends[i - 1] - along;
    const glm::vec3 to = i + 1 == bends.size() ? bends[i] : bends[i] + along;
    scene.tubes.push_back({from, to, radius, swatch, id});
  }
}

struct Box {
  glm::vec3 low, high;
  float middle_x() const { return (low.x + high.x) / 2; }
  float middle_y() const { return (low.y + high.y) / 2; }
};
Box box_of(const Place& p) {
  const glm::dvec3 low(p.x_m, p.y_m, p.z_m);
  return {glm::vec3(low), glm::vec3(low + glm::dvec3(p.width_m, p.depth_m, p.height_m))};
}

struct Standing {
  ComponentId id;
  Box box;
};
std::vector<Standing> standing(const SiteMap& site, const char* kind) {
  std::vector<Standing> found;
  for (const PlacedComponent& thing : site.placed(kind))
    if (has_box(thing.place)) found.push_back({{thing.component, -1}, box_of(thing.place)});
  return found;
}

// Rows are told apart by y, so that counts more than the way along a row.
float distance_to(const Row& row, const Box& box) {
  const float along = std::max({row.left - box.middle_x(), box.middle_x() - row.right, 0.0F});
  return along + 4 * std::abs((row.front + row.back) / 2 - box.middle_y());
}

// Which CDUs or network racks stand nearer to each row than to any other; from the row outwards.
std::vector<std::vector<Standing>> shared_out(const std::vector<Standing>& things, const std::vector<Row>& rows) {
  std::vector<std::vector<Standing>> of_row(rows.size());
  for (const Standing& thing : things) {
    const auto nearest = std::min_element(rows.begin(), rows.end(), [&](const Row& a, const Row& b) {
      return distance_to(a, thing.box) < distance_to(b, thing.box);
    });
    of_row[static_cast<std::size_t>(nearest - rows.begin())].push_back(thing);
  }
  for (std::size_t i = 0; i < rows.size(); ++i)
    std::stable_sort(of_row[i].begin(), of_row[i].end(), [&](const Standing& a, const Standing& b) {
      return distance_to(rows[i], a.box) < distance_to(rows[i], b.box);
    });
  return of_row;
}

const Standing& nearest_to(const Row& row, const std::vector<Standing>& things) {
  return *std::min_element(things.begin(), things.end(), [&](const Standing& a, const Standing& b) {
    return distance_to(row, a.box) < distance_to(row, b.box);
  });
}

// All CDUs work on one loop, whose headers run past the rows at the CDU that stands nearest to them; of several, at the
// foremost.
const Standing& joint_of(const std::vector<Standing>& cdus, const std::vector<Row>& rows) {
  const auto along = [&](const Standing& cdu) {
    float nearest = std::numeric_limits<float>::infinity();
    for (const Row& row : rows)
      nearest = std::min(nearest, std::max(row.left - cdu.box.middle_x(), cdu.box.middle_x() - row.right));
    return nearest;
  };
  constexpr float kSame_m = 0.01F;
  const Standing* joint = &cdus.front();
  for (const Standing& cdu : cdus) {
    const float nearer = along(*joint) - along(cdu);
    if (nearer > kSame_m || (nearer > -kSame_m && cdu.box.low.y < joint->box.low.y)) joint = &cdu;
  }
  return *joint;
}

float header_y(const Row& row, const Side& side) { return row.front + side.depth * (row.back - row.front); }

// The header of a row, drops to its racks, and risers from its own CDUs; it reaches to where the rows meet.
void add_row_pipes(PlaceParts& parts, const Row& row, const std::vector<Standing>& cdus, const Side& side,
                   const Standing& joint) {
  const float y = header_y(row, side), z = parts.deck + side.rise;
  float left = joint.box.middle_x() + side.aside, right = left;
  const auto reach = [&](float x) {
    left = std::min(left, x);
    right = std::max(right, x);
  };
  for (const PlacedRack* rack : row.racks) {
    const Box box = box_of(rack->place);
    const float x = box.middle_x() + side.aside;
    const SwatchIndex swatch =
        parts.in_layer(Layer::kTemperature, side.rack_metric, parts.unit(UnitKind::kRack, rack->number), side.neutral);
    add_pipe(parts.scene, {{x, y, z}, {x, y, box.high.z - kDropRadius_m}}, kDropRadius_m, swatch,
             {rack->component, -1});
    reach(x);
  }
  for (const Standing& cdu : cdus) {
    const float x = cdu.box.middle_x() + side.aside;
    const bool is_in_line = y > cdu.box.low.y && y < cdu.box.high.y;
    const float from_y = is_in_line ? y : cdu.box.middle_y();
    add_pipe(parts.scene, {{x, from_y, cdu.box.high.z - kHeaderRadius_m}, {x, from_y, z}, {x, y, z}}, kHeaderRadius_m,
             side.loop, cdu.id);
    reach(x);
  }
  const glm::vec3 end(kHeaderRadius_m, 0, 0);
  add_pipe(parts.scene, {glm::vec3(left, y, z) - end, glm::vec3(right, y, z) + end}, kHeaderRadius_m, side.loop,
           joint.id);
}

// What joins the headers of the rows.
void add_common_header(PlaceParts& parts, const Side& side, const Standing& joint) {
  float front = std::numeric_limits<float>::infinity(), back = -front;
  for (const Row& row : parts.rows) {
    front = std::min(front, header_y(row, side));
    back = std::max(back, header_y(row, side));
  }
  if (back <= front) return;
  const float x = joint.box.middle_x() + side.aside, z = parts.deck + side.rise;
  const glm::vec3 end(0, kHeaderRadius_m, 0);
  add_pipe(parts.scene, {glm::vec3(x, front, z) - end, glm::vec3(x, back, z) + end}, kHeaderRadius_m, side.loop,
           joint.id);
}

// Where a pipe of the facility loop leaves a CDU: at its back; the two pipes stand one before the other, so that a
// branch of one passes the risers of the other.
glm::vec3 facility_riser(const Standing& cdu, const Side& side) {
  const float behind = side.aside < 0 ? 1.0F : 3.5F;
  return {cdu.box.middle_x() + side.aside, cdu.box.high.y - behind * kFacilityRadius_m - 0.01F,
          cdu.box.high.z - kFacilityRadius_m};
}

// From the top of a CDU overhead to the facility: down on its roof, or into its wall where that is higher.
void add_facility_pipe(PlaceParts& parts, const Standing& joint, const Box& facility, const Side& side, float inside) {
  const float z = parts.deck + side.rise, margin = 2 * kFacilityRadius_m;
  const glm::vec3 from = facility_riser(joint, side);
  const bool is_opposite = from.x > facility.low.x + margin && from.x < facility.high.x - margin;
  const float to_x = is_opposite ? from.x : facility.middle_x() + side.aside, wall = facility.low.y;
  std::vector<glm::vec3> points = {from, {from.x, from.y, z}};
  if (z > facility.high.z) {
    const float to_y = wall + inside;
    points.insert(points.end(),
                  {{from.x, to_y, z}, {to_x, to_y, z}, {to_x, to_y, facility.high.z - kFacilityRadius_m}});
  } else {
    const float turn_y = wall - inside;
    points.insert(points.end(), {{from.x, turn_y, z}, {to_x, turn_y, z}, {to_x, wall + kFacilityRadius_m, z}});
  }
  add_pipe(parts.scene, points, kFacilityRadius_m, side.loop, joint.id);
}

// The other CDUs join the pipe of the first.
void add_facility_branch(PlaceParts& parts, const Standing& cdu, const Standing& joint, const Side& side) {
  const glm::vec3 from = facility_riser(cdu, side), main = facility_riser(joint, side);
  const float z = parts.deck + side.rise;
  std::vector<glm::vec3> points = {from, {from.x, from.y, z}, {main.x, from.y, z}};
  if (from.y < main.y) points.emplace_back(main.x, main.y, z);
  add_pipe(parts.scene, points, kFacilityRadius_m, side.loop, cdu.id);
}

constexpr float kTrayWidth_m = 0.24F, kTrayHeight_m = 0.07F, kTrayDepth = 0.70F;  // of the row's depth
constexpr float kCableWidth_m = 0.06F, kCableDepth_m = 0.03F;                     // of a drop

// A tray along x or y between two points on its centre line.
void add_tray(PlaceParts& parts, glm::vec2 from, glm::vec2 to, SwatchIndex swatch, ComponentId id) {
  const glm::vec2 low = glm::min(from, to) - kTrayWidth_m / 2, high = glm::max(from, to) + kTrayWidth_m / 2;
  const float z = parts.deck + kTrayRise_m;
  parts.scene.boxes.push_back({{low, z}, {high - low, kTrayHeight_m}, swatch, id});
}

void add_tray_drop(PlaceParts& parts, const Box& to, float x, float y, SwatchIndex swatch, ComponentId id) {
  const float top = parts.deck + kTrayRise_m;
  parts.scene.boxes.push_back({{x - kCableWidth_m / 2, y - kCableDepth_m / 2, to.high.z},
                               {kCableWidth_m, kCableDepth_m, top - to.high.z},
                               swatch,
                               id});
}

float tray_y(const Row& row) { return row.front + kTrayDepth * (row.back - row.front); }

void add_row_tray(PlaceParts& parts, const Row& row) {
  std::vector<std::uint32_t> all;
  for (const PlacedRack* rack : row.racks) {
    const std::vector<std::uint32_t> unit = parts.unit(UnitKind::kRack, rack->number);
    const Box box = box_of(rack->place);
    add_tray_drop(parts, box, box.middle_x(), tray_y(row),
                  parts.in_layer(Layer::kUtilization, "rack_network", unit, Neutral::kTray), {rack->component, -1});
    all.insert(all.end(), unit.begin(), unit.end());
  }
  add_tray(parts, {row.left, tray_y(row)}, {row.right, tray_y(row)},
           parts.in_layer(Layer::kUtilization, "rack_network", all, Neutral::kTray), {row.component, -1});
}

// Of the leaves in a network rack, as its label has it; all of them if there are only spines in it.
SwatchIndex network_swatch(PlaceParts& parts, const Standing& network, const std::vector<PlacedComponent>& leaves) {
  const auto& of_leaf = parts.history.membership(parts.epoch, UnitKind::kLeaf);
  std::vector<std::uint32_t> inside;
  for (const PlacedComponent& leaf : leaves)
    if (parts.site.parent({leaf.component, -1}) == network.id && leaf.number < of_leaf.size())
      inside.push_back(of_leaf[leaf.number]);
  return parts.in_layer(Layer::kUtilization, "leaf_network", inside.empty() ? of_leaf : inside, Neutral::kTray);
}

// From the ends of a row to its network racks, along x and then along y.
void add_trunks(PlaceParts& parts, const Row& row, const std::vector<Standing>& networks,
                const std::vector<PlacedComponent>& leaves) {
  const float y = tray_y(row);
  float left = row.left, right = row.right;  // how far the tray goes
  for (const Standing& network : networks) {
    const SwatchIndex swatch = network_swatch(parts, network, leaves);
    const float x = network.box.middle_x(), to_y = network.box.middle_y();
    const bool is_in_line = y > network.box.low.y && y < network.box.high.y;
    if (x < left) add_tray(parts, {left - kTrayWidth_m, y}, {x, y}, swatch, network.id);
    if (x > right) add_tray(parts, {right + kTrayWidth_m, y}, {x, y}, swatch, network.id);
    if (!is_in_line) add_tray(parts, {x, y}, {x, to_y}, swatch, network.id);
    add_tray_drop(parts, network.box, x, is_in_line ? y : to_y, swatch, network.id);
    left = std::min(left, x);
    right = std::max(right, x);
  }
}

}  // namespace

void add_coolant_pipes(PlaceParts& parts) {
  const std::vector<Standing> cdus = standing(parts.site, "cdu");
  if (cdus.empty() || parts.rows.empty()) return;
  const auto loop = [&](const char* metric, Neutral otherwise) {
    return parts.in_layer(Layer::kTemperature, metric, {0}, otherwise);
  };
  const Side supply = {-kApart_m,    0.25F,           kSupplyRise_m, loop("tcs_supply", Neutral::kSupply),
                       "rack_inlet", Neutral::kSupply};
  const Side return_side = {kApart_m,      0.45F,           kReturnRise_m, loop("tcs_return", Neutral::kReturn),
                            "rack_return", Neutral::kReturn};
  const std::vector<std::vector<Standing>> feeding = shared_out(cdus, parts.rows);
  const Standing& joint = joint_of(cdus, parts.rows);
  for (const Side& side : {supply, return_side}) {
    for (std::size_t i = 0; i < parts.rows.size(); ++i) add_row_pipes(parts, parts.rows[i], feeding[i], side, joint);
    add_common_header(parts, side, joint);
  }
  const std::vector<Standing> facilities = standing(parts.site, "facility");
  if (facilities.empty()) return;
  const Side cold = {-kFacilityApart_m, 0, kFacilitySupplyRise_m, loop("facility_supply", Neutral::kSupply),
                     nullptr,           {}};
  const Side warm = {kFacilityApart_m, 0, kFacilityReturnRise_m, loop("facility_return", Neutral::kReturn),
                     nullptr,          {}};
  for (const Side& side : {cold, warm}) {
    add_facility_pipe(parts, joint, facilities.front().box, side, (side.aside < 0 ? 0.5F : 1) * kFacilityInside_m);
    for (const Standing& cdu : cdus)
      if (cdu.id != joint.id) add_facility_branch(parts, cdu, joint, side);
  }
}

void add_cable_trays(PlaceParts& parts) {
  const std::vector<Standing> networks = standing(parts.site, "network-rack");
  if (networks.empty() || parts.rows.empty()) return;
  const std::vector<PlacedComponent> leaves = parts.site.placed("leaf");
  std::vector<std::vector<Standing>> joined = shared_out(networks, parts.rows);
  for (std::size_t i = 0; i < parts.rows.size(); ++i) {
    if (joined[i].empty()) joined[i] = {nearest_to(parts.rows[i], networks)};
    add_row_tray(parts, parts.rows[i]);
    add_trunks(parts, parts.rows[i], joined[i], leaves);
  }
}

}  // namespace racktwin
