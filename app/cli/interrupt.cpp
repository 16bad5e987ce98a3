#include "app/cli/interrupt.h"

#include "app/cli/console.h"

#include <unistd.h>

#include <csignal>

namespace racktwin {
namespace {

volatile std::sig_atomic_t interrupts = 0;

void count_interrupt(int signal) {
  if (interrupts > 0 && signal == SIGINT) _exit(kExitInterrupted);
  interrupts = 1;
}

}  // namespace

void watch_for_interrupts() {
  for (const int signal : {SIGINT, SIGTERM}) {
    struct sigaction action = {};
    sigaction(signal, nullptr, &action);
    if (action.sa_handler == SIG_IGN) continue;
    action = {};
    action.sa_handler = count_interrupt;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(signal, &action, nullptr);
  }
}

bool is_interrupted() { return interrupts > 0; }

}  // namespace racktwin
