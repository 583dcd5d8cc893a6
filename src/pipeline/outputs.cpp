#include "pipeline/outputs.h"

#include "finemix/core/error.h"
#include "finemix/core/stop.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/record/made.h"
#include "finemix/record/version.h"
#include "pipeline/inputs.h"

namespace finemix {

OutputClaim check_output(const std::string& output, bool overwrite,
                         const std::vector<std::string>& inputs) {
  check_apart(output, inputs);
  if (!output.empty()) AtomicDirectory(output, overwrite);
  return OutputClaim(output);
}

void check_room(const Model& model, const std::string& output, bool overwrite) {
  if (!output.empty()) AtomicDirectory(output, overwrite, stored_size(model));
}

std::optional<TrainingStore> training_store(const std::string& output, const ResumeOptions& options,
                                            const std::vector<InputRecord>& inputs) {
  if (!output.empty()) {
    std::string of_result = " " + std::string(kVersion);
    for (const InputRecord& input : inputs) of_result += " " + input.name + " " + input.sha256;
    return TrainingStore(output, options.resume, options.save_seconds, std::move(of_result));
  }
  if (options.resume) {
    throw Error(ErrorKind::kUsage, "--resume needs --output, beside which the state is kept");
  }
  return std::nullopt;
}

void after_training(std::optional<TrainingStore>& store, Progress& progress,
                    const std::function<void()>& rest) {
  try {
    rest();
  } catch (const Error& error) {
    if (!store || !is_stop(error)) throw;
    const FinishFirst writing;
    if (const std::optional<std::int64_t> step = store->save_held()) {
      progress.message(kept_after(*step));
    }
    throw;
  }
}

void write_model(const Model& model, const std::string& output, const RunOptions& run,
                 const std::vector<InputRecord>& inputs,
                 const std::function<void(const std::filesystem::path&)>& more) {
  AtomicDirectory directory(output, run.overwrite, stored_size(model));
  save_model(model, directory.staging());
  if (more) more(directory.staging());
  write_manifest(directory.staging(), made_by(run.request, run.seed, inputs));
  directory.commit();
}

}  // namespace finemix
