#include "render/scene/label_text.h"

#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

namespace racktwin {
namespace {

std::string unit_of(const std::string& value) {
  const std::size_t space = value.find(' ');
  return space == std::string::npos ? std::string() : value.substr(space);
}

// "rack-03" -> "03"; a name without a number stays.
std::string number_of(const std::string& name) {
  const std::string number = name.substr(name.rfind('-') + 1);
  const bool is_number =
      !number.empty() && std::all_of(number.begin(), number.end(), [](unsigned char c) { return std::isdigit(c); });
  return is_number ? number : name;
}

}  // namespace

LabelTexts::LabelTexts(const OverlayParts& parts)
    : parts_(parts), has_one_cdu_(parts.site().placed("cdu").size() == 1) {
  const std::vector<std::string> ticks = tick_texts(nice_ticks(parts.layer.low, parts.layer.high, 6), parts.layer.unit);
  if (!ticks.empty()) legend_unit_ = unit_of(ticks.back());
}

TextLine LabelTexts::weak(std::string text) const {
  return {std::move(text), FontFace::kRegular, kSmall_px, parts_.theme.text_weak};
}

TextLine LabelTexts::strong(std::string text) const {
  return {std::move(text), FontFace::kSemiBold, kSmall_px, parts_.theme.text};
}

std::vector<LabelForm> LabelTexts::forms_of(ComponentId id) const {
  std::vector<LabelForm> forms = usual_forms(id);
  const LabelForm crossed = id == parts_.view.selected ? crossed_by(id) : LabelForm();
  if (crossed.empty()) return forms;
  LabelForm fullest = forms.front();
  fullest.insert(fullest.end(), crossed.begin(), crossed.end());
  forms.insert(forms.begin(), fullest);
  return forms;
}

std::vector<LabelForm> LabelTexts::usual_forms(ComponentId id) const {
  const std::string_view kind = parts_.site().kind(id);
  const std::string name = parts_.site().name(id);
  const auto with_value = [&](const char* metric) {
    return std::vector<LabelForm>{{weak(name), strong(value_of(parts_, metric, id))}, {weak(name)}};
  };
  if (kind == "rack") return rack_forms(id);
  if (kind == "row") return {{strong(name + "  " + row_value(id))}, {strong(name)}};
  if (kind == "cdu") return cdu_forms(id);
  if (kind == "pump") return with_value("pump_flow");
  const bool shows_network = parts_.layer.layer == Layer::kUtilization;
  const bool has_leaves = kind == "leaf" || (kind == "network-rack" && value_of(parts_, "leaf_network", id) != "-");
  if (shows_network && has_leaves) return with_value("leaf_network");
  if (shows_network && kind == "spine") return with_value("spine_network");
  LabelForm lines = {weak(name)};
  if (kind == "facility") add_from_to("facility_supply", "facility_return", id, lines);
  if (const RackPartPlace* part = parts_.site().part_of(id)) {
    lines[0].text = part->name;
    const std::string value = part->tray >= 0 ? layer_value(parts_, parts_.layer.gpu, id) : "-";
    if (value != "-") lines.push_back({value, FontFace::kSemiBold, kText_px, parts_.theme.text});
  }
  if (lines.size() == 1) return {lines};
  return {lines, {weak(name)}};
}

// The narrow form leaves out what the legend says already. What is not on the legend's scale keeps its unit.
std::vector<LabelForm> LabelTexts::rack_forms(ComponentId id) const {
  const std::string name = parts_.site().name(id), value = layer_value(parts_, parts_.layer.rack, id);
  const bool is_in_legend_unit = parts_.layer.rack == parts_.layer.gpu && unit_of(value) == legend_unit_;
  const std::string bare = is_in_legend_unit ? value.substr(0, value.find(' ')) : value;
  return {{weak(name), strong(value)}, {weak(number_of(name)), strong(bare)}, {strong(bare)}};
}

// What is wrong is left out last.
std::vector<LabelForm> LabelTexts::cdu_forms(ComponentId id) const {
  const std::string name = parts_.site().name(id);
  const LabelForm alarm = stopped_pumps(id);
  LabelForm lines = {weak(name)};
  if (has_one_cdu_) lines = {strong(name + "  " + value_of(parts_, "cdu_heat", id))};
  lines.insert(lines.end(), alarm.begin(), alarm.end());
  std::vector<LabelForm> forms = {lines};
  if (has_one_cdu_) {
    add_from_to("tcs_supply", "tcs_return", id, forms.front());
    forms.push_back(lines);
  }
  if (!alarm.empty()) {
    forms.push_back({weak(name), alarm.front()});
    forms.push_back(alarm);
  }
  forms.push_back({weak(name)});
  return forms;
}

// Power of its racks together, otherwise as of racks.
std::string LabelTexts::row_value(ComponentId id) const {
  const MetricRow* metric = parts_.layer.rack;
  if (parts_.layer.layer != Layer::kPower || metric == nullptr || !parts_.frame) return layer_value(parts_, metric, id);
  const double mean = parts_.history.reading(*parts_.frame, *metric, id).mean;
  return value_text(mean * static_cast<double>(parts_.site().children(id.component).size()), metric->unit);
}

// "40.4 → 57.4 °C", where there is any.
void LabelTexts::add_from_to(const char* from, const char* to, ComponentId id, LabelForm& lines) const {
  const std::string low = value_of(parts_, from, id), high = value_of(parts_, to, id);
  if (low == "-" && high == "-") return;
  const std::string from_text = high == "-" ? low : low.substr(0, low.find(' '));  // the unit once
  const std::string text = fmt::format("{} → {}", from_text, high);
  lines.push_back({text, FontFace::kRegular, kSmall_px, parts_.theme.text});
}

LabelForm LabelTexts::crossed_by(ComponentId id) const {
  std::vector<MetricLimit> crossed = parts_.limits_above;
  std::erase_if(crossed, [&](const MetricLimit& l) { return !crosses(parts_, id, {l}); });
  LabelForm lines;
  for (const MetricLimit& l : highest_of_each_metric(crossed))
    lines.push_back(strong(fmt::format("above {}, {}", l.limit->name, limit_text(l.limit->value, l.metric->unit))));
  return lines;
}

LabelForm LabelTexts::stopped_pumps(ComponentId cdu) const {
  const MetricRow* speed = parts_.history.metric("pump_speed");
  if (speed == nullptr || !parts_.frame) return {};
  std::vector<std::string> stopped;
  for (const int child : parts_.site().children(cdu.component))
    if (parts_.history.reading(*parts_.frame, *speed, {child, -1}).mean == 0)
      stopped.push_back(parts_.site().name({child, -1}));
  if (stopped.empty()) return {};
  return {strong(stopped.size() == 1 ? stopped.front() + " stopped" : fmt::format("{} pumps stopped", stopped.size()))};
}

}  // namespace racktwin
