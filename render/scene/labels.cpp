// Labels of things that stand in the hall, and the outlines of what is selected.
#include "render/scene/overlay_parts.h"
#include "render/scene/pick.h"
#include "render/scene/place_parts.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace racktwin {
namespace {

constexpr float kOff_px = 5;             // a plate from what it names
constexpr float kWiderThanThing = 1.7F;  // how much a plate may be wider than what it names
constexpr float kNarrowest_px = 44;      // no plate is narrower
constexpr float kRowWeight = 3;          // of rows, against 2 and 1 of what stands in them
constexpr float kNear_m = 0.05F;         // what is so near to a thing does not hide it
constexpr std::size_t kMostLabels = 300;

using Corners = std::array<glm::vec3, 8>;  // bit 0: x, bit 1: y, bit 2: z
Corners corners_of(const Place& p) {
  Corners corners;
  for (std::size_t i = 0; i < 8; ++i)
    corners[i] = glm::vec3(
        glm::dvec3(p.x_m + (i & 1 ? p.width_m : 0), p.y_m + (i & 2 ? p.depth_m : 0), p.z_m + (i & 4 ? p.height_m : 0)));
  return corners;
}

// What may have a label, and who comes first.
struct Candidate {
  ComponentId id;
  Place place;
  float seen_px = 0;  // its width in the picture
  float importance = 0;
};

class Labeller {
 public:
  Labeller(OverlayParts& parts, ComponentId detailed) : parts_(parts), theme_(parts.theme), detailed_(detailed) {}

  void add() {
    const std::vector<Row> rows = rows_of(parts_.site());
    find_blocks(rows);
    has_one_cdu_ = parts_.site().placed("cdu").size() == 1;
    for (const char* kind : {"facility", "cdu", "network-rack"}) {
      const std::vector<PlacedComponent> things = parts_.site().placed(kind);
      for (const PlacedComponent& thing : things) consider({thing.component, -1}, thing.place, 2);
    }
    if (rows.size() > 1)
      for (const Row& row : rows) consider_row(row);
    for (const PlacedRack& rack : parts_.site().racks()) consider({rack.component, -1}, rack.place, 1);
    for (const char* kind : {"pump", "leaf", "spine"})  // named only if they are asked for
      if (parts_.site().kind(parts_.view.selected) == kind)
        consider(parts_.view.selected, parts_.site().place(parts_.view.selected), 2);
    if (detailed_.exists())  // the others step back
      std::erase_if(candidates_, [&](const Candidate& c) { return c.id != detailed_ && rank_of(c.id) == 0; });
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.importance > b.importance; });
    candidates_.resize(std::min(candidates_.size(), kMostLabels));
    for (const Candidate& candidate : candidates_) put(candidate);
  }

 private:
  TextLine name_line(ComponentId id) const {
    return {parts_.site().name(id), FontFace::kRegular, kSmall_px, theme_.text_weak};
  }
  TextLine value_line(std::string text) const { return {std::move(text), FontFace::kSemiBold, kSmall_px, theme_.text}; }

  std::vector<TextLine> lines_of(ComponentId id) const {
    const std::string_view kind = parts_.site().kind(id);
    std::vector<TextLine> lines = {name_line(id)};
    if (kind == "row") lines[0] = value_line(lines[0].text + "  " + row_value(id));
    if (kind == "rack") lines.push_back(value_line(layer_value(parts_, parts_.layer.rack, id)));
    if (kind == "cdu" && has_one_cdu_) {  // the metrics are of all CDUs together
      lines[0] = value_line(lines[0].text + "  " + value_of(parts_, "cdu_heat", id));
      add_from_to("tcs_supply", "tcs_return", id, lines);
    }
    if (kind == "cdu") add_stopped_pumps(id, lines);
    if (kind == "facility") add_from_to("facility_supply", "facility_return", id, lines);
    if (kind == "pump") lines.push_back(value_line(value_of(parts_, "pump_flow", id)));
    if (kind == "leaf") lines.push_back(value_line(value_of(parts_, "leaf_network", id)));
    if (kind == "network-rack" && parts_.layer.layer == Layer::kUtilization)
      lines.push_back(value_line(value_of(parts_, "leaf_network", id)));
    return lines;
  }

  // Power of its racks together, otherwise as of racks.
  std::string row_value(ComponentId id) const {
    const MetricRow* metric = parts_.layer.rack;
    if (parts_.layer.layer != Layer::kPower || metric == nullptr || !parts_.frame)
      return layer_value(parts_, metric, id);
    const double mean = parts_.history.reading(*parts_.frame, *metric, id).mean;
    return value_text(mean * static_cast<double>(parts_.site().children(id.component).size()), metric->unit);
  }

  // "40.4 → 57.4 °C", where there is any.
  void add_from_to(const char* from, const char* to, ComponentId id, std::vector<TextLine>& lines) const {
    const std::string low = value_of(parts_, from, id), high = value_of(parts_, to, id);
    if (low == "-" && high == "-") return;
    const std::string text = fmt::format("{} → {}", low.substr(0, low.find(' ')), high);
    lines.push_back({text, FontFace::kRegular, kSmall_px, theme_.text});
  }

  void add_stopped_pumps(ComponentId cdu, std::vector<TextLine>& lines) const {
    const MetricRow* speed = parts_.history.metric("pump_speed");
    if (speed == nullptr || !parts_.frame) return;
    for (const int child : parts_.site().children(cdu.component))
      if (parts_.history.reading(*parts_.frame, *speed, {child, -1}).mean == 0)
        lines.push_back(value_line(parts_.site().name({child, -1}) + " stopped"));
  }

  // Width in the picture; 0: not in it.
  float width_of(const Place& place) const {
    float low = 1e9F, high = -1e9F;
    for (const glm::vec3& corner : corners_of(place)) {
      const Projected seen = parts_.project_to(corner);
      if (seen.w <= 0) return 0;
      low = std::min(low, seen.px.x);
      high = std::max(high, seen.px.x);
    }
    const PxRect& stage = parts_.layout.stage;
    return high < stage.low.x || low > stage.high.x ? 0 : high - low;
  }

  float rank_of(ComponentId id) const {
    if (id == parts_.view.selected) return 2e6F;
    return id == parts_.view.hovered ? 1e6F : 0;
  }

  void consider(ComponentId id, const Place& place, float weight) {
    if (!has_box(place)) return;
    const float width = width_of(place), rank = rank_of(id);
    const bool is_small = width * kWiderThanThing < parts_.px(kNarrowest_px);
    if (width <= 0 || (is_small && rank == 0 && weight < kRowWeight)) return;
    candidates_.push_back({id, place, width, rank + weight * std::round(width)});
  }

  void consider_row(const Row& row) {
    Place place = parts_.site().place({row.component, -1});
    if (!has_box(place)) {
      place = parts_.site().place({row.racks.front()->component, -1});
      place.width_m = static_cast<double>(row.right) - place.x_m;
    }
    consider({row.component, -1}, place, kRowWeight);
  }

  // What hides things: rows as a whole, with what runs above them, and what stands beside them.
  void find_blocks(const std::vector<Row>& rows) {
    const float top = deck_of(parts_.site()) + kTrayRise_m;
    for (const Row& row : rows)
      blocks_.push_back({{row.left, row.front, 0}, {row.right - row.left, row.back - row.front, top}, row.component});
    for (const char* kind : {"facility", "cdu", "network-rack"})
      for (const PlacedComponent& thing : parts_.site().placed(kind)) {
        if (!has_box(thing.place)) continue;
        const Corners corners = corners_of(thing.place);
        blocks_.push_back({corners[0], corners[7] - corners[0], thing.component});
      }
  }

  // How far a ray goes before it meets something that the thing is no part of.
  float free_way(const Ray& ray, ComponentId id) const {
    const int row = parts_.site().parent(id).component;
    float way = std::numeric_limits<float>::infinity();
    for (const Block& block : blocks_) {
      if (block.component == id.component || block.component == row) continue;
      if (const auto entry = enter_box(ray, block.corner, block.size)) way = std::min(way, entry->distance);
    }
    return way;
  }

  // Nothing else stands between the eye and the point.
  bool is_visible(glm::vec3 point, ComponentId id) const {
    const Projected seen = parts_.project_to(point);
    const glm::vec2 size(parts_.view.viewport.width, parts_.view.viewport.height);
    if (seen.w <= 0 || seen.px.x < 0 || seen.px.y < 0 || seen.px.x > size.x || seen.px.y > size.y) return false;
    const Ray ray = ray_through(parts_.view.camera, parts_.view.viewport, seen.px);
    return free_way(ray, id) > glm::distance(ray.origin, point) - kNear_m;
  }

  // The plate would cover nothing that is nearer than what it names.
  bool covers_only_behind(const PxRect& rect, glm::vec3 anchor, ComponentId id) const {
    for (int i = 0; i < 9; ++i) {
      const glm::vec2 share = glm::vec2(i % 3, i / 3) / 2.0F;
      const Ray ray = ray_through(parts_.view.camera, parts_.view.viewport, rect.low + share * rect.size());
      if (free_way(ray, id) < glm::dot(anchor - ray.origin, ray.direction) - kNear_m) return false;
    }
    return true;
  }

  // Where a plate may stand: the point that it names, and on which side of it in the picture.
  struct Spot {
    glm::vec3 anchor{0, 0, 0};
    glm::vec2 side{0, 0};
  };

  // At the foot of the side that faces the eye. Rows: beside their ends. Where that is hidden, what is large or has
  // been chosen has its plate above its top.
  std::vector<Spot> spots_of(const Candidate& candidate) const {
    const Corners corners = corners_of(candidate.place);
    const std::size_t side = parts_.view.camera.forward().y >= -0.2F ? 0 : 2;
    const Spot foot = {(corners[side] + corners[side + 1]) / 2.0F, {0, 1}};
    const Spot top = {(corners[side + 4] + corners[side + 5]) / 2.0F, {0, -1}};
    const std::string_view kind = parts_.site().kind(candidate.id);
    if (kind == "row") {
      const glm::vec3 beside(2 * kNear_m, 0, 0);
      const glm::vec3 one = (corners[side] + corners[side + 4]) / 2.0F - beside;
      const glm::vec3 other = (corners[side + 1] + corners[side + 5]) / 2.0F + beside;
      const bool is_mirrored = parts_.project_to(one).px.x > parts_.project_to(other).px.x;
      return {{is_mirrored ? other : one, {-1, 0}}, {is_mirrored ? one : other, {1, 0}}, foot};
    }
    if (kind == "facility" && parts_.view.camera.forward().z < -0.9F)
      return {{(corners[4] + corners[7]) / 2.0F, {0, 0}}};
    const bool is_special = kind == "facility" || rank_of(candidate.id) > 0;
    return is_special ? std::vector<Spot>{foot, top} : std::vector<Spot>{foot};
  }

  // The first spot that can be seen and has room.
  void put(const Candidate& candidate) {
    std::optional<Plate> plate;  // not made for what is hidden: its values take time
    for (const Spot& spot : spots_of(candidate)) {
      if (!is_visible(spot.anchor, candidate.id)) continue;
      if (!plate) plate = parts_.plate_of(candidate.id, lines_of(candidate.id));
      if (!is_worth(candidate, *plate)) return;
      if (put_at(*plate, spot)) return;
    }
  }

  // Racks and what stands in numbers have no plate that is much wider than they are.
  bool is_worth(const Candidate& candidate, const Plate& plate) const {
    const std::string_view kind = parts_.site().kind(candidate.id);
    const bool is_one_of_many = kind == "rack" || kind == "network-rack" || (kind == "cdu" && !has_one_cdu_);
    return !is_one_of_many || rank_of(candidate.id) > 0 || plate.size.x <= kWiderThanThing * candidate.seen_px;
  }

  bool put_at(const Plate& plate, const Spot& spot) {
    const glm::vec2 at = parts_.project_to(spot.anchor).px + spot.side * (plate.size / 2.0F + parts_.px(kOff_px));
    // Names of racks stand in an even row; one that has no room there stands in a second row below, on a line.
    const bool is_rack = parts_.site().kind(plate.id) == "rack";
    const glm::vec2 below(0, plate.size.y + parts_.px(kOff_px)), aside(0.35F * plate.size.x, 0);
    const auto shifts = is_rack ? std::vector<glm::vec2>{{0, 0}, below} : std::vector<glm::vec2>{{0, 0}, -aside, aside};
    for (const glm::vec2 shift : shifts) {
      const PxRect rect = parts_.rect_at(plate, at - plate.size / 2.0F + shift);
      if (!parts_.is_free(rect) || !covers_only_behind(rect, spot.anchor, plate.id)) continue;
      if (shift.y > 0)
        parts_.draw_line(parts_.project_to(spot.anchor).px, {(rect.low.x + rect.high.x) / 2, rect.low.y}, 1,
                         theme_.text_weak);
      parts_.draw(plate, rect);
      return true;
    }
    return false;
  }

  struct Block {
    glm::vec3 corner, size;
    int component = -1;
  };

  OverlayParts& parts_;
  const Theme& theme_;
  ComponentId detailed_;
  bool has_one_cdu_ = false;
  std::vector<Candidate> candidates_;
  std::vector<Block> blocks_;
};

// The edges of the faces that are turned to the eye.
void outline_box(OverlayParts& parts, const Place& place, float width, Rgba colour) {
  const Corners corners = corners_of(place);
  const Camera& camera = parts.view.camera;
  const auto draw_edge = [&](std::size_t a, std::size_t b) {
    const Projected from = parts.project_to(corners[a]), to = parts.project_to(corners[b]);
    if (from.w > 0 && to.w > 0) parts.draw_line(from.px, to.px, width, colour);
  };
  const auto is_turned = [&](std::size_t axis, bool is_high) {
    const std::size_t corner = is_high ? std::size_t{1} << axis : 0;
    const glm::vec3 towards = camera.is_orthographic ? camera.forward() : corners[corner] - camera.eye();
    const int a = static_cast<int>(axis);
    return is_high ? towards[a] < 0 : towards[a] > 0;
  };
  for (std::size_t axis = 0; axis < 3; ++axis)
    for (std::size_t i = 0; i < 8; ++i) {
      if (i & (std::size_t{1} << axis)) continue;
      const std::size_t u = (axis + 1) % 3, v = (axis + 2) % 3;
      if (is_turned(u, (i >> u) & 1) || is_turned(v, (i >> v) & 1)) draw_edge(i, i | (std::size_t{1} << axis));
    }
}

Place outlined(const SiteMap& site, ComponentId id) {
  Place place = site.place(id);
  if (site.part_of(id) != nullptr) {  // only its front is to be seen
    place.y_m = site.place({id.component, -1}).y_m;
    place.depth_m = 1e-3;
  }
  return place;
}

void outline(OverlayParts& parts, ComponentId id, float width) {
  if (!id.exists()) return;
  const Place place = outlined(parts.site(), id);
  if (has_box(place)) outline_box(parts, place, width, parts.theme.selection);
}

// A tray or GPU is named beside its outline.
void name_part(OverlayParts& parts, ComponentId id) {
  const RackPartPlace* part = parts.site().part_of(id);
  if (part == nullptr) return;
  const Corners corners = corners_of(outlined(parts.site(), id));
  const Projected from = parts.project_to(corners[0]), to = parts.project_to(corners[5]);
  if (from.w <= 0 || to.w <= 0) return;
  std::vector<TextLine> lines = {{part->name, FontFace::kRegular, kSmall_px, parts.theme.text_weak}};
  const std::string value = part->tray >= 0 ? layer_value(parts, parts.layer.gpu, id) : "-";
  if (value != "-") lines.push_back({value, FontFace::kSemiBold, kText_px, parts.theme.text});
  const Plate plate = parts.plate_of(id, std::move(lines));
  const glm::vec2 low = glm::min(from.px, to.px), high = glm::max(from.px, to.px);
  const float off = parts.px(kOff_px), middle = (low.x + high.x - plate.size.x) / 2;
  for (const glm::vec2 corner : {glm::vec2(middle, low.y - plate.size.y - off), glm::vec2(middle, high.y + off)}) {
    const PxRect rect = parts.rect_at(plate, corner);
    if (!parts.is_free(rect)) continue;
    parts.draw(plate, rect);
    return;
  }
}

}  // namespace

void add_selection(OverlayParts& parts, ComponentId detailed) {
  if (parts.view.hovered != parts.view.selected) outline(parts, parts.view.hovered, 1);
  outline(parts, parts.view.selected, 2);
  if (parts.view.selected.component != detailed.component) name_part(parts, parts.view.selected);
}

void add_labels(OverlayParts& parts, ComponentId detailed) { Labeller(parts, detailed).add(); }

}  // namespace racktwin
