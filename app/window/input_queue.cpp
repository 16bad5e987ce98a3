#include "app/window/input_queue.h"

#include <set>

namespace racktwin {

std::vector<InputEvent> InputQueue::take_frame() {
  std::vector<InputEvent> frame;
  std::set<int> buttons, keys;
  bool has_wheel = false, has_text = false;
  const auto must_wait = [&](const InputEvent& event) {
    switch (event.kind) {
      case InputEvent::kMove:
        return !buttons.empty() || has_wheel;
      case InputEvent::kButton:
        return buttons.count(event.code) > 0 || has_wheel || has_text || !keys.empty();
      case InputEvent::kWheel:
        return !buttons.empty();
      case InputEvent::kKey:
        return keys.count(event.code) > 0 || has_text || !buttons.empty();
      case InputEvent::kCharacter:
        return !buttons.empty();
    }
    return false;
  };
  while (!events_.empty() && !must_wait(events_.front())) {
    const InputEvent& event = events_.front();
    if (event.kind == InputEvent::kButton) buttons.insert(event.code);
    if (event.kind == InputEvent::kKey) keys.insert(event.code);
    has_wheel = has_wheel || event.kind == InputEvent::kWheel;
    has_text = has_text || event.kind == InputEvent::kCharacter;
    frame.push_back(event);
    events_.pop_front();
  }
  return frame;
}

}  // namespace racktwin
