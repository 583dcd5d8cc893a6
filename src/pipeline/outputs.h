#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "finemix/model/state_dict.h"
#include "finemix/pipeline/stages.h"
#include "finemix/train/training_store.h"

// What several verbs write in the same way.

namespace finemix {

// Throws what creating the directory `output` would, before hours of work are spent, and kUsage
// when it is, holds or lies in one of the inputs.
void check_output(const std::string& output, bool overwrite,
                  const std::vector<std::string>& inputs);

// What keeps the state of the training of `output`; none without one. Throws kUsage when something
// is to be resumed without an output.
std::optional<TrainingStore> training_store(const std::string& output,
                                            const ResumeOptions& options);

// A model directory that appears whole or not at all, with a manifest. `more` writes further files
// into the directory that it is given.
void write_model(const Model& model, const std::string& output, DType stored, const RunOptions& run,
                 const std::vector<InputRecord>& inputs,
                 const std::function<void(const std::filesystem::path&)>& more = {});

}  // namespace finemix
