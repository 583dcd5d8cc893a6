#pragma once

namespace finemix {

// After this, a first SIGINT or SIGTERM only sets a flag that long loops look at; a second one ends
// the process at once.
void install_stop_handlers();

// Called by every loop at least once a step. Throws Error{kInterrupted or kTerminated} once a
// signal has come.
void throw_if_stopped();

class Error;
// Whether that is what was thrown.
bool is_stop(const Error& error);

// While one of these is there, throw_if_stopped() does nothing on this thread: for the few moments
// in which what has been done is written down.
class FinishFirst {
 public:
  FinishFirst();
  ~FinishFirst();
  FinishFirst(const FinishFirst&) = delete;
  FinishFirst& operator=(const FinishFirst&) = delete;
};

}  // namespace finemix
