#include "app/ui/keys.h"

#include "app/ui/navigate.h"

#include <cctype>

namespace racktwin {
namespace {

void key_command(Key key, const ViewerState& state, const Surroundings& around, Commands& out) {
  switch (key) {
    case Key::kLeft:
      out.push_back(command::StepFrames{-1});
      return;
    case Key::kRight:
      out.push_back(command::StepFrames{1});
      return;
    case Key::kHome:
      if (!around.frame_times.empty()) out.push_back(command::Seek{around.frame_times.front()});
      return;
    case Key::kEnd:
      if (!around.frame_times.empty()) out.push_back(command::Seek{around.frame_times.back()});
      return;
    case Key::kEscape:
      if (state.is_help_open)
        out.push_back(command::ShowHelp{false});
      else
        out.push_back(command::Select{});
      return;
    case Key::kQuit:
      out.push_back(command::Quit{});
      return;
  }
}

void character_command(char32_t character, const ViewerState& state, const Surroundings& around, Commands& out) {
  if (character >= '1' && character <= '4') {
    out.push_back(command::SetLayer{kLayers[character - '1']});
    return;
  }
  switch (character < 128 ? std::tolower(static_cast<int>(character)) : 0) {
    case ' ':
      out.push_back(command::Play{!state.is_playing});
      return;
    case ',':
      out.push_back(command::StepFrames{-1});
      return;
    case '.':
      out.push_back(command::StepFrames{1});
      return;
    case 'o':
      out.push_back(command::UseCamera{"overview"});
      return;
    case 'p':
      out.push_back(command::UseCamera{"plan"});
      return;
    case 'r':
      if (const std::string name = rack_camera(around.site, state.selected); !name.empty())
        out.push_back(command::UseCamera{name});
      return;
    case 'f':
      out.push_back(command::Fit{state.selected});
      return;
    case 'l':
      out.push_back(command::Follow{});
      return;
    case '?':
      out.push_back(command::ShowHelp{!state.is_help_open});
      return;
    default:
      return;
  }
}

}  // namespace

Commands commands_of(const WindowInput& input, const ViewerState& state, const Surroundings& around, bool takes_text) {
  Commands out;
  for (const Key key : input.keys)
    if (!takes_text || key == Key::kQuit) key_command(key, state, around, out);
  if (!takes_text)
    for (const char32_t character : input.characters) character_command(character, state, around, out);
  for (const std::string& file : input.dropped_files) out.push_back(command::Open{file});
  return out;
}

}  // namespace racktwin
