#include "app/ui/widgets.h"
#include "render/text/value_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

namespace racktwin {
namespace {

constexpr float kLeastForDetails = 24;  // lines of text; in less, tooltips have them

// How much of a limit is used: a thin bar, of another colour where it is crossed.
void share_bar_ui(double share, bool is_dark) {
  const UiColours& colours = ui_colours(is_dark);
  const float width = ImGui::GetContentRegionAvail().x, height = std::round(0.22F * ImGui::GetFontSize());
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRectFilled(at, {at.x + width, at.y + height}, im_colour(colours.field), height / 2);
  const float filled = width * static_cast<float>(std::clamp(share, 0.0, 1.0));
  list.AddRectFilled(at, {at.x + filled, at.y + height}, im_colour(share > 1 ? colours.warning : colours.accent),
                     height / 2);
  ImGui::Dummy({width, height});
}

void push_weak() { ImGui::PushStyleColor(ImGuiCol_Text, ImGui::GetStyle().Colors[ImGuiCol_TextDisabled]); }

// "assumed: kernel launch time (engineering-estimate)"
std::string evidence_text(const std::string& evidence, const std::string& source) {
  return evidence.empty() || source.empty() ? evidence + source : evidence + ": " + source;
}

void limit_ui(const Fact& fact, const FactText& text, bool is_dark) {
  if (text.limit.empty()) return;
  share_bar_ui(fact.share, is_dark);
  if (text.is_crossed)
    ImGui::PushStyleColor(ImGuiCol_Text, im_vec4(ui_colours(is_dark).warning));
  else
    push_weak();
  wrapped_text(text.limit);
  ImGui::PopStyleColor();
}

std::string fact_tip(const Fact& fact, const FactText& text) {
  std::string tip = fact.metric->description;
  for (const std::string* line : {&text.spread, &text.limit})
    if (!line->empty()) tip += "\n" + *line;
  tip += "\ncomputed by " + fact.metric->computed_by;
  tip += "\nrests on " + evidence_text(fact.metric->evidence, fact.metric->source);
  if (!fact.limit.name.empty()) tip += "\nlimit " + evidence_text(fact.limit.evidence, fact.limit.source);
  return tip;
}

void small_weak_text(const std::string& text) {
  ImGui::PushFont(small_font());
  weak_text(text);
  ImGui::PopFont();
}

// What the value is taken over, its limit, and the weakest that it rests on.
void details_ui(const Fact& fact, const FactText& text, bool is_dark) {
  ImGui::PushFont(small_font());
  push_weak();
  if (!text.spread.empty()) wrapped_text(text.spread);
  if (!text.why.empty()) wrapped_text(text.why);
  ImGui::PopStyleColor();
  limit_ui(fact, text, is_dark);
  push_weak();
  const std::string evidence = evidence_text(fact.metric->evidence, fact.metric->source);
  if (!evidence.empty()) wrapped_text(evidence);
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

// Of that what is wrong.
void short_details_ui(const Fact& fact, const FactText& text, bool is_dark) {
  ImGui::PushFont(small_font());
  if (text.is_crossed)
    limit_ui(fact, text, is_dark);
  else if (!text.limit.empty())
    share_bar_ui(fact.share, is_dark);
  if (!text.why.empty()) wrapped_text(text.why);
  ImGui::PopFont();
}

// Beside the name, where there is room before the value.
void evidence_word_ui(const Fact& fact, const std::string& value) {
  const float gap = ImGui::GetStyle().ItemSpacing.x;
  ImGui::PushFont(semibold_font());
  const float taken = ImGui::CalcTextSize(value.c_str()).x;
  ImGui::PopFont();
  ImGui::PushFont(small_font());
  if (ImGui::GetContentRegionAvail().x > ImGui::CalcTextSize(fact.metric->evidence.c_str()).x + taken + gap) {
    weak_text(fact.metric->evidence);
    ImGui::SameLine();
  }
  ImGui::PopFont();
}

void fact_ui(const Fact& fact, bool is_short, bool is_dark) {
  const FactText text = text_of(fact);
  ImGui::BeginGroup();
  ImGui::TextUnformatted(label_of(fact.metric->name).c_str());
  ImGui::SameLine();
  if (is_short) evidence_word_ui(fact, text.value);
  ImGui::PushFont(semibold_font());
  text_right(text.value);
  ImGui::PopFont();
  if (is_short)
    short_details_ui(fact, text, is_dark);
  else
    details_ui(fact, text, is_dark);
  ImGui::EndGroup();
  if (ImGui::IsItemHovered()) {
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(30 * ImGui::GetFontSize());
    ImGui::TextUnformatted(fact_tip(fact, text).c_str());
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
  }
}

// The values of a group, and in a line what there are none of.
void group_ui(const FactGroup& group, bool is_short, bool is_dark) {
  std::string missing;
  for (const Fact& fact : group.facts) {
    if (!fact.reading.has_data() && fact.why.empty()) {
      missing += (missing.empty() ? "" : ", ") + label_of(fact.metric->name);
      continue;
    }
    fact_ui(fact, is_short, is_dark);
    ImGui::Dummy({0, 0.1F * ImGui::GetFontSize()});
  }
  if (missing.empty()) return;
  ImGui::PushFont(small_font());
  push_weak();
  wrapped_text("No data: " + missing);
  ImGui::PopStyleColor();
  ImGui::PopFont();
}

void identity_ui(const ViewerData& data, ComponentId shown) {
  const SiteMap& site = data.history.site();
  panel_title(site.name(shown));
  const std::string alike = data.frame ? alike_text(data.history, data.frame->epoch, shown) : std::string();
  std::string line(site.kind(shown));
  if (!alike.empty()) line += " · " + alike;
  small_weak_text(line);
  if (const std::string path = site.path(shown); path != site.name(shown))
    small_weak_text(fitted_text(path, ImGui::GetContentRegionAvail().x));
}

void heading(const std::string& text) {
  ImGui::Dummy({0, 0.2F * ImGui::GetFontSize()});
  ImGui::Separator();
  ImGui::Dummy({0, 0.1F * ImGui::GetFontSize()});
  small_weak_text(text);
}

// What the run as a whole has come to, once it has ended.
void summary_ui(const ViewerData& data) {
  static constexpr const char* kShown[] = {
      "verdict",           "step_time_s", "tokens_per_s",  "mfu",           "site_peak_w",  "pue",
      "junction_max_degc", "clock_min",   "headroom_feed", "headroom_rack", "headroom_cdu", "headroom_junction_k"};
  if (data.history.summary().empty()) return;
  heading("The run as a whole");
  for (const SummaryRow& row : data.history.summary()) {
    if (std::find_if(std::begin(kShown), std::end(kShown), [&](const char* name) { return row.name == name; }) ==
        std::end(kShown))
      continue;
    ImGui::TextUnformatted(summary_label(row).c_str());
    ImGui::SameLine();
    text_right(!row.text.empty()   ? row.text
               : row.name == "pue" ? fmt::format("{:.3f}", row.value)
                                   : value_text(row.value, row.unit));
  }
}

}  // namespace

void inspector_panel_ui(const ViewerData& data, const ViewerState& state, Commands&) {
  const Panel panel("inspector", data.zones.inspector);
  const ComponentId shown = state.selected.exists() ? state.selected : data.parts.whole;
  identity_ui(data, shown);
  const bool is_short = data.zones.inspector.height < kLeastForDetails * ImGui::GetFontSize();
  ImGui::BeginChild("facts");
  if (data.facts.empty()) {
    heading("Values");
    weak_text(data.frame ? "nothing is recorded for this" : "no frame has been recorded yet");
  }
  for (const FactGroup& group : data.facts) {
    heading(group.title.empty() ? (data.frame ? fmt::format("At {}", time_text(data.frame->time_s)) : "")
                                : group.title);
    if (!group.note.empty()) {
      ImGui::PushFont(small_font());
      push_weak();
      wrapped_text(group.note);
      ImGui::PopStyleColor();
      ImGui::PopFont();
      ImGui::Dummy({0, 0.1F * ImGui::GetFontSize()});
    }
    group_ui(group, is_short, state.is_dark);
  }
  if (data.history.site().kind(shown) == "site") summary_ui(data);
  ImGui::EndChild();
}

}  // namespace racktwin
