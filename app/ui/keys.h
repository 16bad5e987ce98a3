// Keys -> commands. Thread rule: pure functions.
#pragma once

#include "app/ui/apply.h"
#include "app/window/window.h"

namespace racktwin {

// takes_text: a text field has the keyboard, and all but Ctrl+Q belongs to it.
Commands commands_of(const WindowInput& input, const ViewerState& state, const Surroundings& around, bool takes_text);

}  // namespace racktwin
