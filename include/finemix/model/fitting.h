#pragma once

#include <c10/util/Exception.h>

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>

#include "finemix/core/error.h"
#include "finemix/core/progress.h"

namespace finemix {

// Halves what a device is asked to do at once when its memory does not suffice, says so, and stays
// at that.
class FittingParts {
 public:
  explicit FittingParts(std::string device) : device_(std::move(device)) {}

  // Calls work(part) for all of `texts`, in order, whole or in parts. What a call that ran out of
  // memory had begun is begun anew. Throws kFile when a single text does not fit.
  template <typename Work>
  void run(std::span<const std::size_t> texts, Progress& progress, const Work& work) {
    while (!texts.empty()) {
      const std::span part = texts.first(std::min(texts.size(), most_));
      try {
        work(part);
        texts = texts.subspan(part.size());
      } catch (const c10::OutOfMemoryError&) {
        halve(part.size(), progress);
      }
    }
  }

 private:
  void halve(std::size_t texts, Progress& progress) {
    const std::string where = "out of memory on " + device_;
    if (texts == 1) {
      throw Error(ErrorKind::kFile,
                  where + " with a single text; --max-length or a larger device would help");
    }
    most_ = (texts + 1) / 2;
    progress.message(where + " with " + std::to_string(texts) + " texts at a time: going on with " +
                     std::to_string(most_));
  }

  std::string device_;
  std::size_t most_ = static_cast<std::size_t>(-1);
};

}  // namespace finemix
