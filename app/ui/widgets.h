// Small things that several panels use. Thread rule: main thread, within an ImGui frame.
#pragma once

#include "app/ui/panels.h"
#include "app/ui/style.h"

#include <string>

namespace racktwin {

// A panel's window that fills a zone; ends with it. Nothing moves, nothing is saved.
class Panel {
 public:
  Panel(const char* name, const Zone& zone, ImGuiWindowFlags flags = 0);
  ~Panel();
  Panel(const Panel&) = delete;
  Panel& operator=(const Panel&) = delete;
};

// Remembers where the last item is.
void name_item(const ViewerData& data, const std::string& name);

// A button that is lit while it is on.
bool toggle_button(const ViewerData& data, const char* label, bool is_on, const char* tip = nullptr);
// Text at the right edge of what is left of the line.
void text_right(const std::string& text);
void weak_text(const std::string& text);
void panel_title(const std::string& text);
void tip_for_item(const char* text);
// A text in lines, broken at spaces, but not between a number and its unit.
std::string wrapped(const std::string& text, float width_px);
void wrapped_text(const std::string& text);
// "set to 40 degC" as people write it: "set to 40 °C".
std::string for_people(std::string text);
// As much of a text as fits, with an ellipsis.
std::string fitted_text(const std::string& text, float width_px);

}  // namespace racktwin
