#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finemix/io/output_guard.h"
#include "finemix/model/state_dict.h"
#include "finemix/pipeline/stages.h"
#include "finemix/train/training_store.h"

// What several verbs write in the same way.

namespace finemix {

// Throws what creating the directory `output` would, before hours of work are spent, and kUsage
// when it is, holds or lies in one of the inputs. Other runs that are to write it are refused as
// long as the claim lives.
[[nodiscard]] OutputClaim check_output(const std::string& output, bool overwrite,
                                       const std::vector<std::string>& inputs);

// Throws kFile when there is no room for it at `output`, which may be empty.
void check_room(const Model& model, const std::string& output, bool overwrite);

// What keeps the state of the training of `output`, on these inputs; none without one. Throws
// kUsage when something is to be resumed without an output.
std::optional<TrainingStore> training_store(const std::string& output, const ResumeOptions& options,
                                            const std::vector<InputRecord>& inputs);

// The rest of a run whose training is done: a stop on the way keeps what was trained.
void after_training(std::optional<TrainingStore>& store, Progress& progress,
                    const std::function<void()>& rest);

// A model directory that appears whole or not at all, with a manifest. `more` writes further files
// into the directory that it is given.
void write_model(const Model& model, const std::string& output, const RunOptions& run,
                 const std::vector<InputRecord>& inputs,
                 const std::function<void(const std::filesystem::path&)>& more = {});

}  // namespace finemix
