// Labels of things that stand in the hall: which, in what order, on which side.
#include "render/scene/label_racks.h"
#include "render/scene/place_parts.h"

#include <algorithm>
#include <cmath>
#include <optional>

namespace racktwin {
namespace {

constexpr float kWiderThanThing = 1.7F;  // how much a plate may be wider than what it names
constexpr float kNarrowest_px = 44;      // no plate is narrower
constexpr float kRowWeight = 1.5F;       // of rows, against 1 of what stands beside them
constexpr std::size_t kMostLabels = 240, kMostStragglers = 4;
constexpr float kLabelsOfRacks_px = 42;  // what else has labels at its foot may have them below those of racks
constexpr float kRoomy_px = 360;  // on a stage of less height, what finds no room is not named at the end of a line

// What may have a label.
struct Candidate {
  ComponentId id;
  Place place;
  PxRect seen;
  float importance = 0;
  bool is_single = true;  // of many of a kind not all need be named, nor with plates that are much wider than they are
};

// Where a plate may stand: the point that it names, and on which side of it in the picture.
struct Spot {
  glm::vec3 anchor{0, 0, 0};
  glm::vec2 side{0, 0};
};

class Labeller {
 public:
  Labeller(OverlayParts& parts, ComponentId detailed)
      : parts_(parts),
        detailed_(detailed),
        rows_(rows_of(parts.site())),
        sight_(parts, rows_),
        texts_(parts),
        stage_(parts),
        tools_{parts, sight_, texts_, stage_} {}

  // What is hovered comes last, so that labels stand still while the pointer moves.
  void add() {
    name_chosen(parts_.view.selected);
    if (detailed_.exists()) name_chosen(detailed_);  // the others step back
    if (!detailed_.exists()) name_all();
    if (parts_.view.hovered.part < 0) name_chosen(parts_.view.hovered);
  }

 private:
  void name_all() {
    find_candidates();
    name_rows();
    for (const Row& row : rows_by_nearness())
      if (has_room_for_more()) name_racks(tools_, row.racks);
    have_racks_names_ = true;
    for (const Candidate& candidate : candidates_)
      if (has_room_for_more() && !stage_.names(candidate.id)) put_or_pin(candidate);
  }

  // Rows are written alike. Only where few, or all, find no room for the value, these are named without.
  void name_rows() {
    std::vector<const Candidate*> left;
    std::size_t rows = 0;
    for (const Candidate& candidate : candidates_) {
      if (!is_row(candidate.id) || stage_.names(candidate.id)) continue;
      ++rows;
      if (!put(candidate)) left.push_back(&candidate);
    }
    if (left.size() > kMostStragglers && left.size() < rows) return;
    for (const Candidate* candidate : left) (void)put(*candidate, true);
  }

  bool has_room_for_more() const { return parts_.scene.overlay.labels.size() < kMostLabels; }

  bool is_row(ComponentId id) const { return parts_.site().kind(id) == "row"; }

  // It always has a label: where it belongs, else at the end of a line.
  void name_chosen(ComponentId id) {
    const Place place = place_to_point_at(parts_.site(), id);
    if (!id.exists() || !has_box(place) || stage_.names(id)) return;
    const std::optional<PxRect> seen = rect_in_picture(parts_, corners_of(place));
    const Candidate candidate = {id, place, seen.value_or(PxRect{}), 0, true};
    if (seen && (parts_.site().part_of(id) ? put_at_part(candidate) : put(candidate))) return;
    pin(candidate, seen.has_value());
  }

  void find_candidates() {
    for (const char* kind : {"facility", "cdu", "network-rack"}) {
      const std::vector<PlacedComponent> things = parts_.site().placed(kind);
      for (const PlacedComponent& thing : things) consider({thing.component, -1}, thing.place, 1, things.size() == 1);
    }
    if (rows_.size() > 1)
      for (const Row& row : rows_)
        consider({row.component, -1}, place_to_point_at(parts_.site(), {row.component, -1}), kRowWeight, true);
    std::stable_sort(candidates_.begin(), candidates_.end(),
                     [](const Candidate& a, const Candidate& b) { return a.importance > b.importance; });
  }

  void consider(ComponentId id, const Place& place, float weight, bool is_single) {
    if (!has_box(place)) return;
    const std::optional<PxRect> seen = rect_in_picture(parts_, corners_of(place));
    if (!seen || !parts_.layout.stage.overlaps(*seen)) return;
    const float width = seen->size().x;
    if (width * kWiderThanThing < parts_.px(kNarrowest_px) && weight < kRowWeight) return;
    candidates_.push_back({id, place, *seen, weight * std::round(width), is_single});
  }

  std::vector<Row> rows_by_nearness() const {
    std::vector<std::pair<float, const Row*>> order;
    for (const Row& row : rows_) {
      const Projected at = parts_.project_to({(row.left + row.right) / 2, row.front, 0});
      order.push_back({at.depth, &row});
    }
    std::stable_sort(order.begin(), order.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<Row> sorted;
    for (const auto& [depth, row] : order) sorted.push_back(*row);
    return sorted;
  }

  // At the foot of the side that faces the eye. Rows: beside their ends. The facility: where it can be seen.
  std::vector<Spot> spots_of(const Candidate& candidate) const {
    const Corners corners = corners_of(candidate.place);
    const std::size_t side = front_corner(parts_.view.camera);
    const Spot foot = {(corners[side] + corners[side + 1]) / 2.0F, front_side(parts_.view.camera)};
    const Spot top = {(corners[side + 4] + corners[side + 5]) / 2.0F, {0, -1}};
    const std::string_view kind = parts_.site().kind(candidate.id);
    if (kind == "row") return ends_of(corners, side, foot);
    if (kind == "facility" && parts_.view.camera.forward().z < -0.9F)
      return {{(corners[4] + corners[7]) / 2.0F, {0, 0}}};
    if (kind != "facility") return candidate.is_single ? std::vector<Spot>{foot, top} : std::vector<Spot>{foot};
    std::vector<Spot> spots = {foot};
    for (const glm::vec3 at : {(corners[6 - side] + corners[7 - side]) / 2.0F, corners[6 - side], corners[7 - side]})
      spots.push_back({at, {0, -1}});
    return spots;
  }

  // Below the racks only once these have their labels.
  std::vector<Spot> ends_of(const Corners& corners, std::size_t side, const Spot& foot) const {
    if (foot.side.y == 0) {  // it runs from the top down; beside it lie others
      const bool is_first_above = foot.side.x < 0;
      return {{(is_first_above ? corners[4] + corners[6] : corners[5] + corners[7]) / 2.0F, {0, -1}}};
    }
    if (have_racks_names_) return {foot};
    const glm::vec3 beside(0.1F, 0, 0);
    const glm::vec3 one = (corners[side] + corners[side + 4]) / 2.0F - beside;
    const glm::vec3 other = (corners[side + 1] + corners[side + 5]) / 2.0F + beside;
    const bool is_mirrored = parts_.project_to(one).px.x > parts_.project_to(other).px.x;
    return {{is_mirrored ? other : one, {-1, 0}}, {is_mirrored ? one : other, {1, 0}}};
  }

  // The first spot that can be seen and has room, in the fullest form that it has room for. may_be_short: of a row, the
  // forms without its value too.
  bool put(const Candidate& candidate, bool may_be_short = false) {
    std::vector<LabelForm> forms;  // not made for what is hidden: values take time
    for (const Spot& spot : spots_of(candidate)) {
      if (!sight_.is_visible(spot.anchor, candidate.id)) continue;
      if (forms.empty()) {
        forms = texts_.forms_of(candidate.id);
        if (is_row(candidate.id) && !may_be_short && parts_.view.selected != candidate.id) forms.resize(1);
      }
      for (const LabelForm& form : forms)
        if (put_at(candidate, parts_.plate_of(candidate.id, form), spot)) return true;
    }
    return false;
  }

  bool put_at(const Candidate& candidate, const Plate& plate, const Spot& spot) {
    if (plate.size.x > kWiderThanThing * candidate.seen.size().x && !candidate.is_single) return false;
    const float off = parts_.px(kOff_px);
    glm::vec2 at = parts_.project_to(spot.anchor).px + spot.side * (plate.size / 2.0F + off);
    if (spot.side.y < 0) at.y = candidate.seen.low.y - plate.size.y / 2 - off;  // above its outline
    const glm::vec2 aside(0.35F * plate.size.x, 0), below(0, parts_.px(kLabelsOfRacks_px));
    std::vector<glm::vec2> shifts = {{0, 0}, -aside, aside};
    if (spot.side.y > 0 && candidate.is_single)
      shifts.insert(shifts.end(), {below, below - aside, below + aside, 2.0F * below});
    for (const glm::vec2 shift : shifts) {
      const PxRect rect = parts_.rect_at(plate, at - plate.size / 2.0F + shift);
      if (!stage_.is_clear(rect) || !sight_.covers_only_behind(rect, spot.anchor, candidate.id)) continue;
      const glm::vec2 from = parts_.project_to(spot.anchor).px;
      const PxLine line = {from, glm::clamp(from, rect.low, rect.high)};
      const bool has_line = shift.y > 0 && !is_row(candidate.id);
      if (has_line && !stage_.is_clear(line)) continue;
      if (has_line) stage_.draw_on_line(plate, rect, line);
      if (!has_line) stage_.draw(plate, rect);
      return true;
    }
    return false;
  }

  // A tray or GPU is named above or below its outline.
  bool put_at_part(const Candidate& candidate) {
    const Plate plate = parts_.plate_of(candidate.id, texts_.forms_of(candidate.id).front());
    const PxRect& seen = candidate.seen;
    const float off = parts_.px(kOff_px), left = seen.middle().x - plate.size.x / 2;
    for (const float top : {seen.low.y - plate.size.y - off, seen.high.y + off}) {
      const PxRect rect = parts_.rect_at(plate, {left, top});
      if (!stage_.is_clear(rect)) continue;
      stage_.draw(plate, rect);
      return true;
    }
    return false;
  }

  void put_or_pin(const Candidate& candidate) {
    const bool has_room = parts_.layout.stage.size().y >= parts_.px(kRoomy_px);
    if (!put(candidate) && has_room && candidate.is_single && !is_row(candidate.id)) pin(candidate, true);
  }

  // What is nowhere in the picture is named at its lower edge.
  void pin(const Candidate& candidate, bool is_seen) {
    const PxRect& stage = parts_.layout.stage;
    const glm::vec2 below(stage.middle().x, stage.high.y + 1);
    const glm::vec2 top(candidate.seen.middle().x, candidate.seen.low.y);
    for (const LabelForm& form : texts_.forms_of(candidate.id))
      if (stage_.pin(parts_.plate_of(candidate.id, form), is_seen ? top : below)) return;
  }

  OverlayParts& parts_;
  ComponentId detailed_;
  std::vector<Row> rows_;
  Sight sight_;
  LabelTexts texts_;
  LabelStage stage_;
  LabelTools tools_;
  std::vector<Candidate> candidates_;
  bool have_racks_names_ = false;
};

}  // namespace

void add_labels(OverlayParts& parts, ComponentId detailed) { Labeller(parts, detailed).add(); }

}  // namespace racktwin
