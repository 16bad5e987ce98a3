// Ctrl-C and SIGTERM: the first asks the run to stop at its next step; a Ctrl-C after it ends the program at once.
// Further SIGTERMs do not: the kernel tells a child of the death of a parent with several threads more than once.
//
// A signal that was ignored when the program started (nohup) stays ignored. Thread rule: any thread may ask.
#pragma once

namespace racktwin {

void watch_for_interrupts();
bool is_interrupted();

}  // namespace racktwin
