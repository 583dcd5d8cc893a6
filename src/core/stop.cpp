#include "finemix/core/stop.h"

#include <signal.h>

#include <atomic>

#include "finemix/core/error.h"

namespace finemix {
namespace {

std::atomic<int> stop_signal{0};
static_assert(std::atomic<int>::is_always_lock_free, "a signal handler may not take a lock");

thread_local int finishing = 0;

// Back to the default action at once: a second signal of either kind then ends the process.
extern "C" void on_stop_signal(int number) {
  stop_signal = number;
  signal(SIGINT, SIG_DFL);
  signal(SIGTERM, SIG_DFL);
}

}  // namespace

void install_stop_handlers() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

FinishFirst::FinishFirst() { ++finishing; }
FinishFirst::~FinishFirst() { --finishing; }

void throw_if_stopped() {
  if (finishing > 0) return;
  switch (stop_signal.load(std::memory_order_relaxed)) {
    case SIGINT:
      throw Error(ErrorKind::kInterrupted, "interrupted (SIGINT)");
    case SIGTERM:
      throw Error(ErrorKind::kTerminated, "terminated (SIGTERM)");
    default:
      return;
  }
}

bool is_stop(const Error& error) {
  return error.kind() == ErrorKind::kInterrupted || error.kind() == ErrorKind::kTerminated;
}

}  // namespace finemix
