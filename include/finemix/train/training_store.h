#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <string>

#include "finemix/train/training_state.h"

namespace finemix {

// What a user is told of a state that was saved when a run was stopped.
std::string kept_after(std::int64_t step);

// Keeps a training's state beside its output, so that a run that was stopped or killed can be gone
// on with, to the same bytes. The state is a directory of a hidden name, replaced as a whole.
class TrainingStore {
 public:
  // Without `resume` what an earlier run left is replaced at the first save. A state is due
  // `seconds` after the last. `inputs` tells of what the result depends on besides load's identity.
  TrainingStore(const std::filesystem::path& output, bool resume, double seconds,
                std::string inputs = "");

  // What an earlier run has left of the training of this `identity`, a hash of all that its result
  // depends on; nothing where there is nothing or it is not wanted. Throws kMismatch when it was
  // another training, kMalformed when it is not as it was written.
  std::optional<TrainingState> load(std::string identity);
  bool due() const;
  // Nothing counts as done before this returns. Throws kFile.
  void save(const TrainingState& state);
  // The state of a training that is done and whose output is still to come, and which needs no
  // optimizer: it is in memory until save_held() writes it. That gives its step; nothing where none
  // is held.
  void hold(TrainingState state) { held_ = std::move(state); }
  std::optional<std::int64_t> save_held();
  // Once the output is there.
  void discard();

 private:
  std::filesystem::path directory_;
  std::string inputs_;
  std::string identity_;
  std::optional<TrainingState> held_;
  bool resume_;
  std::chrono::duration<double> interval_;
  std::chrono::steady_clock::time_point last_ = std::chrono::steady_clock::now();
};

}  // namespace finemix
