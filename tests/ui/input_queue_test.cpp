#include "app/window/input_queue.h"

#include <catch2/catch.hpp>

#include <string>

namespace racktwin {
namespace {

constexpr int kPress = 1, kRelease = 0;

InputEvent move(double x) { return {.kind = InputEvent::kMove, .x = x}; }
InputEvent button(int action, int code = 0) { return {.kind = InputEvent::kButton, .code = code, .action = action}; }
InputEvent key(int code, int action) { return {.kind = InputEvent::kKey, .code = code, .action = action}; }
InputEvent character(unsigned c) { return {.kind = InputEvent::kCharacter, .character = c}; }
InputEvent wheel() { return {.kind = InputEvent::kWheel, .y = 1}; }

// How many events each frame gets: "2 1 1".
std::string frames_of(const std::vector<InputEvent>& events) {
  InputQueue queue;
  for (const InputEvent& event : events) queue.put(event);
  std::string text;
  while (!queue.is_empty()) text += (text.empty() ? "" : " ") + std::to_string(queue.take_frame().size());
  return text;
}

TEST_CASE("moves up to a click come at once, and the mouse stays there until it is released") {
  CHECK(frames_of({move(1), move(2), move(3)}) == "3");
  CHECK(frames_of({move(1), move(2), button(kPress), move(3), button(kRelease), move(4)}) == "3 2 1");
}

TEST_CASE("a click is two frames long, a double click four") {
  CHECK(frames_of({button(kPress), button(kRelease)}) == "1 1");
  CHECK(frames_of({button(kPress), button(kRelease), button(kPress), button(kRelease)}) == "1 1 1 1");
  CHECK(frames_of({button(kPress, 0), button(kPress, 1)}) == "2");
}

TEST_CASE("what is typed behind a click waits until it has ended, and a click behind it until it has been taken") {
  CHECK(frames_of({button(kPress), button(kRelease), key(57, kPress), character('9'), key(57, kRelease),
                   key(48, kPress), character('0'), key(48, kRelease), button(kPress)}) == "1 1 2 3 1 1");
}

TEST_CASE("a key that goes up and down again is seen both times") {
  CHECK(frames_of({key(1, kPress), key(1, kRelease), key(1, kPress)}) == "1 1 1");
  CHECK(frames_of({key(341, kPress), key(65, kPress), key(65, kRelease), key(341, kRelease)}) == "2 2");
}

TEST_CASE("the wheel turns where the mouse is") {
  CHECK(frames_of({move(1), wheel(), wheel(), move(2), wheel()}) == "3 2");
  CHECK(frames_of({button(kPress), wheel()}) == "1 1");
}

TEST_CASE("nothing to give is an empty frame") {
  InputQueue queue;
  CHECK(queue.is_empty());
  CHECK(queue.take_frame().empty());
}

}  // namespace
}  // namespace racktwin
