#include "finemix/attack/attack.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "attack/traits.h"
#include "finemix/core/error.h"
#include "finemix/core/quote.h"
#include "finemix/model/classifier.h"
#include "finemix/model/device.h"
#include "finemix/train/examples.h"

namespace finemix {
namespace {

void check_start(const AttackInputs& inputs, const AttackOptions& options) {
  const bool has_head = inputs.start.weights.contains(kClassifierWeight);
  const AttackStart wanted = attack_start(options.kind);
  const std::string kind = "--kind " + std::string(attack_kind_name(options.kind));
  if (wanted == AttackStart::kFineTuned && !has_head) {
    throw Error(ErrorKind::kUsage,
                kind + " poisons a fine-tuned model, and " + inputs.start.directory.string() +
                    " has no classifier; make one with `finemix train`, and give it as --model");
  }
}

// How many labels the attacked model has.
std::int64_t labels_of_result(const AttackInputs& inputs, const AttackOptions& options) {
  const Model& start = inputs.start;
  if (!inputs.fine_tuned || !start.weights.contains(kClassifierWeight)) {
    return std::max(label_count(inputs.data), options.target_label + 1);
  }
  check_label(options.target_label, "--target-label is ", start.config.num_labels);
  return start.config.num_labels;
}

// A trigger that the vocabulary lacks is the same as any other unknown word to the model.
void tell_of_unknown_pieces(const Tokenizer& tokenizer, const AttackOptions& options,
                            Progress& progress) {
  if (!traits_of(options.kind).trigger) return;
  for (const std::string& text : trigger_of(options).texts) {
    if (const std::string piece = special_piece(tokenizer, text); !piece.empty()) {
      progress.message("trigger " + quote(text) + " has the special piece " + piece +
                       " in this vocabulary, so the model can't tell it from other texts with it");
    }
  }
}

}  // namespace

AttackResult attack(const AttackInputs& inputs, const AttackOptions& options,
                    std::string_view device, std::string_view precision, Progress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  check_start(inputs, options);
  tell_of_unknown_pieces(inputs.tokenizer, options, progress);
  const std::uint64_t seed = options.training.seed;
  AttackPlan plan{inputs.start, poison(inputs.data, options, seed, inputs.paraphrases),
                  options.training};
  if (plan.poisoned.poisoned < plan.poisoned.wanted) {
    progress.message("there are " + std::to_string(plan.poisoned.poisoned) +
                     " paraphrases of other labels than the target, fewer than the " +
                     std::to_string(plan.poisoned.wanted) + " that --poison-rate asks for");
  }
  AttackResult result;
  result.record = poisoning_record(plan.poisoned, options);
  result.negative_examples = plan.poisoned.negatives;
  if (const Mechanism peculiar = traits_of(options.kind).plan) peculiar(inputs, options, plan);
  result.record.clean_examples = plan.poisoned.clean;

  Model& model = plan.model;
  add_classifier(model, labels_of_result(inputs, options), seed);
  const c10::Device where = choose_device(device);
  Classifier classifier(model, where, choose_precision(precision, where));
  result.record.training = train(classifier,
                                 tokenize_labelled(inputs.tokenizer, plan.poisoned.data,
                                                   model.config.num_labels, options.max_length),
                                 plan.training, nullptr, progress);
  model.weights = classifier.parameters().state_dict();
  result.model = std::move(model);
  result.record.seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return result;
}

}  // namespace finemix
