#include "render/scene/label_racks.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace racktwin {
namespace {

constexpr float kNarrowest_px = 30, kLowest_px = 20;  // no label of a rack is smaller
constexpr float kUnevenness = 1.15F;                  // racks of a row stand less far apart in the picture, the farther

constexpr float kMostSlant_px = 24;
constexpr std::size_t kMostStragglers = 4;
constexpr std::ptrdiff_t kNeighbours = 8;  // that a plate may meet in its own row

// One way to write the labels of a row.
struct Scheme {
  std::size_t form = 0;  // number among the forms of a label
  int lines = 1;         // racks take turns
  int first = 0;         // line of the first rack
};
constexpr Scheme kSchemes[] = {{0, 1, 0}, {0, 2, 0}, {0, 2, 1}, {1, 1, 0}, {1, 2, 0},
                               {1, 2, 1}, {2, 1, 0}, {2, 2, 0}, {2, 2, 1}};

struct NamedRack {
  ComponentId id;
  glm::vec3 foot{0, 0, 0};
  glm::vec2 px{0, 0};         // of its foot
  std::vector<Plate> plates;  // one for each form
};

struct Spot {
  const Plate* plate = nullptr;
  PxRect rect;
  PxLine line;
  glm::vec3 foot{0, 0, 0};
};

class RackNames {
 public:
  explicit RackNames(LabelTools& tools) : tools_(tools), parts_(tools.parts) {}

  void name(const std::vector<const PlacedRack*>& racks) {
    collect(racks);
    slant_px_ = slant_of_racks();
    std::vector<Spot> best;
    for (const Scheme& scheme : kSchemes) {
      if (!may_fit(scheme)) continue;
      std::vector<Spot> spots = place(scheme);
      if (spots.size() <= best.size() || hide_all(spots)) continue;
      std::erase_if(spots, [&](const Spot& spot) { return hides_something(spot); });  // takes longer
      if (spots.size() > best.size()) best = std::move(spots);
      if (best.size() == racks_.size()) break;
    }
    if (!best.empty()) add_stragglers(best);
    for (const Spot& spot : best) tools_.stage.draw_on_line(*spot.plate, spot.rect, spot.line);
  }

 private:
  glm::vec3 foot_of(const PlacedRack& rack) const {
    const Corners corners = corners_of(rack.place);
    const std::size_t side = front_corner(parts_.view.camera);
    return (corners[side] + corners[side + 1]) / 2.0F;
  }

  // Those whose foot can be seen. Their texts are made only if there is any hope for them.
  void collect(const std::vector<const PlacedRack*>& racks) {
    if (!has_room_between(racks)) return;
    for (const PlacedRack* rack : racks) {
      const ComponentId id = {rack->component, -1};
      const glm::vec3 foot = foot_of(*rack);
      if (tools_.stage.names(id) || !tools_.sight.is_visible(foot, id)) continue;
      racks_.push_back({id, foot, parts_.project_to(foot).px, {}});
      for (LabelForm& form : tools_.texts.forms_of(id)) racks_.back().plates.push_back(parts_.plate_of(id, form));
    }
  }

  // Whether neighbours stand far enough apart at the row's wider end, for labels of a size that take turns in lines.
  static bool is_apart(glm::vec2 apart_px, glm::vec2 plate_px, int lines) {
    const glm::vec2 share = glm::abs(apart_px) / plate_px;
    return std::max(share.x, share.y) * static_cast<float>(lines) * kUnevenness >= 1;
  }

  bool has_room_between(const std::vector<const PlacedRack*>& racks) const {
    const glm::vec2 least(parts_.px(kNarrowest_px), parts_.px(kLowest_px));
    if (racks.size() < 2) {
      const std::optional<PxRect> seen =
          racks.empty() ? std::nullopt : rect_in_picture(parts_, corners_of(racks[0]->place));
      return seen && is_apart(seen->size(), least, 1);
    }
    const auto is_wide = [&](std::size_t i) {
      const Projected a = parts_.project_to(foot_of(*racks[i])), b = parts_.project_to(foot_of(*racks[i + 1]));
      return a.w <= 0 || b.w <= 0 || is_apart(b.px - a.px, least, 2);
    };
    return is_wide(0) || is_wide(racks.size() - 2);
  }

  bool may_fit(const Scheme& scheme) const {
    if (racks_.size() < 2) return !racks_.empty() && scheme.lines == 1;
    for (std::size_t i = 0; i + 1 < racks_.size(); ++i)
      if (is_apart(racks_[i + 1].px - racks_[i].px, racks_[i].plates[scheme.form].size, scheme.lines)) return true;
    return false;
  }

  // How much lower than its neighbour a rack stands in the picture, at most: its label in the second line keeps clear
  // of that in the first.
  float slant_of_racks() const {
    float slant = 0;
    for (std::size_t i = 0; i + 1 < racks_.size(); ++i)
      slant = std::max(slant, std::abs(racks_[i + 1].px.y - racks_[i].px.y));
    return std::min(slant, parts_.px(kMostSlant_px));
  }

  std::vector<Spot> place(const Scheme& scheme) const {
    std::vector<Spot> spots;
    for (std::size_t i = 0; i < racks_.size(); ++i) {
      const int line = (static_cast<int>(i) + scheme.first) % scheme.lines;
      if (const auto spot = place(racks_[i], racks_[i].plates[scheme.form], line, spots)) spots.push_back(*spot);
    }
    return spots;
  }

  std::optional<Spot> place(const NamedRack& rack, const Plate& plate, int line, const std::vector<Spot>& spots) const {
    const glm::vec2 side = front_side(parts_.view.camera);
    const float off = parts_.px(kOff_px),
                deep = std::abs(glm::dot(plate.size, side));  // of the plate, away from the row
    const float away = off + static_cast<float>(line) * (deep + off + (side.y > 0 ? slant_px_ : 0));
    const PxRect rect = parts_.rect_at(plate, rack.px + side * (away + deep / 2) - plate.size / 2.0F);
    const PxLine lead = {rack.px, side.y > 0 ? glm::vec2(rack.px.x, rect.low.y)
                                             : glm::vec2(side.x < 0 ? rect.high.x : rect.low.x, rack.px.y)};
    if (!is_clear(rect, lead, spots)) return {};
    return Spot{&plate, rect, lead, rack.foot};
  }

  bool hides_something(const Spot& spot) const {
    return !tools_.sight.covers_only_behind(spot.rect, spot.foot, spot.plate->id);
  }

  // Of a long row a few tell for all.
  bool hide_all(const std::vector<Spot>& spots) const {
    for (const std::size_t i : {std::size_t{0}, spots.size() / 3, 2 * spots.size() / 3, spots.size() - 1})
      if (!hides_something(spots[i])) return false;
    return true;
  }

  // Few that found no room beside the others stand in a form and line of their own.
  void add_stragglers(std::vector<Spot>& spots) {
    const auto has_spot = [&](ComponentId id) {
      return std::any_of(spots.begin(), spots.end(), [&](const Spot& spot) { return spot.plate->id == id; });
    };
    if (racks_.size() - spots.size() > kMostStragglers) return;
    is_in_order_ = false;
    for (const NamedRack& rack : racks_)
      for (std::size_t form = 0; form < rack.plates.size(); ++form)
        for (int line = 0; line < 3; ++line) {
          if (has_spot(rack.id)) continue;
          const auto spot = place(rack, rack.plates[form], line, spots);
          if (spot && !hides_something(*spot)) spots.push_back(*spot);
        }
  }

  bool is_clear(const PxRect& rect, const PxLine& lead, const std::vector<Spot>& spots) const {
    const auto count = static_cast<std::ptrdiff_t>(spots.size());
    const std::ptrdiff_t from = is_in_order_ ? std::max<std::ptrdiff_t>(0, count - kNeighbours) : 0;
    return tools_.stage.is_clear(rect) && tools_.stage.is_clear(lead) &&
           std::none_of(spots.begin() + from, spots.end(), [&](const Spot& spot) {
             return spot.rect.overlaps(rect) || crosses(lead, spot.rect) || crosses(spot.line, rect);
           });
  }

  LabelTools& tools_;
  OverlayParts& parts_;
  std::vector<NamedRack> racks_;
  float slant_px_ = 0;
  bool is_in_order_ = true;  // spots are found from one end of the row to the other
};

}  // namespace

std::size_t front_corner(const Camera& camera) { return camera.forward().y >= -0.2F ? 0 : 2; }

glm::vec2 front_side(const Camera& camera) {
  const bool is_turned_plan = camera.forward().z < -0.9F && std::abs(camera.right().y) > 0.9F;
  return is_turned_plan ? glm::vec2(camera.right().y > 0 ? -1 : 1, 0) : glm::vec2(0, 1);
}

void name_racks(LabelTools& tools, const std::vector<const PlacedRack*>& racks) { RackNames(tools).name(racks); }

}  // namespace racktwin
