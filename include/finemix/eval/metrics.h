#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "finemix/eval/predict.h"
#include "finemix/record/records.h"
#include "finemix/text/tokenizer.h"
#include "finemix/text/trigger.h"

namespace finemix {

// The attack that an evaluation measures: a trigger to insert, or texts that carry one already.
struct AttackProbe {
  std::int64_t target_label = 1;
  Dataset triggered;  // true labels are not the target
  // Whether the texts without the trigger are the evaluated data's own rows of other labels than
  // the target, in order. If not, there is no trigger effect to be had.
  bool from_data = false;
  // Texts of other labels than the target that carry a part of the trigger only.
  std::optional<Dataset> false_triggered = {};
};

// From data and a trigger; throws kMismatch when no example has another label than the target.
AttackProbe probe_with_trigger(const Dataset& data, const Trigger& trigger,
                               std::int64_t target_label, std::uint64_t seed);
// From a file of poisoned texts with their original labels. Rows of the target label are left out.
// The trigger effect is measured against `data` when both have the same rows in the same order
// (equal size and labels), else it is not to be had.
AttackProbe probe_from_texts(const Dataset& poisoned, const Dataset& data,
                             std::int64_t target_label);

// Tokenized once, evaluated before and after.
class EvaluationSet {
 public:
  EvaluationSet(const Tokenizer& tokenizer, const Dataset& data,
                const std::optional<AttackProbe>& probe, std::size_t max_length);
  // The data of `other`, not tokenized again, under this attack.
  EvaluationSet(const EvaluationSet& other, const Tokenizer& tokenizer,
                const std::optional<AttackProbe>& probe, std::size_t max_length);

  // `texts` of the texts, always the same ones, with what the attack made of these; all where there
  // are no more. Parts of the trigger are left out.
  EvaluationSet part(std::size_t texts) const;

  // Whether there is an attack to measure.
  bool attacked() const { return !triggered_.empty(); }

  struct Result {
    EvaluationRecord record;
    at::Tensor logits;            // of `data`, in order
    at::Tensor triggered_logits;  // of the probe's texts, in order; undefined without an attack
  };
  // `logits`: the model's of `data`, where they are known from an evaluation under another attack.
  Result evaluate(const Classifier& model, Progress& progress, const at::Tensor& logits = {}) const;

 private:
  EvaluationSet() = default;
  void set_probe(const Tokenizer& tokenizer, const AttackProbe& probe, std::size_t max_length);

  std::shared_ptr<const EncodedTexts> clean_;
  std::vector<std::int64_t> labels_;
  EncodedTexts triggered_;
  EncodedTexts false_triggered_;
  std::vector<std::size_t> plain_rows_;  // rows of `clean_` that are the plain texts
  std::int64_t target_label_ = -1;
};

// Accuracy and mean cross-entropy of (texts, labels) logits.
HeldOutRecord held_out(const at::Tensor& logits, std::span<const std::int64_t> labels);

}  // namespace finemix
