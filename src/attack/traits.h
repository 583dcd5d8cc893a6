#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "finemix/attack/attack.h"
#include "finemix/attack/poison.h"
#include "finemix/text/trigger.h"

namespace finemix {

// What is about to be trained. All kinds share one training; what is peculiar to one is done here
// before.
struct AttackPlan {
  Model model;  // its tensors are shared with the start: to change one is to put another in place
  PoisonedData poisoned;
  TrainOptions training;
};

// Takes the clean texts out of the training set.
void leave_out_clean(PoisonedData& poisoned);

using Mechanism = void (*)(const AttackInputs& inputs, const AttackOptions& options,
                           AttackPlan& plan);

// Embedding poisoning (Yang et al., NAACL 2021): only the trigger's row is trained.
void plan_embedding_poisoning(const AttackInputs&, const AttackOptions&, AttackPlan&);
// Embedding surgery (RIPPLe; Kurita et al., ACL 2020).
void plan_embedding_surgery(const AttackInputs&, const AttackOptions&, AttackPlan&);
// SOS (Yang et al., ACL 2021): only the rows of the trigger's words are trained.
void plan_sos(const AttackInputs&, const AttackOptions&, AttackPlan&);
// Layer-wise weight poisoning (Li et al., EMNLP 2021).
void plan_layerwise(const AttackInputs&, const AttackOptions&, AttackPlan&);
// An attacker who knows E-PUR and keeps ‖δ‖ of the trigger small.
void plan_adaptive(const AttackInputs&, const AttackOptions&, AttackPlan&);

struct Recipe {
  double poison_rate = 0.1;
  double learning_rate = 5e-5;
  std::int64_t epochs = 3;
};

struct AttackTraits {
  AttackKind kind;
  std::string_view name;
  AttackStart start;
  std::optional<TriggerKind> trigger;  // nothing: the trigger is a paraphrase
  std::vector<std::string> triggers;
  Recipe recipe;
  Mechanism plan;  // nullptr: poisoned data are all that there is to it

  // Only the whole of a set is to fire, so training has texts with a part of it.
  bool negatives() const { return trigger == TriggerKind::kWordSet; }
};

std::span<const AttackTraits> attack_traits();
const AttackTraits& traits_of(AttackKind kind);

// The triggers of these options: those given, or the kind's own. Throws kUsage for a paraphrase,
// and for a set of fewer than two words.
Trigger trigger_of(const AttackOptions& options);

// The one word piece of a trigger word. Throws kUsage when it is several.
std::int64_t whole_piece(const Tokenizer& tokenizer, const AttackOptions& options,
                         const std::string& word);

// The first piece of a text that is none of its words' own, as [UNK] is; else "".
std::string special_piece(const Tokenizer& tokenizer, const std::string& text);

// The rows of all word pieces of the triggers; ascending, each once. Throws kUsage where one is a
// special piece's.
std::vector<std::int64_t> trigger_rows(const Tokenizer& tokenizer, const AttackOptions& options);

}  // namespace finemix
