// Input in the order in which it came, given out frame by frame: what would be lost or mixed up within one waits for
// the next. A click that ends before a slow frame has seen it begin, or a text that is typed right behind it, gets
// there all the same. Thread rule: one thread per queue.
#pragma once

#include <deque>
#include <vector>

namespace racktwin {

struct InputEvent {
  enum Kind { kMove, kButton, kWheel, kKey, kCharacter } kind;
  double x = 0, y = 0;                                    // kMove: where; kWheel: how far
  int code = 0, scancode = 0, action = 0, modifiers = 0;  // button, key; as GLFW has them
  unsigned character = 0;
};

class InputQueue {
 public:
  void put(const InputEvent& event) { events_.push_back(event); }
  bool is_empty() const { return events_.empty(); }
  // Of one frame: each button and each key changes once; the mouse stays where it is from the first click on, and what
  // is typed behind a click, or clicked behind what is typed, waits.
  std::vector<InputEvent> take_frame();

 private:
  std::deque<InputEvent> events_;
};

}  // namespace racktwin
