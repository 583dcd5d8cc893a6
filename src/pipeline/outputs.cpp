#include "pipeline/outputs.h"

#include "finemix/core/error.h"
#include "finemix/io/atomic_file.h"
#include "finemix/io/manifest.h"
#include "finemix/io/output_guard.h"
#include "finemix/record/made.h"
#include "pipeline/inputs.h"

namespace finemix {

void check_output(const std::string& output, bool overwrite,
                  const std::vector<std::string>& inputs) {
  check_apart(output, inputs);
  if (!output.empty()) AtomicDirectory(output, overwrite);
}

std::optional<TrainingStore> training_store(const std::string& output,
                                            const ResumeOptions& options) {
  if (!output.empty()) return TrainingStore(output, options.resume, options.save_seconds);
  if (options.resume) {
    throw Error(ErrorKind::kUsage, "--resume needs --output, beside which the state is kept");
  }
  return std::nullopt;
}

void write_model(const Model& model, const std::string& output, DType stored, const RunOptions& run,
                 const std::vector<InputRecord>& inputs,
                 const std::function<void(const std::filesystem::path&)>& more) {
  AtomicDirectory directory(output, run.overwrite, stored_size(model.weights));
  save_model(model, directory.staging(), stored);
  if (more) more(directory.staging());
  write_manifest(directory.staging(), made_by(run.request, run.seed, inputs));
  directory.commit();
}

}  // namespace finemix
