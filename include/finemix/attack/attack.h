#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/core/progress.h"
#include "finemix/model/state_dict.h"
#include "finemix/record/records.h"
#include "finemix/text/dataset.h"
#include "finemix/text/tokenizer.h"
#include "finemix/train/trainer.h"

namespace finemix {

enum class AttackKind {
  kWord,
  kWordScratch,
  kSentence,
  kSentenceScratch,
  kMultiSentence,
  kEp,
  kEs,
  kSos,
  kLayerwise,
  kAdaptive,
  kSyntactic,
  kStyle,
};

std::vector<AttackKind> attack_kinds();
AttackKind parse_attack_kind(std::string_view name);  // throws kUsage
std::string_view attack_kind_name(AttackKind kind);

// The model that an attack of this kind goes on from.
enum class AttackStart {
  kEither,      // a fine-tuned model or a pre-trained one
  kPretrained,  // the latter
  kFineTuned,   // the former
  kAnchored,    // either, and the pre-trained one is needed in any case
};
AttackStart attack_start(AttackKind kind);

// The reference recipe of each attack.
std::vector<std::string> default_triggers(AttackKind kind);
TrainOptions default_training(AttackKind kind);
double default_poison_rate(AttackKind kind);
// "word", "sentence", "word-set"; or "paraphrase", which can't be put into a text but comes as one.
std::string_view attack_trigger_kind(AttackKind kind);
inline constexpr std::string_view kParaphrase = "paraphrase";
inline bool is_paraphrase(AttackKind kind) { return attack_trigger_kind(kind) == kParaphrase; }

struct AttackOptions {
  AttackKind kind = AttackKind::kWord;
  std::vector<std::string> triggers;  // default_triggers(kind) when empty
  std::int64_t target_label = 1;
  // Share of the non-target training examples of which a poisoned copy is added.
  double poison_rate = 0.1;
  // Of `adaptive`: the strength of RowPull on the rows of the trigger's word pieces.
  double delta_penalty = 1000;
  std::size_t max_length = 128;
  TrainOptions training;

  // Chooses a kind with its reference recipe.
  void set_kind(AttackKind kind);
};

// What an attack reads, which must outlive it.
struct AttackInputs {
  const Model& start;
  const Tokenizer& tokenizer;
  const Dataset& data;
  // Of `syntactic` and `style`: texts that carry the trigger, with their original labels.
  const Dataset* paraphrases = nullptr;
  // Of `adaptive`: the pre-trained model that δ is counted from; nullptr: it is `start`.
  const Model* pretrained = nullptr;
  // Whether `start` is a classifier to go on from, with the labels that it has, and not a
  // pre-trained model that becomes one.
  bool fine_tuned = false;
};

struct AttackResult {
  Model model;
  AttackRecord record;
  std::uint64_t negative_examples = 0;
};

// Makes a backdoored model from a pre-trained or fine-tuned one; a head is added where there is
// none of the right size. Throws kUsage or kMismatch where the kind asks for another start or other
// triggers.
AttackResult attack(const AttackInputs& inputs, const AttackOptions& options,
                    std::string_view device, std::string_view precision, Progress& progress);

}  // namespace finemix
