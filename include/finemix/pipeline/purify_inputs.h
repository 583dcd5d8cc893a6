#pragma once

#include <c10/core/Device.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "finemix/eval/metrics.h"
#include "finemix/pipeline/purify.h"
#include "finemix/text/frequency.h"
#include "finemix/train/examples.h"

namespace finemix {

struct ModelPair;

// The clean examples of one run: all of a file, or a draw from them; without labelled ones a draw
// from the unlabelled, with what the suspect says of them for labels and as targets.
struct CleanExamples {
  Dataset data;
  TrainingSet set;
  std::vector<std::int64_t> labels;
  bool labelled = true;
};

// The files of `options`, hashed. Throws kFile, and what Checkpoint::open does.
std::vector<InputRecord> input_records(const PurifyOptions& options);

// The hash of the one of that name, which must be there.
std::string sha256_of(const std::vector<InputRecord>& inputs, std::string_view name);

// Where these lie, as they were given.
std::vector<std::string> input_paths(const PurifyOptions& options);

// What purifications read and never change, read once for all runs of a sweep. Runs may differ in
// method, ρ, E-PUR, training, seed and the number of clean examples; what is drawn by the last two
// is made at the first run that asks for it, and kept, so that a run on shared inputs is exactly
// what it is alone. All that is handed out is for reading: copies of a Model share its tensors. An
// object is for one thread at a time.
class PurifyInputs {
 public:
  // Reads, checks and hashes the files of `options`, and draws what a run of these options needs,
  // so that whatever is wrong with them is said here. Throws finemix::Error.
  PurifyInputs(const PurifyOptions& options, Progress& progress);
  PurifyInputs(PurifyInputs&&) noexcept;
  PurifyInputs& operator=(PurifyInputs&&) noexcept;
  ~PurifyInputs();

  // Throws kInternal unless `options` name the same files, attack, device, precision, threads and
  // length of texts. Unlabelled data may be left out.
  void check_same(const PurifyOptions& options) const;
  // Lets go of the texts that other draws would be made from: only what has been drawn may be asked
  // for afterwards. A large file is not to be kept for one run.
  void keep_draws_only();

  const ModelPair& pair() const;
  c10::Device device() const;
  std::size_t max_length() const;                 // of texts; not above the model's positions
  const std::vector<std::string>& notes() const;  // what can't be done with these files and why

  std::vector<InputRecord> files(
      const PurifyOptions& options) const;  // with hashes, for the record

  // The attack that is measured, where one is known.
  const std::optional<MeasuredAttack>& attack() const;
  // Word pieces of what the attack, where one is known, puts into texts; of a paraphrase none.
  const std::vector<std::int64_t>& trigger_pieces() const;

  // References stay good as long as this lives. Of `options`, only what check_same leaves free
  // matters.
  const CleanExamples& clean(const PurifyOptions& options) const;
  // Up to `distillation.texts` rows of `unlabelled_data`; none when there is no such file.
  const EncodedTexts& unlabelled(const PurifyOptions& options) const;
  const Frequencies& frequencies(const PurifyOptions& options) const;
  const EvaluationSet* test(const PurifyOptions& options) const;  // nullptr: no test data
  // How the suspect does on test(), which must be there.
  const EvaluationRecord& before(const PurifyOptions& options, Progress& progress) const;
  // Its logits, which before() leaves, against these of a purified model.
  McNemarRecord paired(const at::Tensor& logits) const;
  // How the reference model, which must be given, does on test(): set_floors wants it.
  const EvaluationRecord& reference(const PurifyOptions& options, Progress& progress) const;

 private:
  class State;
  std::unique_ptr<State> state_;
};

}  // namespace finemix
