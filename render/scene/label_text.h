// What labels say. Thread rule: one thread per LabelTexts.
#pragma once

#include "render/scene/overlay_parts.h"

#include <string>
#include <vector>

namespace racktwin {

using LabelForm = std::vector<TextLine>;

class LabelTexts {
 public:
  explicit LabelTexts(const OverlayParts& parts);
  // The ways to write a thing's label, the fullest first, the narrowest last; at least one. What is selected says which
  // limits it is above.
  std::vector<LabelForm> forms_of(ComponentId id) const;
  bool has_one_cdu() const { return has_one_cdu_; }

 private:
  TextLine weak(std::string text) const;
  TextLine strong(std::string text) const;
  std::string row_value(ComponentId id) const;
  std::vector<LabelForm> usual_forms(ComponentId id) const;
  std::vector<LabelForm> rack_forms(ComponentId id) const;
  std::vector<LabelForm> cdu_forms(ComponentId id) const;
  void add_from_to(const char* from, const char* to, ComponentId id, LabelForm& lines) const;
  LabelForm crossed_by(ComponentId id) const;      // a line for each limit
  LabelForm stopped_pumps(ComponentId cdu) const;  // a line, or nothing

  const OverlayParts& parts_;
  bool has_one_cdu_ = false;  // then the metrics of all CDUs together are its own
  std::string legend_unit_;   // " °C": need not stand on a narrow label
};

}  // namespace racktwin
