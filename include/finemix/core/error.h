#pragma once

#include <stdexcept>
#include <string>

namespace finemix {

// What went wrong, as a user of the command line has to tell it apart. The values are exit codes.
enum class ErrorKind {
  kUsage = 2,          // a flag, a config key or a combination of them
  kFile = 3,           // a file is missing, unreadable, or the disk is full
  kMalformed = 4,      // an input file breaks its format, by accident or on purpose
  kMismatch = 5,       // inputs that do not belong together: shapes, vocabularies, labels
  kNumeric = 6,        // NaN, Inf or divergence
  kInternal = 70,      // a bug in finemix
  kInterrupted = 130,  // SIGINT
  kTerminated = 143,   // SIGTERM
};

// The one exception that finemix throws. The message names the object, what was found, what was
// expected, and the next step.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message) : std::runtime_error(message), kind_(kind) {}

  ErrorKind kind() const { return kind_; }
  int exit_code() const { return static_cast<int>(kind_); }

 private:
  ErrorKind kind_;
};

}  // namespace finemix
