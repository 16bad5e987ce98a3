// A rack seen from the front: its trays by name and value, in a column at either side.
#include "render/scene/overlay_parts.h"
#include "render/scene/place_parts.h"
#include "render/text/value_text.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace racktwin {
namespace {

constexpr float kLeader_px = 22, kGap_px = 14, kSmallestTray_px = 5, kStepBack = 0.82F;

// Where the front of a rack lies in the picture.
struct SeenFront {
  const PlacedRack* rack = nullptr;
  PxRect rect;
};

SeenFront seen_front(const OverlayParts& parts, const PlacedRack& rack) {
  const Place& p = rack.place;
  const Projected low = parts.project_to(glm::vec3(glm::dvec3(p.x_m, p.y_m, p.z_m)));
  const Projected high = parts.project_to(glm::vec3(glm::dvec3(p.x_m + p.width_m, p.y_m, p.z_m + p.height_m)));
  if (low.w <= 0 || high.w <= 0) return {};
  return {&rack, {{low.px.x, high.px.y}, {high.px.x, low.px.y}}};
}

// Seen in full, and large enough for a table beside it.
bool has_room(const OverlayParts& parts, const SeenFront& seen) {
  const FrontGrid& grid = parts.scene.grids[static_cast<std::size_t>(seen.rack->type)];
  const glm::vec2 rounding(1);
  return seen.rect.size().y > parts.px(kSmallestTray_px) * static_cast<float>(grid.rows) &&
         parts.layout.stage.contains({seen.rect.low + rounding, seen.rect.high - rounding});
}

// Of racks seen from the front the one that is selected, or that holds what is; else the one in the middle.
SeenFront rack_in_front(const OverlayParts& parts) {
  constexpr float kFrontal = 0.995F;
  if (parts.view.camera.forward().y < kFrontal) return {};
  if (const PlacedRack* selected = parts.site().rack_of(parts.view.selected); selected && has_box(selected->place)) {
    const SeenFront seen = seen_front(parts, *selected);
    const bool is_close = seen.rect.size().y > 0.7F * parts.layout.stage.size().y;  // not one of a row
    if (seen.rack != nullptr && is_close && has_room(parts, seen)) return seen;
  }
  const float middle = parts.layout.stage.middle().x;
  for (const PlacedRack& rack : parts.site().racks()) {
    if (!has_box(rack.place)) continue;
    const SeenFront seen = seen_front(parts, rack);
    if (seen.rack == nullptr || std::abs(seen.rect.middle().x - middle) > 0.1F * seen.rect.size().x) continue;
    if (has_room(parts, seen)) return seen;
  }
  return {};
}

// One line of a table.
struct Entry {
  ComponentId id;
  TextLine name, value;
  float tray_y = 0;  // [px] the middle of its tray
  float y = 0;       // of its line
};

// Moves lines apart, as little as it takes (least squares: pool adjacent violators), and into the stage.
void spread(std::vector<Entry>& entries, float height, float low, float high) {
  struct Block {
    float sum = 0, count = 0;
    float mean() const { return sum / count; }
  };
  std::vector<Block> blocks;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    blocks.push_back({entries[i].tray_y - static_cast<float>(i) * height, 1});
    while (blocks.size() > 1 && blocks[blocks.size() - 2].mean() > blocks.back().mean()) {
      const Block last = blocks.back();
      blocks.pop_back();
      blocks.back() = {blocks.back().sum + last.sum, blocks.back().count + last.count};
    }
  }
  const float highest_start = high - height * static_cast<float>(entries.size()) + height / 2;
  std::size_t i = 0;
  for (const Block& block : blocks)
    for (float n = 0; n < block.count; ++n, ++i)
      entries[i].y = std::round(std::clamp(block.mean(), low + height / 2, highest_start)) +
                     std::floor(static_cast<float>(i) * height);
}

// "36 %" under "31.7 %" becomes "36.0 %": values of one unit have as many decimals as the most exact of them.
void align_decimals(std::vector<Entry>& entries) {
  const auto decimals = [](const std::string& number) {
    const std::size_t point = number.find('.');
    return point == std::string::npos ? std::size_t{0} : number.size() - point - 1;
  };
  std::map<std::string, std::size_t> most;  // by unit
  const auto split = [](const std::string& text) {
    const std::size_t space = text.find(' ');
    return std::pair(text.substr(0, space), space == std::string::npos ? std::string() : text.substr(space));
  };
  for (const Entry& entry : entries) {
    const auto [number, unit] = split(entry.value.text);
    most[unit] = std::max(most[unit], decimals(number));
  }
  for (Entry& entry : entries) {
    auto [number, unit] = split(entry.value.text);
    const std::size_t missing = unit.empty() ? 0 : most[unit] - decimals(number);
    if (missing == 0) continue;
    if (decimals(number) == 0) number += '.';
    entry.value.text = number + std::string(missing, '0') + unit;
  }
}

// The trays that stand on one side: compute trays right, the rest left, from top to bottom.
std::vector<Entry> entries_of(const OverlayParts& parts, const SeenFront& seen, bool computes) {
  const RackTemplate& type = parts.site().rack_types()[static_cast<std::size_t>(seen.rack->type)];
  const MetricRow* metric = parts.layer.layer == Layer::kPower ? parts.history.metric("tray_power") : parts.layer.gpu;
  std::vector<Entry> entries;
  for (const RackPartPlace& part : type.parts) {
    const std::optional<FrontRect> rect = rect_on_front(type, part.id);
    if (part.parent >= 0 || !rect || (part.kind == "compute-tray") != computes) continue;
    const ComponentId tray = {seen.rack->component, part.id}, chosen = parts.view.selected;
    const ComponentId id = parts.site().parent(chosen) == tray ? chosen : tray;  // a GPU stands for its tray
    const std::string name = id == tray ? part.name : part.name + "/" + parts.site().name(id);
    Entry entry = {id, {name, FontFace::kRegular, kSmall_px, parts.theme.text_weak}, {}, 0, 0};
    const MetricRow* shown = id == tray ? metric : parts.layer.gpu;
    if (computes) entry.value = {layer_value(parts, shown, id), FontFace::kSemiBold, kSmall_px, parts.theme.text};
    entry.tray_y = seen.rect.high.y - (rect->low.y + rect->high.y) / 2 * seen.rect.size().y;
    entries.push_back(std::move(entry));
  }
  std::sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.tray_y < b.tray_y; });
  align_decimals(entries);
  return entries;
}

// Every second, third, ... where there is no room for all.
void thin_out(std::vector<Entry>& entries, float height, float room) {
  const auto fits = static_cast<std::size_t>(std::max(room / height, 1.0F));
  const std::size_t every = (entries.size() + fits - 1) / fits;
  if (every < 2) return;
  std::vector<Entry> kept;
  for (std::size_t i = 0; i < entries.size(); i += every) kept.push_back(std::move(entries[i]));
  entries = std::move(kept);
}

// A name, its value at the other end of the plate, and a line to the tray.
void draw_entry(OverlayParts& parts, const Entry& entry, const PxRect& rect, float edge, bool is_right) {
  const float pad = parts.px(kPadX_px), near = is_right ? rect.low.x : rect.high.x;
  parts.draw_rect(rect, parts.theme.plate);
  const bool is_alarm = has_alarm(parts, entry.id), is_chosen = entry.id == parts.view.selected;
  float bar = near;
  const auto add_bar = [&](Rgba colour) {
    const float inner = bar + (is_right ? 1.0F : -1.0F) * parts.px(is_alarm && is_chosen ? 2 : 3);
    parts.draw_rect({{std::min(bar, inner), rect.low.y}, {std::max(bar, inner), rect.high.y}}, colour);
    bar = inner;
  };
  if (is_alarm) add_bar(parts.theme.alarm);
  if (is_chosen) add_bar(parts.theme.selection);
  const bool has_value = !entry.value.text.empty();
  parts.scene.overlay.labels.push_back({rect.low, rect.size(),
                                        entry.name.text + (has_value ? "\n" + entry.value.text : std::string()),
                                        parts.px(kSmall_px), entry.name.colour, parts.theme.plate, entry.id, is_alarm});
  const float top = rect.middle().y - parts.line_px(entry.name) / 2;
  parts.draw_text(entry.name, rect.low.x + pad, top);
  if (has_value) parts.draw_text(entry.value, rect.high.x - pad - parts.width_px(entry.value), top);
  const float bend = edge + (is_right ? 1.0F : -1.0F) * parts.px(6);
  parts.draw_line({edge, entry.tray_y}, {bend, entry.tray_y}, 1, parts.theme.text_weak);
  parts.draw_line({bend, entry.tray_y}, {near, rect.middle().y}, 1, parts.theme.text_weak);
}

void draw_column(OverlayParts& parts, const SeenFront& seen, std::vector<Entry> entries, bool is_right) {
  if (entries.empty()) return;
  float name_px = 0, value_px = 0;
  for (const Entry& entry : entries) {
    name_px = std::max(name_px, parts.width_px(entry.name));
    if (!entry.value.text.empty()) value_px = std::max(value_px, parts.width_px(entry.value) + parts.px(kGap_px));
  }
  const float height = std::floor(parts.line_px(entries.front().name) + parts.px(1));
  const float width = std::ceil(name_px + value_px + 2 * parts.px(kPadX_px)), leader = parts.px(kLeader_px);
  const float edge = is_right ? seen.rect.high.x : seen.rect.low.x;
  const float left = std::round(is_right ? edge + leader : edge - leader - width);
  const PxRect& stage = parts.layout.stage;
  if (left < stage.low.x || left + width > stage.high.x) return;
  thin_out(entries, height, stage.size().y);
  spread(entries, height, stage.low.y, stage.high.y);
  for (const Entry& entry : entries) {
    const float top = std::round(entry.y - height / 2);
    const PxRect rect = {{left, top}, {left + width, top + height}};
    if (parts.is_free(rect)) draw_entry(parts, entry, rect, edge, is_right);
  }
}

}  // namespace

ComponentId add_rack_table(OverlayParts& parts) {
  const SeenFront seen = rack_in_front(parts);
  if (seen.rack == nullptr) return {};
  const Place& place = seen.rack->place;
  parts.scene.focus = {static_cast<float>(place.x_m), static_cast<float>(place.x_m + place.width_m), kStepBack};
  draw_column(parts, seen, entries_of(parts, seen, false), false);
  draw_column(parts, seen, entries_of(parts, seen, true), true);
  return {seen.rack->component, -1};
}

}  // namespace racktwin
