#pragma once

#include <future>
#include <string>
#include <vector>

#include "finemix/record/records.h"

namespace finemix {

// The SHA-256 of what a run reads, found beside its other work.
class InputHashes {
 public:
  // `models` are checkpoints, `files` files; those without a path were not given.
  InputHashes(std::vector<InputRecord> models, std::vector<InputRecord> files);

  // All of them, once. Throws kFile, and what Checkpoint::open does.
  std::vector<InputRecord> get();

 private:
  std::vector<InputRecord> inputs_;
  std::vector<std::future<std::string>> hashes_;
};

}  // namespace finemix
